"""The review in a browser (extra ``review``): what OUT holds, shown and decided upon.

- ``encoding``: stored values on their way to the browser
- ``pictures``: one image in full, as the sheet shows it
- ``gallery``: the images of all studies, decoded once and kept within bounds
"""
