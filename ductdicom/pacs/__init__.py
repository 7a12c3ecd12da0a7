"""To and from an archive (extra ``pacs``); a folder, the spool, is the seam to all else.

- ``peers``: who is at the other end, and who we are
- ``association``, ``web``: DICOM associations and DICOMweb
- ``syntaxes``: SOP classes and transfer syntaxes, in the order in which they are preferred
- ``reach``: whether a peer is there, and what it offers
- ``spool``: where what comes lies, whole objects only
- ``receive``: a storage SCP; ``health`` says how it is
- ``pull``: what belongs to ductograms is found in an archive and fetched
- ``watch``: what came is organised, once it is quiet
- ``send``: sheets go back into the studies that they are of
"""
