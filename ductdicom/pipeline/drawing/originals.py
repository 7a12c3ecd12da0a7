"""A study's images: files are mapped, archives gone through once each and what is in them held."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from io import SEEK_END
from mmap import ACCESS_READ, mmap

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.content import Content
from ductdicom.ingest.archives.walk import read_all, read_one
from ductdicom.ingest.headers.same_object import open_again
from ductdicom.model.origin import Origin

DECODER_CRASHED = "decoder-crashed"
_MOST_BYTES = 200 << 20  # that are held for one study; what is more is read when it is asked for


class Members:
    """What is read for one study.

    A packed archive can only be read from its start, and the directory of a large one takes its
    time, so that all that a study has in it is read together and held.

    Parameters
    ----------
    origins
        Everything that may be asked for.
    deadly
        Labels of images that are not to be decoded, as a decoder ends its process over them.
    """

    def __init__(
        self,
        origins: Iterable[Origin] = (),
        *,
        most_bytes: int = _MOST_BYTES,
        deadly: Collection[str] = (),
    ) -> None:
        self._deadly = deadly
        self._waiting: dict[str, list[Origin]] = {}
        self._held: dict[str, Content] = {}
        for origin in {origin.label: origin for origin in origins}.values():
            if origin.member is not None and origin.size_bytes <= most_bytes:
                most_bytes -= origin.size_bytes
                self._waiting.setdefault(origin.file, []).append(origin)

    def source(self, origin: Origin) -> Content:
        """Return a file mapped, or a member (see `read_content`), for a decoder.

        A file that is replaced afterwards stays what it was when it was mapped.

        Raises
        ------
        UnreadableError
            It cannot be read, or is no longer there; ``decoder-crashed`` where it is not to be
            decoded.
        """
        if origin.label in self._deadly:
            message = "a decoder ends its process over it"
            raise UnreadableError(message, reason=DECODER_CRASHED, path=origin.label)
        if origin.member is not None:
            return self._member(origin)
        with open_again(origin) as file:
            is_empty = file.seek(0, SEEK_END) == 0  # which cannot be mapped
            return b"" if is_empty else mmap(file.fileno(), 0, access=ACCESS_READ)

    def content(self, origin: Origin) -> bytes:
        """Return the bytes of a file or a member, in memory.

        Raises
        ------
        UnreadableError
            It cannot be read, or is no longer there.
        """
        return bytes(self._member(origin))

    def _member(self, origin: Origin) -> Content:
        """Return a member that is held, or read it, as a file."""
        if origin.member is not None and origin.file in self._waiting:
            with suppress(UnreadableError):  # each member says so itself when its turn comes
                for member, content in read_all(self._waiting.pop(origin.file)):
                    self._held[member.label] = content
        held = self._held.get(origin.label)
        return read_one(origin) if held is None else held
