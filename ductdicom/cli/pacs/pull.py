"""``ductdicom pull``: ductograms and what belongs to them, out of an archive."""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ductdicom.cli.echo import say, say_event
from ductdicom.cli.pacs.options import (
    LISTENING,
    SAYING,
    bind_option,
    config_option,
    connect_option,
    listening_tls,
    named_peer,
    own_side,
    require_extra,
    reserve_option,
    timeout_option,
)
from ductdicom.cli.tables import print_table
from ductdicom.errors import UsageError
from ductdicom.pacs.peers import OwnSide, Peer
from ductdicom.pipeline.judge import make_engine
from ductdicom.settings import Phi, Settings
from ductdicom.wording import counted

if TYPE_CHECKING:  # of an extra
    from ductdicom.pacs.pull.choose import Choice
    from ductdicom.pacs.pull.query import Archive, StudyQuery
    from ductdicom.pacs.pull.run import Fetched, Hours, Pulled, Wish
    from ductdicom.pacs.spool.intake import Intake

_HOURS = re.compile(r"(\d{1,2})(?::(\d{2}))?-(\d{1,2})(?::(\d{2}))?", re.ASCII)


@click.command(
    params=[
        connect_option,
        bind_option,
        timeout_option,
        *LISTENING,
        reserve_option,
        config_option,
        *SAYING,
    ],
    epilog="For example: ductdicom pull -c PACS@10.0.0.5:104 -b DUCT@:11112 --days 1 -o SPOOL",
)
@click.option("-o", "--output", "spool", type=click.Path(path_type=Path), help="The spool.")
@click.option("--date", "date_range", metavar="RANGE", help="20260131, or 20260101-20260131.")
@click.option(
    "--days", type=click.IntRange(0), metavar="N", help="The last N days and today; 1 at night."
)
@click.option(
    "--worklist",
    type=click.Path(path_type=Path),
    help="CSV of patient_id, accession_number, study_date: what answers is fetched.",
)
@click.option(
    "--priors",
    type=click.FloatRange(0),
    default=24,
    metavar="MONTHS",
    help="How far back the patient's mammograms are fetched, too; 0: none.  [default: 24]",
)
@click.option(
    "--via",
    type=click.Choice(["auto", "get", "move", "web"]),
    default="auto",
    help="How: DICOMweb where the peer has it, else C-GET, else C-MOVE.  [default: auto]",
)
@click.option(
    "--nameless", is_flag=True, help="Fetch also what has neither name nor code to be told by."
)
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Fetch at most N studies.")
@click.option(
    "--between",
    metavar="HOURS",
    help="Fetch only then, by the clock here, such as 19-07; what is left is for the next run.",
)
@click.option(
    "--pause",
    type=click.FloatRange(0),
    default=1.0,
    metavar="SECONDS",
    help="Between two studies.  [default: 1]",
)
@click.option(
    "--rules", type=click.Path(path_type=Path), help="A site's rules and vocabulary (TOML)."
)
@click.option(
    "--phi",
    type=click.Choice([str(item) for item in Phi]),
    default=str(Phi.MINIMAL),
    help="With full, the table has patient ID, accession number and UID, and what is missing is "
    "named by its UID.  [default: minimal]",
)
@click.option("-n", "--dry-run", is_flag=True, help="Print what is found and why; fetch nothing.")
def pull(
    connect: str, bind: str, timeout: float, spool: Path | None, dry_run: bool, **options: Any
) -> int:
    """Find ductograms in an archive, and fetch them with the patient's earlier mammograms.

    It is asked for all mammography of some days; which of it are ductograms is decided here, by
    their names and codes. A study that is here is a line on standard output: its UID and its number
    of objects. What came is counted against what the archive says: ends with 1 if anything is
    missing, with 5 if the archive refuses. What is here already is not fetched again.
    """
    wish = _wish(**options)
    if spool is None and not dry_run:
        raise UsageError("nowhere to put what comes", hint="name a spool with -o, or try -n")
    require_extra()
    peer, own = named_peer(connect), own_side(bind, timeout)
    engine = make_engine(Settings(rules=options["rules"]))
    from ductdicom.pacs.pull.run import fetch_all, find  # noqa: PLC0415 - of an extra

    phi = Phi(options["phi"])
    tell = _Teller(as_json=options["log_json"], is_verbose=options["verbose"], phi=phi)
    with _opened(peer, own, spool, dry_run=dry_run, **options) as (archive, intake):
        choices, unanswered = find(archive, wish, engine)
        tell.found(choices, unanswered)
        if intake is None:
            _print_choices(choices, phi)
            return 1 if unanswered else 0
        pulled = fetch_all(archive, intake, choices, wish, tell=tell.fetched)
    tell.end(pulled)
    return 1 if unanswered or not all(study.is_whole for study in pulled.fetched) else 0


