"""Options in, exit code out; a file a command, no logic.

``application`` finds the command · ``options`` become settings · ``batch`` and ``admin`` hold the
commands · ``progress`` meanwhile · ``tables`` in the end · ``echo`` says all of it.
"""
