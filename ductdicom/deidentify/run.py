"""An export from the first step to the last.

Each file is made in memory, looked at as its last bytes are, and only then written. So there is
no moment at which a file lies in the folder that nobody looked at.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

from pydicom.dataset import Dataset, FileDataset

from ductdicom.deidentify.accounts import (
    FOLDS,
    LABELS_NAME,
    ExportedImage,
    LedgerLine,
    data_card,
    data_list,
    labels_table,
    ledger_table,
    originals_table,
    with_findings,
)
from ductdicom.deidentify.again import draw_again
from ductdicom.deidentify.blank import blank_outside
from ductdicom.deidentify.choose import (
    SERIOUS,
    Candidate,
    PatientHeaders,
    Selection,
    Stayed,
    told_of,
)
from ductdicom.deidentify.folder import ExportFolder
from ductdicom.deidentify.header import Cleaner
from ductdicom.deidentify.keyed import Key, read_or_make_key
from ductdicom.deidentify.look import Look, look_for
from ductdicom.deidentify.media import DIRECTORY, make_directory
from ductdicom.deidentify.pages import index_page, preview
from ductdicom.deidentify.source import StaysError, read_source, syntax_of
from ductdicom.deidentify.stored import as_file, bare_pixels
from ductdicom.deidentify.told import Told, shared_words
from ductdicom.errors import DecodeError, UnreadableError, UsageError
from ductdicom.export.output import (
    STATE_FOLDER,
    OutputFolder,
    open_output,
    require_output,
    write_whole,
)
from ductdicom.identity.known import Identity
from ductdicom.model.call import Confidence, ExamKind, Kind, Phase
from ductdicom.model.outcome import Status
from ductdicom.model.record import RecordedStudy
from ductdicom.pipeline.masking import identify
from ductdicom.version import SOFTWARE
from ductdicom.vocabulary.terms import load_vocabulary

KEY_NAME = "deidentify-key"
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportWish:
    """What is to be exported.

    ``key`` is the file of the key; None means the output folder's own. ``reviewed_by`` names who
    looked at the export that lies in the folder.
    """

    statuses: tuple[Status, ...] = (Status.PAIRED,)
    keeps_devices: bool = False
    blanks_outside: bool = False
    reviewed_by: str = ""
    key: Path | None = None


@dataclass(slots=True, kw_only=True)
class Exported:
    """What became of an export."""

    images: list[ExportedImage] = field(default_factory=list)
    lines: list[LedgerLine] = field(default_factory=list)
    state: str = ""
    found: list[str] = field(default_factory=list)
    unlike: list[str] = field(default_factory=list)
    findings_kept_back: int = 0

    @property
    def stayed(self) -> dict[str, int]:
        """How many images stayed, by why."""
        counted = Counter(line.reason for line in self.lines if line.disposition == "stayed")
        return dict(sorted(counted.items()))

    @property
    def exit_code(self) -> int:
        """1 where a person must see to something, else 0."""
        is_whole = not (self.found or self.unlike or self.findings_kept_back)
        return int(not is_whole or not SERIOUS.isdisjoint(self.stayed))


def deidentify(
    output: Path, target: Path, wish: ExportWish, progress: Progress = lambda *_: None
) -> Exported:
    """Write a de-identified set of the ductograms of an output folder.

    Raises
    ------
    UsageError
        ``output`` is no output folder, or ``target`` holds something else, or the key would lie in
        it.
    OutputError
        Something cannot be written.
    """
    folder = require_output(output)
    place = _place_of_key(folder, target, wish.key)
    with _held(folder, wish.key):
        key = read_or_make_key(place)
    choice = Selection(folder, wish.statuses)
    export = _Export(choice, ExportFolder(target, key), key, wish)
    candidates = choice.candidates()
    done = 0
    for _, group in groupby(candidates, key=lambda item: item.record.key):
        study = list(group)
        export.add_study(study)
        done += len(study)
        progress(done, len(candidates))
    with _held(folder, wish.key):  # before the set is finished, that none is without
        write_whole(place.with_name(f"{place.name}.csv"), export.originals(), mode=0o600)
        if (lost := export.lost_findings()) is not None:
            write_whole(place.with_name(f"{place.name}-findings.csv"), lost, mode=0o600)
    return export.finish()


@contextmanager
def _held(output: OutputFolder, named: Path | None) -> Iterator[None]:
    """Hold the output folder while something is written to it, as where its own key is meant."""
    if named is not None:
        yield
        return
    with open_output(output.path, output.phi, is_brief=True):
        yield


def _place_of_key(output: OutputFolder, target: Path, named: Path | None) -> Path:
    """Return the file of the key, which lies nowhere in the export."""
    place, out = target.resolve(), output.path.resolve()
    if place == out or place in out.parents or out in place.parents:
        hint = "the key and what names patients must not lie in it"
        raise UsageError("lies in OUT, or OUT in it", path=target, hint=hint)
    if named is None:
        return output.path / STATE_FOLDER / KEY_NAME
    if place in named.resolve().parents:
        raise UsageError("would lie in the export", path=named, hint="keep the key elsewhere")
    return named


class _Export:
    """An export while it is made."""

    def __init__(self, choice: Selection, folder: ExportFolder, key: Key, wish: ExportWish) -> None:
        self._choice = choice
        self._folder = folder
        self._key = key
        self._wish = wish
        self._done = Exported()
        self._looks: dict[str, Look] = {}
        self._folders: dict[str, str] = {}  # patient and study of the set, by the study's UID
        self._whole: list[RecordedStudy] = []
        self._findings: dict[str, str] = {}

    def add_study(self, study: Sequence[Candidate]) -> None:
        """Write what leaves of a study, and say why the rest stays."""
        leaving = [item for item in study if not item.stayed]
        if not leaving:
            for item in study:
                self._stay(item, item.stayed)
            return
        headers = self._choice.headers(leaving[0].record)
        identity = identify(headers.all, load_vocabulary())
        words = _series_words(leaving)
        for item in study:
            reason = item.stayed or self._why_not(item, headers)
            if reason:
                self._stay(item, reason)
                continue
            try:
                self._add(item, headers, identity, words[item.image.series_instance_uid])
            except StaysError as error:
                self._stay(item, error.reason)
        left = {line.image for line in self._done.lines if line.disposition == "exported"}
        if all(self._line_of(item) in left for item in leaving):
            self._whole.append(leaving[0].record)

    def _why_not(self, item: Candidate, headers: PatientHeaders) -> str:
        if headers.patient is None:
            return Stayed.PATIENT
        instance = headers.own.get(item.number)
        if instance is None:
            return Stayed.SOURCE_GONE
        return Stayed.BURNED_IN if instance.raster.has_annotation else ""

    def _add(
        self, item: Candidate, headers: PatientHeaders, identity: Identity, words: str
    ) -> None:
        instance, patient = headers.own[item.number], headers.patient or ""
        source = read_source(instance)
        cleaner = Cleaner(
            key=self._key,
            patient=patient,
            identity=identity,
            told=told_of(item.image, item.record),
            series_words=words,
            keeps_devices=self._wish.keeps_devices,
            is_blanked=self._wish.blanks_outside,
        )
        data = cleaner.clean(source)
        content, kept = self._packed(data, source)
        own = _own_texts(cleaner, str(data.StudyID))
        look = look_for(headers.all, identity, cleaner.shift, own)
        name = self._name(item, patient)
        if places := look.places(content):
            self._folder.remove(f"images/{name}.dcm")
            self._done.found += [f"{item.image.id}: {place}" for place in places]
            raise StaysError(Stayed.IDENTITY)
        self._folder.write(f"images/{name}.dcm", content)
        try:
            self._folder.write(f"previews/{name}.png", preview(content))
        except DecodeError as error:
            self._folder.remove(f"images/{name}.dcm")
            raise StaysError(Stayed.UNREADABLE) from error
        self._remember(patient, look)
        exported = self._exported(item, data, name, patient)
        self._done.images.append(replace(exported, area_kept=kept))
        self._folders[str(data.StudyInstanceUID)] = name.rpartition("/")[0]
        self._line(item, "exported", file=f"images/{name}.dcm")

    def _packed(self, data: Dataset, source: FileDataset) -> tuple[bytes, float | None]:
        """Return a cleaned object as a file, and how much of it is not blanked, if it is."""
        syntax, kept = syntax_of(source), None
        try:
            bare_pixels(data, source, syntax)
            if self._wish.blanks_outside:
                syntax, kept = blank_outside(data, syntax)
            return as_file(data, syntax), kept
        except DecodeError as error:
            raise StaysError(Stayed.NOT_BLANKED) from error
        except (ValueError, TypeError, AttributeError, KeyError, UnreadableError) as error:
            raise StaysError(Stayed.UNREADABLE) from error

    def _name(self, item: Candidate, patient: str) -> str:
        study = self._key.short("study", item.record.study_instance_uid)
        image = self._key.short("image", item.image.sop_instance_uid)
        told = told_of(item.image, item.record)
        return f"{self._key.pseudonym(patient)}/{study}/{told.name}-{image}"

    def _remember(self, patient: str, look: Look) -> None:
        was = self._looks.get(patient, look)
        self._looks[patient] = replace(
            look,
            own=was.own | look.own,
            uids=was.uids | look.uids,
            needles=tuple(sorted({*was.needles, *look.needles})),
        )

    def _exported(self, item: Candidate, data: Dataset, name: str, patient: str) -> ExportedImage:
        image, record = item.image, item.record
        phase, confidence = image.phase, image.confidence
        if record.exam.kind is not ExamKind.DUCTOGRAM:  # it stands before in another study's row
            phase, confidence = Phase.PRE, Confidence.INFERRED
        maker = (str(data.get(key) or "") for key in ("Manufacturer", "ManufacturerModelName"))
        return ExportedImage(
            file=f"images/{name}.dcm",
            preview=f"previews/{name}.png",
            patient=self._key.pseudonym(patient),
            study=self._key.short("study", record.study_instance_uid),
            laterality=str(image.laterality or ""),
            view=" ".join(filter(None, (image.view, *image.modifiers))),
            magnification="" if image.magnification is None else f"{image.magnification:g}",
            injection="" if image.injection is None else str(image.injection),
            phase=phase,
            confidence=confidence,
            fold=self._key.fold(patient, FOLDS),
            unit=" ".join(filter(None, maker)),
            is_decided=bool(image.decided),
            says_annotation=str(data.get("BurnedInAnnotation") or ""),
        )

    def _is_harmless(self, text: str) -> bool:
        looks = self._looks.values()
        return text.isascii() and all(look.identity.mask(text) == text for look in looks)

    def _stay(self, item: Candidate, reason: str) -> None:
        self._line(item, "stayed", reason=str(reason))

    def _line(self, item: Candidate, disposition: str, reason: str = "", file: str = "") -> None:
        study = self._key.short("study", item.record.study_instance_uid)
        self._done.lines.append(
            LedgerLine(
                study=study,
                image=self._line_of(item),
                disposition=disposition,
                reason=reason,
                file=file,
                original=(item.record.key or "", item.image.id),
            )
        )

    def _line_of(self, item: Candidate) -> str:
        return self._key.short("line", item.image.id)

    def originals(self) -> bytes:
        """Return which image of the output folder each line of the ledger is of."""
        return originals_table(self._lines)

    @property
    def _lines(self) -> list[LedgerLine]:
        """The lines of the ledger, in an order that tells neither days nor names."""
        return sorted(self._done.lines, key=lambda line: (line.study, line.image))

    def lost_findings(self) -> bytes | None:
        """Return the labels table that lies there, if findings in it cannot be taken over."""
        findings, done = self._folder.findings, self._done
        left = {image.file for image in done.images}
        self._findings = {image: text for image, text in findings.items() if image in left}
        if self._is_named_in(with_findings(labels_table(done.images), self._findings)):
            self._findings = {}
        done.findings_kept_back = len(findings) - len(self._findings)
        return (self._folder.path / LABELS_NAME).read_bytes() if done.findings_kept_back else None

    def finish(self) -> Exported:
        """Write the tables and pages, and say what the export is."""
        done = self._done
        done.images.sort(key=lambda image: image.file)
        done.images = [
            image if self._is_harmless(image.unit) else replace(image, unit="")
            for image in done.images
        ]
        if done.images:
            self._draw_sheets()
            self._make_directory()
        texts = {
            LABELS_NAME: with_findings(labels_table(done.images), self._findings),
            "dataset.json": data_list(done.images),
            "ledger.csv": ledger_table(self._lines),
            "README.md": data_card(done.images, done.lines, is_blanked=self._wish.blanks_outside),
            "index.html": index_page(done.images, done.lines),
        }
        for name, content in texts.items():
            if self._is_named_in(content):
                self._folder.remove(name)
                done.found.append(name)
            else:
                self._folder.write(name, content)
        manifest = self._folder.finish(
            is_complete=done.exit_code == 0, reviewed_by=self._wish.reviewed_by
        )
        done.state = manifest.state
        return done

    def _draw_sheets(self) -> None:
        for study in draw_again(self._folder.path / "images", self._key, self._whole):
            name = self._folders[study.study_instance_uid]
            if not study.is_alike:
                self._done.unlike.append(name)
            for page, content in study.pages.items():
                self._write_looked_at(f"sheets/{name}/{page}", content)

    def _make_directory(self) -> None:
        """Write the DICOMDIR, and give each file the name that it has there."""
        names = [image.file for image in self._done.images]
        content, places, left = make_directory(self._folder.path, names, self._key.uid("set"))
        self._done.lines = [
            replace(line, reason="not-in-dicomdir") if line.file in left else line
            for line in self._done.lines
        ]
        ours = frozenset(part for place in places.values() for part in place.split("/"))
        if content and any(look.places(content) for look in self._shared_looks(ours)):
            self._done.found.append(DIRECTORY)
        elif places:
            for name, place in places.items():
                self._folder.link(place, name)
            self._folder.write(DIRECTORY, content)

    def _shared_looks(self, ours: frozenset[str] = frozenset()) -> Iterator[Look]:
        """Yield how each patient is looked for in what is of all of them."""
        looks = self._looks.values()
        own = ours.union(*(look.own for look in looks))
        days = frozenset[tuple[int, int, int]]().union(*(look.days for look in looks))
        return (replace(look, own=own, days=days) for look in looks)

    def _write_looked_at(self, name: str, content: bytes) -> None:
        if any(look.is_in(content) for look in self._looks.values()):
            self._done.found.append(name)
        else:
            self._folder.write(name, content)

    def _is_named_in(self, content: bytes) -> bool:
        text = content.decode()
        return any(look.names_in(text) for look in self._shared_looks(_fixed_words()))


def _series_words(leaving: Iterable[Candidate]) -> dict[str, str]:
    told: dict[str, list[Told]] = {}
    for item in leaving:
        told.setdefault(item.image.series_instance_uid, []).append(told_of(item.image, item.record))
    return {uid: shared_words(items) for uid, items in told.items()}


def _own_texts(cleaner: Cleaner, study: str) -> tuple[str, ...]:
    name = cleaner.key.pseudonym(cleaner.patient)
    told = cleaner.told
    return (
        *(name, f"{name}^", study, told.text, cleaner.series_words, told.examination),
        *("CONTRAST", "BREAST", "DUCTDICOM", f"{SOFTWARE}: PS3.15 annex E 2026c"),
    )


def _fixed_words() -> frozenset[str]:
    """Return the words that tables and pages hold whoever the patients are."""
    empty = (
        labels_table(()),
        data_list(()),
        ledger_table(()),
        data_card((), (), is_blanked=False),
        data_card((), (), is_blanked=True),
        index_page((), ()),
    )
    kinds = (*Stayed, *Phase, *Confidence, *Status, *Kind)
    words = {*map(str, kinds), "images previews dcm png image label fold training exported stayed"}
    return frozenset({*words, *(text.decode() for text in empty)})
