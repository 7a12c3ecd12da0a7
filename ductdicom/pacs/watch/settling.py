"""Which studies of a spool are quiet, so that it is time to organise them."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from ductdicom.pacs.spool.folder import Spool
from ductdicom.pacs.spool.waiting import waited_for

LONGEST_S = 3600.0  # a receiver that waits for more of a study may be gone


@dataclass(slots=True)
class Settling:
    """Looks at a spool again and again.

    A study is told by its folder's time of change, its *stamp*: objects come into it whole, and
    are never changed. How long it was left alone is measured here, as the clock of the file system
    may be another one.

    Attributes
    ----------
    quiet_s
        How long nothing must come of a study; where a receiver still waits for more of it, an hour.
    """

    spool: Spool
    quiet_s: float
    clock: Callable[[], float] = monotonic
    _since: dict[str, tuple[str, float]] | None = None

    def look(self, done: Mapping[str, str], at_once: Collection[str] = ()) -> dict[str, str]:
        """Return the stamps of studies that are quiet and other than when they were done.

        Parameters
        ----------
        done
            The stamps with which studies were done, by their folders' names.
        at_once
            Studies of which it is known that they are complete.
        """
        now, awaited = self.clock(), waited_for(self.spool.incoming)
        open_ = {name: stamp for name, stamp in self.stamps() if done.get(name) != stamp}
        before = self._since or {}
        found = {
            name: (stamp, before[name][1] if before.get(name, ("", 0))[0] == stamp else now)
            for name, stamp in open_.items()
        }
        self._since = found
        return {
            name: stamp
            for name, (stamp, since) in found.items()
            if name in at_once or now - since >= (LONGEST_S if name in awaited else self.quiet_s)
        }

    @property
    def unquiet(self) -> int | None:
        """How many studies of the last look are not done; None before the first."""
        return None if self._since is None else len(self._since)

    def stamps(self) -> Iterator[tuple[str, str]]:
        """Yield the studies that are there, each with its stamp."""
        with os.scandir(self.spool.studies) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield entry.name, str(Path(entry.path).stat().st_mtime_ns)
