"""Hashes of the inputs that must be compared, each archive gone through once."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.walk import read_all
from ductdicom.ingest.scan import fingerprint
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow

if TYPE_CHECKING:  # a database that many runs do without
    from ductdicom.ingest.cache.cache import Catalogue

_SHA256 = re.compile(rb"[0-9a-f]{64}")


class Fingerprints:
    """Hashes of inputs, some of which have the same SOP Instance UID.

    Parameters
    ----------
    items
        All that was read; it says what else of an archive will be asked for.
    catalogue
        Remembers the hashes. Without it, a run over an export in which things lie twice would
        read them whole each time.
    """

    def __init__(
        self, items: Iterable[Instance | LedgerRow], catalogue: "Catalogue | None" = None
    ) -> None:
        instances = [item for item in items if isinstance(item, Instance)]
        uids = Counter(instance.sop_instance_uid for instance in instances)
        self._members: dict[str, list[Origin]] = {}
        for instance in instances:
            origin = instance.origin
            if origin.member is not None and uids[instance.sop_instance_uid] > 1:
                self._members.setdefault(origin.file, []).append(origin)
        self._read: dict[str, str] = {}
        self._catalogue = catalogue

    def of(self, origin: Origin) -> str:
        """Return the SHA-256 of an input's bytes, as hexadecimal digits.

        Raises
        ------
        UnreadableError
            The input cannot be read again.
        """
        place = _place(origin)
        if place is None or self._catalogue is None:
            return self._compute(origin)
        (known,) = self._catalogue.find([place])
        if known and _SHA256.fullmatch(known[0][0]):
            return known[0][0].decode()
        digest = self._compute(origin)
        self._catalogue.keep([(place, ((digest.encode(),),))])
        return digest

    def _compute(self, origin: Origin) -> str:
        # Many archives can only be read from the start, which once for each member is too much.
        if origin.member is not None and origin.file in self._members:
            with suppress(UnreadableError):  # each member says so itself when its turn comes
                for member, content in read_all(self._members.pop(origin.file)):
                    self._read[member.label] = hashlib.sha256(content).hexdigest()
        return self._read.pop(origin.label, None) or fingerprint(origin)


def _place(origin: Origin) -> Origin | None:
    """Return the name under which the catalogue keeps a hash; with its NUL it is no file's."""
    try:
        status = origin.path.stat()
    except OSError:
        return None
    return Origin(
        file=f"{origin.file}\0{origin.member or ''}",
        source="",
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        file_number=status.st_ino,
    )
