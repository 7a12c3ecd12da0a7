"""Labelled studies: what archives hold, and what an expert would say of each image."""
