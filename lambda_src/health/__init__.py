"""Answers `GET /health`: whether the endpoint behind the API takes requests."""
