"""What outcome.json says beside the lists: bills and warnings."""
