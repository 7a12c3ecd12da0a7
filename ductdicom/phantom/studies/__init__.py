"""The sample studies, each told by another kind of evidence.

``habits`` are those of mammography units · ``studio`` makes files of exposures · ``plain``,
``mixed`` and ``special`` hold the studies.
"""
