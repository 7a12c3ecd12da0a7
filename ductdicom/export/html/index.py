"""The batch at a glance, as HTML."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from msgspec import UNSET

from ductdicom.errors import INTERRUPTED, DuctDicomError, NothingReadableError, OutputError
from ductdicom.export.html.document import colours, read_part, render_document
from ductdicom.export.output import RECORD_NAME, THUMBNAIL_NAME
from ductdicom.export.records import SHEETS, best_sheet, drawn_by
from ductdicom.model.call import Laterality
from ductdicom.model.last_run import InputCount, LastRun, RunProblem
from ductdicom.model.outcome import Disposition, Note, ProblemCode, ReviewReason, Status
from ductdicom.model.record import RecordedStudy
from ductdicom.sheet.captions import FOOTER
from ductdicom.sheet.style import DARK
from ductdicom.wording import counted

# What needs a person comes first, what is no ductogram last.
_STATUS_ORDER = (
    Status.REVIEW,
    Status.PARTIAL,
    Status.PAIRED,
    Status.CLOSED,
    Status.NOT_A_DUCTOGRAM,
)
_IS_TOLD = ReviewReason.UNREADABLE_IMAGE
_ENDS = {
    0: "all read and decided",
    1: "something needs a person",
    NothingReadableError.exit_code: "nothing readable found",
    OutputError.exit_code: "output could not be written",
    DuctDicomError.exit_code: "a bug",
    INTERRUPTED: "interrupted",
}
_SIDES = {Laterality.LEFT: "left", Laterality.RIGHT: "right"}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexEntry:
    """What the index says of a study; ``links`` are names with their targets.

    ``side`` is the breast in words, ``reasons`` are why it is for review; ``drawn`` tells the
    drawing of its sheets from one after a decision.
    """

    key: str
    date: str
    who: str
    words: str
    status: Status
    side: str = ""
    reasons: str = ""
    images: str
    problems: str
    link: str
    links: tuple[tuple[str, str], ...]
    thumbnail: str
    drawn: str = ""


def html_index(
    studies: Sequence[IndexEntry],
    last: LastRun | None = None,
    *,
    batch: str = "",
    has_links: bool = True,
) -> bytes:
    """Return the batch at a glance.

    The page holds the studies once as data, of which a script makes the cards that are looked at,
    and once as a list for browsers that run no script.

    Parameters
    ----------
    studies
        In the order in which they are shown.
    last
        What the last run said of itself; None where none has ended.
    batch
        The folder's own name, by which browsers keep decisions that are not saved yet.
    has_links
        Whether it links to files that name patients, and tells the day of the run, which may be
        that of a study; not where it may leave the department without identity.

    Returns
    -------
    The file's bytes.
    """
    found = Counter(study.status for study in studies)
    inputs = last.inputs.by_reason if last else ()
    content = {
        "studies": studies,
        "data": [asdict(study) for study in studies],
        "last": last,
        "inputs": inputs,
        "named": _studies_by_code(last.problems) if last else {},
        "unreadable": last.unreadable if last else (),
        "ended": _ended(last.exit_code) if last else "",
        "dispositions": _by_disposition(inputs),
        "urgent": str(Disposition.UNREADABLE),
        "totals": _totals(found),
        "batch": batch,
        "statuses": [(name, found[name]) for name in _STATUS_ORDER if found[name]],
        "with_problems": sum(bool(study.problems) for study in studies),
        "footer": FOOTER,
        "has_links": has_links,
    }
    style = colours(DARK) + read_part("index.css")
    return render_document("index", content, style=style, script=read_part("index.js"))


def _studies_by_code(problems: Iterable[RunProblem]) -> dict[str, list[str]]:
    """Return the keys of the studies of which problems of a run speak, by the problem's code."""
    found: dict[str, list[str]] = {}
    for problem in problems:
        if problem.studies:
            found.setdefault(problem.code, []).extend(problem.studies)
    return found


