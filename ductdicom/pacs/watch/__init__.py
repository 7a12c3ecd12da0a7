"""Whatever comes is organised once it is quiet, and again when something comes late.

- ``state``: what was done, and how far a feed was read; it lies in the output folder
- ``settling``: which studies of the spool are quiet and not done yet
- ``feed``: Orthanc's changes, out of which stable studies come into the spool
- ``delivery``: what is new in the output folder goes to an archive
- ``run``: one look after the other at all of it
"""
