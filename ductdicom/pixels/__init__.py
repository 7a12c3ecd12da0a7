"""One object's bytes to P-values that can be drawn: decoded, shown, hung, cropped, compared.

- ``decoding``: the bytes of an object to stored values
- ``stored``: stored values of one image, and what its header says of showing them
- ``display``: stored values to P-values, and to another size
- ``breast``: where the breast is in an image: air, crop, nipple
- ``registration``: one image of a breast laid over another
"""
