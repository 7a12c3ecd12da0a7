"""A teaching set that may leave the department, made of what an output folder holds.

- ``profile``: what DICOM's own table says of each attribute (``profile.csv``, with its notice)
- ``keyed``: pseudonyms, UIDs and shifts of time, all from one key
- ``told``: what is written anew of an image, from what was decided
- ``header``: an object's header, of which only what is known to be harmless is taken over
- ``look``: the second look at what is to be written, for what names the patient
"""
