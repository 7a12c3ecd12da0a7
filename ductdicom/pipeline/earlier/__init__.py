"""What earlier runs left in the output folder, and what a run makes of it.

- ``known``: their records; which of them a run takes the place of
- ``recall``: the images of the studies at hand that they recorded; what is done where one is gone
- ``prune``: clearing out; ``overview``: what there is
"""
