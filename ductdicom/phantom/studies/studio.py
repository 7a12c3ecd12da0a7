"""From a scene and a shot to a DICOM file: what all sample studies have in common."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ductdicom.phantom.codes import sample_uid
from ductdicom.phantom.dataset import mammogram_dataset
from ductdicom.phantom.exposure import (
    STANDARD_DETECTOR,
    Beam,
    Detector,
    Placement,
    SampleExposure,
    SampleSize,
    expose,
)
from ductdicom.phantom.files import Syntax, write_object
from ductdicom.phantom.orientation import hung_orientation, turn_to
from ductdicom.phantom.picture.breast import Tissue, make_tissue
from ductdicom.phantom.picture.ducts import DuctPlan
from ductdicom.phantom.picture.outline import Anatomy, View
from ductdicom.phantom.spec import MAGNIFICATION, Beamline, MammogramSpec
from ductdicom.phantom.studies.habits import Habits


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot:
    """One exposure of a sample study.

    Parameters
    ----------
    file
        Path below the study's folder.
    at
        ``HHMMSS`` on the day of the study; None for an image without a clock.
    stored
        Patient Orientation as stored; None stores the image as it hangs.
    header
        Fields of :class:`MammogramSpec` that this image has for itself.
    """

    file: str
    view: View
    at: str | None
    laterality: str = "L"
    placement: Placement = field(default_factory=Placement)
    ducts: tuple[DuctPlan, ...] = ()
    beam: Beam = Beam.PLAIN
    has_cannula: bool = False
    stored: tuple[str, str] | None = None
    header: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What the exposures of one study share.

    ``name`` seeds UIDs and noise, ``date`` is ``YYYYMMDD`` or empty, ``enhancement`` is that of
    `SampleExposure`.
    """

    name: str
    date: str
    habits: Habits
    anatomies: Mapping[str, Anatomy]  # by laterality
    spec: MammogramSpec
    syntax: Syntax
    enhancement: tuple[float, float, float, float] | None = None


class Studio:
    """Takes the exposures of one scene; a breast is made once for each projection."""

    def __init__(self, scene: Scene, size: SampleSize) -> None:
        self._scene = scene
        self._size = size
        self._tissues: dict[tuple[str, View], Tissue] = {}

    def write(self, folder: Path, shot: Shot, number: int) -> Path:
        """Expose ``shot`` and write it below ``folder``; ``number`` is its Instance Number."""
        scene = self._scene
        detector = self._detector()
        pixels = self._pixels(shot, detector, number)
        dataset = mammogram_dataset(pixels, self._spec(shot, detector, number))
        return write_object(folder / shot.file, dataset, scene.syntax)

    def _detector(self) -> Detector:
        if self._size is SampleSize.FULL:
            return self._scene.habits.detector
        return STANDARD_DETECTOR

    def _tissue(self, shot: Shot) -> Tissue:
        key = (shot.laterality, shot.view)
        if key not in self._tissues:
            self._tissues[key] = make_tissue(self._scene.anatomies[shot.laterality], shot.view)
        return self._tissues[key]

    def _pixels(self, shot: Shot, detector: Detector, number: int) -> NDArray[np.uint16]:
        habits = self._scene.habits
        exposure = SampleExposure(
            laterality=shot.laterality,
            label=f"{shot.laterality} {shot.view}",
            placement=shot.placement,
            ducts=shot.ducts,
            beam=shot.beam,
            scale=habits.scale,
            padding=0 if habits.is_inverse else habits.presentation.padding or 0,
            noise_seed=number + 1000 * sum(self._scene.name.encode()),
            has_cannula=shot.has_cannula,
            enhancement=self._scene.enhancement if shot.laterality == "L" else None,
        )
        values = expose(self._tissue(shot), exposure, detector)
        if habits.is_inverse:
            values = (np.uint16(2**habits.scale.bits - 1) - values).astype(np.uint16)
        hung = hung_orientation(shot.view, shot.laterality)
        return turn_to(values, hung, shot.stored or hung)

    def _spec(self, shot: Shot, detector: Detector, number: int) -> MammogramSpec:
        scene = self._scene
        factor = shot.placement.magnification
        is_magnified = factor > 1.0
        beamline = Beamline(
            magnification=factor,
            imager_spacing_mm=detector.spacing_mm,
            focal_spot_mm=0.1 if is_magnified else 0.3,
            grid=("NONE",) if is_magnified else ("RECIPROCATING", "FOCUSED"),
            paddle="MAG" if is_magnified else None,
            force_n=42 if shot.ducts else 96,
            thickness_mm=55 if shot.ducts else 49,
        )
        base = replace(
            scene.spec,
            label=f"{scene.name}/{number}",
            device=replace(scene.habits.device, pitch_mm=detector.spacing_mm),
            presentation=scene.habits.presentation,
            beamline=beamline,
            view=str(shot.view),
            laterality=shot.laterality,
            modifiers=(MAGNIFICATION,) if is_magnified else (),
            patient_orientation=shot.stored,
            acquired_at=None if shot.at is None else scene.date + shot.at,
            instance_number=number,
            study_instance_uid=sample_uid(scene.name, "study"),
        )
        spec = replace(base, **shot.header)
        if spec.series_instance_uid is not None:
            return spec
        return replace(
            spec, series_instance_uid=sample_uid(scene.name, "series", spec.series_number)
        )


def write_shots(
    folder: Path, scene: Scene, size: SampleSize, shots: tuple[Shot, ...]
) -> Iterator[Path]:
    """Write ``shots`` below ``folder``, numbered from 1 in their order."""
    studio = Studio(scene, size)
    for number, shot in enumerate(shots, start=1):
        yield studio.write(folder, shot, number)
