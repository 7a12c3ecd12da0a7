"""Where the breast is in an image.

- ``tissue``: where tissue is, and where air
- ``air``: pixels turned as the header says, unless that puts air at the chest wall
- ``crop``: the part of an image that holds the breast
- ``nipple``: roughly where the nipple is
"""
