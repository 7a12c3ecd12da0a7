"""The tables of an export: what is in it, as what, and what stayed behind.

References
----------
* MONAI, data lists: ``{"training": [{"image": …, "label": …}]}``
"""

import csv
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO

from ductdicom.deidentify.profile import EDITION
from ductdicom.errors import UsageError
from ductdicom.export.output import encode_json
from ductdicom.model.call import Confidence, Phase
from ductdicom.version import SOFTWARE
from ductdicom.wording import counted

FOLDS = 5
LABELS_NAME = "labels.csv"
FINDINGS = "findings"
LABELS = (
    *("image", "patient", "study", "laterality", "view", "magnification", "injection"),
    *("phase", "label", "confidence", FINDINGS),
)
ORIGINALS = ("image", "study_key", "id")
LEDGER = ("study", "image", "disposition", "reason", "file")
_SURE = frozenset({Confidence.CONFIRMED, Confidence.CERTAIN, Confidence.STRONG})


_CARD = """# Ductograms, de-identified

{counts}.

{decided} with a decision of a person; all others were decided by rules, and `labels.csv` says how \
sure they are. Names of files, headers and sheets call an image PRE or POST in words of this \
program, also where that was inferred.

## Made with

{units}

## Removed

{software}, DICOM PS3.15 annex E {edition}: Basic Profile with Clean Descriptors, Retain \
Longitudinal Temporal Information with Modified Dates (what lies between two images of a \
patient is exact) and Retain Patient Characteristics (sex, and age up to 90). Texts are written \
anew; private elements, curves, overlays, icons and signatures are gone. {pixels}

Of {silent} the header does not say whether text is burned in.

## Stayed behind

{stayed}

## Not promised

Text that is burned into pixels is seen by people alone: `index.html` shows every image, and \
`export.json` says whether somebody looked. A breast may be known again by who has the originals.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedImage:
    """An image of the export: its file below the folder, and what is told of it."""

    file: str
    patient: str
    study: str
    laterality: str
    view: str
    magnification: str
    injection: str
    phase: Phase | None
    confidence: Confidence
    fold: int
    unit: str
    is_decided: bool
    says_annotation: str
    preview: str = ""
    area_kept: float | None = None

    @property
    def label(self) -> int | None:
        """0 before, 1 after the contrast; None where that is not sure enough to learn from."""
        if self.confidence not in _SURE or self.phase not in {Phase.PRE, Phase.POST}:
            return None
        return int(self.phase is Phase.POST)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """What became of one image, by keyed hashes of its study and of itself.

    ``original`` is its study's key and its own ID in the output folder, which the set does not say.
    """

    study: str
    image: str
    disposition: str
    reason: str = ""
    file: str = ""
    original: tuple[str, str] = ("", "")


def labels_table(images: Iterable[ExportedImage]) -> bytes:
    """Return ``labels.csv``; the column of findings is left to the teacher."""
    rows = (
        (
            *(i.file, i.patient, i.study, i.laterality, i.view, i.magnification, i.injection),
            *(i.phase or "", "" if i.label is None else i.label, i.confidence, ""),
        )
        for i in images
    )
    return _table(LABELS, rows)


def ledger_table(lines: Iterable[LedgerLine]) -> bytes:
    """Return ``ledger.csv``, a line for each image that the output folder has."""
    return _table(LEDGER, ((i.study, i.image, i.disposition, i.reason, i.file) for i in lines))


def originals_table(lines: Iterable[LedgerLine]) -> bytes:
    """Return which image of the output folder each line of the ledger is of; for the department."""
    return _table(ORIGINALS, ((line.image, *line.original) for line in lines))


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    stream = StringIO()
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(head)
    table.writerows(rows)
    return stream.getvalue().encode()


def data_list(images: Sequence[ExportedImage]) -> bytes:
    """Return ``dataset.json``; all images of a patient are in one fold."""
    known = [(i, i.label) for i in images]
    listed = {
        "description": "Ductograms before (0) and after (1) the contrast",
        "labels": {"0": "pre", "1": "post"},
        "numTraining": sum(label is not None for _, label in known),
        "training": [
            {"image": i.file, "label": label, "fold": i.fold}
            for i, label in known
            if label is not None
        ],
        "unlabelled": [{"image": i.file, "fold": i.fold} for i, label in known if label is None],
    }
    return encode_json(listed, indent=2)


def data_card(
    images: Sequence[ExportedImage], lines: Sequence[LedgerLine], *, is_blanked: bool
) -> bytes:
    """Return ``README.md``: how many, from what units, what a person decided, what was removed."""
    patients = len({i.patient for i in images})
    studies = len({(i.patient, i.study) for i in images})
    phases = Counter(str(i.phase or "unknown") for i in images)
    stayed = Counter(line.reason for line in lines if line.disposition == "stayed")
    units = Counter(i.unit or "not told, or left out" for i in images)
    silent = sum(not i.says_annotation for i in images)
    counts = ", ".join(
        (
            counted(len(images), "image"),
            counted(studies, "study", "studies"),
            counted(patients, "patient"),
            *(f"{number} {name}" for name, number in sorted(phases.items())),
        )
    )
    text = _CARD.format(
        counts=counts,
        decided=counted(sum(i.is_decided for i in images), "image"),
        units="\n".join(f"- {unit}: {number}" for unit, number in sorted(units.items())) or "-",
        software=SOFTWARE,
        edition=EDITION,
        pixels="What is not breast was blanked." if is_blanked else "No pixel was changed.",
        silent=counted(silent, "image"),
        stayed="\n".join(f"- {why}: {number}" for why, number in sorted(stayed.items())) or "-",
    )
    return text.encode()


def findings_in(content: bytes) -> dict[str, str]:
    """Return the findings of a labels table by image, as a spreadsheet program may have saved it.

    Raises
    ------
    UsageError
        It is not such a table, so that findings in it cannot be kept.
    """
    rows = _rows(content)
    if not rows or not {"image", FINDINGS} <= set(rows[0]):
        message = "cannot be read, and findings in it would be lost"
        raise UsageError(message, path=LABELS_NAME, hint="move it away, or save it as CSV in UTF-8")
    image, findings = rows[0].index("image"), rows[0].index(FINDINGS)
    return {
        row[image]: row[findings]
        for row in rows[1:]
        if len(row) > max(image, findings) and row[findings].strip()
    }


def with_findings(table: bytes, findings: Mapping[str, str]) -> bytes:
    """Return a labels table with the findings of its images, and no others."""
    head, *rows = _rows(table)
    image, place = head.index("image"), head.index(FINDINGS)
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(head)
    for row in rows:
        writer.writerow([*row[:place], findings.get(row[image], ""), *row[place + 1 :]])
    return stream.getvalue().encode()


def _rows(content: bytes) -> list[list[str]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", errors="replace")
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    return [row for row in csv.reader(StringIO(text, newline=""), delimiter=delimiter) if row]
