"""SageMaker on this machine: jobs run as processes in a temporary ``/opt/ml``, models are records."""
