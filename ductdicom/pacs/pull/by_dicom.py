"""An archive that is asked by C-FIND, and fetched from by C-GET or C-MOVE.

References
----------
* DICOM PS3.4 C.4.1 to C.4.3, the three services; C.5.3, what C-GET negotiates
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from enum import StrEnum
from itertools import groupby
from threading import Event
from time import monotonic

from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import build_role, evt
from pynetdicom.association import Association
from pynetdicom.pdu_primitives import SCP_SCU_RoleSelectionNegotiation
from pynetdicom.presentation import PresentationContext
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StudyRootQueryRetrieveInformationModelGet,
    StudyRootQueryRetrieveInformationModelMove,
)

from ductdicom.errors import RemoteError
from ductdicom.pacs.asking import FIND, find
from ductdicom.pacs.association import MOST_CONTEXTS, HeldAssociation, associated, context
from ductdicom.pacs.peers import OwnSide, Peer
from ductdicom.pacs.pull.query import SERIES_KEYS, STUDY_KEYS, NoWayError, StudyQuery
from ductdicom.pacs.receive import Receiver
from ductdicom.pacs.spool.intake import Intake, Receiving
from ductdicom.pacs.syntaxes import BREAST, FETCHED, FETCHED_PLAIN, STORED

_GET = str(StudyRootQueryRetrieveInformationModelGet)
_MOVE = str(StudyRootQueryRetrieveInformationModelMove)
_PLAIN = (str(ExplicitVRLittleEndian), str(ImplicitVRLittleEndian))
_FINISHED = {0x0000, 0xB000}  # the second with failures, which are seen in what did not come
_LOW = 2  # priority (DICOM PS3.7 9.1.2.1); who reads images goes first
_MOST_UIDS = 50  # in one request
_WAIT_S = 0.05
_LINGER_S = 2.0


class Way(StrEnum):
    """How objects are fetched."""

    GET = "get"
    MOVE = "move"


class RefusedError(RemoteError):
    """The archive does not give what it was asked for; it may give something else."""


def _in_requests(uids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (uids[start : start + _MOST_UIDS] for start in range(0, len(uids), _MOST_UIDS))


class DicomArchive(HeldAssociation):
    """Holds one association at a time, and asks for it again where it was lost.

    Parameters
    ----------
    intake
        Takes what comes by C-GET; without one nothing is fetched, only asked.
    ways
        How objects may be fetched, the first that the archive accepts is taken.
    receiver
        Where they come in by C-MOVE; the archive must know our title and where that is.
    """

    def __init__(
        self,
        peer: Peer,
        own: OwnSide,
        intake: Intake | None,
        *,
        ways: Sequence[Way],
        receiver: Receiver | None = None,
    ) -> None:
        super().__init__()
        self._peer, self._own, self._intake = peer, own, intake
        self._receiver = receiver
        self._ways = list(ways)
        self._is_only = len(ways) == 1
        self._accepted: frozenset[str] = frozenset()

    def studies(self, query: StudyQuery) -> Iterator[Dataset]:
        """Yield the answers to a query."""
        yield from self._find("STUDY", STUDY_KEYS, query.matching())

    def series(self, study_uid: str) -> Iterator[Dataset]:
        """Yield the series of a study."""
        yield from self._find("SERIES", SERIES_KEYS, {"StudyInstanceUID": study_uid})

    def images(self, study_uid: str) -> dict[str, str]:
        """Return the objects of a study, asked for series by series, as the model wants it."""
        found: dict[str, str] = {}
        keys = ("SeriesInstanceUID",)
        for series in self._find("SERIES", keys, {"StudyInstanceUID": study_uid}):
            uid = str(series.get("SeriesInstanceUID", ""))
            place = {"StudyInstanceUID": study_uid, "SeriesInstanceUID": uid}
            for image in self._find("IMAGE", ("SOPInstanceUID",), place):
                found[str(image.get("SOPInstanceUID", ""))] = uid
        found.pop("", None)
        return found

    def fetch(self, study_uid: str, images: Sequence[tuple[str, str]] | None) -> None:
        """Let a study come into the spool, or some of its images."""
        if images is None:
            self._retrieve("STUDY", StudyInstanceUID=study_uid)
            return
        refusals = [
            refusal
            for series_uid, members in groupby(sorted(images), key=lambda image: image[0])
            for uids in _in_requests([uid for _, uid in members])
            for refusal in self._fetch_named(study_uid, series_uid, uids)
        ]
        if refusals:
            raise refusals[-1]

    def _fetch_named(
        self, study_uid: str, series_uid: str, uids: Sequence[str]
    ) -> Iterator[RefusedError]:
        """Fetch images of a series; yields what the archive said of those that it refused.

        Many an archive gives none of what it is asked for where it cannot give one of it.
        """
        place = {"StudyInstanceUID": study_uid, "SeriesInstanceUID": series_uid}
        try:
            self._retrieve("IMAGE", **place, SOPInstanceUID=list(uids))
        except RefusedError as error:
            if len(uids) == 1:
                yield error
                return
            for uid in uids:
                yield from self._fetch_named(study_uid, series_uid, [uid])

    def has_other_way(self) -> bool:
        """Turn from C-GET to C-MOVE, where that may be."""
        others = [way for way in self._ways[1:] if self._can(way)]
        self._ways = others or self._ways
        return bool(others)

    def _find(self, level: str, keys: Sequence[str], matching: dict[str, str]) -> list[Dataset]:
        return find(self._established(), self._peer.name, level, keys, matching)

    def _retrieve(self, level: str, **place: object) -> None:
        """Fetch; what it comes to is counted where it arrives, as no status tells."""
        wanted = Dataset()
        wanted.QueryRetrieveLevel = level
        for keyword, value in place.items():
            setattr(wanted, keyword, value)
        association = self._established()
        way = self._way()
        if way is Way.GET:
            answers = association.send_c_get(wanted, _GET, priority=_LOW)
        else:
            answers = association.send_c_move(wanted, self._own.title, _MOVE, priority=_LOW)
        code = 0
        for status, _ in answers:
            code = self._code(status, "what was to be fetched")
        if self._intake is not None:
            self._intake.drop()
        self._await_the_last()
        if code == _UNKNOWN_DESTINATION:
            kind = NoWayError if self._is_only else RemoteError
            raise kind(
                f"{self._peer.name} does not know where {self._own.title} is",
                hint="our title, host and port must be entered there; or --via get",
            )
        if code not in _FINISHED:
            untried = way is Way.GET and Way.MOVE in self._ways and self._receiver is None
            hint = "; C-MOVE needs -b AET@:port, and was not tried" if untried else ""
            if way is Way.MOVE:
                hint = f"; does it know {self._own.title}, and the port where we listen?"
            raise RefusedError(
                f"{self._peer.name} answered C-{way.upper()} with 0x{code:04X}{hint}"
            )

    def _way(self) -> Way:
        """Return the first way that the archive accepted."""
        for way in self._ways:
            if self._can(way):
                return way
        names = " nor ".join(f"C-{way.upper()}" for way in self._ways)
        raise NoWayError(
            f"{self._peer.name} offers {'no' if len(self._ways) == 1 else 'neither'} {names} to us",
            hint="C-MOVE needs -b AET@:port; or --via web",
        )

    def _can(self, way: Way) -> bool:
        return _MODELS[way] in self._accepted and (way is Way.GET or self._receiver is not None)

    def _await_the_last(self) -> None:
        """Wait for who still sends: some archives answer first, and send then.

        Others hold the line for the next study, so that it is waited only as long as more comes.
        """
        receiver, came, since = self._receiver, -1, monotonic()
        while receiver is not None and receiver.associations:
            receiver.look()
            if came != (came := receiver.intake.counts.total()):
                since = monotonic()
            elif monotonic() - since > _LINGER_S:
                return
            Event().wait(_WAIT_S)

    def _code(self, status: Dataset, what: str) -> int:
        """Return a status; where there is none, the association is lost."""
        if "Status" not in status:
            self.hang_up()
            raise RemoteError(f"{self._peer.name} broke off, or was silent for too long: {what}")
        return int(status.Status)

    def _established(self) -> Association:
        association = self.established(self._ask)
        self._accepted = frozenset(str(c.abstract_syntax) for c in association.accepted_contexts)
        return association

    def _ask(self) -> AbstractContextManager[Association]:
        ways = self._ways if self._intake is not None else []
        contexts = query_contexts(ways)
        stored = stored_contexts(MOST_CONTEXTS - len(contexts)) if Way.GET in ways else []
        intake = self._intake
        return associated(
            self._peer,
            self._own,
            [*contexts, *stored],
            roles=_roles(stored),
            handlers=[] if intake is None else [(evt.EVT_C_STORE, intake.store)],
            entity=None if intake is None else Receiving(self._own.title, intake),
        )


_MODELS = {Way.GET: _GET, Way.MOVE: _MOVE}
_UNKNOWN_DESTINATION = 0xA801


def query_contexts(ways: Sequence[Way]) -> list[PresentationContext]:
    """Return what is proposed to ask, and to fetch in some ways."""
    return [context(uid, *_PLAIN) for uid in (FIND, *(_MODELS[way] for way in ways))]


def _roles(stored: Sequence[PresentationContext]) -> list[SCP_SCU_RoleSelectionNegotiation]:
    """Return the wish to be the one that stores, for each class once."""
    classes = dict.fromkeys(str(item.abstract_syntax) for item in stored)
    return [build_role(uid, scp_role=True) for uid in classes]


def stored_contexts(most: int) -> list[PresentationContext]:
    """Return what may come by C-GET: each SOP class in each transfer syntax by itself.

    With several syntaxes in one context the archive would choose one for all, unpack what it can
    and leave out what it cannot. What a mammography study holds gets all of them, other classes
    the plain two, as long as there is room.
    """
    pairs = [(uid, syntax) for uid in BREAST for syntax in FETCHED]
    others = [uid for uid in STORED if uid not in BREAST]
    pairs += [(uid, syntax) for uid in _sorted(others) for syntax in FETCHED_PLAIN]
    return [context(str(uid), str(syntax)) for uid, syntax in pairs[:most]]


def _sorted(classes: Sequence[str]) -> list[str]:
    """Return classes, first those that stand beside mammograms, such as reports."""
    return sorted(classes, key=lambda uid: (_BESIDE.get(_family(uid), len(_BESIDE)), uid))


def _family(uid: str) -> str:
    """Return the number after the root of classes for storage: ``88`` of all reports."""
    root, _, rest = uid.partition(_ROOT)
    return "" if root else rest.partition(".")[0]


_ROOT = "1.2.840.10008.5.1.4.1.1."
# Reports, captures, radiography, documents, ultrasound, presentation states, magnetic resonance.
_BESIDE = {family: place for place, family in enumerate(("88", "7", "1", "104", "6", "11", "4"))}
