"""Pages and results to files; the only room that writes sheets and records.

- ``output``: the output folder, its lock, its names, and files that are written whole
- ``originals``: originals laid down by phase
- ``lossless``: images as PNG, from which PDF takes its own
- ``tagging``: the structure by which a PDF is read aloud
- ``png``, ``pdf``, ``dicom``, ``html``: pages as a file of that format
- ``records``: studies, inputs and totals as other programs read them
- ``folder``, ``top``: what is a run's in a study's folder, and at the top, and what is a reader's
- ``accounts``: what stands at the top of the output folder
- ``header_report``: what of a header may be shown to a stranger
"""
