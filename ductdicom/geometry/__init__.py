"""What a header says of turning and of millimetres; no pixel is looked at.

- ``hanging``: how an image is turned so that it hangs as a reader expects
- ``scale``: how large a stored pixel is at the breast
- ``slab``: which slices are shown as one
- ``image``: both of one image, asked once and kept
"""
