"""The command line for operators: start and watch runs, read lists, load sample data."""
