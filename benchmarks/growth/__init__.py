"""How a whole run's time and memory grow with the number of users."""
