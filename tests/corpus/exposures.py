"""What the scenarios are made of: plain views, filled views, and agents as they are typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from random import Random

from corpus.scene import SERIES_TEXT, Setting, Shot
from ductdicom.model.instance import Code

PRE, POST = "pre", "post"
MAGNIFIED = ("M",)
AGENTS = (
    "OMNIPAQUE 300",
    "iohexol",
    "Iopamidol 300",
    "ULTRAVIST 300 MG/ML",
    "Iomeron 300",
    "Xenetix 250",
    "VISIPAQUE 270",
    "Imeron 300",
    "OPTIRAY",
    "イオパミロン",
    "碘海醇",
    "Solutrast 300 0.5ml",
)
NO_AGENT = ("NONE", "None", "none", "NO", "KEINE", "AUCUN", "BEZ KONTRASTU", "без контраста")
DUCT_ROUTE = Code(tag="(0018,0014)", value="37737002", scheme="SCT", meaning="Intraluminal route")
IOHEXOL = Code(tag="(0018,0012)", value="109218004", scheme="SCT", meaning="Iohexol")
IOPAMIDOL_OLD = Code(tag="(0018,0012)", value="C-B0329", scheme="SRT", meaning="Iopamidol")


def chance(setting: Setting) -> Random:
    """Return the case's own source of variation."""
    return Random(setting.number)


def agent(setting: Setting) -> str:
    """Return how this site writes the agent."""
    return AGENTS[setting.number % len(AGENTS)]


def scouts(setting: Setting, phase: str = PRE, **common: object) -> list[Shot]:
    """Make the plain views before the filling: CC, and MLO or the right-angled lateral."""
    second = ("MLO", "MLO", "ML", "LM")[setting.number % 4]
    gap = round(chance(setting).uniform(1.0, 2.5), 1)
    return [
        Shot(phase=phase, minute=0.0, view="CC", **common),  # type: ignore[arg-type] # fields of Shot
        Shot(phase=phase, minute=gap, view=second, **common),  # type: ignore[arg-type] # the same
    ]


def fillings(
    setting: Setting, phase: str = POST, *, first: float | None = None, **common: object
) -> list[Shot]:
    """Make the views after the filling: magnified CC and lateral, often one more."""
    random = chance(setting)
    minute = first if first is not None else round(random.uniform(9.0, 25.0), 1)
    views = [("CC", MAGNIFIED), ("ML", MAGNIFIED), ("MLO", ())][: 2 + setting.number % 2]
    shots = []
    for view, modifiers in views:
        shots.append(
            Shot(phase=phase, minute=minute, view=view, modifiers=modifiers, **common)  # type: ignore[arg-type] # fields of Shot
        )
        minute = round(minute + random.uniform(1.0, 2.8), 1)
    return shots


def said(shots: Sequence[Shot], tag: str, say: Callable[[str], str]) -> list[Shot]:
    """Add a text of its own to each exposure."""
    return [replace(s, texts={**s.texts, tag: say(s.view)}) for s in shots]


def same(shots: Sequence[Shot], texts: Mapping[str, str | None]) -> list[Shot]:
    """Add the same texts to all exposures."""
    return [replace(shot, texts={**shot.texts, **texts}) for shot in shots]


def pick(setting: Setting, phrases: Mapping[str, Sequence[str]]) -> str:
    """Return one of the language's phrases; numbers that follow each other go through all."""
    own = phrases[setting.language]
    return own[setting.number % len(own)]


def halves(
    setting: Setting,
    before: str | None = None,
    after: str | None = None,
    *,
    tag: str = SERIES_TEXT,
    phases: tuple[str, str] = (PRE, POST),
) -> list[Shot]:
    """Make plain views and filled ones, each half with a text of its own, or with none."""
    plain, filled = scouts(setting, phases[0]), fillings(setting, phases[1])
    return labelled(setting, plain, before, tag) + labelled(setting, filled, after, tag)


def labelled(
    setting: Setting, shots: Sequence[Shot], text: str | None, tag: str = SERIES_TEXT
) -> list[Shot]:
    """Put one text on all exposures, side and view filled in; None leaves them as they are."""
    if text is None:
        return list(shots)
    return said(shots, tag, lambda view: setting.say(text, view))
