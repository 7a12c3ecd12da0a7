"""What the pages of the review hold: the work list, a study with its sheet, reasons and history."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ductdicom.decisions.event import Event
from ductdicom.decisions.in_force import undone
from ductdicom.export.html.document import colours
from ductdicom.model.call import Phase
from ductdicom.model.outcome import Note
from ductdicom.model.record import (
    RecordedDecided,
    RecordedEvidence,
    RecordedInstance,
    RecordedReview,
    RecordedStudy,
)
from ductdicom.review.gallery import image_names, names_by_uid
from ductdicom.review.listing import ListItem, reasons_in_words
from ductdicom.sheet.captions import FOOTER, tile_badges
from ductdicom.sheet.style import DARK
from ductdicom.wording import counted

SCRIPTS = ("draw.js", "calibration.js", "full.js", "keys.js", "study.js")
ASSETS = (*SCRIPTS, "review.css", "worklist.js", "worker.js")
_GROUPS = (("open", "for review"), ("done", "decided"), ("other", "others"))
_ALSO = (("mine", "mine"), ("all", "all"))
_SHEET = re.compile(
    r"<style>(?P<style>.*?)</style>.*?<body>(?P<body>.*)<script>(?P<script>.*?)</script>\s*</body>",
    re.DOTALL,
)
Values = dict[str, object]

_TEMPLATES = Environment(
    loader=PackageLoader("ductdicom.review"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def read_asset(name: str) -> str:
    """Return a style or a script of this room."""
    return (resources.files("ductdicom.review") / "templates" / name).read_text(encoding="utf-8")


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetParts:
    """The parts of a sheet as HTML: its style, what it shows, and its script."""

    style: str = f"{colours(DARK)}body {{ background: var(--paper); color: var(--ink); }}"
    body: str = "<main><p>There is no sheet of this study as HTML.</p></main>"
    script: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What people decided on a study and its images.

    ``state`` is what is seen with a page, for what is saved from it. ``undrawn`` are IDs of the
    decisions that the sheet lacks, or shows though they were taken back.
    """

    events: Sequence[Event]
    state: str
    undrawn: Collection[str]


def split_sheet(document: bytes) -> SheetParts:
    """Take a sheet apart that was drawn as one HTML document."""
    found = _SHEET.search(document.decode("utf-8"))
    return SheetParts(**found.groupdict()) if found else SheetParts()


def worklist_page(
    items: Sequence[ListItem],
    events: Mapping[str, Sequence[Event]],
    undrawn: Collection[str],
    *,
    login: str,
    is_read_only: bool,
) -> str:
    """Return the work list.

    Parameters
    ----------
    events
        The decisions on each study, by key.
    undrawn
        Keys of the studies whose sheets are not by what is in force.
    login
        Who has signed in and asks; empty where initials alone tell people apart.
    """
    counts = {name: sum(item.group == name for item in items) for name, _ in _GROUPS}
    return _TEMPLATES.get_template("worklist.html.j2").render(
        items=items,
        groups=(*_GROUPS, *_ALSO),
        counts=counts | {"all": len(items), "mine": ""},
        by={key: sorted({event.by for event in said}) for key, said in events.items()},
        own={
            key
            for key, said in events.items()
            if login and login in {event.login for event in said}
        },
        undrawn=undrawn,
        login=login,
        footer=FOOTER,
        is_read_only=is_read_only,
    )


def study_page(
    record: RecordedStudy,
    others: Mapping[str, tuple[RecordedStudy, str]],
    sheet: SheetParts,
    decided: Decided,
    *,
    is_read_only: bool,
) -> str:
    """Return a study: its sheet, why it is what it is, who decided what, and its images in full.

    Parameters
    ----------
    others
        By SOP Instance UID the images of earlier studies that its rows show: record and name.
    """
    who = _who(record)
    images = _images(record, others)
    return _TEMPLATES.get_template("study.html.j2").render(
        title=f"{record.key} · review",
        address=f"/studies/{record.key}",
        record=record,
        who=who,
        reasons=reasons_in_words(record),
        sheet=Markup(sheet.body),  # noqa: S704 - a file of ours, as its hash in the record says
        images=[
            _said(image, name)
            for image, name in zip(record.instances, names_in_words(record), strict=True)
            if image.kind == "view"
        ],
        history=history_of(record, decided.events),
        undrawn=decided.undrawn,
        footer=FOOTER,
        scripts=SCRIPTS,
        is_read_only=is_read_only,
        data={
            "key": record.key,
            "state": decided.state,
            "readOnly": is_read_only,
            "undrawn": bool(decided.undrawn),
            "images": list(images.values()),
            "rows": _rows(record, list(images)),
        },
    )


