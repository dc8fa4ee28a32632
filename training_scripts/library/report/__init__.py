"""A run's report: one HTML page that needs nothing else, with charts in it as SVG and no script at all."""
