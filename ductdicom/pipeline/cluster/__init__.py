"""The work on a Dask cluster: workers on other machines that see the same files.

- ``sight``: what every worker must see, before a run begins
- ``worker``: what runs in a worker: is it fit for a run, and each task
- ``executor``: tasks to workers, as any executor takes them
- ``connect``: an address, or a scheduler's file, to an executor

Nothing but ``worker``, and who connects, loads `distributed`, which is the extra ``cluster``.
"""
