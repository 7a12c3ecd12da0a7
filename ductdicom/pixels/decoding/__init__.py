"""The bytes of one object to stored values; the only place that decodes.

- ``source``: opens an object and finds its pixels
- ``elements``: single header elements, read forgivingly
- ``pixel_format``: shape and depth of the pixels, checked before anything is decoded
- ``display_attributes``: what the header says of showing them
- ``frames``: the bytes of one frame, mapped or joined from fragments
- ``syntax``: the transfer syntax that the pixels have, whatever is declared
- ``codestream``: what a compressed frame says of itself
- ``soundness``: whether a compressed frame can be what its encoder wrote
- ``codecs``: for each transfer syntax the decoders, tried in order
- ``lossless``: whether lossless JPEG was read as it was written
- ``colour``: colour as luminance
- ``decode``: all of this for one frame of one object
- ``stack``: the slices of a stack, one after the other
"""
