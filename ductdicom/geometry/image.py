"""Turning and scale of one image, asked of its header once and kept."""

from collections.abc import Mapping
from dataclasses import dataclass

from ductdicom.geometry.hanging import Hanging, hang, is_plane, stored_orientation
from ductdicom.geometry.scale import Scale, breast_scale
from ductdicom.model.instance import Equipment
from ductdicom.model.study import ImageCall

Pitches = Mapping[Equipment, tuple[float, float]]
"""Pitch of a unit's detector in mm (row, column), as `contact_pitches` tells it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageGeometry:
    """How one image is to be turned by what was said of it, and how large it then is.

    The pixels may contradict ``hanging``, and then the image stays as it is stored.
    """

    hanging: Hanging
    scale: Scale


def image_geometry(image: ImageCall, pitches: Pitches) -> ImageGeometry:
    """Return turning and scale by the header and by what was concluded of view and side.

    Parameters
    ----------
    pitches
        Of the units that the study's images are from, where its contact views tell.
    """
    return ImageGeometry(
        hanging=hang(
            view=image.view,
            laterality=image.laterality,
            patient_orientation=stored_orientation(image.instance.geometry),
            is_plane=is_plane(image.instance.geometry),
        ),
        scale=breast_scale(image, pitch_mm=pitches.get(image.instance.equipment)),
    )
