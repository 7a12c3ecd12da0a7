"""One export with an image damaged in each way that archives and senders know."""

import csv
import io
import json
import shutil
import struct
import sys
import warnings
from collections import Counter
from functools import partial

import imagecodecs
import numpy as np
import pytest
from exports import SCENES, organise, read_records, write_ductogram, write_view
from pydicom import dcmread, dcmwrite, uid
from pydicom.encaps import encapsulate

from ductdicom.cli.application import run
from ductdicom.ingest import read as reading

pytestmark = pytest.mark.integration

PIXELS = b"\xe0\x7f\x10\x00OW\0\0"
ROWS = b"\x28\x00\x10\x00US"
SOP_UID = b"\x08\x00\x18\x00UI"
SYNTAX = b"\x02\x00\x10\x00UI"
VIEWS = b"\x54\x00\x20\x02SQ\0\0"
BITS = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7}


@pytest.mark.skipif(sys.platform == "win32", reason="no alarm")
def test_a_header_in_an_archive_that_does_not_end_costs_one_row(tmp_path, monkeypatch):
    export = write_ductogram(tmp_path / "export")
    shutil.make_archive(str(tmp_path / "export"), "zip", export)
    original = reading.read_instance
    seen = []

    def read(*args):
        seen.append(args)
        while len(seen) == 3:
            pass
        return original(*args)

    monkeypatch.setattr(reading, "read_instance", read)
    monkeypatch.setattr(reading, "_LIMIT_S", 0.5)

    code = organise(tmp_path / "export.zip", output=tmp_path / "out")

    with (tmp_path / "out" / "ledger.csv").open(newline="") as ledger:
        reasons = Counter((row["disposition"], row["reason"]) for row in csv.DictReader(ledger))
    assert code == 1
    assert reasons["unreadable", "header-limit"] == 1
    assert sum(reasons.values()) == 5


