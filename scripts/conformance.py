"""The tables of the DICOM Conformance Statement, each from what the code does.

Objects are made by a whole run over two small studies: what is the same in both is fixed, what an
original has is copied, and the rest is made.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from functools import cache
from io import BytesIO, StringIO
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np
import pydicom
from pydicom.datadict import dictionary_description
from pydicom.dataset import Dataset
from pydicom.uid import UID
from pynetdicom.presentation import PresentationContext

from ductdicom.cli.application import application, run
from ductdicom.export.dicom import IMPLEMENTATION_NAME, IMPLEMENTATION_UID
from ductdicom.pacs.association import MOST_CONTEXTS, PDU_BYTES
from ductdicom.pacs.peers import DEFAULT_TITLE
from ductdicom.pacs.pull.by_dicom import Way, query_contexts, stored_contexts
from ductdicom.pacs.pull.query import SERIES_KEYS, STUDY_KEYS, StudyQuery, last_days
from ductdicom.pacs.receive import Terms, received_contexts
from ductdicom.pacs.send.by_dicom import sent_contexts
from ductdicom.pacs.send.commitment import commitment_contexts
from ductdicom.pacs.send.header import COPIED, DUE
from ductdicom.pacs.send.objects import SentKind
from ductdicom.pacs.send.run import Sender, SendWish
from ductdicom.pacs.send.store import PAUSES_S, Answer, reply_of
from ductdicom.pacs.spool.intake import STATUS, SUCCESS
from ductdicom.pacs.syntaxes import RECEIVED
from ductdicom.phantom.dataset import mammogram_dataset
from ductdicom.phantom.files import Syntax, write_object
from ductdicom.phantom.spec import Agent, Person, Texts

Rows = list[tuple[str, ...]]

_SERVICES = {
    "verification": "1.2.840.10008.1.1",
    "commitment": "1.2.840.10008.1.20.1",
}
_WHY = {
    "no-room": "below `--reserve`, or the disk is full",
    "unwritable": "the spool cannot be written to",
    "too-large": "larger than `--largest`",
    "uid-mismatch": "the data set has another SOP class or instance than the command",
    "unreadable": "what came is no data set, or breaks off before its own end",
}
_SCENES = (("CC", "0900", None), ("CC", "0921", Agent(agent="IOHEXOL 300", route="INTRADUCTAL")))


def contexts_of(found: Sequence[PresentationContext], role: str) -> Rows:
    """Return presentation contexts: class, UID, transfer syntaxes, role."""
    ordered = groupby(found, key=lambda item: str(item.abstract_syntax))
    rows: Rows = []
    for uid, members in ordered:
        of_class = [[UID(syntax).name for syntax in item.transfer_syntax] for item in members]
        if len(of_class) > 1:
            syntaxes = "; ".join(name for names in of_class for name in names)
            syntaxes = f"one context each: {syntaxes}"
        else:
            syntaxes = ", ".join(of_class[0])
        rows.append((UID(uid).name, f"`{uid}`", syntaxes, role))
    return rows


def proposed(activity: str) -> Rows:
    """Return what is proposed in an activity, as the association is asked for."""
    if activity == "pull":
        asked = query_contexts(tuple(Way))
        return contexts_of(asked, "SCU")
    if activity == "fetched":
        most = MOST_CONTEXTS - len(query_contexts(tuple(Way)))
        return contexts_of(stored_contexts(most), "SCP, by role selection")
    if activity == "send":
        return contexts_of(sent_contexts(), "SCU")
    return contexts_of(commitment_contexts(), "SCU")


def storage_classes() -> Rows:
    """Return the storage SOP classes that are received."""
    services = set(_SERVICES.values())
    uids = [str(item.abstract_syntax) for item in received_contexts(Terms())]
    named = {uid: name if (name := UID(uid).name) != uid else "–" for uid in uids}
    return sorted((named[uid], f"`{uid}`") for uid in uids if uid not in services)


def received_syntaxes() -> Rows:
    """Return the transfer syntaxes that are accepted, those first that are preferred."""
    return [(str(n), UID(uid).name, f"`{uid}`") for n, uid in enumerate(RECEIVED, 1)]


def answers() -> Rows:
    """Return the statuses with which received objects are answered."""
    success = (f"0x{SUCCESS:04X}", "Success", "the object, and its name, are on the disk")
    failures = [(f"0x{STATUS[why]:04X}", "Failure", _WHY[str(why)]) for why in STATUS]
    return [success, *failures]


def replies() -> Rows:
    """Return what is done about each status that an archive answers to what is sent."""
    what = {
        Answer.STORED: "counts as stored; not sent again",
        Answer.LATER: "sent again after growing pauses; then nothing more is sent",
        Answer.REFUSED: "given up and said; the other objects are sent",
    }
    found: dict[Answer, list[int]] = {}
    for code in range(0x10000):
        found.setdefault(reply_of(code).answer, []).append(code)
    return [(ranges(found[answer]), what[answer]) for answer in what]


def ranges(codes: Sequence[int]) -> str:
    """Write ascending numbers as statuses, from one to another where they follow each other."""
    parts, first = [], codes[0]
    for here, after in zip(codes, (*codes[1:], None), strict=True):
        if after != here + 1:
            parts.append(f"{first:04X}" if first == here else f"{first:04X} to {here:04X}")
            first = after if after is not None else first
    return ", ".join(parts)


def keys() -> Rows:
    """Return what an archive is asked for, by level: what is matched, and what is wanted back."""
    days = last_days(1, date(2026, 1, 1))
    matched = StudyQuery(days=days, patient_id="1", accession_number="1").matching()
    kinds = {"StudyDate": "range, or single value"}
    study = [("STUDY", name, kinds.get(name, "single value")) for name in matched]
    study += [("STUDY", name, "universal") for name in STUDY_KEYS if name not in matched]
    series = [("SERIES", "StudyInstanceUID", "single value")]
    series += [("SERIES", name, "universal") for name in SERIES_KEYS]
    image = [("IMAGE", name, "single value") for name in ("StudyInstanceUID", "SeriesInstanceUID")]
    return [*study, *series, *image, ("IMAGE", "SOPInstanceUID", "universal")]


def entities() -> Rows:
    """Return the application entities: their default titles, and who calls whom."""
    return [
        (
            "receiver",
            "`receive`; `pull` by C-MOVE",
            f"`{DEFAULT_TITLE}`",
            "yes, at `-b AET@:port`",
            "no",
        ),
        (
            "retriever",
            "`pull`, `echo`, `doctor --peer`",
            f"`{DEFAULT_TITLE}`",
            "no",
            "yes, one at a time",
        ),
        (
            "sender",
            "`send`, `watch --send`",
            f"`{DEFAULT_TITLE}`",
            "for reports of commitment, at `-b AET@:port`",
            "yes, one at a time",
        ),
    ]


def implementation() -> Rows:
    """Return how the implementation calls itself, and what it takes."""
    return [
        ("Implementation Class UID", f"`{IMPLEMENTATION_UID}`"),
        ("Implementation Version Name", f"`{IMPLEMENTATION_NAME}`"),
        ("Application Context Name", "`1.2.840.10008.3.1.1.1`"),
        ("maximum PDU size that is received", f"{PDU_BYTES} bytes"),
        ("outstanding asynchronous transactions", "1, nothing else is negotiated"),
        ("presentation contexts that are proposed", f"up to {MOST_CONTEXTS}"),
    ]


def limits() -> Rows:
    """Return what can be configured, with the defaults, of the commands that have it."""
    found: dict[tuple[str, str, str], list[str]] = {}
    context = click.Context(application)
    for name in ("receive", "pull", "watch", "send"):
        command = application.get_command(context, name)
        for option in command.params if command is not None else ():
            if isinstance(option, click.Option) and option.name in _LIMITS:
                default = option.default
                value = f"{default:g}" if isinstance(default, float) else str(default)
                row = (f"`{option.opts[-1]}`", value, _LIMITS[option.name])
                found.setdefault(row, []).append(f"`{name}`")
    rows: Rows = [(*row, ", ".join(commands)) for row, commands in found.items()]
    pauses = ", ".join(f"{seconds:g}" for seconds in PAUSES_S)
    return [
        *rows,
        ("–", f"{pauses} s", "pauses before what an archive cannot take is sent again", "`send`"),
    ]


@cache
def made_objects() -> Mapping[SentKind, tuple[Dataset, ...]]:
    """Return what is sent of two studies, of which everything differs that may."""
    with TemporaryDirectory() as name:
        export, out = Path(name) / "export", Path(name) / "out"
        for number in (1, 2):
            _write_study(export / str(number), number)
        options = ["-j", "1", "--format", "png,pdf", "--dpi", "72", "--cache", ""]
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            run(["organise", str(export), "-o", str(out), *options])
        sender = Sender(out, "", SendWish(kinds=tuple(SentKind)))
        planned = [one for key in sender.studies() for one in sender.look(key, is_dry=True).planned]
        found = {kind: [p.objects[0] for p in planned if p.kind is kind] for kind in SentKind}
    return {
        kind: tuple(pydicom.dcmread(BytesIO(item.content)) for item in items)
        for kind, items in found.items()
    }


def _write_study(folder: Path, number: int) -> None:
    person = Person(
        name=f"SAMPLE^{number}", patient_id=f"S-{number}", birth_date=f"196{number}0203"
    )
    pixels = np.full((60 + number, 40), 2000, dtype=np.uint16)
    pixels[:, 28:] = 0
    for at, (view, time, contrast) in enumerate(_SCENES):
        image = mammogram_dataset(
            pixels,
            label=f"{number}/{at}",
            view=view,
            person=person,
            texts=Texts(study="GALACTOGRAM LEFT"),
            study_instance_uid=f"2.25.70{number}",
            series_instance_uid=f"2.25.70{number}.1",
            study_at=f"2026010{number}085500",
            acquired_at=f"2026010{number}{time}0{number}",
            contrast=contrast,
        )
        write_object(folder / str(at), image, Syntax.EXPLICIT)


def copied() -> str:
    """Return the names of all that is copied from an original."""
    return ", ".join(dictionary_description(name) for name in COPIED)


def attributes(kind: SentKind) -> Rows:
    """Return the attributes of one kind of object, each with where its value comes from."""
    one, other = made_objects()[kind]
    return list(_attributes(one, other, ""))


def _attributes(one: Dataset, other: Dataset, depth: str) -> Iterator[tuple[str, ...]]:
    for element in one:
        name, tag = element.keyword, f"({element.tag.group:04X},{element.tag.element:04X})"
        yield f"{depth}{element.name}", tag, str(element.VR), _source(one, other, name, depth)
        if element.VR == "SQ" and element.value and name not in COPIED:
            there = other.get(name)
            second = there[0] if there else element.value[0]
            yield from _attributes(element.value[0], second, f"{depth}>")


def _source(one: Dataset, other: Dataset, name: str, depth: str) -> str:
    element = one[name]
    if not depth and name in COPIED:
        return "copied from an original" + ("; empty where it has none" if name in DUE else "")
    if element.VR == "SQ":
        return "items follow" if element.value else "empty"
    if name in _VARYING or name not in other or other[name].value != element.value:
        return "made"
    value = element.value
    text = (
        value
        if isinstance(value, str)
        else "\\".join(map(str, value))
        if isinstance(value, Sequence)
        else str(value)
    )
    return f"`{text}`" if text else "empty"


# The same in two small studies and not in all.
_VARYING = {
    *("Rows", "Columns", "PixelData", "EncapsulatedDocument", "EncapsulatedDocumentLength"),
    *("SoftwareVersions", "SecondaryCaptureDeviceSoftwareVersions", "InstanceNumber", "Laterality"),
    *("ReferencedSOPClassUID", "TextValue", "DerivationDescription", "BodyPartExamined"),
    *("ImageLaterality", "LossyImageCompression", "PatientOrientation"),
}
_LIMITS = {
    "bind": "our AE title, and where we listen",
    "timeout": "ARTIM, ACSE, DIMSE and network time-out, in seconds",
    "associations": "associations that are accepted at once",
    "reserve": "room that stays free",
    "largest": "the largest object that is taken",
    "quiet": "seconds without an object after which a study is complete",
    "pause": "seconds between two studies that are fetched",
    "wait": "seconds for which a report of commitment is waited for",
}
