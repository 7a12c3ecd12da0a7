import io
import shutil
import subprocess

import numpy as np
import pydicom
import pytest
from msgspec.structs import replace
from sheets import lay_out, make_image

from ductdicom.export.dicom import dicom_sheet
from ductdicom.model.instance import Patient, Raster
from ductdicom.settings import Phi
from ductdicom.sheet.raster import draw_page
from ductdicom.sheet.style import DARK

PATIENT = Patient(patient_id="7", issuer="H", name="DOE^JANE", birth_date="19600101")


def _make(phi=Phi.MINIMAL, **options):
    images = []
    for image in (make_image(1, phase="pre"), make_image(2), make_image(3, view="ML")):
        instance = replace(image.instance, patient=PATIENT, accession_number="A77")
        images.append(replace(image, instance=instance))
    study, pairing, pages = lay_out(images, dpi=60)
    pseudonym = "abcd1234" if phi is Phi.NONE else ""
    return dicom_sheet(
        _drawn(pages), study, pairing, phi=phi, pseudonym=pseudonym, **options
    ), pages


def _drawn(pages):
    return [draw_page(page, DARK) for page in pages]


def _read(content):
    return pydicom.dcmread(io.BytesIO(content))


@pytest.fixture(scope="module")
def sheet():
    return _read(_make()[0])


def test_it_cannot_be_taken_for_a_mammogram(sheet):
    assert sheet.SOPClassUID == "1.2.840.10008.5.1.4.1.1.7.4"
    assert sheet.Modality == "OT"
    assert list(sheet.ImageType)[:2] == ["DERIVED", "SECONDARY"]
    assert sheet.ConversionType == "WSD"
    assert sheet.BurnedInAnnotation == "YES"
    assert "NOT FOR DIAGNOSIS" in sheet.SeriesDescription


