"""The workflow's Lambda functions, one file each. Standard library and boto3 only."""
