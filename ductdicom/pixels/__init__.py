"""Arrays: the only room that decodes."""
