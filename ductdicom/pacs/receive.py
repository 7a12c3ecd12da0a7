"""A storage SCP: it listens, and what is sent lands in a spool.

References
----------
* DICOM PS3.4 annex B, storage; PS3.7 annex D.3.3, negotiation; PS3.8 7.1.1.9, rejection
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from socketserver import BaseServer
from time import monotonic
from typing import Any, cast

from pynetdicom import evt, register_uid
from pynetdicom.association import Association
from pynetdicom.presentation import PresentationContext, build_context
from pynetdicom.service_class import StorageServiceClass
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]
from pynetdicom.transport import (
    AssociationSocket,
    RequestHandler,
    ThreadedAssociationServer,
)

from ductdicom.errors import UsageError
from ductdicom.pacs.association import PDU_BYTES, named, report_context
from ductdicom.pacs.peers import OwnSide, Tls
from ductdicom.pacs.spool.folder import Placing, Spool, name_of
from ductdicom.pacs.spool.intake import Arrival, Intake, Receiving, has_asked
from ductdicom.pacs.spool.part import Declined, Room
from ductdicom.pacs.spool.waiting import Waiting
from ductdicom.pacs.syntaxes import RECEIVED, STORED

_LARGEST_PDU_BYTES = 1 << 20  # of who does not heed what we said that we take
_MOST_CONNECTIONS = 64  # that have not said yet who they are, with those that have
_POLL_S = 0.1
_ARTIM_S = 10.0  # for who has connected to say who he is (DICOM PS3.8 9.1.5)
_PATIENCE_S = 10.0  # while what is under way goes on, once we were asked to end
_LONGEST_END_S = 60.0  # for an object that is coming


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Whom we listen to, and how much we take.

    Attributes
    ----------
    accept
        The AE titles that may call; all where there is none. No authentication.
    tls
        With it, only who shows a certificate that our authority signed is listened to.
    quiet_s
        Seconds without an object, and without an association that brought one, after which a study
        is taken for complete.
    sop_classes
        Private SOP classes that are taken besides the standard's.
    reports
        Takes what archives report of storage commitment; without it that is not offered.
    remembers
        Whether studies that were not complete when it was stopped or killed are waited for again.
    """

    accept: tuple[str, ...] = ()
    tls: Tls | None = None
    quiet_s: float = 60.0
    limits: Room = field(default_factory=Room)
    associations: int = 8
    sop_classes: tuple[str, ...] = ()
    reports: Callable[[evt.Event], tuple[int, None]] | None = None
    remembers: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something that happened. ``event`` is a stable word, ``values`` name no patient.

    ``study-quiet``: a study is complete, as far as anybody can tell · ``refused``: an object was
    not taken · ``kept-beside``: an object with the UID of another · ``association``: one ended ·
    ``rejected``: somebody was not let in · ``no-request``: somebody connected and hung up.
    """

    event: str
    level: str = "info"
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Caller:
    """One association: who called, and what came over it."""

    who: str
    began: float
    objects: int = 0
    size_bytes: int = 0
    is_released: bool = False
    refusals: set[Declined] = field(default_factory=set)


class Receiver:
    """Listens until it is stopped; ``port`` is where.

    Nothing is said of itself: `look` returns what happened since it was called last. It is to be
    called now and then, as it also clears away what broken associations left behind.
    """

    def __init__(self, spool: Spool, own: OwnSide, terms: Terms) -> None:
        self.intake = Intake(spool, terms.limits, self._heard)
        self._lock = threading.Lock()
        self._notices: list[Notice] = []
        self._callers: dict[Association, _Caller] = {}
        self._unasked: dict[Association, float] = {}  # and since when they are connected
        self._waiting = Waiting(spool.incoming if terms.remembers else None, terms.quiet_s)
        entity = Receiving(own.title, self.intake)
        entity.require_called_aet = True
        entity.require_calling_aet = list(terms.accept)
        entity.maximum_associations = terms.associations
        entity.maximum_pdu_size = PDU_BYTES
        entity.acse_timeout = min(own.timeout_s, _ARTIM_S)
        entity.dimse_timeout = entity.network_timeout = own.timeout_s
        handlers = self._handlers()
        if terms.reports is not None:
            handlers.append((evt.EVT_N_EVENT_REPORT, terms.reports))
        self._server = _listening(entity, own, terms, handlers)
        self._server.not_let_in = self._not_let_in
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), daemon=True
        )
        self._thread.start()

    def look(self) -> list[Notice]:
        """Return what happened since the last look, and which studies have become quiet."""
        self.intake.drop()
        now = monotonic()
        with self._lock:
            for association in [one for one in self._callers if not one.is_alive()]:
                self._notices += _ended(self._callers.pop(association), now)
            for association in [one for one in self._unasked if not one.is_alive()]:
                self._gone(association)
            for name in self._waiting.quiet():
                values = {"study": name, "objects": self.intake.spool.count(name)}
                self._notices.append(Notice(event="study-quiet", values=values))
            notices, self._notices = self._notices, []
        return notices

    @property
    def busy(self) -> list[str]:
        """The studies of which more may come."""
        return self._waiting.names

    @property
    def associations(self) -> int:
        """How many callers there are; who only holds a connection is none."""
        return sum(one.is_established for one in self._server.active_associations)

    def stop(self) -> None:
        """Let nobody in any more, finish what is under way, and stop.

        An association may go on for some seconds. Then it ends between two objects, whose sender
        knows by our answers which of them are here.
        """
        self._server.close_door()
        began = monotonic()
        while callers := self._server.active_associations:
            waited = monotonic() - began
            for caller in callers:
                is_late = waited > _PATIENCE_S and not self.intake.is_busy(caller)
                if not has_asked(caller):
                    _hang_up_on(caller)
                elif is_late or waited > _LONGEST_END_S:
                    caller.abort(block=False)
            callers[0].join(_POLL_S)
        self._thread.join()
        self.intake.drop(unless_alive=False)

    def _handlers(self) -> list[evt.EventHandlerType]:
        return [
            (evt.EVT_CONN_OPEN, self._connected),
            (evt.EVT_CONN_CLOSE, self._disconnected),
            (evt.EVT_REQUESTED, self._asked),
            (evt.EVT_C_STORE, self.intake.store),
            (evt.EVT_ACCEPTED, self._accepted),
            (evt.EVT_REJECTED, self._rejected),
            (evt.EVT_RELEASED, self._released),
        ]

    def _connected(self, event: evt.Event) -> None:
        with self._lock:
            self._unasked[event.assoc] = monotonic()

    def _asked(self, event: evt.Event) -> None:
        with self._lock:
            self._unasked.pop(event.assoc, None)

    def _disconnected(self, event: evt.Event) -> None:
        with self._lock:
            if event.assoc in self._unasked:
                self._gone(event.assoc)
                # Its thread would wait for a request that cannot come any more.
                event.assoc.dul.to_user_queue.put(cast(Any, None))

    def _gone(self, association: Association) -> None:
        """Note who asked for nothing: to look whether somebody listens is no fault.

        Monitors do, every few seconds. To hold the line is one.
        """
        address = association.requestor.address_info
        values = {"peer": address.address if address is not None else "?"}
        seconds = monotonic() - self._unasked.pop(association)
        if seconds < (association.acse_timeout or 0):
            self._notices.append(Notice(event="no-request", values=values))
        else:
            values["why"] = f"said nothing for {seconds:.0f} s"
            self._notices.append(Notice(event="rejected", level="warning", values=values))

    def _accepted(self, event: evt.Event) -> None:
        with self._lock:
            self._callers[event.assoc] = _Caller(_who(event.assoc), monotonic())

    def _released(self, event: evt.Event) -> None:
        with self._lock:
            if (caller := self._callers.get(event.assoc)) is not None:
                caller.is_released = True

    def _rejected(self, event: evt.Event) -> None:
        said = event.assoc.acceptor.primitive
        self._not_let_in(_who(event.assoc), said.reason_str if said is not None else "no reason")

    def _not_let_in(self, who: str, why: str) -> None:
        values = {"peer": who, "why": why}
        with self._lock:
            self._notices.append(Notice(event="rejected", level="warning", values=values))

    def _heard(self, arrival: Arrival) -> None:
        with self._lock:
            caller = self._callers.get(cast(Association, arrival.association))
            if arrival.refusal is not None:
                self._refused(arrival, arrival.refusal, caller)
                return
            self._waiting.arrived(name_of(arrival.study_uid), arrival.association)
            if caller is not None:
                caller.objects += 1
                caller.size_bytes += arrival.size_bytes
            if arrival.placing is Placing.OTHER_BYTES:
                values = {"peer": caller.who if caller else ""}
                self._notices.append(Notice(event="kept-beside", level="warning", values=values))

    def _refused(self, arrival: Arrival, why: Declined, caller: _Caller | None) -> None:
        """Say so loudly, as senders do not; of one caller each reason once."""
        if caller is not None and why in caller.refusals:
            return
        if caller is not None:
            caller.refusals.add(why)
        values: dict[str, Any] = {
            "peer": caller.who if caller else "",
            "why": str(why),
            "bytes": arrival.size_bytes,
            "free_bytes": self.intake.spool.free_bytes(),
        }
        self._notices.append(Notice(event="refused", level="error", values=values))


@contextmanager
def receiving(spool: Spool, own: OwnSide, terms: Terms) -> Iterator[Receiver]:
    """Listen until the end of the block.

    Raises
    ------
    UsageError
        Nobody can listen there, or the certificates cannot be used.
    """
    receiver = Receiver(spool, own, terms)
    try:
        yield receiver
    finally:
        receiver.stop()


def _who(association: Association) -> str:
    caller = association.requestor
    address = caller.address_info.address if caller.address_info is not None else "?"
    return f"{caller.ae_title.strip()}@{address}"


def _hang_up_on(association: Association) -> None:
    carrier = association.dul.socket
    if carrier is not None and carrier.socket is not None:
        with suppress(OSError):
            carrier.socket.shutdown(socket.SHUT_RDWR)


def _ended(caller: _Caller, now: float) -> Iterator[Notice]:
    values = {
        "peer": caller.who,
        "objects": caller.objects,
        "bytes": caller.size_bytes,
        "seconds": round(now - caller.began, 1),
    }
    if caller.is_released:
        yield Notice(event="association", values=values)
    else:
        yield Notice(event="broken-off", level="warning", values=values)


def _listening(
    entity: Receiving, own: OwnSide, terms: Terms, handlers: list[evt.EventHandlerType]
) -> "_Server":
    contexts = received_contexts(terms)
    tls = None if terms.tls is None else terms.tls.as_server()
    try:
        return _Server(
            named(entity),
            (own.address, own.port or 0),
            own.title,
            contexts,
            tls,
            handlers,
            _Handler,
        )
    except (OSError, ValueError) as error:
        where = f"{own.address or 'any address'}, port {own.port}"
        raise UsageError(
            f"cannot listen on {where}: {getattr(error, 'strerror', None) or error}",
            hint="is somebody listening there already? ports below 1024 are the system's",
        ) from error


def received_contexts(terms: Terms) -> list[PresentationContext]:
    """Return what is accepted of who calls."""
    for number, uid in enumerate(terms.sop_classes):
        if uid not in STORED:
            register_uid(uid, f"OfThisSite{number}", StorageServiceClass)
    contexts = [build_context(uid, list(RECEIVED)) for uid in (*STORED, *terms.sop_classes)]
    contexts.append(build_context(Verification))
    return [*contexts, *([report_context()] if terms.reports is not None else [])]


class _BoundedSocket(AssociationSocket):
    """A connection on which no PDU is larger than what we would ever hold in memory."""

    def recv(self, nr_bytes: int) -> bytearray:
        """Read a whole PDU, or what comes of it before the other side hangs up.

        The library reads 4 kB at a time: at each the other threads take their turn.
        """
        if nr_bytes > _LARGEST_PDU_BYTES:
            raise OSError("a PDU larger than we said that we take")
        found = bytearray(nr_bytes)
        with memoryview(found) as left:
            count = 0
            while count < nr_bytes and (read := self._read_into(left[count:])):
                count += read
        del found[count:]
        return found

    def _read_into(self, place: memoryview) -> int:
        if self.socket is None:
            raise OSError("the connection is closed")
        return self.socket.recv_into(place)


class _Handler(RequestHandler):
    def _create_association(self) -> Association:
        association = super()._create_association()
        # The library makes the socket itself, and lets nobody choose its class.
        association.dul.socket.__class__ = _BoundedSocket
        return association


class _Server(ThreadedAssociationServer):
    """Lets nobody who stays silent hold up the others: not while TLS is agreed on, nor later."""

    daemon_threads = True
    block_on_close = False
    not_let_in: Callable[[str, str], None]

    def get_request(self) -> tuple[socket.socket, Any]:
        """Take a connection as it is; who it is comes later, in a thread of its own."""
        connection, address = cast(socket.socket, self.socket).accept()
        connection.settimeout(self.ae.network_timeout)
        return connection, address

    def verify_request(self, _request: object, client_address: Any) -> bool:
        """Refuse a connection where there are too many; each takes up to two threads."""
        most = _MOST_CONNECTIONS + 2 * self.ae.maximum_associations
        if threading.active_count() < most:
            return True
        self.not_let_in(client_address[0], "too many connections")
        return False

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Agree on TLS, if at all, and listen."""
        if self.ssl_context is not None:
            try:
                request = self.ssl_context.wrap_socket(request, server_side=True)
            except (OSError, ValueError) as error:  # an SSLError is an OSError
                kind = getattr(error, "reason", None) or type(error).__name__
                self.not_let_in(client_address[0], f"no TLS: {kind}")
                self.shutdown_request(request)
                return
        super().process_request_thread(request, client_address)

    def handle_error(self, _request: object, client_address: Any) -> None:
        """Note a connection that broke at once; it may be a scan of ports."""
        self.not_let_in(client_address[0], "hung up")

    def close_door(self) -> None:
        """Let nobody in any more; who is inside stays."""
        BaseServer.shutdown(self)
        with suppress(OSError):
            self.server_close()
