"""The interactions on several machines: Spark hands files and tables around, prepare's own code reads and judges."""
