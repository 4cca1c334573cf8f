"""One file a command: what it prints, and the exit code it returns."""
