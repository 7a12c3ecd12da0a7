"""What rules would say: of a phrase, and of a finished run under other rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ductdicom.classify.phase.image_rules import RULES
from ductdicom.classify.rules import Description, describe_rules
from ductdicom.errors import NothingReadableError, UsageError
from ductdicom.export.output import RECORDS_NAME, find_output
from ductdicom.export.records import read_record
from ductdicom.language.agents import read_agent, read_route
from ductdicom.language.labels import read_label
from ductdicom.language.phrases import TextPhase
from ductdicom.language.text import read_text
from ductdicom.language.whole import Part, Word
from ductdicom.model.origin import shown_name
from ductdicom.model.outcome import ProblemCode, Status
from ductdicom.model.record import RecordedStudy
from ductdicom.model.study import ImageCall
from ductdicom.pipeline.judge import Judged, make_engine
from ductdicom.pipeline.read import Scan, scan
from ductdicom.reading import open_regular
from ductdicom.settings import Settings

_STUDY = "the study"
# Over these no sheet was drawn, whatever the rules say.
_GIVEN_UP = {ProblemCode.WORKER_DIED, ProblemCode.INTERNAL_ERROR}

Place = tuple[str, str | None]  # source and member, as a record names an image


def list_rules(settings: Settings) -> tuple[Description, ...]:
    """Describe all rules as they are in force with a site's rules file.

    Raises
    ------
    RulesError
        The rules file cannot be used.
    """
    engine = make_engine(settings)
    return tuple(
        replace(
            rule,
            strength=engine.rules.get(rule.name, RULES.get(rule.name, rule)).strength,
            is_enabled=rule.name in engine.rules or rule.name not in RULES,
        )
        for rule in describe_rules().values()
    )


def explain_phrase(text: str, settings: Settings) -> dict[str, dict[str, object]]:
    """Say what a phrase means, by where it stands.

    Returns
    -------
    Plain values by name under ``in_any_study`` and, where the study is known to be a
    ductography and a bare "post" may count, under ``in_a_ductography``; under ``as_contrast``
    what it means as Contrast/Bolus Agent and as Contrast/Bolus Route.

    Raises
    ------
    RulesError
        The rules file cannot be used.
    """
    vocabulary = make_engine(settings).vocabulary
    found: dict[str, dict[str, object]] = {}
    for name, is_ductogram in (("in_any_study", False), ("in_a_ductography", True)):
        reading = read_text(text, vocabulary, ductography_context=is_ductogram)
        label = read_label(reading.parts, frozenset())
        found[name] = {
            "ductography": reading.is_ductography,
            "phase": None if reading.phase is TextPhase.NONE else str(reading.phase),
            "weak": reading.is_weak,
            "words": list(reading.words),
            "look_alikes": sorted(reading.kinds),
            "laterality": None if reading.laterality is None else str(reading.laterality),
            "views": list(reading.views),
            "view_group": None if reading.view_group is None else str(reading.view_group),
            "modifiers": list(reading.modifiers),
            "injection": reading.injection,
            "repeat": reading.is_repeat,
            "may_be_later": reading.may_be_later,
            "as_label": None if label is None else str(label),
        }
    route = read_route(text, vocabulary)
    found["as_contrast"] = {
        "agent": str(read_agent(text, vocabulary)),
        "route": None if route is None else str(route),
    }
    return found


def explain_words(text: str, settings: Settings) -> tuple[tuple[str, str], ...]:
    """Say of each word of a phrase what part it plays in a study known to be a ductography.

    Returns
    -------
    Words, folded, with their parts in words, in the order of the text.

    Raises
    ------
    RulesError
        The rules file cannot be used.
    """
    reading = read_text(text, make_engine(settings).vocabulary, ductography_context=True)
    return tuple((word.phrase.spaced, _part(word)) for word in reading.parts)


def _part(word: Word) -> str:
    """Name a word's part; of a word of phase also what it says."""
    if word.part is not Part.PHASE:
        return str(word.part)
    return f"{word.part}: {', '.join(sorted(word.phrase.roles))}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """One decision that would be another: of an image, or of the study as a whole."""

    key: str
    about: str
    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RulesDifference:
    """What other rules would change in a finished run.

    ``gone`` are sources that are no longer there or cannot be read; ``left_out`` the keys of
    studies that were not compared, as some of their images are among them.
    """

    changes: tuple[RuleChange, ...]
    compared: int
    gone: tuple[str, ...]
    left_out: tuple[str, ...]


def compare_rules(output: Path, root: Path, settings: Settings) -> RulesDifference:
    """Decide a finished run again under the rules of ``settings``, and compare.

    The originals are read again, as records hold conclusions but no headers. Decisions of the
    output folder stay in force. A study with an image that is gone is not compared, since its
    other images would be judged without it.

    Parameters
    ----------
    output
        Folder of the finished run.
    root
        Folder in which that run was started; sources are recorded relative to it.

    Raises
    ------
    UsageError
        The folder holds no records, or the rules cannot be used.
    NothingReadableError
        None of the originals can be read any more.
    """
    records = _read_records(output / RECORDS_NAME)
    wanted = {
        (i.source, i.member): record.key or "" for record in records for i in record.instances
    }
    typed = {str(root / source): source for source in sorted({source for source, _ in wanted})}
    there = [path for path in typed if Path(path).exists()]
    if not there:
        raise NothingReadableError(
            f"none of the {len(typed)} sources of this run is there",
            path=output,
            hint="name the folder in which the run was started with --root",
        )
    scanned = _scan_again(there, output, settings)
    say = scanned.naming.text
    names = {shown_name(path): source for path, source in typed.items()}
    found = {
        _place(image, names): (study, image)
        for study in scanned.judged
        for image in study.call.images
    }
    missing = {place for place in wanted if place not in found}
    left_out = {wanted[place] for place in missing}
    compared = [record for record in records if record.key not in left_out]
    return RulesDifference(
        changes=tuple(replace(c, about=say(c.about)) for r in compared for c in _changes(r, found)),
        compared=len(compared),
        gone=tuple(sorted({say(source) for source, _ in missing})),
        left_out=tuple(sorted(left_out)),
    )


def _scan_again(paths: Sequence[str], output: Path, settings: Settings) -> Scan:
    """Read as the finished run did: with its names of images, and as much identity."""
    known = find_output(output)
    phi = known.phi if known else settings.phi
    return scan(paths, replace(settings, output=output, phi=phi), output=known)


def _read_records(path: Path) -> list[RecordedStudy]:
    try:
        with open_regular(path) as stream:
            records = [read_record(line) for line in stream]
    except OSError as error:
        raise UsageError(
            f"no records of a run: {error.strerror}", path=path, hint="name an output folder"
        ) from error
    except ValueError as error:
        raise UsageError("these are no records of a run", path=path) from error
    return [record for record in records if record.instances]


def _place(image: ImageCall, names: Mapping[str, str]) -> Place:
    origin = image.instance.origin
    return names.get(origin.source, origin.source), origin.member


def _changes(
    record: RecordedStudy, found: Mapping[Place, tuple[Judged, ImageCall]]
) -> Iterator[RuleChange]:
    first = record.instances[0]
    study, _ = found[first.source, first.member]
    yield from _differing(
        (record.key or "", _STUDY),
        {"exam": record.exam.kind, "status": record.status},
        {"exam": study.call.exam.kind, "status": _status(record, study, found)},
    )
    for old in record.instances:
        _, image = found[old.source, old.member]
        about = old.source if old.member is None else f"{old.source}!/{old.member}"
        new = _decisions(image)
        yield from _differing(
            (record.key or "", about), {name: getattr(old, name) for name in new}, new
        )


def _status(
    record: RecordedStudy, study: Judged, found: Mapping[Place, tuple[Judged, ImageCall]]
) -> Status:
    """Return the status under the other rules.

    No pixel is read here: what the finished run found in them (an image that cannot be shown, an
    orientation that the pixels contradict) still holds.
    """
    status = study.pairing.status
    if any(problem.code in _GIVEN_UP for problem in record.problems):
        return Status.REVIEW
    if record.status is not Status.REVIEW or status is Status.NOT_A_DUCTOGRAM:
        return status
    in_rows = {image.instance.origin.label for row in study.pairing.rows for image in row.images}
    doubted = (
        found.get(problem.place)
        for problem in record.problems
        if problem.code is not ProblemCode.ORIGINAL_UNREADABLE and problem.source
    )
    is_shown = any(known and known[1].instance.origin.label in in_rows for known in doubted)
    return Status.REVIEW if is_shown else status


def _decisions(image: ImageCall) -> dict[str, object]:
    """Return what was decided of an image, under the names that `RecordedInstance` has for it."""
    return {
        "kind": image.kind,
        "laterality": image.laterality,
        "view": image.view,
        "injection": image.injection,
        "phase": image.call.phase,
        "confidence": image.call.confidence,
        "suggestion": image.call.suggestion,
    }


def _differing(
    place: tuple[str, str], old: Mapping[str, object], new: Mapping[str, object]
) -> Iterator[RuleChange]:
    key, about = place
    for what, value in new.items():
        before, after = (None if v is None else str(v) for v in (old[what], value))
        if before != after:
            yield RuleChange(key=key, about=about, what=what, before=before, after=after)


def phrase_rows(found: Mapping[str, Mapping[str, object]]) -> Sequence[tuple[str, str, str]]:
    """Return what a phrase means as rows: what is asked, in any study, and in a ductography."""
    anywhere, ductogram = found["in_any_study"], found["in_a_ductography"]
    return [
        (name.replace("_", " "), _shown(value), _shown(ductogram[name]))
        for name, value in anywhere.items()
    ]


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(str(item) for item in value) or "–"
    return "–" if value is None else str(value)
