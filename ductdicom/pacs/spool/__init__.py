"""The spool: where what comes from an archive lies, whole files only.

- ``folder``: where an object belongs, and how it gets there
- ``part``: an object while it comes
- ``intake``: what becomes of it once it is there: taken, kept beside another, or refused
- ``waiting``: which studies may still get more
"""
