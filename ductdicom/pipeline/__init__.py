"""The stages in order; the only room that knows all others, and over which a command runs.

In the order in which an export passes them:

- ``run``: the main job, from inputs to an output folder; ``single``: to one file
- ``interrupts``: what may be stopped, and where; ``executors``: where the work runs; ``cluster``:
  on other machines
- ``read``: from inputs to studies that are judged
- ``fingerprints``: whether two objects with one UID are the same
- ``gather``: instances to studies of one patient each
- ``heeded``: which of all decisions are on what is at hand
- ``judge``: what each study is, with the patient's other studies
- ``annotate``: what headers say of scale and orientation, on rows
- ``masking``: what names a person is taken out of the headers' texts
- ``naming``: how studies, images and inputs are called where others may read it
- ``earlier``: what earlier runs left in the output folder
- ``drawing``: judged studies to sheets and records
- ``ledger``: a row for every input

``again`` reads studies of a finished run again, by the decisions that are in force now; ``what_if``
all of them, under other rules.
"""
