"""SageMaker on this machine: jobs are processes with a temporary ``/opt/ml``, models are records."""
