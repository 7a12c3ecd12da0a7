"""What people decided is seen in every format, and dates only where they may be."""

import json
import re
import shutil
import subprocess

import numpy as np
import pydicom
import pytest
from exports import SCENES, organise, read_records, write_ductogram
from PIL import Image

from ductdicom.sheet.style import DARK, LIGHT, Tone

SILENT = tuple((view, at, None) for view, at, _ in SCENES)  # nothing says what is filled
FORMATS = "png,pdf,html,dicom"
DECIDED = "POST confirmed by AB 2026-11-30"
FOLLOWS = "pre, inferred from AB's decision on image 3"


def decide(export, path, **fields):
    """Write a file with a decision of AB on the third image, and one on the study."""
    header = pydicom.dcmread(export / "IM3", stop_before_pixels=True)
    by = {"by": "AB", "at": "2026-11-30T09:00:00"}
    entries = [
        {"sop_instance_uid": header.SOPInstanceUID, **fields, **by},
        {"study_instance_uid": header.StudyInstanceUID, "verdict": "reviewed", **by},
    ]
    path.write_text(json.dumps({"schema": "ductdicom.decisions/1", "decisions": entries}))
    return path


def drawn(tmp_path, scenes, *options, **fields):
    """Draw a study with those decisions in each format, and return its folder."""
    export = write_ductogram(tmp_path / "export", scenes=scenes)
    decisions = decide(export, tmp_path / "decisions.json", **fields)
    output = tmp_path / "out"
    organise(
        export, output=output, options=("--decisions", str(decisions), *options), formats=FORMATS
    )
    return next((output / "studies").iterdir())


def words_of(folder, suffix):
    """Return the words of a PDF, or of the drawing in an HTML page, without line ends."""
    path = folder / f"sheet.{suffix}"
    if suffix == "pdf":
        if shutil.which("pdftotext") is None:
            pytest.skip("needs pdftotext")
        text = subprocess.run(
            ["pdftotext", "-raw", path, "-"], check=True, capture_output=True, text=True
        ).stdout
    else:
        page = path.read_text(encoding="utf-8")
        text = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", page)).replace("&#39;", "'")
    return " ".join(text.split())


@pytest.mark.parametrize("suffix", ["pdf", "html"])
def test_who_decided_and_what_follows_from_it_is_read(tmp_path, suffix):
    words = words_of(drawn(tmp_path, SILENT, phase="post"), suffix)

    assert DECIDED in words
    assert FOLLOWS in words
    assert "REVIEWED AB 2026-11-30" in words
    assert "REVIEW NEEDED" not in words


@pytest.mark.parametrize("suffix", ["pdf", "html"])
def test_what_a_decision_overrules_is_read(tmp_path, suffix):
    words = words_of(drawn(tmp_path, SCENES, phase="pre"), suffix)

    assert "PRE confirmed by AB 2026-11-30" in words
    assert "overrules: Contrast/Bolus Agent “IOHEXOL 300”" in words


@pytest.mark.parametrize("suffix", ["pdf", "html"])
def test_an_excluded_image_is_there_with_its_author(tmp_path, suffix):
    words = words_of(drawn(tmp_path, SCENES, exclude=True), suffix)

    assert "EXCLUDED" in words
    assert "excluded by AB 2026-11-30" in words


@pytest.mark.parametrize("suffix", ["pdf", "html"])
def test_without_identity_no_date_is_told(tmp_path, suffix):
    words = words_of(drawn(tmp_path, SILENT, "--phi", "none", phase="post"), suffix)

    assert "POST confirmed by AB" in words
    assert "REVIEWED AB" in words
    assert "2026" not in words


def warned(pixels, theme):
    """Count the pixels of a page that are of the colour of warnings."""
    return int(np.all(pixels == theme.colours[Tone.WARNING], axis=-1).sum())


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_what_is_overruled_is_seen_on_pictures_in_warning_colour(tmp_path, theme):
    agreeing, against = (
        drawn(tmp_path / phase, SCENES, "--theme", theme.name, "--dpi", "150", phase=phase)
        for phase in ("post", "pre")
    )

    for read in (_png, _dicom):
        assert warned(read(against), theme) > 2 * warned(read(agreeing), theme)


def _png(folder):
    return np.asarray(Image.open(folder / "sheet-1.png").convert("RGB"))


def _dicom(folder):
    frames = pydicom.dcmread(folder / "sheet.dcm").pixel_array
    return frames if frames.ndim == 3 else frames[0]


def test_the_record_says_what_follows_from_which_decision(tmp_path):
    drawn(tmp_path, SILENT, phase="post")

    (record,) = read_records(tmp_path / "out")

    third = record["instances"][2]["sop_instance_uid"]
    assert [item.get("follows_from") for item in record["instances"]] == [
        [{"sop_instance_uid": third, "by": "AB"}],
        [{"sop_instance_uid": third, "by": "AB"}],
        None,
        [{"sop_instance_uid": third, "by": "AB"}],
    ]
