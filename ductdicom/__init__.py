"""Separate pre-contrast from post-contrast ductography views and lay them side by side."""

__version__ = "0.1.0"
