"""Finding the images over which a decoder ends its process."""

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, wait
from contextlib import AbstractContextManager, suppress

from ductdicom.errors import InputError
from ductdicom.model.origin import Origin
from ductdicom.pipeline.drawing.originals import Members
from ductdicom.pixels.decoding.decode import read_image

DEATHS = (BrokenExecutor, MemoryError)
_SIDES_PX = (None, 1024, 256)  # a decoder may crash at one resolution only


def probe(origin: Origin) -> None:
    """Decode an image as a sheet would, in a worker that may die of it."""
    with suppress(InputError):  # what is refused in good order is said when it is drawn
        source = Members((origin,)).source(origin)
        for side_px in _SIDES_PX:
            read_image(source, min_side_px=side_px, label=origin.label)


def find_deadly(
    origins: Sequence[Origin],
    executor: Executor,
    may_stop: Callable[[], AbstractContextManager[None]],
) -> frozenset[str]:
    """Return the labels of the images over which a worker dies, one after the other."""
    deadly = set()
    for origin in origins:
        try:
            future = executor.submit(probe, origin)
            with may_stop():
                wait((future,))
            future.result()
        except DEATHS:
            deadly.add(origin.label)
    return frozenset(deadly)
