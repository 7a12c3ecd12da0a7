"""Asking, choosing, fetching and counting: one archive, one association, one study at a time."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from threading import Event

from pydicom.dataset import Dataset

from ductdicom.classify.engine import Engine
from ductdicom.errors import OutputError, RemoteError
from ductdicom.pacs.pull.choose import Choice, choose
from ductdicom.pacs.pull.query import Archive, Days, NoWayError, StudyQuery
from ductdicom.pacs.spool.folder import name_of
from ductdicom.pacs.spool.intake import Intake
from ductdicom.pacs.spool.part import Declined
from ductdicom.pairing.priors import is_same_patient

TRIES = 3
_DAYS_A_MONTH = 30.4375


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """From a time of day to another, across midnight where the first is the later one."""

    first: time
    last: time

    def holds(self, now: time) -> bool:
        """Tell whether it is time."""
        if self.first <= self.last:
            return self.first <= now < self.last
        return now >= self.first or now < self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted of an archive, and how gently.

    Attributes
    ----------
    is_listed
        Each query is a line of a work list: what answers it is wanted, whatever it is called.
    priors_months
        How far back the patient's earlier mammograms are fetched, too; 0 for none.
    limit
        How many studies are fetched at most; None for all.
    between
        Local time within which studies are fetched; None for always.
    pause_s
        Seconds between two studies.
    takes_nameless
        Studies that have neither name nor code are wanted, too.
    """

    queries: tuple[StudyQuery, ...]
    is_listed: bool = False
    priors_months: float = 24
    limit: int | None = None
    between: Hours | None = None
    pause_s: float = 1.0
    takes_nameless: bool = False


class End(StrEnum):
    """Why nothing more is fetched."""

    ALL = "all"
    LIMIT = "limit"
    HOURS = "hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A study that was fetched.

    How many objects are here, how many the archive says that there are, how many of these are
    missing, and how many came now; and what the archive said in the end where some are missing.
    ``day`` is the study's.
    """

    study_uid: str
    day: date | None
    held: int
    expected: int
    missing: int
    came: int
    error: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether all is here that the archive says."""
        return self.missing == 0


@dataclass(slots=True)
class Pulled:
    """What was fetched, and why nothing more was; ``left`` is how many studies that leaves."""

    fetched: list[Fetched] = field(default_factory=list)
    left: int = 0
    end: End = End.ALL


def find(
    archive: Archive, wish: Wish, engine: Engine
) -> tuple[list[Choice], tuple[StudyQuery, ...]]:
    """Ask the archive, and choose.

    Returns
    -------
    The studies that answer, those of earlier dates of a patient behind the one that they are
    fetched for, and the queries that nothing answers.

    Raises
    ------
    RemoteError
        The archive refuses, or cannot be reached.
    """
    found: dict[str, Choice] = {}
    unanswered: list[StudyQuery] = []
    for query in wish.queries:
        chosen = [
            _with_series(archive, answer, engine, wish)
            for answer in list(archive.studies(query))
            if query.is_answered_by(answer)
        ]
        if wish.is_listed:
            unanswered += [] if chosen else [query]
            chosen = [replace(choice, is_wanted=True) for choice in chosen]
        for choice in chosen:
            found.setdefault(choice.study_uid, choice)
    ordered: dict[str, Choice] = {}
    for choice in sorted(found.values(), key=_when):
        ordered.setdefault(choice.study_uid, choice)
        if not choice.is_wanted or not wish.priors_months:
            continue
        for prior in _priors(archive, choice, wish, engine):
            known = ordered.get(prior.study_uid) or found.get(prior.study_uid)
            if known is None or not known.is_wanted:
                ordered[prior.study_uid] = prior
    return list(ordered.values()), tuple(unanswered)


def _with_series(archive: Archive, answer: Dataset, engine: Engine, wish: Wish) -> Choice:
    """Choose by the study's own names, and where these do not tell by its series'."""
    choice = choose(answer, (), engine)
    if choice.is_wanted:
        return choice
    choice = choose(answer, list(archive.series(choice.study_uid)), engine)
    is_taken = choice.is_nameless and wish.takes_nameless
    return replace(choice, exam="unknown", is_wanted=is_taken) if choice.is_nameless else choice


