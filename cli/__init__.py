"""The operator's command line: trains, reports, predicts, approves, and runs the local AWS."""
