"""What every room of topx must agree on, said once. Standard library only."""
