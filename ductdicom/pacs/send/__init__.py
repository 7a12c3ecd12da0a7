"""Sending sheets and what belongs to them back into the study, once.

In the order in which a study passes them:

- ``run``: which studies are sent, and all of it together
- ``originals``: a study of an output folder, and the originals that it is of
- ``header``: their patient and study, byte for byte
- ``objects``: what is sent: a page, a selection of keys, a document
- ``elsewhere``: what another output folder sent into the study
- ``make``: which of it is new, its UIDs, its bytes
- ``journal``: what was made, sent and committed
- ``store``: what a peer answers; ``by_dicom``, ``by_web``: it is sent by either protocol
- ``commitment``: the peer is asked to keep it
"""
