"""Archives and CD images read in place, within limits, entry by entry.

In the order in which an archive passes them:

- ``walk``: the entries of an archive, those of archives in it included; the bytes of one of them
- ``kind``: which format a file is in, by its first bytes and its name
- ``zip``, ``tar``, ``iso``: the entries of one format; ``tar`` also remembers where they lie
- ``unpack``: a gzip, xz or bzip2 stream that can be sought in, under a packed ``tar``
- ``entry``: what the formats have in common, an entry and the limits it must keep
- ``content``: the bytes of one entry, in memory or in a temporary file
"""
