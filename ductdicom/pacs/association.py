"""Associations that we ask for, and the library that carries them, which is kept silent.

References
----------
* DICOM PS3.8 7.1 and 9.3.4, how an association is asked for, rejected and aborted
"""

import logging
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

from pynetdicom import _config, evt
from pynetdicom.ae import ApplicationEntity
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.sop_class import StorageCommitmentPushModel  # type: ignore[attr-defined]
from pynetdicom.transport import AssociationSocket

from ductdicom.errors import RemoteError
from ductdicom.export.dicom import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from ductdicom.pacs.peers import OwnSide, Peer

MOST_CONTEXTS = 128  # of one association (DICOM PS3.8 9.3.2.2)
PDU_BYTES = 1 << 18  # larger ones are no faster, and have to be held in memory
_CONNECT_S = 10.0
_END_S = 1.0  # of the thread that reads

# It logs headers with the patient's name at its lower levels, and tracebacks at the upper ones;
# what is worth saying we say ourselves. Its own handlers cost time even when nobody listens.
_LOGGER = logging.getLogger("pynetdicom")
_LOGGER.setLevel(logging.WARNING)
_LOGGER.addHandler(logging.NullHandler())
_LOGGER.propagate = False
_config.LOG_HANDLER_LEVEL = "none"
_config.LOG_REQUEST_IDENTIFIERS = False
_config.LOG_RESPONSE_IDENTIFIERS = False

_hook = threading.excepthook


def _break_off(failure: threading.ExceptHookArgs) -> None:
    """Let what comes malformed end its association, and nothing be printed that it holds.

    The library does not expect all of it, and the thread that reads it dies of it.
    """
    is_ours = isinstance(failure.thread, Association) or hasattr(failure.thread, "assoc")
    if not is_ours:
        _hook(failure)


threading.excepthook = _break_off
_shut_down = AssociationSocket._shutdown_socket  # noqa: SLF001 - see below


def _shut_down_and_close(self: AssociationSocket) -> None:
    """Close a socket also where the other side is gone, which the library forgets."""
    connection = self.socket
    _shut_down(self)
    if connection is not None:
        connection.close()


