"""One image of a breast laid over another; needs the extra ``difference``.

- ``raster``: images with square pixels of one size, and what changed between two of them
- ``register``: the search for the transform, and whether its result is good enough
"""