def _wish(
    *,
    date_range: str | None,
    days: int | None,
    worklist: Path | None,
    priors: float,
    limit: int | None,
    between: str | None,
    pause: float,
    nameless: bool,
    **_others: object,
) -> "Wish":
    from ductdicom.pacs.pull.query import (  # noqa: PLC0415 - of an extra
        StudyQuery,
        last_days,
        parse_days,
    )
    from ductdicom.pacs.pull.run import Wish  # noqa: PLC0415
    from ductdicom.pacs.pull.worklist import read_worklist  # noqa: PLC0415

    if [date_range, days, worklist].count(None) != 2:  # noqa: PLR2004 - of three
        raise UsageError("which studies?", hint="give one of --date, --days, --worklist")
    if worklist is not None:
        queries = read_worklist(worklist)
    elif days is not None:
        queries = (StudyQuery(days=last_days(days, datetime.now().astimezone().date())),)
    else:
        queries = (StudyQuery(days=parse_days(date_range or "")),)
    return Wish(
        queries=queries,
        is_listed=worklist is not None,
        priors_months=priors,
        limit=limit,
        between=None if between is None else _hours(between),
        pause_s=pause,
        takes_nameless=nameless,
    )


def _hours(text: str) -> "Hours":
    from ductdicom.pacs.pull.run import Hours  # noqa: PLC0415 - of an extra

    found = _HOURS.fullmatch(text.strip())
    try:
        if found is not None:
            hour, minute, last_hour, last_minute = (int(group or 0) for group in found.groups())
            return Hours(first=time(hour, minute), last=time(last_hour % 24, last_minute))
    except ValueError:
        pass
    raise UsageError(f"{text!r} are no hours", hint="write 19-07, or 19:30-06:45")


@contextmanager
def _opened(
    peer: Peer,
    own: OwnSide,
    path: Path | None,
    *,
    dry_run: bool,
    via: str,
    reserve: int,
    tls_key: Path | None,
    tls_cert: Path | None,
    tls_ca: Path | None,
    **_others: object,
) -> "Iterator[tuple[Archive, Intake | None]]":
    """Open the spool and the archive, and listen where that is needed."""
    from ductdicom.pacs.pull.by_dicom import DicomArchive, Way  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.receive import Terms, receiving  # noqa: PLC0415
    from ductdicom.pacs.spool.folder import open_spool  # noqa: PLC0415
    from ductdicom.pacs.spool.intake import Intake  # noqa: PLC0415
    from ductdicom.pacs.spool.part import Room  # noqa: PLC0415

    room = Room(reserve_bytes=reserve)
    intake = None
    if path is not None and not dry_run:
        intake = Intake(open_spool(path), room, lambda _: None)
    with ExitStack() as held:
        if via == "web" or (via == "auto" and peer.web is not None):
            yield _by_web(peer, own, intake, held, is_only=via == "web"), intake
            return
        if not peer.port:
            raise UsageError(f"{peer.name} has DICOMweb alone", hint="--via web")
        ways = [Way.GET, Way.MOVE] if via == "auto" else [Way(via)]
        receiver = None
        if intake is not None and own.port is not None and Way.MOVE in ways:
            terms = Terms(tls=listening_tls(tls_key, tls_cert, tls_ca), limits=room)
            receiver = held.enter_context(receiving(intake.spool, own, terms))
            intake = receiver.intake
        if receiver is None and via == "move" and not dry_run:
            raise UsageError("C-MOVE needs to know where we listen", hint="write -b AET@:11112")
        archive = DicomArchive(peer, own, intake, ways=ways, receiver=receiver)
        yield held.enter_context(archive), intake


