"""Stored values to P-values, and to another size.

- ``voi``: which VOI an image, and its row, is shown with
- ``transfer``: the steps of the display chain
- ``polarity``: whether air is bright or dark
- ``present``: stored values to P-values
- ``slab``: the brightest of many slices
- ``grey``: P-values to grey levels, and what an image can be shown with
- ``resample``: fewer or more pixels
"""