def _images(
    record: RecordedStudy, others: Mapping[str, tuple[RecordedStudy, str]]
) -> dict[str, Values]:
    """Return the images that can be looked at in full, by UID; those of the rows first."""
    by_uid = {uid: (record, name) for uid, name in names_by_uid(record).items()}
    in_rows = [uid for row in record.rows for uid in (*row.pre, *row.post, *row.plain)]
    alone = [image.sop_instance_uid for image in record.instances if image.kind == "view"]
    found: dict[str, Values] = {}
    for uid in dict.fromkeys((*in_rows, *alone)):
        of, name = by_uid.get(uid) or others.get(uid) or (None, "")
        if of is not None:
            found[uid] = _image(of, name, uid, is_prior=of is not record, sheet=record)
    return found


def _image(
    of: RecordedStudy, name: str, uid: str, *, is_prior: bool, sheet: RecordedStudy
) -> Values:
    number = image_names(of).index(name)
    image = of.instances[number]
    tiles = [t for s in sheet.sheets for t in s.tiles if t.sop_instance_uid == uid]
    phase = image.phase if image.phase is not Phase.UNKNOWN else image.suggestion
    return {
        "id": image.id,
        "address": f"/studies/{of.key}/images/{name}",
        "phase": Phase.PRE if is_prior else phase,
        "word": _word(image, is_prior=is_prior),
        "suggested": image.phase is Phase.UNKNOWN and image.suggestion is not None,
        "label": label_of(image),
        # By which the sheet's list, its strip and the history call it; an earlier study has others.
        "number": "" if is_prior else number + 1,
        "injection": _injection(image, sheet),
        # Of its own study and exposure, which an earlier study's scout has others of.
        "who": " · ".join(filter(None, (_who(of), (image.acquired_at or "")[11:16]))),
        # How greys compare depends on what is chosen: the page tells it itself.
        "notes": tile_badges(
            [note for tile in tiles[:1] for note in tile.notes if note != Note.GREY_DIFFERS]
        ),
        "voi": next((tile.voi for tile in tiles if tile.voi), ""),
        "prior": _earlier(of, sheet) if is_prior else "",
    }


def _injection(image: RecordedInstance, sheet: RecordedStudy) -> str:
    """Return which injection an image shows, where there are several."""
    fillings = {row.injection for row in sheet.rows if row.laterality is image.laterality} - {None}
    return f"injection {image.injection}" if len(fillings) > 1 and image.injection else ""


def _who(record: RecordedStudy) -> str:
    """Return patient ID and day of a study, as far as they may be told."""
    return " · ".join(record.department.identity) if record.department else ""


def _earlier(of: RecordedStudy, sheet: RecordedStudy) -> str:
    """Return by how much an image is earlier than the study that it stands beside."""
    if not (of.study_date and sheet.study_date):
        return "EARLIER STUDY"
    days = (date.fromisoformat(sheet.study_date) - date.fromisoformat(of.study_date)).days
    return f"EARLIER STUDY, {counted(days, 'day')} BEFORE"


def _word(image: RecordedInstance, *, is_prior: bool) -> str:
    if is_prior:
        return "PRE"
    if image.phase is Phase.UNKNOWN and image.suggestion:
        return f"{image.suggestion.upper()} SUGGESTED"
    return image.phase.upper() if image.phase else "NO PHASE"


def label_of(image: RecordedInstance) -> str:
    """Return side, view and modifiers as mammograms are labelled."""
    return " ".join((image.laterality or "side ?", image.view or "view ?", *image.modifiers))


