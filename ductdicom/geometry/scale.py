"""Millimetres at the breast for one stored pixel."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from types import MappingProxyType

from ductdicom.model.instance import BREAST_TOMOSYNTHESIS, Equipment, Geometry, Instance
from ductdicom.model.outcome import Note
from ductdicom.model.study import MAGNIFIED_FROM, ImageCall

CONTRADICTED = "magnification contradicted"  # source of a scale that is unknown for that

_SANE_SPACING_MM = (0.02, 0.5)
_SANE_FIELD_MM = (150.0, 350.0)  # of the longer side of a contact view
_SANE_MAGNIFICATION = (1.0, 2.2)
_PITCH_TOLERANCE = 0.02
# Some makers say the detector's size of a field, and of pixels that at the breast, 6 % less.
_FIELD_TOLERANCE = 0.12
_LEAST_OF_FIELD = 0.7  # less, in the same shape, is another spacing and no cut
_MOST_OF_FIELD = 5.0  # more is a field in centimetres
_FACTOR_TOLERANCE = 0.15

# Detector pitch in mm by maker, where the header does not give it (domain knowledge, not DICOM).
_PITCH_MM = MappingProxyType(
    {
        "HOLOGIC": 0.070,
        "LORAD": 0.070,
        "GE": 0.100,
        "SIEMENS": 0.085,
        "PLANMED": 0.085,
        "GIOTTO": 0.085,
        "IMS": 0.085,
        "FUJI": 0.050,
        "FUJIFILM": 0.050,
        "SECTRA": 0.050,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How large a stored pixel is at the breast.

    ``mm_per_px`` is (row, column) spacing of the full, unturned image, None where unknown.
    ``is_corrected`` says that magnification has been taken account of; else it holds in the
    detector's plane. ``source`` says where it is from, in words to print. ``notes`` are what
    a reader must know of it.
    """

    mm_per_px: tuple[float, float] | None
    is_corrected: bool
    source: str
    notes: tuple[Note, ...] = ()


def breast_scale(image: ImageCall, *, pitch_mm: tuple[float, float] | None = None) -> Scale:
    """Return the scale at the breast of one image.

    Imager Pixel Spacing is divided by the magnification factor, unless the detector's pitch
    shows that this was done before. Pixel Spacing counts only where Calibration Type says why, and
    in the Breast Tomosynthesis class, where it is that of the plane in the breast. Where modifier
    or distances contradict the factor, the scale is unknown. What is beyond spacings of 0.02 to
    0.5 mm and factors of 1.0 to 2.2 is not believed, and what fits nothing else (heuristic).

    Parameters
    ----------
    pitch_mm
        Imager Pixel Spacing (row, column) in mm of contact views of the same unit, which is the
        detector's pitch; it tells whether a magnified view was divided before. The image's own
        header says it better.

    Returns
    -------
    Scale
        Millimetres for one stored pixel, at the breast or, where no factor is known, in the
        detector's plane; unknown where nothing says it or what says it is contradicted.

    References
    ----------
    * DICOM PS3.3 C.8.7.10 and C.8.11.7: Imager Pixel Spacing (0018,1164), Estimated Radiographic
      Magnification Factor (0018,1114); 10.7.1.3, Pixel Spacing Calibration Type (0028,0A02);
      C.7.6.16.2.1, Pixel Measures
    """
    instance, geometry = image.instance, image.instance.geometry
    spacing = geometry.imager_pixel_spacing_mm
    if spacing is None or _is_of_a_plane(instance):
        return _calibrated(geometry, is_plane=_is_of_a_plane(instance))
    if suspect := _suspect(spacing):
        return suspect
    is_named = "M" in image.modifiers
    factor, source, notes = _magnification(geometry, is_named=is_named)
    if source == CONTRADICTED:
        return _unknown(source, *notes)
    if factor is None and is_named:
        return _unknown("magnified, factor unknown", *notes)
    if not _fits_all_else(instance, spacing, factor):
        notes = (*notes, Note.SPACING_SUSPECT)
    if factor is None:
        return Scale(mm_per_px=spacing, is_corrected=False, source="at the detector", notes=notes)
    if _is_divided(instance, spacing, factor, pitch_mm):
        source = "spacing divided before"
        notes = (*notes, Note.SPACING_SUSPECT)
        factor = 1.0
    at_breast = (spacing[0] / factor, spacing[1] / factor)
    return Scale(mm_per_px=at_breast, is_corrected=True, source=source, notes=_once(notes))


