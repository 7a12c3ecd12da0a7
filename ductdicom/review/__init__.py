"""The review in a browser (extra ``review``): what OUT holds, shown and decided upon.

- ``encoding``: stored values on their way to the browser
- ``pictures``: one image in full, as the sheet shows it
- ``keeping``: what was made, kept within bounds
- ``gallery``: the images of all studies, decoded once
- ``listing``: what is to be looked at, and who has it open
- ``pages``: what the pages hold; their templates, styles and scripts
- ``saving``: decisions into the journal
- ``access``: who may ask
- ``app``: the addresses, and what each answers
- ``serve``: the server itself
"""
