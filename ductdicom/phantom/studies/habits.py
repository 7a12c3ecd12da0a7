"""Habits of mammography units: how they store grey values and what their headers hold.

Each set follows what archives show of one maker's images; the samples name no maker, since none
made them.
"""

from dataclasses import dataclass, field

import numpy as np

from ductdicom.phantom.exposure import (
    LARGE_FIELD_DETECTOR,
    SMALL_FIELD_DETECTOR,
    Detector,
    DetectorResponse,
)
from ductdicom.phantom.spec import Device, LutSpec, Presentation, WindowSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """One unit: its detector, its scale of stored values and its way to present them."""

    device: Device
    detector: Detector
    scale: DetectorResponse = field(default_factory=lambda: DetectorResponse(gain=4000, offset=0))
    presentation: Presentation = field(default_factory=Presentation)
    is_inverse: bool = False


def sigmoid_lut(center: float, width: float, explanation: str, *, stored_bits: int = 12) -> LutSpec:
    """Return a VOI LUT of the shape of a film: 0 to 4095 over all stored values but 0.

    Parameters
    ----------
    center, width
        Of the sigmoid, in stored values.
    stored_bits
        How many bits a stored value has.

    References
    ----------
    * DICOM PS3.3 C.11.2.1.3.1, SIGMOID
    """
    stored = np.arange(1, 2**stored_bits)
    grey = 1 / (1 + np.exp(-4 * (stored - center) / width))
    grey = (grey - grey[0]) / (grey[-1] - grey[0])
    return LutSpec(1, np.rint(4095 * grey).astype(np.uint16), 12, explanation)


def sigmoid_unit() -> Habits:
    """Return a unit with three sigmoid windows, three LUTs, legacy codes and a clinical view."""
    flavours = (("NORMAL", 2700, 1000), ("HARDER", 2740, 800), ("SOFTER", 2650, 1250))
    return Habits(
        device=Device(
            manufacturer="SAMPLE MAMMO A",
            model="SAMPLE SIGMOID",
            view_scheme="SRT",
            has_clinical_view=True,
        ),
        detector=SMALL_FIELD_DETECTOR,
        presentation=Presentation(
            windows=tuple(WindowSpec(center, width, name) for name, center, width in flavours),
            voi_function="SIGMOID",
            luts=tuple(sigmoid_lut(center, width, name) for name, center, width in flavours),
            padding_limit=30,
        ),
    )


def linear_unit() -> Habits:
    """Return a large-field unit with one linear window and modern codes."""
    return Habits(
        device=Device(manufacturer="SAMPLE MAMMO B", model="SAMPLE LINEAR", station="MAMMO2"),
        detector=LARGE_FIELD_DETECTOR,
        scale=DetectorResponse(gain=4800, offset=-850),
        presentation=Presentation(windows=(WindowSpec(2480, 2450),), voi_function="LINEAR"),
    )


def several_windows_unit() -> Habits:
    """Return a unit with two linear windows and no VOI LUT Function at all."""
    return Habits(
        device=Device(
            manufacturer="SAMPLE MAMMO C", model="SAMPLE WINDOWS", view_scheme="SNM3",
            station="MAMMO3",
        ),
        detector=SMALL_FIELD_DETECTOR,
        scale=DetectorResponse(gain=4400, offset=-400),
        presentation=Presentation(
            windows=(WindowSpec(2550, 1900, "STANDARD"), WindowSpec(2800, 1500, "DENSE"))
        ),
    )  # fmt: skip


def lut_unit() -> Habits:
    """Return a unit with a VOI LUT Sequence and no window."""
    return Habits(
        device=Device(manufacturer="SAMPLE MAMMO D", model="SAMPLE LUT", station="MAMMO4"),
        detector=SMALL_FIELD_DETECTOR,
        presentation=Presentation(windows=(), luts=(sigmoid_lut(2680, 1050, "STANDARD"),)),
    )


def inverse_unit() -> Habits:
    """Return a unit that stores light as large values: MONOCHROME1, shape INVERSE, LUTs."""
    # 4095 less the center of the same LUT as stored by the others.
    return Habits(
        device=Device(manufacturer="SAMPLE MAMMO E", model="SAMPLE INVERSE", station="MAMMO5"),
        detector=SMALL_FIELD_DETECTOR,
        presentation=Presentation(
            photometric="MONOCHROME1",
            shape="INVERSE",
            windows=(WindowSpec(1400, 1700, "STANDARD"),),
            luts=(sigmoid_lut(4095 - 2700, 1050, "STANDARD"),),
            padding=4095,
        ),
        is_inverse=True,
    )
