"""What was read of each file, from one run to the next.

- ``lines``: a result as short lines, of which many results share the same ones, and back
- ``cache``: these lines by path, size, time and file number, in one SQLite file
- ``stock``: what caches there are, and taking them away
"""