@pytest.mark.parametrize(
    ("error", "expected"),
    [(TypeError("SAMPLE^ZULU"), ("internal-error", 70)), (MemoryError(), ("out-of-memory", 1))],
)
@pytest.mark.parametrize("is_packed", [False, True], ids=["folder", "archive"])
def test_a_header_that_uncovers_a_bug_costs_one_row(
    tmp_path, monkeypatch, capsys, error, expected, is_packed
):
    export = write_ductogram(tmp_path / "export")
    if is_packed:
        shutil.make_archive(str(tmp_path / "export"), "zip", export)
        export = tmp_path / "export.zip"
    original = reading.read_header if not is_packed else reading.read_instance
    seen = []

    def read(*args):
        seen.append(args)
        if len(seen) == 3:
            raise error
        return original(*args)

    monkeypatch.setattr(reading, original.__name__, read)

    code = organise(export, output=tmp_path / "out")

    ledger = (tmp_path / "out" / "ledger.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(ledger)))
    (reason,) = (row["reason"] for row in rows if row["disposition"] == "unreadable")
    assert (reason, code) == expected
    assert len([row for row in rows if row["disposition"] == "view"]) == 3
    said = "".join(capsys.readouterr())
    assert "ZULU" not in said
    assert ("TypeError at read.py:" in said) == (reason == "internal-error")


def test_a_bug_that_many_headers_uncover_is_told_once(tmp_path, monkeypatch):
    export = write_ductogram(tmp_path / "export")
    original = reading.read_header

    def read(origin, stream, size_bytes, head, alike):
        if stream.name.endswith("IM1"):
            return original(origin, stream, size_bytes, head, alike)
        raise KeyError("SAMPLE^ZULU")

    monkeypatch.setattr(reading, "read_header", read)
    monkeypatch.chdir(tmp_path)

    organise(export.name, output=tmp_path / "out")

    (problem,) = json.loads((tmp_path / "out" / "summary.json").read_text())["problems"]
    assert problem["code"] == "internal-error"
    assert problem["message"].startswith(
        "this is a bug in ductdicom, please report it: KeyError at"
    )
    assert problem["message"].endswith("over export/IM2 and 2 more")


def cut(mark, offset, content):
    return content[: content.index(mark) + offset]


def give_length(mark, length, content):
    end = content.index(mark) + len(mark)
    size = 4 if mark in (PIXELS, VIEWS) else 2
    return content[:end] + length.to_bytes(size, "little") + content[end + size :]


def give_kind(mark, kind, content):
    end = content.index(mark) + len(mark)
    return content[: end - 2] + kind + content[end:]


def give_syntax(syntax, content):
    end = content.index(SYNTAX) + len(SYNTAX)
    (length,) = struct.unpack_from("<H", content, end)
    value = syntax + b"\0" * (len(syntax) % 2)
    return content[:end] + struct.pack("<H", len(value)) + value + content[end + 2 + length :]


def edit(values, content):
    dataset = dcmread(io.BytesIO(content))
    for keyword, value in values.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return written(dataset)


def written(dataset):
    stream = io.BytesIO()
    dcmwrite(stream, dataset, implicit_vr=False, little_endian=True)
    return stream.getvalue()


def compress(syntax, encode, content, **values):
    dataset = dcmread(io.BytesIO(content))
    dataset.PixelData = encapsulate([encode(dataset.pixel_array)])
    dataset["PixelData"].is_undefined_length = True
    dataset["PixelData"].VR = "OB"
    dataset.file_meta.TransferSyntaxUID = syntax
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return written(dataset)


def jpeg(pixels, side=None, hidden=b""):
    encoded = bytes(imagecodecs.jpeg8_encode((pixels >> 4).astype(np.uint8), 90))
    if side is not None:
        size = encoded.index(b"\xff\xc0") + 5
        encoded = encoded[:size] + struct.pack(">HH", side, side) + encoded[size + 4 :]
    return encoded[:2] + hidden + encoded[2:]


def jpeg2000(pixels, side):
    encoded = bytearray(imagecodecs.jpeg2k_encode(pixels, codecformat="j2k", reversible=True))
    struct.pack_into(">II", encoded, 8, side, side)
    struct.pack_into(">II", encoded, 24, side, side)
    return bytes(encoded)


def half(encode, pixels):
    encoded = bytes(encode(pixels))
    return encoded[: len(encoded) // 4 * 2]


def without_end(content):
    """Open so many sequences in one another that nobody would close them."""
    place = content.index(VIEWS)
    opened = VIEWS + b"\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff"
    return content[:place] + opened * 1000 + content[place:]


J2K, JLS, BASELINE = uid.JPEG2000Lossless, uid.JPEGLSLossless, uid.JPEGBaseline8Bit
CASES = {
    "nothing": (lambda _: b"", "unreadable", "empty-file"),
    "a byte": (lambda c: c[:1], "not-dicom", "no-dicom-magic"),
    "a preamble": (lambda c: c[:128], "not-dicom", "no-dicom-magic"),
    "a magic word": (lambda c: c[:132], "unreadable", "truncated"),
    "half of a head": (lambda c: c[:138], "unreadable", "truncated"),
    "a third of the header": (lambda c: c[:600], "unreadable", "truncated"),
    "no pixels": (partial(cut, PIXELS, 0), "unreadable", "no-pixel-data"),
    "the tag of the pixels": (partial(cut, PIXELS, 4), "unreadable", "truncated"),
    "some pixels": (partial(cut, PIXELS, 100), "unreadable", "truncated"),
    "all but one byte": (lambda c: c[:-1], "unreadable", "truncated"),
    "pixels of no length": (partial(give_length, PIXELS, 0), "unreadable", "no-pixel-data"),
    "pixels too long": (partial(give_length, PIXELS, 0xFFFF_FFFE), "unreadable", "truncated"),
    "pixels without length": (
        partial(give_length, PIXELS, 0xFFFF_FFFF),
        "unreadable",
        "truncated",
    ),
    "a UID too long": (partial(give_length, SOP_UID, 0xFFFF), "unreadable", "truncated"),
    "an odd length": (partial(give_length, ROWS, 3), "unreadable", "truncated"),
    "a sequence too long": (partial(give_length, VIEWS, 0xFFFF), "unreadable", "truncated"),
    "rows as text": (partial(give_kind, ROWS, b"PN"), "unreadable", "unsupported-pixels"),
    "rows of no kind": (partial(give_kind, ROWS, b"XX"), "unreadable", "unsupported-pixels"),
    "no UID": (partial(edit, {"StudyInstanceUID": None}), "unreadable", "no-uid"),
    "no rows": (partial(edit, {"Rows": 0}), "unreadable", "unsupported-pixels"),
    "too many rows": (partial(edit, {"Rows": 65535, "Columns": 65535}), "unreadable", "truncated"),
    "no bits": (partial(edit, {"BitsAllocated": 0}), "unreadable", "unsupported-pixels"),
    "many samples": (partial(edit, {"SamplesPerPixel": 65535}), "unreadable", "truncated"),
    "many frames": (partial(edit, {"NumberOfFrames": 10**9}), "unreadable", "truncated"),
    "a palette of nothing": (
        partial(edit, {"PhotometricInterpretation": "PALETTE COLOR"}),
        "unreadable",
        "unsupported-pixels",
    ),
    "an unknown syntax": (
        partial(give_syntax, b"1.2.3.4"),
        "unreadable",
        "unsupported-transfer-syntax",
    ),
    "called deflated": (
        partial(give_syntax, uid.DeflatedExplicitVRLittleEndian.encode()),
        "unreadable",
        "damaged-header",
    ),
    "called big endian": (
        partial(give_syntax, uid.ExplicitVRBigEndian.encode()),
        "unreadable",
        "truncated",
    ),
    "called compressed": (partial(give_syntax, J2K.encode()), "view", "post"),
    "sequences without end": (without_end, "unreadable", "damaged-header"),
    "a huge JPEG": (
        partial(compress, BASELINE, partial(jpeg, side=65500), **BITS),
        "unreadable",
        "decoder-failed",
    ),
    "a huge JPEG that hides": (
        partial(compress, BASELINE, partial(jpeg, side=65500, hidden=b"\0\0"), **BITS),
        "unreadable",
        "decoder-failed",
    ),
    "a huge JPEG 2000": (
        partial(compress, J2K, partial(jpeg2000, side=60000)),
        "unreadable",
        "decoder-failed",
    ),
    "a huge JPEG 2000 that agrees": (
        partial(compress, J2K, partial(jpeg2000, side=20000), Rows=20000, Columns=20000),
        "unreadable",
        "too-large",
    ),
    "half of a JPEG": (
        partial(compress, BASELINE, partial(half, jpeg), **BITS),
        "unreadable",
        "truncated",
    ),
    "half of a JPEG-LS": (
        partial(compress, JLS, partial(half, imagecodecs.jpegls_encode)),
        "unreadable",
        "truncated",
    ),
    "zeros for a JPEG-LS": (
        partial(compress, JLS, lambda _: bytes(100)),
        "unreadable",
        "decoder-failed",
    ),
    "an absurd slope": (partial(edit, {"RescaleSlope": "1e300"}), "view", "post"),
    "an absurd window": (
        partial(edit, {"WindowCenter": "1e308", "WindowWidth": "1e-308"}),
        "view",
        "post",
    ),
    "padding of a UID": (partial(edit, {"SeriesInstanceUID": "2.25.7\0\0\0"}), "view", "post"),
    "an unknown character set": (partial(edit, {"SpecificCharacterSet": "FOO"}), "view", "post"),
    "zeros alone": (lambda c: bytes(len(c)), "unreadable", "zeroed-file"),
    "a sector of zeros at the start": (
        lambda c: bytes(512) + c[512:],
        "unreadable",
        "zeroed-file",
    ),
    "zeros behind": (lambda c: c + bytes(5000), "view", "post"),
    "noise behind": (lambda c: c + b"\x17\xa3" * 2000, "view", "post"),
}
JUNK = {
    "report.pdf": b"%PDF-1.4\n%%EOF",
    "photo.jpg": jpeg(np.zeros((20, 20), np.uint16)),
    "Thumbs.db": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000),
    ".DS_Store": b"\0\0\0\1Bud1" + bytes(4000),
    "zeros.txt": bytes(100_000),
    "noise.dcm": b"\x91\x3c" * 5000,
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Return an export of a study for each case, some whole ones, and files of other kinds."""
    folder = tmp_path_factory.mktemp("hostile") / "export"
    scenes = (SCENES[0], SCENES[2])
    names = [*CASES, "whole 1", "whole 2", "whole 3"]
    for number, name in enumerate(names):
        write_ductogram(folder / name, study=f"2.25.4{number:03d}", scenes=scenes)
        if name in CASES:
            path = folder / name / "IM2"
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # pydicom's, of what is written here
                path.write_bytes(CASES[name][0](path.read_bytes()))
    for name, content in JUNK.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def outcome(hostile, tmp_path_factory):
    """Return the run's exit code, its folder, and its ledger."""
    output = tmp_path_factory.mktemp("hostile-run") / "out"
    code = organise(hostile, output=output)
    text = (output / "ledger.csv").read_text("utf-8")
    return code, output, list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("name", CASES)
def test_a_damaged_image_is_accounted_for(hostile, outcome, name):
    _, _, ledger = outcome

    (row,) = [row for row in ledger if row["source"] == f"{hostile}/{name}/IM2"]

    assert (row["disposition"], row["reason"]) == CASES[name][1:]


def test_every_input_has_one_row_and_only_junk_is_no_dicom(hostile, outcome):
    code, _, ledger = outcome
    files = [str(path) for path in hostile.rglob("*") if path.is_file()]

    sources = [row["source"] for row in ledger]

    assert code == 1
    assert sorted(sources) == sorted(files)
    junk = [row["reason"] for row in ledger if row["source"].removeprefix(f"{hostile}/") in JUNK]
    assert set(junk) == {"no-dicom-magic", "zeroed-file"}


def test_a_damaged_image_costs_no_other(hostile, outcome):
    _, output, ledger = outcome

    records = read_records(output)

    first = [row for row in ledger if row["source"].endswith("/IM1")]
    assert len(first) == len(CASES) + 3
    assert {row["disposition"] for row in first} == {"view"}
    assert len(records) == len(first)
    assert all(record["sheets"] for record in records)
    assert not [
        p for record in records for p in record["problems"] if p["code"] == "internal-error"
    ]
    whole = [r for r in records if f"{hostile}/whole" in r["instances"][0]["source"]]
    assert [record["status"] for record in whole] == ["paired"] * 3


@pytest.mark.parametrize("command", ["scan", "explain", "check"])
@pytest.mark.parametrize("options", [[], ["--json"]], ids=["", "json"])
def test_reading_commands_go_through_all_of_it(hostile, capsys, command, options):
    assert run([command, str(hostile), *options]) == 1

    assert "bug" not in capsys.readouterr().err


CT_IMAGE = "1.2.840.10008.5.1.4.1.1.2"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        pytest.param({"sop_class_uid": CT_IMAGE, "extra": {"Modality": "CT"}}, 0, id="CT"),
        pytest.param(
            {"sop_class_uid": CT_IMAGE, "extra": {"Modality": ""}}, 1, id="it says nothing"
        ),
        pytest.param({}, 1, id="MG"),
    ],
)
def test_damage_to_another_modality_is_a_row_and_no_failure(tmp_path, header, code):
    export = write_ductogram(tmp_path / "export")
    path = write_view(export / "IM9", study_instance_uid="2.25.988", **header)
    path.write_bytes(path.read_bytes()[:-500])

    assert organise(export, output=tmp_path / "out") == code
    assert run(["check", str(export)]) == code

    with (tmp_path / "out" / "ledger.csv").open(newline="") as stream:
        row = next(row for row in csv.DictReader(stream) if row["source"] == str(path))
    assert (row["disposition"], row["reason"]) == ("unreadable", "truncated")
