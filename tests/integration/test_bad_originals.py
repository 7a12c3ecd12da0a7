"""Inputs that can no longer be read when their bytes are needed once more; the batch goes on."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from exports import files_of, organise, read_records, write_ductogram

import ductdicom.pipeline.run as pipeline
from ductdicom.pipeline import fingerprints

pytestmark = pytest.mark.integration

LINKS = ["copy", "hardlink", "symlink"]
# More than is read for a header, so that damage at the end is only found later.
LARGE = np.pad(np.full((600, 280), 2000, np.uint16), ((0, 0), (0, 120)))


@pytest.fixture
def good(tmp_path):
    return write_ductogram(tmp_path / "good", study="2.25.901", day="20260101")


@pytest.fixture
def large(tmp_path):
    return write_ductogram(tmp_path / "large", study="2.25.902", day="20260102", pixels=LARGE)


@pytest.fixture
def damaged_zip(tmp_path, large):
    """Pack the large study, with a wrong byte near the end of the second file."""
    path = tmp_path / "damaged.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(large.iterdir()):
            archive.write(file, file.name)
        end = archive.getinfo("IM3").header_offset
    content = bytearray(path.read_bytes())
    content[end - 9] ^= 0xFF
    path.write_bytes(content)
    return path


def _codes(record):
    return [problem["code"] for problem in record["problems"]]


def _ledger(output):
    lines = (output / "ledger.csv").read_text("utf-8").splitlines()[1:]
    return {tuple(line.split(",")[:2]): line.split(",")[2:4] for line in lines}


@pytest.mark.parametrize("link", LINKS)
def test_a_damaged_member_costs_its_copy_and_not_the_run(good, damaged_zip, tmp_path, link):
    output = tmp_path / "out"

    assert organise(good, damaged_zip, output=output, options=["--link", link]) == 1

    first, second = read_records(output)
    assert first["status"] == "paired"
    assert "original-unreadable" in _codes(second)
    assert len(list((output / "studies" / second["key"]).glob("*/*.dcm"))) == 3


def test_a_damaged_member_is_told_from_its_whole_twin(good, damaged_zip, large, tmp_path):
    output = tmp_path / "out"

    assert organise(good, damaged_zip, large, output=output) == 1

    ledger = _ledger(output)
    assert ledger[str(damaged_zip), "IM2"] == ["unreadable", "damaged-archive"]
    assert ledger[str(damaged_zip), "IM1"] == ["duplicate", "same-bytes"]
    assert ledger[str(large / "IM2"), ""][0] == "view"
    assert len(ledger) == 4 + 4 + 5


@pytest.mark.parametrize("link", LINKS)
def test_a_file_that_goes_away_is_tried_again_the_next_time(
    good, large, tmp_path, monkeypatch, link
):
    output, content = tmp_path / "out", (large / "IM1").read_bytes()
    options = ["--link", link]
    plan = pipeline.plan_jobs

    def late(*args):
        (large / "IM1").rename(tmp_path / "away")
        return plan(*args)

    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "plan_jobs", late)
        assert organise(good, large, output=output, options=options) == 1
    assert "original-unreadable" in _codes(read_records(output)[1])
    before = files_of(output)
    (tmp_path / "away").rename(large / "IM1")

    assert organise(good, large, output=output, options=options) == 0
    assert (large / "IM1").read_bytes() == content
    key = read_records(output)[0]["key"]
    assert all(
        files_of(output)[name] == found
        for name, found in before.items()
        if name.startswith(f"studies/{key}")
    )
    assert "original-unreadable" not in _codes(read_records(output)[1])


def test_a_file_that_goes_away_before_its_bytes_are_compared_is_a_row(
    good, large, tmp_path, monkeypatch
):
    twin = Path(write_ductogram(tmp_path / "twin", study="2.25.902", day="20260102", pixels=LARGE))
    whole = fingerprints.hash_again

    def late(origin):
        (twin / "IM1").unlink(missing_ok=True)
        return whole(origin)

    monkeypatch.setattr(fingerprints, "hash_again", late)

    assert organise(good, large, twin, output=tmp_path / "out") == 1
    ledger = _ledger(tmp_path / "out")
    assert ledger[str(twin / "IM1"), ""] == ["unreadable", "missing"]
    assert ledger[str(twin / "IM2"), ""] == ["duplicate", "same-bytes"]
