"""breast."""
