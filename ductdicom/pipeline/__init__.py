"""The stages in order; the only room that knows all the others."""
