"""Options in, exit code out; one file a command, no logic."""
