import io
import shutil
import struct
import subprocess
import tarfile
import zipfile

import dicom_bytes as make
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ductdicom.ingest.archives.entry import Limits
from ductdicom.ingest.archives.walk import read_bytes
from ductdicom.ingest.scan import scan_inputs
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import LedgerRow

pytestmark = pytest.mark.integration

SECTOR = 2048
MOMENT = bytes([126, 1, 2, 10, 21, 0, 4])  # 2026-01-02 10:21, an hour east of Greenwich
UDF = b"".join(f"\0{name}\1".encode().ljust(SECTOR, b"\0") for name in ("BEA01", "NSR03"))
DICOM = make.make_dicom(pixels=bytes(24))
DICOM_BYTES = len(DICOM)


def both(letter, value):
    return struct.pack(f"<{letter}", value) + struct.pack(f">{letter}", value)


def record(name, sector, size, flags=0):
    body = b"\0" + both("I", sector) + both("I", size) + MOMENT + bytes([flags, 0, 0])
    body += both("H", 1) + bytes([len(name)]) + name
    body += b"\0" * ((len(body) + 1) % 2)
    return bytes([len(body) + 1]) + body


def folder(own, parent, *children):
    content = record(b"\0", own, SECTOR, 2) + record(b"\1", parent, SECTOR, 2) + b"".join(children)
    return content.ljust(SECTOR, b"\0")


def descriptor(kind, root, escapes=b""):
    content = bytes([kind]) + b"CD001\x01" + bytes(81) + escapes.ljust(32, b"\0") + bytes(36)
    return (content + record(b"\0", root, SECTOR, 2)).ljust(SECTOR, b"\0")


def make_image(*, is_joliet=False, size=DICOM_BYTES, flags=0, loop=False):
    """Make a CD image with DICOM/IM1 and README.TXT."""
    encode = (lambda text: text.encode("utf-16-be")) if is_joliet else str.encode
    descriptors = [descriptor(1, 20), descriptor(2, 20, b"%/E") if is_joliet else b"", b"\xffCD001"]
    sectors = [b""] * 16 + [d.ljust(SECTOR, b"\0") for d in descriptors if d]
    sectors += [bytes(SECTOR)] * (20 - len(sectors))
    inner = record(encode("BACK"), 20, SECTOR, 2) if loop else b""
    sectors += [
        folder(
            20, 20, record(encode("DICOM"), 21, SECTOR, 2), record(encode("README.TXT;1"), 22, 4)
        ),
        folder(21, 20, record(encode("IM1.;1"), 23, size, flags), inner),
        b"text".ljust(SECTOR, b"\0"),
        DICOM,
    ]
    return b"".join(sector.ljust(SECTOR, b"\0") for sector in sectors[:-1]) + sectors[-1]


def scan(tmp_path, content, **limits):
    (tmp_path / "cd.iso").write_bytes(content)
    found = list(scan_inputs([str(tmp_path / "cd.iso")], limits=Limits(**limits)))
    return [
        (item.origin.member, item.reason if isinstance(item, LedgerRow) else item.sop_instance_uid)
        for item in found
    ]


@pytest.mark.parametrize("is_joliet", [False, True])
def test_the_files_of_an_image_are_read_in_place(tmp_path, is_joliet):
    assert scan(tmp_path, make_image(is_joliet=is_joliet)) == [
        ("README.TXT", "no-dicom-magic"),
        ("DICOM/IM1", make.SOP_UID),
        (None, ""),
    ]


def test_an_image_inside_an_archive_is_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "cd.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("CD/cd.iso", make_image())

    found = list(scan_inputs([str(tmp_path / "cd.zip")]))

    assert [item.origin.member for item in found] == [
        "CD/cd.iso!/README.TXT",
        "CD/cd.iso!/DICOM/IM1",
        "CD/cd.iso",
        None,
    ]
    assert read_bytes(found[1].origin) == DICOM


def pack_disc(path, image, compression=zipfile.ZIP_STORED):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", compression) as archive:
            archive.writestr("cd.iso", image)
    else:
        with tarfile.open(path, "w") as archive:
            info = tarfile.TarInfo("cd.iso")
            info.size = len(image)
            archive.addfile(info, io.BytesIO(image))


def scan_packed(path):
    found = scan_inputs([str(path)], limits=Limits(nested_bytes=1000))
    return [
        (item.origin.member, item.reason if isinstance(item, LedgerRow) else item.origin)
        for item in found
    ]


@pytest.mark.parametrize("name", ["cd.zip", "cd.tar"])
def test_an_image_too_large_to_be_held_is_read_where_it_lies(tmp_path, name):
    pack_disc(tmp_path / name, make_image())

    found = scan_packed(tmp_path / name)

    assert [member for member, _ in found] == [
        "cd.iso!/README.TXT",
        "cd.iso!/DICOM/IM1",
        "cd.iso",
        None,
    ]
    assert read_bytes(found[1][1], Limits(nested_bytes=1000)) == DICOM


def test_a_packed_image_too_large_to_be_held_is_refused(tmp_path):
    pack_disc(tmp_path / "cd.zip", make_image(), zipfile.ZIP_DEFLATED)

    assert scan_packed(tmp_path / "cd.zip") == [("cd.iso", "archive-limit"), (None, "")]


