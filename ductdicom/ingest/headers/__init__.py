"""The bytes of one DICOM object to an `Instance`; pixels are looked at, not read.

In the order in which an object passes them:

- ``detect``: whether it is DICOM at all, and where its elements start
- ``instance``: all of it together, from a stream to an instance
- ``fast``: the elements of an ordinary file, straight from its first bytes
- ``shared_runs``: stretches of elements that earlier headers had too, which are stepped over
- ``tolerant``: the elements of any other file, by pydicom
- ``tags``: the attributes that are read, and no others
- ``values``: the bytes under a tag to text, numbers and codes
- ``charset``, ``charset_guess``: bytes to text, as declared or by guess
- ``modules``: the attributes that are read together, and remembered from image to image
- ``attributes``: which attribute makes which field of an instance
- ``fields``: how a field is read, in a single-frame and in an enhanced object; ``clock`` for times
- ``pixel_extent``: whether the pixels that the header promises are there
- ``file_set``: what a DICOMDIR lists and what of that is not there
- ``same_object``: whether an original is still the one that was read, and what of a file is it
"""
