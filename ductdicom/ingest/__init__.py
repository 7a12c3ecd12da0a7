"""From bytes to values: the only room that reads headers.

In the order in which a file passes them:

- ``scan``: all of it together, from what the user named to instances and rows of the ledger
- ``inputs``: folders, files and lists to candidates, in a stable order
- ``cache``: what an earlier run read of a file that has not changed
- ``read``: one file or one archive, in a worker or here
- ``archives``: the entries of zip, tar and CD images, read in place
- ``headers``: the bytes of one object to an `Instance`
"""
