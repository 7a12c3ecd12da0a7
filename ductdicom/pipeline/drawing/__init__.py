"""A judged study to its files.

- ``plan``: what is to be done for each study, and what an earlier run has done already
- ``room``: how much that would take
- ``workers``: studies worked off, also where a worker process dies
- ``options``: with which options studies were drawn, so as to draw one again
- ``originals``: the bytes of a study's images, files or members of archives
- ``tiles``: which pixels are read, at what size and with which grey
- ``job``: what a worker is given of a study, what it leaves, and what is recorded of it
- ``work``: one study's pages, files and record
"""
