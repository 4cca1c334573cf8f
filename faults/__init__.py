"""What ``make faults`` does: bad weather, kills and damage, seeded, against the code that is deployed."""
