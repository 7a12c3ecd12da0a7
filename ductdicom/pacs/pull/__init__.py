"""Finding studies in an archive, and fetching what belongs to them.

In the order in which a study passes them:

- ``worklist``: a list of studies as CSV
- ``query``: what is asked, and the keys in which it is asked
- ``by_dicom``, ``by_web``: an archive that is asked and fetched from, by either protocol
- ``either``: by the other protocol, where one brings nothing
- ``choose``: decided at home: which studies are ductograms, and which are earlier ones of a patient
- ``run``: all of it together, what came counted against what the archive said
"""