@pytest.mark.parametrize(
    ("place", "value", "reason"),
    [
        pytest.param(0, b"no", "damaged-archive", id="no header"),
        pytest.param(28, b"\xff\xff", "damaged-archive", id="elsewhere"),
    ],
)
def test_an_image_that_does_not_lie_where_it_should_is_damaged(tmp_path, place, value, reason):
    path = tmp_path / "cd.zip"
    pack_disc(path, make_image())
    content = bytearray(path.read_bytes())
    content[place : place + len(value)] = value
    path.write_bytes(content)

    assert ("cd.iso", reason) in scan_packed(path)


def test_a_cut_archive_of_an_image_is_damaged(tmp_path):
    path = tmp_path / "cd.tar"
    pack_disc(path, make_image())
    path.write_bytes(path.read_bytes()[: 512 + 21 * SECTOR])

    assert (None, "damaged-archive") in scan_packed(path)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(["cd.zip", "cd.tar"]),
    st.lists(st.tuples(st.integers(0, 50_000), st.integers(0, 255)), max_size=8),
    st.integers(0, 50_000),
)
def test_no_damage_breaks_images_in_archives(tmp_path, name, changes, cut):
    pack_disc(tmp_path / name, make_image())
    content = bytearray((tmp_path / name).read_bytes())
    for position, value in changes:
        content[position % len(content)] = value
    (tmp_path / name).write_bytes(content[: len(content) - cut % len(content)])

    assert scan_packed(tmp_path / name)


def test_the_time_of_a_file_is_known(tmp_path):
    (tmp_path / "cd.iso").write_bytes(make_image())

    found = list(scan_inputs([str(tmp_path / "cd.iso")]))

    assert found[1].origin.modified_ns == 1_767_345_660_000_000_000


def test_folders_that_lead_in_a_circle_are_entered_once(tmp_path):
    assert [member for member, _ in scan(tmp_path, make_image(loop=True))] == [
        "README.TXT",
        "DICOM/IM1",
        None,
    ]


def test_folders_that_overlap_come_to_an_end(tmp_path):
    count = 2000  # each claims all that follows it, so each would be read by all before it
    folders = [
        record(b"F%d" % number, 20 + number, (count - number) * SECTOR, 2)
        for number in range(1, count)
    ]
    root = descriptor(1, 20)
    root = root[:156] + record(b"\0", 20, count * SECTOR, 2) + root[190:]
    content = bytes(16 * SECTOR) + root + bytes(3 * SECTOR)
    content += b"".join(folder.ljust(SECTOR, b"\0") for folder in folders) + bytes(SECTOR)

    assert scan(tmp_path, content) == [(None, "damaged-archive")]


def test_folders_without_end_are_a_row(tmp_path):
    sectors = [bytes(SECTOR)] * 16 + [descriptor(1, 20)] + [bytes(SECTOR)] * 3
    sectors += [record(b"F", 21 + number, SECTOR, 2).ljust(SECTOR, b"\0") for number in range(90)]

    assert scan(tmp_path, b"".join(sectors)) == [(None, "archive-limit")]


@pytest.mark.parametrize(
    ("changes", "limits", "expected"),
    [
        pytest.param({"size": 1 << 30}, {}, "damaged-archive", id="beyond the end"),
        pytest.param({"flags": 0x80}, {}, "unsupported-image", id="in several extents"),
        pytest.param({}, {"member_bytes": 10}, "archive-limit", id="too large"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_row(tmp_path, changes, limits, expected):
    assert ("DICOM/IM1", expected) in scan(tmp_path, make_image(**changes), **limits)


@pytest.mark.parametrize(
    ("content", "limits", "expected"),
    [
        pytest.param(b"no image", {}, "damaged-archive", id="none at all"),
        pytest.param(make_image()[: 20 * SECTOR + 99], {}, "damaged-archive", id="cut short"),
        pytest.param(make_image(), {"members": 1}, "archive-limit", id="too many files"),
        pytest.param(bytes(16 * SECTOR) + UDF, {}, "unsupported-image", id="UDF alone"),
    ],
)
def test_an_image_that_cannot_be_read_is_a_row(tmp_path, content, limits, expected):
    assert scan(tmp_path, content, **limits)[-1] == (None, expected)


@settings(
    max_examples=300,
    deadline=10_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    st.booleans(),
    st.lists(st.tuples(st.integers(16 * SECTOR, 24 * SECTOR), st.integers(0, 255)), max_size=8),
    st.one_of(st.none(), st.integers(0, 25 * SECTOR)),
)
def test_a_damaged_image_comes_to_an_end(tmp_path, is_joliet, changes, cut):
    content = bytearray(make_image(is_joliet=is_joliet))
    for position, value in changes:
        content[position % len(content)] = value

    found = scan(tmp_path, bytes(content[:cut]))

    assert [member for member, _ in found].count(None) == 1


@pytest.mark.skipif(not shutil.which("genisoimage"), reason="genisoimage is not installed")
@pytest.mark.parametrize("options", [[], ["-J", "-R"], ["-iso-level", "3"]])
def test_an_image_of_a_common_program_is_read(tmp_path, options):
    source = tmp_path / "source"
    for number in range(60):  # more than one sector of records
        path = source / f"FOLDER{number % 3}" / f"IMAGE{number:03d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(make.make_dicom(SOPInstanceUID=f"2.25.{number + 1}"))
    image = tmp_path / "cd.iso"
    subprocess.run(["genisoimage", "-quiet", *options, "-o", image, source], check=True)

    found = [item for item in scan_inputs([str(image)]) if isinstance(item, Instance)]

    assert {item.sop_instance_uid for item in found} == {f"2.25.{n + 1}" for n in range(60)}
