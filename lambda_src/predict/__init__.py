"""Answers `POST /predictions/<workload>`: a prediction in the workload's own words."""
