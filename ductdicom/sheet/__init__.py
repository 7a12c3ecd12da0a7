"""A study's images and rows to pages: one model of a page for every format.

- ``tile``: one image shown, hung and cropped
- ``difference``: what changed between two tiles
- ``captions``: what is said around a tile
- ``reviewed``: what people decided, in words
- ``fonts``, ``style``: typeface, sizes and colours
- ``layout``: where the tiles of rows go
- ``page``: a page as a list of marks, and how pages are laid out
- ``cells``: what stands in one cell of a row
- ``pages``: rows and inventory to pages
- ``raster``: a page as an array of pixels
"""
