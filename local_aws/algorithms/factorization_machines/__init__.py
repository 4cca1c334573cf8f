"""Stand-in for SageMaker's factorization machines: it reads the same files and writes the same log and artifact."""
