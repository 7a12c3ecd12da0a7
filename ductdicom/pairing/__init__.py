"""Pairing, pure: conclusions in, rows out.

In the order in which a study passes them:

- ``priors``: views of the same patient's earlier studies that may stand in for missing ones
- ``companions``: what else there is of the patient
- ``rows``: which images stand side by side; every other is left out with a reason
- ``status``: whether the rows are complete, or a person must decide
"""
