"""Deciding, pure: instances in, conclusions out."""
