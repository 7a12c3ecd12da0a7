"""Who is named in a text, and taking it out; this room knows neither headers nor vocabularies.

- ``spelled``: a text as names are compared, in any script, case and spelling
- ``beginnings``: where words stand in letters, and that most texts hold none
- ``usual``: how else names of other scripts are written in Latin letters
- ``disguised``: names cut off, in other scripts, in broken character sets
- ``dates``: days in a text as people write them
- ``known``: what the headers know people by, found in texts and masked
"""