def pixel_ratio(geometry: Geometry) -> float:
    """Return height over width of a pixel, whose shape may be known without its size.

    A spacing that is not believed says nothing of it: pixels are then taken to be square.
    """
    spacing = geometry.imager_pixel_spacing_mm or geometry.pixel_spacing_mm
    if spacing is None or _suspect(spacing):
        return 1.0
    return spacing[0] / spacing[1]


def contact_pitches(
    images: Iterable[ImageCall],
) -> dict[Equipment, tuple[float, float]]:
    """Return the pitch of each unit's detector, as its contact views tell it.

    Only where all contact views of a unit have the same Imager Pixel Spacing (heuristic).

    Returns
    -------
    dict
        (row, column) spacing in mm by unit.

    References
    ----------
    * DICOM PS3.3 C.8.7.10, Imager Pixel Spacing (0018,1164)
    """
    found: dict[Equipment, set[tuple[float, float]]] = {}
    for image in images:
        spacing = image.instance.geometry.imager_pixel_spacing_mm
        if spacing is not None and not image.is_magnified:
            found.setdefault(image.instance.equipment, set()).add(spacing)
    return {unit: spacings.pop() for unit, spacings in found.items() if len(spacings) == 1}


def _is_of_a_plane(instance: Instance) -> bool:
    """Whether Pixel Spacing is that of a plane in the breast."""
    is_class = instance.sop_class_uid == BREAST_TOMOSYNTHESIS
    return is_class and instance.geometry.pixel_spacing_mm is not None


def _calibrated(geometry: Geometry, *, is_plane: bool) -> Scale:
    """Return the scale by Pixel Spacing: of a plane in the breast, or else only by calibration."""
    spacing, kind = geometry.pixel_spacing_mm, geometry.calibration_type
    if spacing is None or not (kind or is_plane):
        return _unknown("no spacing")
    if suspect := _suspect(spacing):
        return suspect
    source = f"calibration ({kind.lower()})" if kind else "spacing in its plane"
    return Scale(mm_per_px=spacing, is_corrected=True, source=source)


def _suspect(spacing: tuple[float, float]) -> Scale | None:
    """Return that the scale is unknown, where a spacing is not believed."""
    wrong = next((side for side in spacing if not _is_within(side, _SANE_SPACING_MM)), None)
    return None if wrong is None else _unknown(f"spacing of {wrong:g} mm", Note.SPACING_SUSPECT)


def _unknown(source: str, *notes: Note) -> Scale:
    notes = _once((*notes, Note.SCALE_UNKNOWN))
    return Scale(mm_per_px=None, is_corrected=False, source=source, notes=notes)


def _magnification(
    geometry: Geometry, *, is_named: bool
) -> tuple[float | None, str, tuple[Note, ...]]:
    """Return the factor, where it is from, and notes; no factor where others contradict it.

    ``is_named`` says that a modifier calls the view magnified.
    """
    stated, by_distance = geometry.magnification_factor, _by_distance(geometry)
    notes: tuple[Note, ...] = ()
    if stated is not None and not _is_within(stated, _SANE_MAGNIFICATION):
        notes = (Note.MAGNIFICATION_CONFLICT,)
    for factor, source in ((stated, "magnification"), (by_distance, "distances")):
        if factor is None or not _is_within(factor, _SANE_MAGNIFICATION):
            continue
        if factor < MAGNIFIED_FROM and is_named:
            return None, CONTRADICTED, (Note.MAGNIFICATION_CONFLICT,)
        if by_distance is not None and abs(by_distance / factor - 1) > _FACTOR_TOLERANCE:
            return None, CONTRADICTED, (Note.MAGNIFICATION_CONFLICT,)
        if factor >= MAGNIFIED_FROM and not is_named:
            notes = (Note.MAGNIFICATION_CONFLICT,)
        return factor, f"{source} {factor:.2f}", notes
    return None, "", notes


