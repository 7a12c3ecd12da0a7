"""What a header says of turning an image and of millimetres; no array passes here.

- ``hanging``: how an image is turned for display
- ``scale``: millimetres at the breast for one stored pixel
"""
