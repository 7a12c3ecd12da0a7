"""Whether a peer can be reached, what it is, and what it offers.

References
----------
* DICOM PS3.4 annex A (verification), C (query and retrieve), J (storage commitment)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from time import monotonic

from pydicom.dataset import Dataset
from pydicom.uid import (
    UID,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pynetdicom import build_role
from pynetdicom.association import Association
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StudyRootQueryRetrieveInformationModelFind,
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
    Verification,
)

from ductdicom.errors import RemoteError
from ductdicom.pacs.association import associated, context, negotiated
from ductdicom.pacs.peers import OwnSide, Peer
from ductdicom.pacs.syntaxes import BREAST, FETCHED
from ductdicom.pacs.web import DicomWeb

_FIND = str(StudyRootQueryRetrieveInformationModelFind)
_GET = str(StudyRootQueryRetrieveInformationModelGet)
_PENDING = {0xFF00, 0xFF01}
_NOBODY = "2.25.1"  # a study that there is not
_SERVICES = {
    Verification: "C-ECHO",
    StudyRootQueryRetrieveInformationModelFind: "C-FIND",
    StudyRootQueryRetrieveInformationModelGet: "C-GET",
    StudyRootQueryRetrieveInformationModelMove: "C-MOVE",
    StorageCommitmentPushModel: "storage commitment",
}
_PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing that a peer was asked for, and what it answered, if it was reached."""

    name: str
    answer: str
    is_reached: bool = True


def echo(peer: Peer, own: OwnSide) -> tuple[Offer, ...]:
    """Ask a peer whether it is there: by C-ECHO, by a search that finds nothing, or by both.

    Raises
    ------
    RemoteError
        It cannot be reached, or refuses.
    """
    found = []
    if peer.port:
        started = monotonic()
        with associated(peer, own, [context(str(Verification), *_PLAIN)]) as association:
            agreed = negotiated(association)
            status = association.send_c_echo().get("Status")
            if status != 0:
                raise RemoteError(f"{peer.name} answered C-ECHO with {_code(status)}")
        took = f"answered in {1000 * (monotonic() - started):.0f} ms"
        found.append(Offer(name="C-ECHO", answer=took))
        found += _agreed(agreed.implementation, agreed.pdu_bytes, agreed.tls)
        syntaxes = {UID(syntax).name for _, syntax in agreed.contexts}
        found.append(Offer(name="transfer syntax", answer=", ".join(sorted(syntaxes))))
    if peer.web is not None:
        found.append(_qido(peer, own))
    return tuple(found)


def examine_peer(peer: Peer, own: OwnSide) -> tuple[Offer, ...]:
    """Ask a peer for all that we may want of it; what it does not offer is an answer, too.

    Nothing is stored or fetched.
    """
    return (*_by_dicom(peer, own), *_by_web(peer, own))


def _by_dicom(peer: Peer, own: OwnSide) -> Iterator[Offer]:
    if not peer.port:
        return
    contexts = [context(str(uid), *_PLAIN) for uid in _SERVICES]
    contexts += [context(uid, syntax) for uid in BREAST for syntax in FETCHED]
    found = "offered"
    try:
        with associated(peer, own, contexts) as association:
            agreed = negotiated(association)
            classes = {uid for uid, _ in agreed.contexts}
            if _FIND in classes:
                found = f"offered, {_ask_for_nobody(association)}"
        gets = _count_fetchable(peer, own) if _GET in classes else 0
    except RemoteError as error:
        yield Offer(name="DICOM", answer=str(error), is_reached=False)
        return
    yield Offer(name="DICOM", answer=f"reached at {peer.host}:{peer.port}")
    yield from _agreed(agreed.implementation, agreed.pdu_bytes, agreed.tls)
    said = {_FIND: found, _GET: f"offered, {_fetchable(gets)}"}
    for uid, name in _SERVICES.items():
        answer = said.get(str(uid), "offered") if str(uid) in classes else "not offered"
        yield Offer(name=name, answer=answer)
    for uid in BREAST:
        names = [UID(syntax).name for found, syntax in agreed.contexts if found == uid]
        name = UID(uid).name.replace(" Storage", "")
        yield Offer(name=f"store {name}", answer="; ".join(names) or "not taken")


def _ask_for_nobody(association: Association) -> str:
    """Ask for a study that there is not, and say what came of it."""
    query = Dataset()
    query.QueryRetrieveLevel, query.StudyInstanceUID = "STUDY", _NOBODY
    for status, _ in association.send_c_find(query, _FIND):
        code = status.get("Status")
        if code in _PENDING:
            association.abort()  # it may be all that it has
            return "but gives studies that nobody asked for"
        if code != 0:
            return f"but answered with {_code(code)}"
    return "and answers"


def _count_fetchable(peer: Peer, own: OwnSide) -> int:
    """Return in how many ways a mammogram may come over C-GET: that is agreed on by roles."""
    mammogram = BREAST[0]
    contexts = [context(_GET, *_PLAIN), *(context(mammogram, syntax) for syntax in FETCHED)]
    roles = [build_role(UID(mammogram), scp_role=True)]
    with associated(peer, own, contexts, roles=roles) as association:
        return sum(bool(item.as_scp) for item in association.accepted_contexts)


def _fetchable(number: int) -> str:
    if not number:
        return "but lets nothing come over it: C-MOVE or DICOMweb may"
    return f"mammograms in {number} of {len(FETCHED)} transfer syntaxes"


def _by_web(peer: Peer, own: OwnSide) -> Iterator[Offer]:
    if peer.web is None:
        return
    try:
        yield _qido(peer, own)
    except RemoteError as error:
        yield Offer(name="QIDO-RS", answer=str(error), is_reached=False)


def _qido(peer: Peer, own: OwnSide) -> Offer:
    started = monotonic()
    with DicomWeb(peer, own.timeout_s) as web:
        for _ in web.search({"StudyInstanceUID": _NOBODY}, ("StudyInstanceUID",)):
            break
    return Offer(name="QIDO-RS", answer=f"answered in {1000 * (monotonic() - started):.0f} ms")


def _agreed(implementation: str, pdu_bytes: int, tls: str) -> Iterator[Offer]:
    yield Offer(name="implementation", answer=implementation)
    yield Offer(name="largest PDU", answer=f"{pdu_bytes} bytes" if pdu_bytes else "any")
    yield Offer(name="TLS", answer=tls or "none, in the clear")


def _code(status: int | None) -> str:
    return "nothing" if status is None else f"status 0x{status:04X}"
