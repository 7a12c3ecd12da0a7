"""Many small files that look like an export to whoever reads their headers."""

import hashlib
import io
import random
import struct
from pathlib import Path

import pydicom
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian

ROOT = Path(__file__).resolve().parent.parent
PIXEL_BYTES = 1180 * 960 * 2  # of the sample; a hole in the file, so that nothing is stored
_FILES_A_FOLDER = 1000
_FILES_A_STUDY = 8
_VIEWS = (("R", "CC"), ("L", "CC"), ("R", "MLO"), ("L", "MLO"))
_MORE_ELEMENTS = 48  # beside a sample's 112: as many as a console of a large maker writes


def make_headers(folder: Path, count: int) -> None:
    """Write ``count`` mammograms of 160 elements each, eight a study.

    What differs from image to image on a console differs here: UIDs, times, numbers, dose,
    compression, side, view; and from study to study the patient.
    """
    dataset = _template()
    chance = random.Random(count)
    for number in range(count):
        _vary(dataset, number, chance)
        path = folder / f"{number // _FILES_A_FOLDER:04d}" / f"IM{number:06d}"
        path.parent.mkdir(exist_ok=True)
        stream = io.BytesIO()
        dataset.save_as(stream)
        head = stream.getvalue()[:-4] + struct.pack("<I", PIXEL_BYTES)  # the empty element's length
        with path.open("wb") as file:
            file.write(head)
            file.truncate(len(head) + PIXEL_BYTES)


def make_small_headers(folder: Path, count: int) -> None:
    """Write ``count`` objects of a kilobyte, quickly; for counting in hundreds of thousands."""
    dataset = _template()
    for element in list(dataset):
        if element.VR in ("SQ", "OB", "OW", "UN") or element.tag.is_private:
            del dataset[element.tag]
    stream = io.BytesIO()
    dataset.save_as(stream)
    content = stream.getvalue()
    for number in range(count):
        study = f"study {number // _FILES_A_STUDY}"
        changed = content
        for old, seed in (
            (dataset.SOPInstanceUID, f"image {number}"),
            (dataset.StudyInstanceUID, study),
            (dataset.PatientID, study),
        ):
            changed = changed.replace(str(old).encode(), _another(len(str(old)), seed).encode())
        path = folder / f"{number // _FILES_A_FOLDER:04d}" / f"IM{number:06d}"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(changed)


def _template() -> Dataset:
    source = ROOT / "sample_data" / "textbook" / "IM0003"
    dataset = pydicom.dcmread(source, stop_before_pixels=True)
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    block = dataset.private_block(0x0071, "BENCHMARK 1.0", create=True)
    for number in range(_MORE_ELEMENTS - 1):
        vr, value = (("DS", "12.25"), ("LO", "SOME VALUE"), ("IS", "1200"))[number % 3]
        block.add_new(number, vr, value)
    dataset.add_new("PixelData", "OW", b"")
    return dataset


def _vary(dataset: Dataset, number: int, chance: random.Random) -> None:
    study, place = divmod(number, _FILES_A_STUDY)
    dataset.SOPInstanceUID = _another(60, f"image {number}")
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.StudyInstanceUID = _another(60, f"study {study}")
    dataset.SeriesInstanceUID = _another(60, f"series {study} {place % 2}")
    dataset.PatientID = f"P{study:07d}"
    dataset.PatientName = f"Bench^Number {study}"
    dataset.AccessionNumber = f"A{study:07d}"
    dataset.ImageLaterality, dataset.ViewPosition = _VIEWS[place % len(_VIEWS)]
    dataset.InstanceNumber = place + 1
    moment = f"{8 + study % 10:02d}{place * 3:02d}{chance.randrange(60):02d}.{place}"
    dataset.AcquisitionTime = dataset.ContentTime = moment
    dataset.BodyPartThickness = str(chance.randrange(20, 90))
    dataset.CompressionForce = f"{chance.uniform(40, 160):.3f}"
    dataset.PositionerPrimaryAngle = str(chance.choice((0, 45, -45)))
    dataset.Exposure = str(chance.randrange(30, 160))
    dataset.ExposureTime = str(chance.randrange(300, 1600))
    dataset.OrganDose = f"{chance.uniform(0.005, 0.02):.5f}"


def _another(length: int, seed: str) -> str:
    """Return a UID of a given length."""
    digits = str(int.from_bytes(hashlib.sha512(seed.encode()).digest()))
    return f"2.25.{digits}"[:length]
