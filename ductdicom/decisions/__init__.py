"""What people decided.

- ``files``: a file of decisions, JSON or a table, to decisions by SOP Instance UID
"""
