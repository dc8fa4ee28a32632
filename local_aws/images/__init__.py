"""Images: what SageMaker's containers are made of, as folders that need no container runtime."""