def _priors(archive: Archive, of: Choice, wish: Wish, engine: Engine) -> Iterator[Choice]:
    """Yield the patient's earlier mammograms.

    Of the same patient ID and issuer; the archive may answer with others, as of other case.
    """
    patient_id = (of.patient.patient_id or "").strip()
    if not patient_id or of.day is None:
        return
    first = of.day - timedelta(days=round(wish.priors_months * _DAYS_A_MONTH))
    query = StudyQuery(days=Days(first=first, last=of.day), patient_id=patient_id)
    for answer in list(archive.studies(query)):
        if not query.is_answered_by(answer):
            continue
        prior = choose(answer, (), engine)
        if prior.study_uid != of.study_uid and is_same_patient(of.patient, prior.patient):
            yield replace(prior, is_wanted=True, prior_of=of.study_uid)


def _when(choice: Choice) -> tuple[str, str]:
    return str(choice.day or ""), choice.study_uid


def fetch_all(
    archive: Archive,
    intake: Intake,
    choices: Sequence[Choice],
    wish: Wish,
    *,
    tell: Callable[[Fetched], None],
    now: Callable[[], datetime] = datetime.now,
) -> Pulled:
    """Fetch what is wanted and not here yet, and count it against what the archive says.

    Raises
    ------
    RemoteError
        The archive cannot be reached any more; what came stays, and the next time goes on there.
    OutputError
        There is no room, or the disk cannot be written to.
    """
    wanted = [choice for choice in choices if choice.is_wanted]
    pulled = Pulled()
    for number, choice in enumerate(wanted):
        busy = sum(study.came > 0 for study in pulled.fetched)
        if wish.limit is not None and busy >= wish.limit:
            pulled.end, pulled.left = End.LIMIT, len(wanted) - number
            break
        if wish.between is not None and not wish.between.holds(now().time()):
            pulled.end, pulled.left = End.HOURS, len(wanted) - number
            break
        if number and pulled.fetched[-1].came:
            Event().wait(wish.pause_s)
        fetched = fetch_one(archive, intake, choice)
        pulled.fetched.append(fetched)
        tell(fetched)
    return pulled


def fetch_one(archive: Archive, intake: Intake, choice: Choice) -> Fetched:
    """Fetch one study; what is missing then is asked for again, by name, three times in all.

    Raises
    ------
    RemoteError
        The archive could not be asked, three times in a row.
    OutputError
        There is no room, or the disk cannot be written to.
    """
    uid, spool = choice.study_uid, intake.spool
    before = len(spool.held(uid))
    listed = _list_patiently(archive, uid)
    is_told = bool(choice.number or listed)
    expected = max(choice.number or 0, len(listed), 1)
    error = ""
    for number in range(TRIES):
        held = spool.held(uid)
        missing = [
            (series, image) for image, series in listed.items() if name_of(image) not in held
        ]
        # What an archive tells nothing of is asked for once each time: it may be here in part.
        if not missing and len(held) >= expected and (is_told or number):
            error = ""
            break
        # Where the archive counts more than it lists, all of it is asked for again.
        # Where one object keeps it from giving the study, it may give the others by name.
        some = missing if missing and (held or number) else None
        error = _try(archive, intake, uid, some)
        if len(spool.held(uid)) == len(held) and number < TRIES - 1:
            archive.has_other_way()
    held = spool.held(uid)
    # What lies here besides, as the archive had it once, makes up for nothing.
    absent = sum(name_of(image) not in held for image in listed)
    lacking = max(absent, expected - len(held), 0)
    return Fetched(
        study_uid=uid,
        day=choice.day,
        held=len(held),
        expected=expected,
        missing=lacking,
        came=len(held) - before,
        error=error if lacking else "",
    )


def _try(
    archive: Archive, intake: Intake, uid: str, images: Sequence[tuple[str, str]] | None
) -> str:
    """Fetch once; returns what the archive said where it refused."""
    error = ""
    try:
        archive.fetch(uid, images)
    except NoWayError:
        raise
    except RemoteError as refusal:
        error = str(refusal)
    for why in (Declined.NO_ROOM, Declined.UNWRITABLE):
        if intake.counts[str(why)]:
            raise OutputError(str(why), path=intake.spool.path, hint="what came stays")
    return error


def _list_patiently(archive: Archive, study_uid: str) -> dict[str, str]:
    for _ in range(TRIES - 1):
        try:
            return archive.images(study_uid)
        except RemoteError:
            continue
    return archive.images(study_uid)
