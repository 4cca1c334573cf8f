"""The AWS inside this machine: engine, deployment, SageMaker jobs as processes."""
