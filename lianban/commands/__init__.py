"""The commands, one module each: what a command is called, what it takes, what it does."""