def _by_web(
    peer: Peer, own: OwnSide, intake: "Intake | None", held: ExitStack, *, is_only: bool
) -> "Archive":
    """Open the archive's DICOMweb, with C-GET behind it where the archive has that, too."""
    from ductdicom.pacs.pull.by_dicom import DicomArchive, Way  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.pull.by_web import WebArchive  # noqa: PLC0415
    from ductdicom.pacs.pull.either import EitherArchive  # noqa: PLC0415
    from ductdicom.pacs.web import DicomWeb  # noqa: PLC0415

    by_web = WebArchive(held.enter_context(DicomWeb(peer, own.timeout_s)), intake)
    if is_only or not peer.port:
        return by_web
    # C-MOVE would need us to listen, where a receiver may listen already.
    by_get = held.enter_context(DicomArchive(peer, own, intake, ways=[Way.GET]))
    return EitherArchive(by_web, by_get)


def _print_choices(choices: "Sequence[Choice]", phi: Phi) -> None:
    head = ["date", "exam", "fetched", "objects", "why"]
    rows = []
    for choice in choices:
        fetched = "as a prior" if choice.prior_of else "yes" if choice.is_wanted else "no"
        day = str(choice.day or "-") if phi is not Phi.NONE else "-"
        row = [day, choice.exam, fetched, "-" if choice.number is None else choice.number]
        rows.append([*row, choice.why or "-"])
        if phi is Phi.FULL:
            rows[-1] += [
                choice.patient.patient_id or "-",
                choice.accession_number or "-",
                choice.study_uid,
            ]
    if phi is Phi.FULL:
        head += ["patient", "accession", "study"]
    if rows:
        print_table(head, rows)


class _Teller:
    def __init__(self, *, as_json: bool, is_verbose: bool, phi: Phi) -> None:
        self._as_json = as_json
        self._is_verbose = is_verbose
        self._phi = phi

    def found(self, choices: "Sequence[Choice]", unanswered: "Sequence[StudyQuery]") -> None:
        wanted = sum(choice.is_wanted for choice in choices)
        studies = counted(len(choices), "mammography study", "mammography studies")
        self._say(f"{studies} found, {wanted} to fetch", "found", found=len(choices), wanted=wanted)
        nameless = sum(choice.is_nameless and not choice.is_wanted for choice in choices)
        if nameless:
            studies = counted(nameless, "study has", "studies have")
            self._say(
                f"{studies} neither name nor code, and cannot be told: not fetched (--nameless)",
                "nameless",
                "warning",
                studies=nameless,
            )
        if unanswered:
            lines = [query.line for query in unanswered]
            self._say(
                f"{counted(len(lines), 'line')} of the worklist: no such mammography ("
                f"{', '.join(map(str, lines))})",
                "unanswered",
                "error",
                lines=lines,
            )

    def fetched(self, study: "Fetched") -> None:
        if study.held:
            say(f"{study.study_uid} {study.held}")
        if not study.is_whole:
            why = f": {study.error}" if study.error else ""
            self._say(
                f"MISSING {study.missing} of {study.expected} objects of "
                f"{self._called(study)}{why}",
                "missing",
                "error",
                held=study.held,
                expected=study.expected,
                day=self._day(study),
                study=self._uid(study),
                why=study.error,
            )
        elif self._is_verbose or self._as_json:
            self._say(
                f"{study.came} of {study.held} objects came",
                "study",
                came=study.came,
                held=study.held,
            )

    def end(self, pulled: "Pulled") -> None:
        came = sum(study.came for study in pulled.fetched)
        left = f"; {counted(pulled.left, 'study', 'studies')} left ({pulled.end})"
        self._say(
            f"{counted(came, 'object')} came{left if pulled.left else ''}",
            "end",
            came=came,
            left=pulled.left,
            why=str(pulled.end),
        )

    def _called(self, study: "Fetched") -> str:
        """Return what a study is called in a log: by its day, and by its UID with `full` alone."""
        day = self._day(study)
        said = ("the study of" if day else "a study", day, self._uid(study))
        return " ".join(filter(None, said))

    def _day(self, study: "Fetched") -> str:
        return str(study.day) if study.day and self._phi is not Phi.NONE else ""

    def _uid(self, study: "Fetched") -> str:
        return study.study_uid if self._phi is Phi.FULL else ""

    def _say(self, text: str, event: str, level: str = "info", **values: object) -> None:
        if self._as_json:
            say_event(event, level, **values)
        else:
            say(f"ductdicom: {text}", is_result=False)
