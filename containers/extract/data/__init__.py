"""What the run has prepared and asked for, as arrays and settings."""
