"""What stands in one cell of a row, and its marks.

- ``cell``: an image, or words where one is missing, and what is said of it
- ``strips``: the marks above and below an image
- ``draw``: the marks of a whole cell
- ``difference``: the cell of a difference of two images
"""
