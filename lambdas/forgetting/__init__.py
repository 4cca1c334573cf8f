"""How a user is forgotten, and stays so."""