setattr(AssociationSocket, "_shutdown_socket", _shut_down_and_close)  # noqa: B010 - for mypy


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What was agreed on when an association was made.

    ``pdu_bytes`` is the largest PDU that the peer takes, 0 for any; ``contexts`` are the accepted
    ones, each a SOP class with a transfer syntax; ``tls`` is the version, empty for none.
    """

    implementation: str
    pdu_bytes: int
    contexts: tuple[tuple[str, str], ...]
    tls: str = ""


def context(sop_class: str, *syntaxes: str) -> PresentationContext:
    """Return a presentation context to be proposed."""
    found = PresentationContext()
    found.abstract_syntax = sop_class
    found.transfer_syntax = list(syntaxes)
    return found


def report_context() -> PresentationContext:
    """Return the context over which an archive may report storage commitment to us.

    Some say that they act as the provider that they are (DICOM PS3.4 J.3.3), some say nothing.
    """
    found = build_context(StorageCommitmentPushModel)
    found.scu_role = found.scp_role = True
    return found


def named(entity: ApplicationEntity) -> ApplicationEntity:
    """Let an entity say whose implementation it is: that of the objects that we make, too."""
    entity.implementation_class_uid = IMPLEMENTATION_UID
    entity.implementation_version_name = IMPLEMENTATION_NAME
    return entity


@contextmanager
def associated(
    peer: Peer,
    own: OwnSide,
    contexts: Sequence[PresentationContext],
    *,
    roles: Sequence[SCP_SCU_RoleSelectionNegotiation] = (),
    handlers: Sequence[evt.EventHandlerType] = (),
    entity: ApplicationEntity | None = None,
) -> Iterator[Association]:
    """Hold an association with a peer; at the end of the block it is released, or aborted.

    Parameters
    ----------
    contexts
        Up to 128, each with what is proposed.
    entity
        Who asks, where it is more than a title.

    Raises
    ------
    RemoteError
        The peer cannot be reached, rejects us, or does not answer in time.
    """
    entity = _patient(named(entity or ApplicationEntity(own.title)), own.timeout_s)
    tls = peer.tls
    secured = None if tls is None else (tls.as_client(), tls.name or peer.host)
    opened: list[object] = []
    limit = (evt.EVT_CONN_OPEN, partial(_limit, opened, own.timeout_s))
    for address in _resolve(peer):
        association = entity.associate(
            address,
            peer.port,
            contexts=list(contexts),
            ae_title=peer.title,
            max_pdu=PDU_BYTES,
            ext_neg=list(roles),
            tls_args=secured,
            evt_handlers=[limit, *handlers],
        )
        if opened:
            break
    if not association.is_established:
        _close(association)
        raise _refusal(peer, association, is_open=bool(opened))
    with _closing(association):
        yield association


@contextmanager
def _closing(association: Association) -> Iterator[None]:
    """Release an association at the end of the block, or abort it, and close the connection."""
    try:
        yield
    except BaseException:
        association.abort()  # in the middle of something, nobody answers to a release
        raise
    else:
        if association.is_established:
            association.release()
    finally:
        _close(association)


def _close(association: Association) -> None:
    """Close the connection also where the other side hung up first, which the library forgets."""
    association.dul.join(_END_S)
    carrier = association.dul.socket
    if carrier is not None and carrier.socket is not None:
        carrier.socket.close()


def _patient(entity: ApplicationEntity, timeout_s: float) -> ApplicationEntity:
    entity.connection_timeout = min(timeout_s, _CONNECT_S)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = timeout_s
    return entity


def _limit(opened: list[object], timeout_s: float, event: evt.Event) -> None:
    """Let a peer that stops in the middle of a PDU not hold us: the library itself would wait."""
    opened.append(event)
    carrier = event.assoc.dul.socket
    if carrier is not None and carrier.socket is not None:
        carrier.socket.settimeout(timeout_s)


def _resolve(peer: Peer) -> list[str]:
    """Return the addresses that the peer's name stands for, at least one."""
    try:
        found = socket.getaddrinfo(peer.host, peer.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise RemoteError(f"{peer.name}: there is no host {peer.host!r}") from error
    return list(dict.fromkeys(str(item[4][0]) for item in found))


def _refusal(peer: Peer, association: Association, *, is_open: bool) -> RemoteError:
    where = f"{peer.name}: {peer.host}:{peer.port}"
    if association.is_rejected:
        said: Any = association.acceptor.primitive
        why = said.reason_str if said is not None else "no reason given"
        return RemoteError(
            f"{peer.name} rejected the association: {why}",
            hint=f"is {peer.title} its title, and does it know ours?",
        )
    if not is_open:
        why = "TLS was not agreed on, or nobody listens there" if peer.tls else "nobody listens"
        return RemoteError(f"{where} cannot be reached: {why}, or a wall is in between")
    if association.acceptor.primitive is not None:
        return RemoteError(f"{peer.name} accepted nothing of what was proposed")
    return RemoteError(f"{where} does not speak DICOM to us: it hung up, or did not answer in time")


def negotiated(association: Association) -> Negotiated:
    """Return what an association was made with."""
    acceptor = association.acceptor
    name = acceptor.implementation_version_name or acceptor.implementation_class_uid or "unnamed"
    carrier = association.dul.socket
    version = getattr(carrier.socket, "version", None) if carrier is not None else None
    return Negotiated(
        implementation=str(name),
        pdu_bytes=acceptor.maximum_length or 0,
        contexts=tuple(
            (str(item.abstract_syntax), str(item.transfer_syntax[0]))
            for item in association.accepted_contexts
        ),
        tls=str(version() or "") if version else "",
    )


class HeldAssociation:
    """One association with a peer, asked for again where it was lost; a context."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self._association: Association | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        if kind is not None and self._association is not None:
            self._association.abort()  # it may be in the middle of something
        self.hang_up()

    def established(self, ask: Callable[[], AbstractContextManager[Association]]) -> Association:
        """Return the association, asked for where there is none any more.

        Raises
        ------
        RemoteError
            The peer cannot be reached, rejects us, or does not answer in time.
        """
        if self._association is None or not self._association.is_established:
            self.hang_up()
            self._association = self._held.enter_context(ask())
        return self._association

    def hang_up(self) -> None:
        """Let the association go; the next time it is asked for again."""
        self._association = None
        self._held.close()
        self._held = ExitStack()