def _by_distance(geometry: Geometry) -> float | None:
    """Return source-to-detector over source-to-patient (0018,1110), (0018,1111)."""
    detector, patient = geometry.source_to_detector_mm, geometry.source_to_patient_mm
    if not detector or not patient:
        return None
    factor = detector / patient
    return factor if _is_within(factor, _SANE_MAGNIFICATION) else None


def _is_divided(
    instance: Instance,
    spacing: tuple[float, float],
    factor: float,
    pitch_mm: tuple[float, float] | None,
) -> bool:
    """Tell whether the spacing times the factor is the detector's pitch."""
    pitch = instance.geometry.detector_spacing_mm or pitch_mm
    if pitch is None:
        words = re.findall("[A-Z]+", (instance.equipment.manufacturer or "").upper())
        known = next((_PITCH_MM[word] for word in words if word in _PITCH_MM), None)
        pitch = None if known is None else (known, known)
    if pitch is None or factor < MAGNIFIED_FROM:
        return False
    return all(
        abs(side * factor / own - 1) <= _PITCH_TOLERANCE
        for side, own in zip(spacing, pitch, strict=True)
        if own > 0
    )


def _fits_all_else(instance: Instance, spacing: tuple[float, float], factor: float | None) -> bool:
    """Tell whether a spacing at the detector contradicts nothing else that tells a size."""
    return (
        _has_sane_field(instance, spacing, factor or 1.0)
        and _fits_field_of_view(instance, spacing)
        and _fits_pixel_spacing(instance.geometry, spacing, factor)
    )


def _has_sane_field(instance: Instance, spacing: tuple[float, float], factor: float) -> bool:
    """Tell whether the image is as large as a mammogram; magnified ones may be collimated."""
    rows, columns = instance.raster.rows, instance.raster.columns
    if not rows or not columns:
        return True
    longer_mm = max(rows * spacing[0], columns * spacing[1])
    low, high = _SANE_FIELD_MM
    return longer_mm <= high and (longer_mm >= low or factor >= MAGNIFIED_FROM)


def _fits_field_of_view(instance: Instance, spacing: tuple[float, float]) -> bool:
    """Tell whether the image is as large as the field of view that its header says (heuristic).

    It may be cut to a part of that, which leaves it less high or less wide, and no larger. A field
    in another unit than millimetres says nothing, nor does the order of its sides.

    References
    ----------
    * DICOM PS3.3 C.8.11.7, Field of View Dimension(s) (0018,1149)
    """
    field = instance.geometry.field_of_view_mm
    rows, columns = instance.raster.rows, instance.raster.columns
    if len(field) != len(spacing) or min(field) <= 0 or not rows or not columns:
        return True
    sides = sorted((rows * spacing[0], columns * spacing[1]))
    shorter, longer = (own / said for own, said in zip(sides, sorted(field), strict=True))
    if max(shorter, longer) > _MOST_OF_FIELD:
        return True
    is_larger = max(shorter, longer) > 1 + _FIELD_TOLERANCE
    is_cut = abs(shorter / longer - 1) > _PITCH_TOLERANCE
    return not is_larger and (is_cut or longer > _LEAST_OF_FIELD)


def _fits_pixel_spacing(
    geometry: Geometry, spacing: tuple[float, float], factor: float | None
) -> bool:
    """Tell whether Pixel Spacing, if it is there, is that of the detector or of the breast."""
    said = geometry.pixel_spacing_mm
    if said is None:
        return True
    least = 1 / (factor or _SANE_MAGNIFICATION[1])
    shares = [own / at_detector for own, at_detector in zip(said, spacing, strict=True)]
    if all(abs(share - 1) <= _FIELD_TOLERANCE for share in shares):
        return True
    if factor is None:
        return all(least <= share <= 1 for share in shares)
    return all(abs(share / least - 1) <= _FIELD_TOLERANCE for share in shares)


def _is_within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _once(notes: tuple[Note, ...]) -> tuple[Note, ...]:
    return tuple(dict.fromkeys(notes))
