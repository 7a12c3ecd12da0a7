"""Stretches of elements that headers have in common, so that later ones are not taken apart anew.

The objects of one console say most things alike and in the same order. Where the bytes of many
elements in a row are those of an earlier header, they mean the same.
"""

from itertools import groupby
from typing import NamedTuple

_FIRST_OUTSIDE_META = 0x0003_0000
_FEWEST_ELEMENTS = 3  # fewer are as quick one by one
_MANY_STEPS = 48  # through one header; below that nothing is left to win
_REST_HEADERS = 8  # between two comparisons, where no header is like the others


class Stretch(NamedTuple):
    """Consecutive elements as they lie in the file, and the wanted ones among them by tag."""

    content: bytes
    wanted: dict[int, bytes]
    last: int


class Stretches:
    """What the last two headers that were compared had in common.

    ``known`` has the stretches by the tag that they begin with. All headers are in one encoding.
    """

    __slots__ = ("_earlier", "_rested", "known")

    def __init__(self) -> None:
        self.known: dict[int, Stretch] = {}
        self._earlier: dict[int, bytes] = {}
        self._rested = _REST_HEADERS

    def are_outdated(self, steps: int) -> bool:
        """Tell whether to learn from a header whose elements were taken one by one so often."""
        self._rested += 1
        return steps > _MANY_STEPS and (not self._earlier or self._rested > _REST_HEADERS)

    def learn(self, elements: dict[int, bytes], wanted: dict[int, bytes]) -> None:
        """Compare a header with the one that was learned from before.

        Parameters
        ----------
        elements
            All elements before the pixels in their order; between two of them there is nothing.
        wanted
            Those of them that anybody asks for.
        """
        earlier, self._earlier = self._earlier, elements
        if not earlier:
            return
        self._rested = 0
        known: dict[int, Stretch] = {}

        def kind(tag: int) -> tuple[bool, bool]:
            # The meta information is a data set of its own, and no stretch leads out of it.
            return elements[tag] == earlier.get(tag), tag < _FIRST_OUTSIDE_META

        for (is_alike, _), run in groupby(elements, kind):
            tags = list(run)
            if is_alike and len(tags) >= _FEWEST_ELEMENTS:
                known[tags[0]] = Stretch(
                    content=b"".join(elements[tag] for tag in tags),
                    wanted={tag: wanted[tag] for tag in tags if tag in wanted},
                    last=tags[-1],
                )
        self.known = known
