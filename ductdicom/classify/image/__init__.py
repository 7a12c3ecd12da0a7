"""What each object of a study is, and which view it shows.

In the order in which an object passes them:

- ``subject``: its header with the texts read once
- ``kind``: what it is; only 2D views of a breast can stand in a row
- ``view``: which breast and which view, by every source that names them
- ``seen``: all of this together, the value to which later steps add what they conclude
- ``same_exposure``: which objects show one exposure
- ``copies``: the one that stands for them, and what was rejected
"""