def _by_disposition(inputs: Iterable[InputCount]) -> list[tuple[str, int]]:
    found: Counter[str] = Counter()
    for item in inputs:
        found[item.disposition] += item.count
    return sorted(found.items())


def _ended(code: int) -> str:
    """Say with which exit code a run ended, and what that means."""
    return f"exit code {code}" + (f": {_ENDS[code]}" if code in _ENDS else "")


def _totals(found: Mapping[Status, int]) -> str:
    """Say how many studies the folder holds, by status as ``summary`` counts them."""
    by_status = ", ".join(f"{number} {status}" for status, number in sorted(found.items()))
    studies = counted(sum(found.values()), "study", "studies")
    return studies + (f" ({by_status})" if by_status else "")


def index_entries(
    studies: Iterable[RecordedStudy],
    problems: Iterable[RunProblem] = (),
    *,
    has_links: bool = True,
) -> list[IndexEntry]:
    """Return what the index says of each study, what needs a person first, the newest first.

    ``problems`` are those of the last run as a whole, which no record tells.
    """
    of_run: dict[str, list[str]] = {}
    for problem in problems:
        for key in problem.studies:
            of_run.setdefault(key, []).append(problem.code)
    entries = [
        _entry(study, of_run.get(study.key or "", ()), has_links=has_links) for study in studies
    ]
    entries.sort(key=lambda entry: entry.key, reverse=True)
    entries.sort(key=lambda entry: "undated" in entry.key)
    return sorted(entries, key=lambda entry: _STATUS_ORDER.index(entry.status))


def _entry(study: RecordedStudy, of_run: Sequence[str], *, has_links: bool) -> IndexEntry:
    files = set(study.files or ())
    folder = f"studies/{study.key}"
    links = [(name, f"{folder}/{name}") for name in SHEETS if name in files]
    record = f"{folder}/{RECORD_NAME}" if has_links and study.fingerprint is not UNSET else ""
    sheet = best_sheet(study)
    # Of an image that cannot be shown, the reason for the review tells already.
    told = {str(ProblemCode.PIXELS_UNREADABLE)} if _IS_TOLD in study.review_reasons else set()
    problems = Counter([*(str(p.code) for p in study.problems if p.code not in told), *of_run])
    return IndexEntry(
        key=study.key or "",
        date=date_in(study.key or ""),
        who=", ".join(study.department.identity) if study.department else "",
        words=study.exam.kind.replace("-", " "),
        status=study.status,
        side=_side(study),
        reasons=", ".join(study.review_reasons),
        images=_images(study),
        problems=", ".join(
            code if code in of_run else f"{code} ({n})" for code, n in sorted(problems.items())
        ),
        link=sheet if sheet and not sheet.endswith(".dcm") else record,
        links=(*links, *([(RECORD_NAME, record)] if record else ())),
        thumbnail=f"{folder}/{THUMBNAIL_NAME}" if THUMBNAIL_NAME in files else "",
        drawn=drawn_by(study.fingerprint or ""),
    )


def date_in(key: str) -> str:
    """Return the date that a study's name begins with, if it tells one."""
    date, _, _ = key.partition("-")
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if date.isdigit() else date


def _side(study: RecordedStudy) -> str:
    """Return the breast, or both, that the rows show."""
    sides = dict.fromkeys(row.laterality for row in study.rows)
    return " and ".join(_SIDES[side] for side in sides if side in _SIDES)


def _images(study: RecordedStudy) -> str:
    """Say how many objects there are, of which phase, and whether some are of another study."""
    phases = Counter(str(image.phase) for image in study.instances if image.phase)
    said = ", ".join(f"{n} {phase}" for phase, n in sorted(phases.items()))
    if any(Note.PRIOR_STUDY in row.notes for row in study.rows):
        said += ", pre from a prior study"
    return counted(len(study.instances), "object") + (f": {said}" if said else "")
