"""Studies of an output folder, read again where their records say that their sources lie.

- ``redo``: decided by what is in force now, and drawn
- ``preview``: what decisions would change in one, before anybody makes them
"""
