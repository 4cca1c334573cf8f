"""SageMaker's contract with containers and clients, shared by all packages; imports no other package."""
