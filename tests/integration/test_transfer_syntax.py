"""Pixels that are in another transfer syntax than their file says."""

import imagecodecs
import pydicom
import pytest
from exports import organise, read_records, tiny_pixels, write_ductogram
from pydicom.encaps import encapsulate

pytestmark = pytest.mark.integration

NATIVE, JPEG_2000 = b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.4.90"


def call(path, syntax):
    """Give a file another transfer syntax, and leave the pixels as they are."""
    content = path.read_bytes()
    old, new = (NATIVE, JPEG_2000) if syntax == JPEG_2000 else (JPEG_2000, NATIVE)
    group = int.from_bytes(content[140:144], "little") + len(new) - len(old)
    content = content[:140] + group.to_bytes(4, "little") + content[144:]
    named = b"UI" + len(old).to_bytes(2, "little") + old
    assert named in content
    path.write_bytes(content.replace(named, b"UI" + len(new).to_bytes(2, "little") + new, 1))


def compress(path, frame):
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = JPEG_2000.decode()
    dataset.PixelData = encapsulate([frame])
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path)


def outcome(output):
    (record,) = read_records(output)
    sources = {image["sop_instance_uid"]: image["source"][-3:] for image in record["instances"]}
    problems = {
        (sources[item["sop_instance_uid"]], item["code"])
        for item in record["problems"]
        if item["code"] != "spacing-suspect"  # of so small an image
    }
    shown = {
        sources[tile["sop_instance_uid"]]: tile["voi"]
        for sheet in record["sheets"]
        for tile in sheet["tiles"]
    }
    return record["status"], problems, shown


def test_what_the_bytes_prove_is_drawn_and_said(tmp_path):
    export = write_ductogram(tmp_path / "export")
    call(export / "IM2", JPEG_2000)
    compress(export / "IM3", imagecodecs.jpeg2k_encode(tiny_pixels(3), level=0, codecformat="j2k"))
    call(export / "IM3", NATIVE)

    assert organise(export, output=tmp_path / "out") == 0

    status, problems, shown = outcome(tmp_path / "out")
    corrected = "transfer-syntax-corrected"
    assert (status, problems) == ("paired", {("IM2", corrected), ("IM3", corrected)})
    assert all(shown.values())


def test_what_nothing_proves_is_a_placeholder_that_says_so(tmp_path):
    export = write_ductogram(tmp_path / "export")
    compress(export / "IM3", bytes(range(100)))
    call(export / "IM3", NATIVE)

    assert organise(export, output=tmp_path / "out") == 1

    status, problems, shown = outcome(tmp_path / "out")
    assert (status, problems) == ("review", {("IM3", "pixels-unreadable")})
    assert shown["IM3"] is None
    ledger = (tmp_path / "out" / "ledger.csv").read_text("utf-8")
    assert "unreadable,transfer-syntax-contradicted" in ledger


@pytest.mark.parametrize("is_bare", [False, True])
def test_compressed_pixels_of_a_stated_length_are_not_cut(tmp_path, is_bare):
    export = write_ductogram(tmp_path / "export")
    dataset = pydicom.dcmread(export / "IM3")
    frame = bytes(imagecodecs.jpeg2k_encode(tiny_pixels(3), level=0, codecformat="j2k"))
    dataset.PixelData = frame + b"\0" * (len(frame) % 2) if is_bare else encapsulate([frame])
    dataset.save_as(export / "IM3")

    assert organise(export, output=tmp_path / "out") == 0

    _, problems, _ = outcome(tmp_path / "out")
    assert problems == {("IM3", "transfer-syntax-corrected")}
