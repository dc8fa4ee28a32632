"""Compares what an endpoint was asked with what its model was trained for: data drift, feature by feature."""
