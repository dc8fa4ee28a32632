"""What SageMaker requires of a request beyond its service model: one rule a function, each raising AWS's
error."""