def names_in_words(record: RecordedStudy) -> list[str]:
    """Return what a study's images are called in sentences: ``image 3, L CC``.

    The numbers are those of the list of objects on the sheet's last page, as in its review strip.
    """
    return [
        f"image {number}, {label_of(image) if image.kind == 'view' else image.kind}"
        for number, image in enumerate(record.instances, start=1)
    ]


def _rows(record: RecordedStudy, uids: Sequence[str]) -> list[list[int]]:
    """Return the numbers of the images that stand side by side, row by row."""
    places = {uid: number for number, uid in enumerate(uids)}
    rows = ((*row.pre, *row.post, *row.plain) for row in record.rows)
    return [[places[uid] for uid in row if uid in places] for row in rows]


def _said(image: RecordedInstance, name: str) -> Values:
    """Return the reasons for and against what was concluded of an image."""
    return {
        "word": _word(image, is_prior=False),
        "name": name,
        "acquired_at": (image.acquired_at or "").partition("T")[2],
        "reasons": [
            *(_reason(item, is_against=False) for item in image.evidence),
            *(_reason(item, is_against=True) for item in image.conflicts),
        ],
    }


def _reason(item: RecordedEvidence, *, is_against: bool) -> Values:
    return {
        "rule": item.rule.replace("-", " "),
        "tag": item.tag,
        "value": item.value,
        "says": item.says,
        "strength": item.strength,
        "against": is_against,
    }


def history_of(record: RecordedStudy, events: Iterable[Event]) -> list[Values]:
    """Return all decisions on a study, the newest first."""
    named = list(zip(record.instances, names_in_words(record), strict=True))
    names = {image.sop_instance_uid: name for image, name in named}
    names |= {image.id: name for image, name in named}
    ids = {image.sop_instance_uid: image.id for image in record.instances}
    found = sorted(events, key=lambda event: event.order, reverse=True)
    gone = undone(found)
    void = _void(record, found)
    return [
        {
            "id": event.id,
            "image": event.image or ids.get(event.sop_instance_uid, ""),
            "at": event.at.partition(".")[0].replace("T", " "),
            "by": event.by,
            "login": event.login,
            "on": next((names[name] for name in event.subject if name in names), "the study"),
            "said": _in_words(event, found),
            "note": event.note,
            "is_undone": event in gone,
            "undone_by": ", ".join(
                other.by for other in found if event.id in other.undoes and other not in gone
            ),
            "is_void": event.id in void,
        }
        for event in found
    ]


def _void(record: RecordedStudy, events: Iterable[Event]) -> frozenset[str]:
    """Return the IDs of decisions that do not count, as files were changed after them."""
    decided = (image.decided for image in record.instances)
    of_images = (
        opinion.id
        for each in decided
        if isinstance(each, RecordedDecided)
        for opinion in each.outdated
    )
    is_outdated = isinstance(record.review, RecordedReview) and record.review.is_outdated
    verdicts = (event.id for event in events if event.verdict and is_outdated)
    return frozenset((*of_images, *verdicts))


def _in_words(event: Event, others: Iterable[Event]) -> str:
    values = event.plain
    said = [f"{name} {str(values[name]).lower()}" for name in event.fields]
    back = [_when(other) for other in others if other.id in event.undoes]
    if event.undoes:
        said.append(f"takes back {', '.join(back) or 'what is on something else'}")
    return ", ".join(said)


def _when(event: Event) -> str:
    """Return who said something and when, as the history has it."""
    return f"{event.by or 'somebody'} {event.at.partition('.')[0].replace('T', ' ')}".strip()


def decisions_on(record: RecordedStudy, events: Iterable[Event]) -> list[Event]:
    """Return the decisions that concern a study or one of its images."""
    names = names_of(record)
    return [event for event in events if names.intersection(event.subject)]


def names_of(record: RecordedStudy) -> frozenset[str]:
    """Return all names that decisions call a study and its images by."""
    images = (name for image in record.instances for name in (image.id, image.sop_instance_uid))
    return frozenset({record.study_instance_uid, record.key or "", *images} - {""})
