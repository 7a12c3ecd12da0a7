"""What the commands have in common that send: which objects, and the way to a peer."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from ductdicom.errors import UsageError
from ductdicom.pacs.peers import OwnSide, Peer

if TYPE_CHECKING:  # of an extra
    from ductdicom.pacs.send.store import Store

_KINDS = ("sheet", "keys", "pdf")


class Words(click.ParamType[tuple[str, ...]]):
    """Words of a list, comma separated, each once."""

    name = "list"

    def __init__(self, words: tuple[str, ...]) -> None:
        self._words = words

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Read a list."""
        if not isinstance(value, str):
            return tuple(value)
        found = tuple(dict.fromkeys(word.strip() for word in value.split(",")))
        for word in found:
            if word not in self._words:
                self.fail(f"{word!r} is none of {', '.join(self._words)}.", param, ctx)
        return found


objects_option = click.Option(
    ["--objects"],
    type=Words(_KINDS),
    default="sheet,keys",
    metavar="LIST",
    help="What is sent: sheet (a Secondary Capture a page), keys (a Key Object Selection of the "
    "paired images), pdf.  [default: sheet,keys]",
)


take_over_option = click.Option(
    ["--take-over"],
    is_flag=True,
    help="Send also where the archive has sheets of another OUT, as their next revision.",
)


commit_option = click.Option(
    ["--commit"], is_flag=True, help="Ask the archive to commit itself to keep what it stored."
)
wait_option = click.Option(
    ["--wait"],
    type=click.FloatRange(0),
    default=30.0,
    metavar="SECONDS",
    help="How long a report of that is waited for; it may come later.  [default: 30]",
)


def require_commitment(peer: Peer) -> None:
    """Make sure that a peer can be asked for storage commitment.

    Raises
    ------
    UsageError
        It has DICOMweb alone.
    """
    if not peer.port:
        raise UsageError(
            f"{peer.name} has DICOMweb alone", hint="storage commitment needs connect = …"
        )


def is_by_web(peer: Peer, via: str = "auto") -> bool:
    """Tell whether a peer is sent to by DICOMweb.

    Raises
    ------
    UsageError
        It has no such way.
    """
    if via == "dicom" and not peer.port:
        raise UsageError(f"{peer.name} has DICOMweb alone", hint="--via web")
    if via == "web" and peer.web is None:
        raise UsageError(f"{peer.name} has no DICOMweb", hint="set web = … of this peer")
    return via == "web" or (via == "auto" and peer.web is not None)


def place_of(peer: Peer, *, is_web: bool) -> str:
    """Return where a peer is; one that has both protocols is one, whatever it is called by."""
    if peer.port:
        return f"{peer.title}@{peer.host}:{peer.port}"
    return peer.web.url if is_web and peer.web is not None else peer.name


@contextmanager
def opened_store(peer: Peer, own: OwnSide, *, is_web: bool) -> "Iterator[Store]":
    """Open the way to a peer; nothing is said to it before there is something to send."""
    from ductdicom.pacs.send.by_dicom import DicomStore  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.send.by_web import WebStore  # noqa: PLC0415
    from ductdicom.pacs.web import DicomWeb  # noqa: PLC0415

    with ExitStack() as held:
        if is_web:
            yield WebStore(held.enter_context(DicomWeb(peer, own.timeout_s)))
        else:
            yield held.enter_context(DicomStore(peer, own))
