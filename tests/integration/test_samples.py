"""The committed samples: what they hold, and that the package makes them again.

Floating-point arithmetic differs in the last bit between processors and versions of numpy, and a
value that lay on the edge is then rounded the other way. Elsewhere than on the machine that made
them the samples may differ in single stored values by one; headers never.
"""

import re
import shutil
import subprocess
from pathlib import Path

import imagecodecs
import numpy as np
import pydicom
import pytest
from pydicom.encaps import generate_frames

from ductdicom.phantom.exposure import SampleSize
from ductdicom.phantom.files import Syntax
from ductdicom.phantom.samples import SAMPLE_STUDIES

FOLDER = Path(__file__).resolve().parents[2] / "sample_data"
CODECS = {
    Syntax.JPEG_LOSSLESS: imagecodecs.ljpeg_decode,
    Syntax.JPEG_LS: imagecodecs.jpegls_decode,
    Syntax.JPEG_2000: imagecodecs.jpeg2k_decode,
}
pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not FOLDER.is_dir(), reason="sample_data is no part of the source archive"),
]


def _objects():
    files = (path for path in sorted(FOLDER.rglob("*")) if path.is_file())
    return [path for path in files if path.suffix not in {".md", ".TXT"}]


def _mammograms():
    headers = {path: pydicom.dcmread(path, stop_before_pixels=True) for path in _objects()}
    return {path: header for path, header in headers.items() if header.Modality == "MG"}


def _values(dataset):
    codec = CODECS.get(dataset.file_meta.TransferSyntaxUID)
    if codec is None:
        return dataset.pixel_array.astype(int)
    return codec(next(generate_frames(dataset.PixelData, number_of_frames=1))).astype(int)


def _without_pixels(path):
    dataset = pydicom.dcmread(path, stop_before_pixels=True)
    return dataset.file_meta, dataset


@pytest.mark.parametrize(
    "name", ["textbook", pytest.param("inverse-right", marks=pytest.mark.slow)]
)
def test_a_study_made_again_is_the_one_committed(tmp_path, name):
    paths = list(SAMPLE_STUDIES[name](tmp_path, SampleSize.STANDARD))

    assert {path.relative_to(tmp_path) for path in paths} == {
        path.relative_to(FOLDER / name) for path in (FOLDER / name).rglob("*") if path.is_file()
    }
    for path in paths:
        committed = FOLDER / name / path.relative_to(tmp_path)
        if path.read_bytes() == committed.read_bytes():
            continue
        assert _without_pixels(path) == _without_pixels(committed), path.name
        change = np.abs(_values(pydicom.dcmread(path)) - _values(pydicom.dcmread(committed)))
        assert change.max() <= 1, path.name
        assert (change > 0).mean() < 0.001, path.name


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize("name", SAMPLE_STUDIES)
def test_dciodvfy_finds_no_error(name):
    # It knows the terms of contrast phase from the newer objects only.
    known = re.compile(r"<(PRE|POST)_CONTRAST> for value 3 of attribute <Image Type>")
    for path in _mammograms():
        if path.relative_to(FOLDER).parts[0] != name:
            continue
        done = subprocess.run(
            ["dciodvfy", path], capture_output=True, text=True, check=False, timeout=60
        )
        errors = [
            line
            for line in (done.stderr + done.stdout).splitlines()
            if line.startswith("Error") and not known.search(line)
        ]

        assert not errors, path


def test_the_samples_stay_small():
    assert sum(path.stat().st_size for path in FOLDER.rglob("*") if path.is_file()) < 15_000_000


def test_each_study_has_its_folder_and_a_line_in_the_readme():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")

    for name in SAMPLE_STUDIES:
        assert (FOLDER / name).is_dir()
        assert f"`{name}`" in readme


def test_names_are_plainly_synthetic_and_uids_unique():
    headers = _mammograms().values()
    uids = [header.SOPInstanceUID for header in headers]

    assert all(str(header.PatientName).startswith("SAMPLE") for header in headers)
    assert all(header.PatientID.startswith("SAMPLE-") for header in headers)
    assert len(uids) == len(set(uids))
    assert all(uid.startswith("2.25.") for uid in uids)


def test_several_transfer_syntaxes_are_there():
    syntaxes = {header.file_meta.TransferSyntaxUID for header in _mammograms().values()}

    assert {Syntax.JPEG_LOSSLESS, Syntax.JPEG_LS, Syntax.JPEG_2000, Syntax.RLE} <= syntaxes


@pytest.mark.parametrize("path", [pytest.param(p, id=p.name) for p in sorted(_mammograms())])
def test_the_chest_wall_lies_where_patient_orientation_says(path):
    dataset = pydicom.dcmread(path)
    values, row = _values(dataset), dataset.PatientOrientation[0]
    tissue = values != dataset.PixelPaddingValue
    left, right = tissue[:, :40].mean(), tissue[:, -40:].mean()

    assert (left > 2 * right) if row == "A" else (right > 2 * left)
