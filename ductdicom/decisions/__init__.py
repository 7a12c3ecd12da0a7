"""What people decided.

- ``event``: one decision, and its ID
- ``files``: a file of decisions, JSON or a table, to decisions
- ``in_force``: all decisions to those that count, field by field; pure
- ``journal``: the folder that keeps every decision, and the file of those in force
"""
