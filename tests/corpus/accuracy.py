"""How the engine fares on the labelled corpus, as a confusion matrix."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from corpus.catalogue import make_cases, make_messy_cases
from corpus.scene import NONE, UNDETERMINABLE, Case, Label
from ductdicom.classify.decide import classify_study
from ductdicom.classify.engine import Engine
from ductdicom.classify.phase.image_rules import RULES
from ductdicom.model.study import ImageCall
from ductdicom.vocabulary.terms import load_vocabulary

SEED = 20260102
PHASES = ("pre", "post", UNDETERMINABLE, NONE)
SAID = ("pre", "post", "unknown", "none")
LEAST_DECIDED = 0.98  # of the images that can be determined
LEAST_DECIDED_MESSY = 0.995  # the same where free text is messy; raise it when it holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One image, or one study's examination, that the engine sees otherwise than the expert."""

    case: str
    uid: str
    about: str
    expected: str
    said: str
    why: str

    def __str__(self) -> str:
        number = self.uid.rpartition(".")[2]
        return (
            f"{self.case} [{number}] {self.about}: {self.said}, expert {self.expected}; {self.why}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How often which phase was said of which; ``wrong`` are assertions, ``unknown`` avoidable."""

    studies: int
    counts: Counter[tuple[str, str]]
    wrong: Sequence[Finding] = field(default=())
    unknown: Sequence[Finding] = field(default=())

    @property
    def decided(self) -> float:
        """Fraction of the images with a determinable phase that got it."""
        wanted = sum(n for (expected, _), n in self.counts.items() if expected in {"pre", "post"})
        right = sum(self.counts[phase, phase] for phase in ("pre", "post"))
        return right / wanted if wanted else 1.0


def make_corpus(seed: int = SEED) -> list[Case]:
    """Make the labelled studies; equal seeds give equal studies."""
    return list(make_cases(seed))


def make_messy_corpus(seed: int = SEED) -> list[Case]:
    """Make the labelled studies whose free text is messy; equal seeds give equal studies."""
    return list(make_messy_cases(seed))


def confusion(cases: Iterable[Case], engine: Engine | None = None) -> Confusion:
    """Let the engine decide all cases and compare it with the expert."""
    engine = engine or Engine(vocabulary=load_vocabulary(), rules=RULES)
    counts: Counter[tuple[str, str]] = Counter()
    wrong: list[Finding] = []
    unknown: list[Finding] = []
    studies = 0
    for case in cases:
        studies += 1
        call = classify_study(case.study, engine)
        if call.exam.kind != case.exam:
            why = ", ".join(f"{e.rule} {e.value!r}" for e in call.exam.evidence)
            wrong.append(_finding(case, "", ("exam", case.exam, call.exam.kind), why))
        for image in call.images:
            label = case.labels[image.uid]
            counts[label.phase, _said(image)] += 1
            for about, expected, said, is_wrong in _differences(label, image):
                finding = _finding(case, image.uid, (about, expected, said), _reasons(image))
                (wrong if is_wrong else unknown).append(finding)
    return Confusion(studies=studies, counts=counts, wrong=tuple(wrong), unknown=tuple(unknown))


def _finding(case: Case, uid: str, what: tuple[str, str, str], why: str) -> Finding:
    about, expected, said = what
    return Finding(case=case.name, uid=uid, about=about, expected=expected, said=str(said), why=why)


def _said(image: ImageCall) -> str:
    return str(image.call.phase) if image.call.phase else "none"


def _reasons(image: ImageCall) -> str:
    texts = " | ".join(f"{text.tag} {text.value}" for text in image.instance.texts)
    rules = ", ".join(f"{e.rule} {e.value!r} says {e.says}" for e in image.call.evidence)
    return f"{rules or 'no evidence'} in {texts}"


def _differences(label: Label, image: ImageCall) -> Iterable[tuple[str, str, str, bool]]:
    """Yield what differs: about, expected, said, and whether it is a wrong assertion."""
    said = _said(image)
    expected = {UNDETERMINABLE: "unknown"}.get(label.phase, label.phase)
    if said != expected:
        yield "phase", label.phase, said, said != "unknown"
    if label.kind is not None and image.kind != label.kind:
        yield "kind", label.kind, image.kind, True
    for about, wanted, found in (
        ("side", label.side, image.laterality),
        ("view", label.view, image.view),
    ):
        if wanted is not None and (found or "") != wanted:
            yield about, wanted, str(found or ""), found is not None


def matrix(result: Confusion) -> str:
    """Lay the counts out as a table: the expert's phase by row, the engine's by column."""
    head = f"{'expert':>16} |" + "".join(f"{said:>9}" for said in SAID)
    rows = [
        f"{phase:>16} |" + "".join(f"{result.counts[phase, said]:>9}" for said in SAID)
        for phase in PHASES
    ]
    return "\n".join([head, "-" * len(head), *rows])


def report() -> Iterator[str]:
    """Yield the lines of a report on all cases: the matrix, then what is wrong."""
    for cases in (make_corpus(), make_messy_corpus()):
        yield from _report(cases)


def _report(cases: Iterable[Case]) -> Iterator[str]:
    result = confusion(cases)
    yield f"{result.studies} studies, {sum(result.counts.values())} images"
    yield matrix(result)
    yield f"determinable images decided: {result.decided:.1%}"
    for name, findings in (("wrong", result.wrong), ("avoidably unknown", result.unknown)):
        yield f"{name}: {len(findings)}"
        for finding in findings:
            yield f"  {finding}"
