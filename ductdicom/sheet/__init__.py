"""One layout model for every format."""
