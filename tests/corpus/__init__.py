"""A labelled corpus of synthetic studies: what archives hold, and an expert's word on each image.

Each case is written from the facts of the field, never from the engine's rules. ``vendors`` and
``words`` are the consoles and the languages · ``scene`` and ``exposures`` make headers of them ·
the other modules hold the cases, ``catalogue`` all of them · ``accuracy`` lets the engine decide.
"""
