"""Duct trees in space: how they branch, and what can be wrong with them.

Space is that of a left breast, in millimetres, the nipple at the origin: ``(posterior, superior,
lateral)``. A right breast is its mirror image, which only the projection knows.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

import numpy as np

from ductdicom.phantom.picture.raster import Points


class DuctFinding(StrEnum):
    """What a filled duct shows (DICOM CID 6057, Ductography Finding for Breast)."""

    NORMAL = "normal"
    FILLING_DEFECT = "filling-defect"
    CUT_OFF = "cut-off"
    ECTASIA = "ectasia"
    EXTRAVASATION = "extravasation"


@dataclass(frozen=True, slots=True, kw_only=True)
class DuctPlan:
    """A duct to be filled.

    Parameters
    ----------
    seed
        Which tree grows.
    clock_deg
        Where the lobe lies around the nipple: 0 superior, 90 lateral.
    calibre_mm
        Diameter of the main duct behind the nipple.
    reach_mm
        How far the finest ducts lie behind the nipple, about.
    filling
        How much of the tree the contrast reached, 0 to 1.
    spread
        Tangent of the angle between the lobe and the axis of the breast.
    """

    seed: int
    finding: DuctFinding = DuctFinding.NORMAL
    clock_deg: float = 60.0
    calibre_mm: float = 1.6
    reach_mm: float = 62.0
    filling: float = 1.0
    spread: float = 0.42


@dataclass(frozen=True, slots=True, kw_only=True)
class DuctTree:
    """A tree as short tubes, and the bodies that displace contrast or hold spilled contrast.

    ``tubes`` has shape ``(n, 8)``: start point, radius, end point, radius. ``path_mm`` is how far
    each tube lies from the nipple along the duct. ``defects`` and ``spill`` have shape ``(m, 4)``:
    center and radius.
    """

    tubes: Points
    path_mm: Points
    defects: Points = field(default_factory=lambda: np.empty((0, 4)))
    spill: Points = field(default_factory=lambda: np.empty((0, 4)))


_STEP_MM = 1.0
_GENERATIONS = 7
_SINUS_MM = 9.0  # the main duct widens behind the nipple (lactiferous sinus)


@dataclass(slots=True)
class _Tip:
    """A growing end of the tree."""

    point: Points
    direction: Points
    radius: float
    path_mm: float
    generation: int


def grow_ducts(plan: DuctPlan) -> DuctTree:
    """Return the tree of ``plan``, the same for the same plan.

    Returns
    -------
    DuctTree
        Tubes of 1 mm in space, in millimetres; without those that contrast did not reach.
    """
    generator = np.random.default_rng([plan.seed, 7])
    tubes: list[Points] = []
    paths: list[float] = []
    tips = [_first_tip(plan)]
    trunk = 0
    while tips:
        tip = tips.pop()
        _grow_branch(tip, plan, generator, tubes, paths)
        if tip.generation < _GENERATIONS:
            tips.extend(_fork(tip, generator))
        trunk = trunk or len(tubes)
    tree = DuctTree(tubes=np.array(tubes), path_mm=np.array(paths))
    return _fill(_afflict(tree, plan, trunk - 4, generator), plan)


def _first_tip(plan: DuctPlan) -> _Tip:
    # The last stretch of every duct runs along the axis of the nipple.
    direction = _unit(_heading(plan) + np.array([1.0, 0.0, 0.0]))
    return _Tip(np.zeros(3), direction, plan.calibre_mm / 2 * 0.8, 0.0, 0)


def _heading(plan: DuctPlan) -> Points:
    """Return the direction of the lobe from the nipple."""
    clock = np.radians(plan.clock_deg)
    return _unit(np.array([1.0, plan.spread * np.cos(clock), plan.spread * np.sin(clock)]))


def _grow_branch(
    tip: _Tip,
    plan: DuctPlan,
    generator: np.random.Generator,
    tubes: list[Points],
    paths: list[float],
) -> None:
    share = 0.36 if tip.generation == 0 else 0.2 * 0.88**tip.generation
    steps = int(plan.reach_mm * share * generator.uniform(0.75, 1.3) / _STEP_MM)
    bend = generator.normal(0, 0.025, 3)
    pull = (0.06 if tip.generation == 0 else 0.012) * _heading(plan)
    for _step in range(max(3, steps)):
        bend = 0.85 * bend + generator.normal(0, 0.03, 3)
        tip.direction = _unit(tip.direction + bend + pull)
        end = tip.point + _STEP_MM * tip.direction
        start_radius = _calibre(tip, plan)
        tip.path_mm += _STEP_MM
        tip.radius *= 0.996
        tubes.append(np.array([*tip.point, start_radius, *end, _calibre(tip, plan)]))
        paths.append(tip.path_mm)
        tip.point = end


def _calibre(tip: _Tip, plan: DuctPlan) -> float:
    if tip.generation > 0:
        return tip.radius
    widening = np.exp(-(((tip.path_mm - _SINUS_MM) / 6.0) ** 2))
    return float(tip.radius * (0.75 + 0.25 * min(1.0, tip.path_mm / 4)) + 0.1 * plan.calibre_mm
                 * widening)  # fmt: skip


def _fork(tip: _Tip, generator: np.random.Generator) -> list[_Tip]:
    side = _unit(np.cross(tip.direction, generator.normal(size=3)))
    angle = generator.uniform(0.25, 0.62)
    lean = generator.uniform(0.35, 0.65)
    children = []
    for sign, part in ((1.0, 1 - lean), (-1.0, lean)):
        # The thinner branch turns off more, the thicker one goes on (Murray's law).
        radius = tip.radius * max(0.55, (1 - part) ** (1 / 3)) * 0.93
        direction = _unit(tip.direction + sign * 2 * part * np.tan(angle) * side)
        direction = _unit(direction + np.array([0.12, 0.0, 0.0]))
        if radius > 0.11 and not (tip.generation > 3 and generator.random() < 0.25):
            children.append(
                _Tip(tip.point, direction, radius, tip.path_mm, tip.generation + 1),
            )
    return children


def _afflict(tree: DuctTree, plan: DuctPlan, site: int, generator: np.random.Generator) -> DuctTree:
    """Give the tree its finding at the tube ``site``, in the main duct before it forks."""
    if plan.finding is DuctFinding.NORMAL:
        return tree
    if plan.finding is DuctFinding.ECTASIA:
        return _widen(tree)
    point, radius = tree.tubes[site, 4:7], tree.tubes[site, 7]
    if plan.finding is DuctFinding.EXTRAVASATION:
        offsets = generator.normal(0, 1, (60, 3)) * np.array([7.0, 3.5, 3.5])
        sizes = generator.uniform(0.8, 3.0, (60, 1))
        return replace(tree, spill=np.hstack([point + offsets + [6.0, 0, 0], sizes]))
    if plan.finding is DuctFinding.CUT_OFF:
        kept = tree.path_mm <= tree.path_mm[site]
        # A concave end: the lesion bulges into the column of contrast.
        plug = np.array([[*point, radius * 1.05]])
        return DuctTree(tubes=tree.tubes[kept], path_mm=tree.path_mm[kept], defects=plug)
    return _with_papilloma(tree, site)


def _with_papilloma(tree: DuctTree, site: int) -> DuctTree:
    """Widen the duct around a lobulated body that leaves only a rim of contrast."""
    tubes = tree.tubes.copy()
    near = np.linalg.norm(tubes[:, 4:7] - tubes[site, 4:7], axis=1)
    bulge = (1 + 0.8 * np.exp(-((near / 3.6) ** 2)))[:, None]
    tubes[:, [3, 7]] *= bulge
    axis = _unit(tubes[site, 4:7] - tubes[site, :3])
    radius = tubes[site, 7]
    lobes = ((-0.8, 0.52), (-0.3, 0.74), (0.3, 0.7), (0.85, 0.5))
    defects = [
        [*(tubes[site, 4:7] + radius * shift * axis), radius * size] for shift, size in lobes
    ]
    return replace(tree, tubes=tubes, defects=np.array(defects))


def _widen(tree: DuctTree) -> DuctTree:
    tubes = tree.tubes.copy()
    for column, path in ((3, tree.path_mm - _STEP_MM), (7, tree.path_mm)):
        # Ectasia is a matter of the large ducts, and it is wavy.
        growth = 1 + 1.3 * np.exp(-((path / 34.0) ** 4)) * (0.8 + 0.2 * np.sin(path / 2.1))
        tubes[:, column] *= growth
    return replace(tree, tubes=tubes)


def _fill(tree: DuctTree, plan: DuctPlan) -> DuctTree:
    if plan.filling >= 1:
        return tree
    reached = tree.path_mm <= plan.filling * tree.path_mm.max()
    return replace(tree, tubes=tree.tubes[reached], path_mm=tree.path_mm[reached])


def _unit(vector: Points) -> Points:
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float64)
