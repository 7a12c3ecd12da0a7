"""Real files of others, kept beside the repository; nothing of them is copied into it."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ductdicom.errors import DecodeError
from ductdicom.pixels.decoding.decode import read_image
from ductdicom.pixels.display.present import present
from ductdicom.pixels.display.voi import VoiChoice, VoiKind, choose_voi, voter_of

_DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
_REASONS = {
    "no-pixel-data",
    "bit-depth-contradicted",
    "pixel-length-contradicted",
    "truncated",
    "damaged-pixels",
    "unsupported-transfer-syntax",
    "decoder-failed",
    "too-large",
    "unsupported-pixels",
    "frame-missing",
}

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not _DATA.is_dir(), reason=f"no real files at {_DATA.name}/"),
]


def _files(folder, pattern="*"):
    return sorted(path for path in (_DATA / folder).rglob(pattern) if path.is_file())


def _params(folder, pattern="*"):
    """Return the files with short names; without the folder one that is never used."""
    return [pytest.param(path, id=path.name[:60]) for path in _files(folder, pattern)]


_CT = {path.name.rpartition("TransferSyntax_")[2]: path for path in _files("odd", "CTImage.dcm_*")}
_CT_ORIGINAL = "1.2.840.10008.1.2.1.dcm"
_CT_LOSSLESS = [
    "1.2.840.10008.1.2.dcm",
    "1.2.840.10008.1.2.2.dcm",
    "1.2.840.10008.1.2.1.99.dcm",
    "1.2.840.10008.1.2.4.57.dcm",
    "1.2.840.10008.1.2.4.70.dcm",
    "1.2.840.10008.1.2.4.80.dcm",
    "1.2.840.10008.1.2.4.90.dcm",
    "1.2.840.10008.1.2.5.dcm",
]
_CT_LOSSY = [  # syntax, and how far an output value may be off
    ("1.2.840.10008.1.2.4.50.dcm", 60),
    ("1.2.840.10008.1.2.4.51.dcm", 60),
    ("1.2.840.10008.1.2.4.53.dcm", 60),
    ("1.2.840.10008.1.2.4.55.dcm", 60),
    ("1.2.840.10008.1.2.4.81.dcm", 3),
    ("1.2.840.10008.1.2.4.91.dcm", 40),
]


@pytest.mark.parametrize("name", _CT_LOSSLESS)
def test_lossless_copies_of_one_image_are_the_same(name):
    original = read_image(_CT[_CT_ORIGINAL].read_bytes())

    np.testing.assert_array_equal(read_image(_CT[name].read_bytes()).values, original.values)


@pytest.mark.parametrize(("name", "tolerance"), _CT_LOSSY)
def test_lossy_copies_of_one_image_are_nearly_the_same(name, tolerance):
    original, copy = read_image(_CT[_CT_ORIGINAL].read_bytes()), read_image(_CT[name].read_bytes())

    # Some copies were rescaled before they were compressed, so the output values are compared.
    outputs = [
        image.values * image.attributes.slope + image.attributes.intercept
        for image in (original, copy)
    ]
    difference = np.abs(outputs[0].clip(-1024, 1400) - outputs[1].clip(-1024, 1400))
    assert np.percentile(difference, 99) <= tolerance


@pytest.mark.parametrize("folder", ["mammo", "odd", "voi", "filesets", "fuzz"])
def test_every_file_is_decoded_or_says_why(folder):
    reasons = {_reason(path) for path in _files(folder)}

    assert reasons <= _REASONS | {""}


def _reason(path):
    """Return why a file cannot be decoded, ``""`` where it can and is shown as it should be."""
    try:
        image = read_image(path.read_bytes())
    except DecodeError as error:
        return error.reason
    presented = present(image)
    assert presented.values.shape == image.values.shape, path
    assert np.isfinite(presented.values).all(), path
    assert 0 <= presented.values.min() <= presented.values.max() <= 1, path
    return ""


@pytest.mark.parametrize("path", _params("mammo", "MG1_J2KI"))
def test_a_film_mammogram_is_decoded_at_a_quarter(path):
    image = read_image(path.read_bytes(), min_side_px=1100)

    assert image.reduction == 4
    assert image.values.shape == (-(-image.rows // 4), -(-image.columns // 4))


def _by_dcmtk(path, folder, *options):
    """Return grey levels as DCMTK shows them, or skip where it cannot read the file."""
    if shutil.which("dcmj2pnm") is None:
        pytest.skip("dcmj2pnm (Debian package dcmtk) is not installed")
    target = folder / "reference.pgm"
    command = ["dcmj2pnm", "--write-raw-pnm", *options, str(path), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("dcmj2pnm cannot read this transfer syntax")
    with Image.open(target) as image:
        return np.asarray(image).astype(int)


def _assert_within_one_level(presented, reference):
    levels = np.rint(presented.values * 255).astype(int)
    # DCMTK does not know padding; ours is black by intent.
    assert np.abs(levels - reference)[~presented.background].max() <= 1


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize(
    ("kind", "option"), [(VoiKind.WINDOW, "--use-window"), (VoiKind.LUT, "--use-voi-lut")]
)
@pytest.mark.parametrize("path", _params("mammo", "GH133.dcm"))
def test_each_voi_of_a_mammogram_agrees_with_dcmtk(path, kind, option, index, tmp_path):
    reference = _by_dcmtk(path, tmp_path, option, str(index + 1))

    presented = present(read_image(path.read_bytes()), voi=VoiChoice(kind=kind, index=index))

    _assert_within_one_level(presented, reference)


@pytest.mark.parametrize(
    "path",
    _params("voi", "CR-MONO1*")
    + _params("voi", "imageForPr*")
    + _params("voi", "vlut_04*")
    + _params("odd", "CTImage.dcm_*")
    + _params("odd", "signed-raw-9bit.dcm"),
)
def test_the_default_voi_agrees_with_dcmtk(path, tmp_path):
    image = read_image(path.read_bytes())
    option = {
        VoiKind.WINDOW: ["--use-window", "1"],
        VoiKind.LUT: ["--use-voi-lut", "1"],
        VoiKind.FULL_RANGE: ["--no-windowing"],
    }[choose_voi([voter_of(image)]).kind]

    _assert_within_one_level(present(image), _by_dcmtk(path, tmp_path, *option))
