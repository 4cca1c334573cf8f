"""Stand-ins for SageMaker's built-in algorithms; each follows the container contract."""
