"""The golden pages: small studies of smooth synthetic breasts, drawn by the command itself.

Nothing here is random, so that a page changes only where the drawing of it does.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from exports import FILLED, write_view

from ductdicom.cli.application import run
from ductdicom.phantom.codes import sample_uid
from ductdicom.phantom.orientation import hung_orientation, turn_to
from ductdicom.phantom.spec import MAGNIFICATION, Beamline, Device, Person, Texts

FOLDER = Path(__file__).parent
ROWS, COLUMNS, SPACING_MM = 440, 340, 0.5
DPI = 72
STUDY = "2.25.901"


@dataclass(frozen=True, kw_only=True)
class View:
    view: str
    at: str
    is_filled: bool = False
    side: str = "L"
    magnification: float = 1.0
    shift_mm: float = 0.0
    stored: tuple[str, str] | None = None
    header: dict = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Golden:
    """One page of one study: ``page`` and the views that ``decisions`` name count from 1."""

    views: tuple[View, ...]
    page: int = 1
    options: tuple[str, ...] = ()
    decisions: tuple[dict, ...] = ()


PLAIN = (
    View(view="CC", at="0900"),
    View(view="ML", at="0903", stored=("P", "H")),
    View(view="CC", at="0921", is_filled=True, shift_mm=3.0),
    View(view="ML", at="0924", is_filled=True, shift_mm=-4.0),
)
NOTHING_SAID = {"contrast": None}
UNKNOWN_SCALE = {"beamline": Beamline(imager_spacing_mm=5.0, magnification=None)}
GOLDEN = {
    "paired-dark": Golden(views=PLAIN),
    "inventory-light": Golden(views=PLAIN, page=2, options=("--theme", "light")),
    "suggested": Golden(
        views=tuple(
            View(view=v.view, at=v.at, is_filled=v.is_filled, header=NOTHING_SAID) for v in PLAIN
        )
    ),
    "odd-light": Golden(
        views=(
            View(view="MLO", at="0900", side="R"),
            View(view="ML", at="0921", side="R", is_filled=True, magnification=1.8),
            View(view="CC", at="0924", side="R", is_filled=True, header=UNKNOWN_SCALE),
        ),
        options=("--theme", "light", "--closeup", "never"),
    ),
    "difference": Golden(views=PLAIN, options=("--difference",)),
    "decided": Golden(
        views=(
            *PLAIN[:3],
            View(view="ML", at="0906", header={"contrast": FILLED}),
            View(view="ML", at="0924", is_filled=True, shift_mm=-4.0, header=NOTHING_SAID),
            View(view="ML", at="0926", is_filled=True, shift_mm=40.0),
        ),
        decisions=(
            {"view": 4, "phase": "pre", "by": "AB", "note": "agent typed in advance"},
            {"view": 5, "phase": "post", "by": "AB"},
            {"view": 6, "exclude": True, "by": "CD", "note": "moved"},
            {"verdict": "reviewed", "by": "AB"},
        ),
    ),
}


def draw(name: str, folder: Path) -> Path:
    """Draw a golden page anew and return its file; ``folder`` is empty."""
    golden = GOLDEN[name]
    study = folder / "study"
    for number, view in enumerate(golden.views, start=1):
        _write(study / f"IM{number}", view, number)
    target = folder / "page.png"
    options = ["--dpi", str(DPI), *golden.options]
    if golden.decisions:
        options += ["--decisions", str(_write_decisions(golden.decisions, folder))]
    code = run(["sheet", str(study), "-o", str(target), "-j", "1", *options])
    assert code == 0, f"the command ended with {code}"
    return target if golden.page == 1 else folder / f"page-{golden.page}.png"


def _write_decisions(decisions: tuple[dict, ...], folder: Path) -> Path:
    said = []
    for decision in decisions:
        words = dict(decision)
        view = words.pop("view", None)
        of = {"sop_instance_uid": _uid(view)} if view else {"study_instance_uid": STUDY}
        said.append(of | words | {"at": "2026-01-03T09:00:00"})
    path = folder / "decisions.json"
    path.write_text(json.dumps({"schema": "ductdicom.decisions/1", "decisions": said}))
    return path


def _uid(number: int) -> str:
    return sample_uid("image", f"golden/{number}")


def _write(path: Path, view: View, number: int) -> None:
    hung = hung_orientation(view.view, view.side)
    spec = {
        "label": f"golden/{number}",
        "person": Person(name="SAMPLE^GOLDEN", patient_id="SAMPLE-901"),
        "texts": Texts(study="GALACTOGRAM"),
        "device": Device(pitch_mm=SPACING_MM),
        "beamline": Beamline(magnification=view.magnification),
        "modifiers": (MAGNIFICATION,) if view.magnification > 1 else (),
        "laterality": view.side,
        "view": view.view,
        "study_instance_uid": STUDY,
        "acquired_at": f"20260102{view.at}00",
        "contrast": FILLED if view.is_filled else None,
        "instance_number": number,
        "patient_orientation": view.stored or hung,
    }
    pixels = turn_to(_breast(view), hung, view.stored or hung)
    write_view(path, pixels=pixels, **(spec | view.header))


def _breast(view: View) -> np.ndarray:
    """A smooth breast with some structure, its nipple, a marker, and where filled a duct."""
    y, x = np.mgrid[:ROWS, :COLUMNS].astype(np.float64)
    factor = view.magnification
    x = x * SPACING_MM / factor
    y = (y - ROWS / 2) * SPACING_MM / factor - view.shift_mm
    edge = 1 - np.hypot(x / 95, y / 85)
    nipple = 1 - np.hypot((x - 94) / 8, y / 7)
    depth = np.maximum(edge, 0.4 * nipple)
    values = 2250 + 500 * np.clip(depth, 0, 1) ** 0.5
    for across, down, size in ((30, -30, 9), (50, 12, 13), (38, 42, 7), (62, -22, 6), (20, 8, 8)):
        values += 220 * np.exp(-(((x - across) / size) ** 2) - ((y - down) / size) ** 2)
    if view.is_filled:
        way = 3 * np.sin(x / 9) + 0.05 * (94 - x)
        width = 0.7 + 0.015 * x
        values += 700 * ((np.abs(y - way) < width) & (x > 35) & (x < 97))
    values[depth <= 0] = 0
    values[20:44, -40:-34] = values[38:44, -40:-22] = 4000
    if view.side == "R":
        values = values[:, ::-1]
    return np.ascontiguousarray(np.round(values).astype(np.uint16))
