"""A ductogram whose images are stored in every way that bears on what a pixel looks like."""

from pathlib import Path

import numpy as np
import pydicom
from pydicom.uid import ExplicitVRLittleEndian

from ductdicom.pixels.decoding.decode import read_image

_OF_VOI = ("VOILUTSequence", "WindowCenter", "WindowWidth", "VOILUTFunction")


def _light_as_small_values_upside_down(dataset, values):
    dataset.PhotometricInterpretation, dataset.PresentationLUTShape = "MONOCHROME1", "INVERSE"
    dataset.PatientOrientation = ["P", "L"]
    _drop(dataset, "VOILUTSequence", "PixelPaddingValue", "PixelPaddingRangeLimit")
    dataset.WindowCenter = [4095 - float(center) for center in dataset.WindowCenter]
    return np.rot90(4095 - values, 2)


def _with_tables_alone(dataset, values):
    _drop(dataset, "WindowCenter", "WindowWidth", "VOILUTFunction", "WindowCenterWidthExplanation")
    return values


def _signed_with_16_bits(dataset, values):
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 16, 15
    dataset.PixelRepresentation = 1
    _drop(dataset, *_OF_VOI, "WindowCenterWidthExplanation", "PixelPaddingValue")
    _drop(dataset, "PixelPaddingRangeLimit")
    dataset.WindowCenter, dataset.WindowWidth, dataset.VOILUTFunction = 8000, 30000, "LINEAR_EXACT"
    return (values.astype(np.int32) * 15 - 30000).astype(np.int16)


def _with_pixels_that_are_not_square(dataset, values):
    dataset.ImagerPixelSpacing = [0.2, 0.1]
    return np.repeat(values, 2, axis=1)


_WAYS = (
    _light_as_small_values_upside_down,
    _with_tables_alone,
    _signed_with_16_bits,
    _with_pixels_that_are_not_square,
)


def _drop(dataset, *names):
    for name in names:
        if name in dataset:
            delattr(dataset, name)


def write_odd_views(textbook, folder):
    """Write the four images of the textbook sample anew, each in another way, as another study.

    The first is MONOCHROME1 and upside down, the second has look-up tables alone, the third signed
    values of 16 bits, the fourth pixels that are twice as high as wide.
    """
    folder.mkdir()
    for number, change in enumerate(_WAYS, start=1):
        path = Path(textbook) / f"IM000{number}"
        dataset = pydicom.dcmread(path)
        values = np.ascontiguousarray(change(dataset, read_image(path.read_bytes()).values))
        dataset.PixelData = values.tobytes()
        dataset.Rows, dataset.Columns = values.shape
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.PatientID, dataset.AccessionNumber = "SAMPLE-ODD", "A1002"
        dataset.StudyInstanceUID = "2.25.77"
        dataset.SeriesInstanceUID = f"2.25.77.{number}"
        dataset.SOPInstanceUID = f"2.25.77.{number}.1"
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        dataset.save_as(folder / path.name)
    return folder
