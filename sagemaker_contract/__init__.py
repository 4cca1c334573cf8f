"""What SageMaker prescribes to whoever runs on it or stands in for it, said once; imports no other room."""
