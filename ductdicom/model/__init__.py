"""Frozen values that every room shares; standard library and msgspec only.

In the order in which they come about:

- ``value``: what all of them have in common
- ``origin``: where one input came from
- ``instance``: the header of one object
- ``outcome``: what became of an input, a problem, why something could not be read
- ``call``: a conclusion with its reasons, and a reviewer's decision
- ``study``: a study, the calls of its images, and the rows they stand in
- ``record``: the same as it is written into the output folder
- ``result``: a study at the end of a run, and the run as a whole
"""
