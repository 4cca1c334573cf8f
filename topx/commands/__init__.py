"""The commands, one file each: their arguments, and the action to call."""
