"""The engine for several machines: Spark distributes files and tables, prepare's own code reads and validates them."""
