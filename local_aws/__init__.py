"""An AWS embedded in this machine: README.md says what it is. Whoever uses it imports ``local_aws.door``."""
