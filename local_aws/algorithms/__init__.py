"""Stand-ins for SageMaker's built-in algorithms; each honours the container contract."""
