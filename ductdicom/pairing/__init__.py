"""Pairing, pure: conclusions in, rows out."""
