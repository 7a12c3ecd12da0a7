"""Hashes of the objects that must be compared, each archive gone through once."""

import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from io import BytesIO
from typing import TYPE_CHECKING

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.walk import open_origin, read_all
from ductdicom.ingest.headers.same_object import hash_of_object
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow, reason_of

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
        """Return a hash of the object that an input holds, whatever file meta stands before it.

        Returns
        -------
        A SHA-256, 64 hexadecimal digits.

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
                    self._read[member.label] = hash_of_object(BytesIO(content))
        return self._read.pop(origin.label, None) or hash_again(origin)


def hash_again(origin: Origin) -> str:
    """Return a hash of an object, read once more.

    Raises
    ------
    UnreadableError
        The input cannot be read again.
    """
    try:
        with open_origin(origin) as stream:
            return hash_of_object(stream)
    except OSError as error:
        raise UnreadableError(
            "the input cannot be read", reason=reason_of(error), path=origin.label
        ) from error


def _place(origin: Origin) -> Origin | None:
    """Return the name under which the catalogue keeps a hash; with its NULs it is no file's."""
    try:
        status = origin.path.stat()
    except OSError:
        return None
    return Origin(
        file=f"{origin.file}\0{origin.member or ''}\0object",
        source="",
        size_bytes=status.st_size,
        modified_ns=status.st_mtime_ns,
        file_number=status.st_ino,
    )