def test_it_can_not_be_measured_on(sheet):
    for keyword in ("PixelSpacing", "ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        assert keyword not in sheet


def test_it_belongs_to_the_study_and_names_its_sources(sheet):
    sources = [item.ReferencedSOPInstanceUID for item in sheet.SourceImageSequence]

    assert sheet.StudyInstanceUID == "2.25.1"
    assert sources == ["2.25.1", "2.25.2", "2.25.3"]
    purposes = {i.PurposeOfReferenceCodeSequence[0].CodeValue for i in sheet.SourceImageSequence}
    assert purposes == {"121329"}


def test_its_frames_are_the_pages():
    content, pages = _make()
    read = _read(content)

    assert read.NumberOfFrames == len(pages)
    frames = np.stack(_drawn(pages))
    assert (read.pixel_array == frames).all()


def test_the_same_pages_give_the_same_bytes_and_others_other_uids():
    first, again = _make()[0], _make()[0]
    images = [make_image(1, phase="pre")]
    study, pairing, pages = lay_out(images, dpi=60)
    other = _read(dicom_sheet(_drawn(pages), study, pairing))

    assert first == again
    assert _read(first).SOPInstanceUID != other.SOPInstanceUID


@pytest.mark.parametrize(
    ("phi", "shown", "hidden"),
    [
        (Phi.NONE, [b"abcd1234"], [b"DOE^JANE", b"A77", b"19600101", b"20260102"]),
        (Phi.MINIMAL, [b"20260102"], [b"DOE^JANE", b"A77", b"19600101"]),
        (Phi.FULL, [b"DOE^JANE", b"A77", b"19600101", b"20260102"], []),
    ],
)
def test_it_names_no_more_than_is_allowed(phi, shown, hidden):
    content, _ = _make(phi)
    header = content[: content.index(b"\xe0\x7f\x10\x00")]
    # The source images' own content date is in it at every level but the last.
    words = header.replace(b"\x08\x00\x23\x00DA\x08\x0020260102", b"")

    for word in shown:
        assert word in words
    for word in hidden:
        assert word not in words


@pytest.mark.parametrize("text", ["1.2.é", "1.2.\udcff", "造影"])
@pytest.mark.parametrize("name", ["sop_instance_uid", "sop_class_uid", "study_instance_uid"])
def test_a_uid_that_nobody_could_write_costs_no_sheet(text, name):
    odd, plain = make_image(1, phase="pre"), make_image(2)
    odd = replace(odd, instance=replace(odd.instance, **{name: text}))
    study, pairing, pages = lay_out([odd, plain], dpi=40)

    sheet = _read(dicom_sheet(_drawn(pages), study, pairing))

    sources = [item.ReferencedSOPInstanceUID for item in sheet.SourceImageSequence]
    assert sources == (["2.25.1", "2.25.2"] if name == "study_instance_uid" else ["2.25.2"])
    assert sheet.StudyInstanceUID.is_valid


def _sheet_of(*images):
    study, pairing, pages = lay_out(images, dpi=40)
    return _read(dicom_sheet(_drawn(pages), study, pairing))


def test_one_breast_is_the_images_side():
    sheet = _sheet_of(make_image(1, phase="pre"), make_image(2))

    assert sheet.ImageLaterality == "L"
    assert "Laterality" not in sheet


def test_a_page_of_two_breasts_says_so():
    sheet = _sheet_of(make_image(1, phase="pre"), make_image(2), make_image(3, side="R"))

    assert sheet.ImageLaterality == "B"
    assert "Laterality" not in sheet


def _lossy(number, syntax="1.2.840.10008.1.2.1", **raster):
    image = make_image(number)
    raster = Raster(rows=1000, columns=1000, bits_stored=12, is_lossy=True, **raster)
    origin = replace(image.instance.origin, size_bytes=150_000)
    instance = replace(image.instance, transfer_syntax_uid=syntax, raster=raster, origin=origin)
    return replace(image, instance=instance)


TWO_STEPS = {"lossy_ratios": (10.0, 2.5), "lossy_methods": ("ISO_10918_1", "ISO_15444_1")}


@pytest.mark.parametrize(
    ("images", "ratios", "methods"),
    [
        pytest.param([_lossy(1, **TWO_STEPS)], [10, 2.5], ["ISO_10918_1", "ISO_15444_1"], id="all"),
        pytest.param(
            [
                _lossy(1, lossy_ratios=(4.0,), lossy_methods=("ISO_14495_1",)),
                _lossy(2, **TWO_STEPS),
            ],
            [10, 2.5],
            ["ISO_10918_1", "ISO_15444_1"],
            id="the worst of several",
        ),
        pytest.param(
            [_lossy(1, "1.2.840.10008.1.2.4.51")], [10], ["ISO_10918_1"], id="by the file itself"
        ),
        pytest.param([_lossy(1)], None, ["UNKNOWN"], id="nothing tells"),
    ],
)
def test_a_sheet_of_lossy_images_says_how_they_were_compressed(images, ratios, methods):
    sheet = _sheet_of(make_image(9, phase="pre"), *images)

    def listed(value):
        return (
            value if value is None else [value] if isinstance(value, str | float) else list(value)
        )

    assert sheet.LossyImageCompression == "01"
    assert listed(sheet.get("LossyImageCompressionRatio")) == ratios
    assert listed(sheet.LossyImageCompressionMethod) == methods


def test_a_sheet_of_lossless_images_says_so():
    sheet = _sheet_of(make_image(1, phase="pre"), make_image(2))

    assert sheet.LossyImageCompression == "00"
    assert "LossyImageCompressionRatio" not in sheet


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize(
    "images",
    [
        pytest.param([make_image(1, phase="pre"), make_image(2, side="R")], id="two breasts"),
        pytest.param([make_image(1, phase="pre"), _lossy(2, **TWO_STEPS)], id="lossy"),
    ],
)
def test_dciodvfy_finds_no_error_in_a_sheet_of(tmp_path, images):
    study, pairing, pages = lay_out(images, dpi=40)
    path = tmp_path / "sheet.dcm"
    path.write_bytes(dicom_sheet(_drawn(pages), study, pairing))

    done = subprocess.run(
        ["dciodvfy", path], capture_output=True, text=True, check=False, timeout=60
    )

    assert [x for x in (done.stderr + done.stdout).splitlines() if x.startswith("Error")] == []


@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dciodvfy is not installed")
@pytest.mark.parametrize("phi", list(Phi))
def test_dciodvfy_finds_no_error(tmp_path, phi):
    path = tmp_path / "sheet.dcm"
    path.write_bytes(_make(phi)[0])

    done = subprocess.run(
        ["dciodvfy", path], capture_output=True, text=True, check=False, timeout=60
    )

    assert [x for x in (done.stderr + done.stdout).splitlines() if x.startswith("Error")] == []
