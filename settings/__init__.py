"""What a deployment is made of: the environment and the workloads, read from YAML and checked."""
