import bz2
import gzip
import io
import lzma
import stat
import struct
import tarfile
import zipfile
import zlib
from pathlib import Path

import dicom_bytes as make
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from streams import list_members, make_tar

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import Limits
from ductdicom.ingest.archives.kind import archive_kind
from ductdicom.ingest.archives.walk import (
    open_origin,
    read_all,
    read_bytes,
    walk_archive,
)
from ductdicom.ingest.cache.lines import pack, unpack
from ductdicom.ingest.headers.instance import read_instance
from ductdicom.ingest.scan import scan_inputs
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow

pytestmark = pytest.mark.integration

DICOM = make.make_dicom(pixels=bytes(24))


def make_zip(files, compression=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


MAKERS = {
    "export.zip": make_zip,
    "export.tar": make_tar,
    "export.tar.gz": lambda files: make_tar(files, "w:gz"),
    "export.tgz": lambda files: make_tar(files, "w:gz"),
    "export.tar.xz": lambda files: make_tar(files, "w:xz"),
    "export.tar.bz2": lambda files: make_tar(files, "w:bz2"),
    "export.tbz2": lambda files: make_tar(files, "w:bz2"),
}


def save(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return Origin(file=str(path), source=name, size_bytes=len(content))


def names(found):
    return [item.member for item in found if isinstance(item, Origin)]


def rows(found):
    return [
        (item.origin.member, str(item.disposition), item.reason)
        for item in found
        if isinstance(item, LedgerRow)
    ]


@pytest.mark.parametrize("name", MAKERS)
def test_entries_are_read_in_place(tmp_path, name):
    origin = save(tmp_path, name, MAKERS[name]({"b/2": DICOM, "a": DICOM}))

    found = []
    for item in walk_archive(origin):
        if not isinstance(item, LedgerRow):
            instance = read_instance(*item)
            found.append((instance.origin.label, instance.raster.has_pixels, instance.damage))

    assert found == [(f"{name}!/b/2", True, None), (f"{name}!/a", True, None)]
    assert rows(list_members(origin)) == [(None, "container", "")]
    assert [path.name for path in tmp_path.iterdir()] == [name]


OPEN_PIXELS = b"\xe0\x7f\x10\x00OB\0\0\xff\xff\xff\xff"
ITEM = b"\xfe\xff\x00\xe0"


@pytest.mark.parametrize("name", MAKERS)
def test_compressed_pixels_that_are_cut_short_are_noticed(tmp_path, name):
    head = DICOM[: DICOM.rindex(b"\xe0\x7f\x10\x00")] + OPEN_PIXELS
    whole = head + ITEM + bytes(4) + ITEM + b"\4\0\0\0data" + b"\xfe\xff\xdd\xe0" + bytes(4)
    cut = head + ITEM + bytes(4) + ITEM + b"\xf0\0\0\0data"
    origin = save(tmp_path, name, MAKERS[name]({"whole": whole, "cut": cut, "last": DICOM}))

    found = [
        read_instance(*item) for item in walk_archive(origin) if not isinstance(item, LedgerRow)
    ]

    assert [instance.damage for instance in found] == [None, "truncated", None]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:xz", "w:bz2"])
@pytest.mark.parametrize("lost", [0, 1, 2])
def test_a_header_of_zeros_does_not_pass_for_the_end(tmp_path, mode, lost):
    files = {f"IM{number}": DICOM for number in range(3)}
    plain = make_tar(files)
    starts = [plain.index(f"{name}\0".encode()) for name in files]
    plain = plain[: starts[lost]] + bytes(512) + plain[starts[lost] + 512 :]
    kind = mode.partition(":")[2]
    pack = {"": bytes, "gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}[kind]
    origin = save(tmp_path, f"a.tar.{kind}".rstrip("."), pack(plain))

    found = list(list_members(origin))

    assert names(found) == [f"IM{number}" for number in range(lost)]
    assert rows(found) == [(None, "unreadable", "damaged-archive")]


def test_two_archives_in_one_file_are_not_taken_for_the_first(tmp_path):
    origin = save(tmp_path, "a.tar", make_tar({"one": DICOM}) + make_tar({"two": DICOM}))

    found = list(list_members(origin))

    assert names(found) == ["one"]
    assert rows(found) == [(None, "unreadable", "damaged-archive")]


@pytest.mark.parametrize(
    ("size", "row"), [(10_240, ("container", "")), (1 << 20, ("unreadable", "damaged-archive"))]
)
def test_zeros_are_an_empty_archive_only_if_they_are_few(tmp_path, size, row):
    assert rows(list_members(save(tmp_path, "a.tar", bytes(size)))) == [(None, *row)]


@pytest.mark.parametrize("name", MAKERS)
def test_an_entry_can_be_read_again(tmp_path, name):
    origin = save(tmp_path, name, MAKERS[name]({"a": b"first", "b": DICOM, "c": b"last"}))
    first, second, third = (item for item in list_members(origin) if isinstance(item, Origin))

    assert read_bytes(second) == DICOM
    assert open_origin(third).read() == b"last"
    assert list(read_all([first, third])) == [(first, b"first"), (third, b"last")]


def test_an_entry_that_is_gone_says_so(tmp_path):
    origin = save(tmp_path, "a.zip", make_zip({"a": DICOM}))

    with pytest.raises(UnreadableError) as caught:
        read_bytes(replace(origin, member="b"))

    assert caught.value.reason == "missing"


def test_a_plain_file_is_read_the_same_way(tmp_path):
    origin = save(tmp_path, "image", DICOM)

    assert read_bytes(origin) == DICOM


def test_a_file_that_is_gone_says_so(tmp_path):
    with pytest.raises(UnreadableError):
        read_bytes(Origin(file=str(tmp_path / "gone"), source="gone"))


@pytest.mark.parametrize("outer", ["export.zip", "export.tar", "export.tar.gz"])
@pytest.mark.parametrize("inner", ["export.zip", "export.tar", "export.tgz"])
def test_an_archive_in_an_archive_is_opened(tmp_path, outer, inner):
    nested = MAKERS[inner]({"IM1": DICOM, "IM2": DICOM})
    origin = save(tmp_path, outer, MAKERS[outer]({inner: nested, "after": DICOM}))

    found = list(list_members(origin))

    assert names(found) == [f"{inner}!/IM1", f"{inner}!/IM2", "after"]
    assert rows(found) == [(inner, "container", ""), (None, "container", "")]
    assert read_bytes(next(item for item in found if isinstance(item, Origin))) == DICOM


def test_the_third_level_stays_closed(tmp_path):
    third = make_zip({"IM1": DICOM})
    origin = save(tmp_path, "1.zip", make_zip({"2.zip": make_zip({"3.zip": third})}))

    assert rows(list_members(origin)) == [
        ("2.zip!/3.zip", "unreadable", "archive-limit"),
        ("2.zip", "container", ""),
        (None, "container", ""),
    ]


@pytest.mark.parametrize("name", MAKERS)
def test_names_that_climb_are_only_names(tmp_path, name):
    origin = save(tmp_path, name, MAKERS[name]({"../../evil": DICOM, "/etc/evil": DICOM}))

    assert names(list_members(origin)) == ["../../evil", "/etc/evil"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_equal_names_are_told_apart(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"one")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("a", b"two")
    origin = save(tmp_path, "a.zip", buffer.getvalue())

    found = [item for item in list_members(origin) if isinstance(item, Origin)]

    assert [(item.member, read_bytes(item)) for item in found] == [("a", b"one"), ("a#2", b"two")]


@pytest.mark.parametrize(
    ("codec", "name"),
    [
        pytest.param("cp866", "Снимки/после.dcm", id="cp866"),
        pytest.param("cp932", "造影前/表示.dcm", id="Shift-JIS with a backslash byte"),
        pytest.param("cp437", "Müller.dcm", id="cp437"),
        pytest.param("cp1252", "Szabó Éva.dcm", id="cp1252"),
    ],
)
def test_zip_names_without_the_flag_are_decoded(tmp_path, codec, name):
    placeholder = "x" * len(name.encode(codec))
    content = make_zip({placeholder: DICOM}).replace(placeholder.encode(), name.encode(codec))
    origin = save(tmp_path, "a.zip", content)

    listed = list(list_members(origin))

    assert names(listed) == [name]
    assert rows(listed) == [(None, "container", "names-guessed")]
    assert read_bytes(replace(origin, member=name)) == DICOM


@pytest.mark.parametrize(
    ("front", "row"),
    [
        pytest.param(make_zip({"one": DICOM}), ("unreadable", "damaged-archive"), id="archive"),
        pytest.param(b"MZ a program" * 9, ("container", ""), id="program"),
    ],
)
def test_an_archive_behind_another_does_not_hide_it(tmp_path, front, row):
    found = list(list_members(save(tmp_path, "a.zip", front + make_zip({"two": DICOM}))))

    assert names(found) == ["two"]
    assert rows(found) == [(None, *row)]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_name_that_is_falsely_called_utf8_costs_no_entry(tmp_path, compression):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        archive.writestr("Müller/1", DICOM)
        archive.writestr("plain", DICOM)
        archive.writestr("після/2", DICOM)
    content = buffer.getvalue().replace("Müller/1".encode(), b"M\x81ller/11")
    origin = save(tmp_path, "a.zip", content)

    found = [item for item in list_members(origin) if isinstance(item, Origin)]

    assert [item.member for item in found] == ["Müller/11", "plain", "після/2"]
    assert [read_bytes(item) for item in found] == [DICOM] * 3


def test_a_unicode_path_beside_the_old_name_wins(tmp_path):
    info = zipfile.ZipInfo("old")
    checksum = struct.pack("<BI", 1, zlib.crc32(b"old"))
    content = checksum + "新".encode()
    info.extra = struct.pack("<HH", 0x7075, len(content)) + content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(info, DICOM)

    assert names(list_members(save(tmp_path, "a.zip", buffer.getvalue()))) == ["新"]


def encrypt(content):
    """Set the flag of encryption on every entry, which is all that a reader looks at."""
    for start, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(start) + offset
        content = content[:at] + bytes([content[at] | 1]) + content[at + 1 :]
    return content


def test_an_encrypted_entry_is_reported(tmp_path):
    origin = save(tmp_path, "a.zip", encrypt(make_zip({"a": DICOM})))

    assert rows(list_members(origin)) == [
        ("a", "unreadable", "encrypted-archive"),
        (None, "container", ""),
    ]


def test_a_bomb_is_refused(tmp_path):
    origin = save(tmp_path, "a.zip", make_zip({"bomb": bytes(65 << 20), "a": DICOM}))

    found = list(list_members(origin))

    assert ("bomb", "unreadable", "archive-limit") in rows(found)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        pytest.param(Limits(member_bytes=10), ("a", "unreadable", "archive-limit"), id="entry"),
        pytest.param(Limits(members=1), (None, "unreadable", "archive-limit"), id="count"),
    ],
)
@pytest.mark.parametrize("name", MAKERS)
def test_limits_are_kept(tmp_path, name, limits, expected):
    origin = save(tmp_path, name, MAKERS[name]({"a": DICOM, "b": DICOM}))

    assert expected in rows(list_members(origin, limits))


@pytest.mark.parametrize("name", ["export.tar.gz", "export.tar.xz", "export.tar.bz2"])
def test_a_compressed_archive_that_unpacks_without_end_is_stopped(tmp_path, name):
    origin = save(tmp_path, name, MAKERS[name]({"a": bytes(3 << 20), "b": DICOM}))
    limits = Limits(ratio=10, ratio_from_bytes=1 << 20)

    assert (None, "unreadable", "archive-limit") in rows(list_members(origin, limits))


def _header(name, size, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    if size >= 0:
        return info.tobuf()
    head = bytearray(info.tobuf())
    head[124:136] = (256**12 + size).to_bytes(12, "big")  # as GNU tar writes it
    head[148:155] = b"%06o\0" % (sum(head[:148]) + 8 * ord(" ") + sum(head[156:]))
    return bytes(head)


def _extended(content, size=1, kind=tarfile.XHDTYPE):
    blocks = content.ljust(-(-len(content) // 512) * 512, b"\0")
    return _header("x", len(content), kind) + blocks + _header("a", size) + bytes(512)


def _with_fields(fields):
    records = b""
    for line in (f" {name}={value}\n" for name, value in fields.items()):
        length = len(line) + 1
        while len(f"{length}{line}") > length:
            length += 1
        records += f"{length}{line}".encode()
    return records


SPARSE = {"GNU.sparse.major": 1, "GNU.sparse.minor": 0, "GNU.sparse.realsize": 1}
TOO_LONG = {
    "states too much": _header("x", 1 << 30, tarfile.XHDTYPE),
    "long name": _extended(bytes(2 << 20), kind=tarfile.GNUTYPE_LONGNAME),
    "map of holes": _extended(_with_fields(SPARSE))[:-512] + b"500000\n" + b"0\n" * 1_000_000,
    "endless number": _extended(b"1" * 1_000_000),
}
NONSENSE = {
    "extension of extensions": _extended(b"", kind=tarfile.XGLTYPE)[:512] * 1500,
    "extension of less than nothing": _header("x", -1024, tarfile.XHDTYPE),
    "entry of less than nothing": _header("a", -1024),
    "stated in an extension": _extended(_with_fields({"size": -1024})),
}


@pytest.fixture(params=["as it is", "one that takes any fault for the end"])
def library(request, monkeypatch):
    """Stand for versions of the standard library, of which one does the latter."""
    following = tarfile.TarFile.next

    def swallow(archive):
        try:
            return following(archive)
        except Exception:  # noqa: BLE001 # that is what it does
            return None

    if request.param != "as it is":
        monkeypatch.setattr(tarfile.TarFile, "next", swallow)


@pytest.mark.parametrize("name", TOO_LONG)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_a_huge_extension_header_is_refused(tmp_path, library, name, pack):
    file = "a.tar" if pack is bytes else "a.tar.gz"
    origin = save(tmp_path, file, pack(TOO_LONG[name] + bytes(2048)))

    assert rows(list_members(origin)) == [(None, "unreadable", "archive-limit")]


@pytest.mark.parametrize("name", NONSENSE)
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "packed"])
def test_a_header_that_cannot_be_is_damage(tmp_path, library, name, pack):
    first = make_tar({"one": DICOM}).rstrip(b"\0")
    first += bytes(-len(first) % 512)
    file = "a.tar" if pack is bytes else "a.tar.gz"
    origin = save(tmp_path, file, pack(first + NONSENSE[name] + bytes(2048)))

    found = list(list_members(origin))

    assert names(found) == ["one"]
    assert rows(found) == [(None, "unreadable", "damaged-archive")]


def test_a_name_of_many_digits_is_no_endless_number(tmp_path):
    name = "/".join(["1" * 255] * 3)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(tarfile.TarInfo(name))
    origin = save(tmp_path, "a.tar", buffer.getvalue())

    assert names(list_members(origin)) == [name]


@pytest.mark.parametrize(
    ("mtime", "expected"),
    [(1e300, 0), (float("inf"), 0), (1e10, 0), (-5.0, -5_000_000_000), (7.5, 7_500_000_000)],
)
def test_an_entry_of_any_time_can_be_kept(tmp_path, mtime, expected):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("IM1")
        info.size, info.pax_headers = len(DICOM), {"mtime": str(mtime)}
        archive.addfile(info, io.BytesIO(DICOM))
    origin = save(tmp_path, "a.tar", buffer.getvalue())

    (entry,) = [item for item in scan_inputs([str(origin.path)]) if not isinstance(item, LedgerRow)]

    assert entry.origin.modified_ns == expected
    assert unpack(pack(entry), replace(entry.origin, member=None)) == entry


LINKS = [
    pytest.param("../IM1", "duplicate", "link", id="a file"),
    pytest.param("..", "duplicate", "link", id="the top"),
    pytest.param("../folder", "duplicate", "link", id="a folder"),
    pytest.param("later", "duplicate", "link", id="a link that comes later"),
    pytest.param("gone", "unreadable", "missing", id="nothing"),
    pytest.param("link", "unreadable", "missing", id="itself"),
    pytest.param("../../IM1", "unreadable", "symlink-outside", id="out of the archive"),
    pytest.param("/IM1", "unreadable", "symlink-outside", id="an absolute path"),
]


@pytest.mark.parametrize(("target", "disposition", "reason"), LINKS)
@pytest.mark.parametrize("kind", ["tar", "zip"])
@pytest.mark.parametrize("top", ["", "./"], ids=["", "dot"])
def test_a_link_in_an_archive_is_a_row(tmp_path, target, disposition, reason, kind, top):
    entries = {"links/link": target, "IM1": None, "folder/IM2": None, "links/later": "../IM1"}
    buffer = io.BytesIO()
    if kind == "tar":
        with tarfile.open(fileobj=buffer, mode="w") as archive:
            for name, leads_to in entries.items():
                info = tarfile.TarInfo(f"{top}{name}")
                info.type = tarfile.SYMTYPE if leads_to else tarfile.REGTYPE
                info.linkname, info.size = leads_to or "", 0 if leads_to else len(DICOM)
                archive.addfile(info, io.BytesIO(DICOM))
    else:
        with zipfile.ZipFile(buffer, "w") as archive:
            for name, leads_to in entries.items():
                info = zipfile.ZipInfo(f"{top}{name}")
                info.external_attr = (stat.S_IFLNK if leads_to else stat.S_IFREG) << 16
                archive.writestr(info, leads_to or DICOM)
    origin = save(tmp_path, f"a.{kind}", buffer.getvalue())

    found = list(list_members(origin))

    assert names(found) == [f"{top}IM1", f"{top}folder/IM2"]
    assert rows(found) == [
        (f"{top}links/link", disposition, reason),
        (f"{top}links/later", "duplicate", "link"),
        (None, "container", ""),
    ]


def test_hard_links_and_devices_in_a_tar_are_rows(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("d/IM1"))
        for name, kind, target in (
            ("d/h", tarfile.LNKTYPE, "d/IM1"),
            ("d/g", tarfile.LNKTYPE, "IM1"),
            ("f", tarfile.FIFOTYPE, ""),
        ):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    origin = save(tmp_path, "a.tar", buffer.getvalue())

    assert rows(list_members(origin)) == [
        ("f", "not-dicom", "special-file"),
        ("d/h", "duplicate", "link"),
        ("d/g", "unreadable", "missing"),
        (None, "container", ""),
    ]


def test_the_links_of_a_damaged_archive_are_rows_all_the_same(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo("link")
        info.type, info.linkname = tarfile.SYMTYPE, "IM1"
        archive.addfile(info)
    origin = save(tmp_path, "a.tar", buffer.getvalue()[:512] + b"x" * 512)

    assert rows(list_members(origin)) == [
        ("link", "unreadable", "missing"),
        (None, "unreadable", "damaged-archive"),
    ]


@pytest.mark.parametrize("name", MAKERS)
def test_a_cut_archive_is_reported(tmp_path, name):
    content = MAKERS[name]({"a": DICOM, "b": bytes(range(256)) * 40})
    origin = save(tmp_path, name, content[: len(content) // 3])

    assert (None, "unreadable", "damaged-archive") in rows(list_members(origin))


def test_a_damaged_header_inside_a_tar_is_not_taken_for_the_end(tmp_path):
    content = bytearray(make_tar({"a": bytes(512), "b": DICOM}))
    content[1024] ^= 0xFF
    origin = save(tmp_path, "a.tar", bytes(content))

    assert rows(list_members(origin)) == [(None, "unreadable", "damaged-archive")]


def test_garbage_named_as_an_archive_is_a_damaged_archive(tmp_path):
    origin = save(tmp_path, "a.zip", b"this is no archive at all" * 50)

    assert rows(list_members(origin)) == [(None, "unreadable", "damaged-archive")]


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        pytest.param("a.zip", make_zip({"a": b""}), "zip", id="zip"),
        pytest.param("a", make_zip({"a": b""}), "zip", id="zip without a suffix"),
        pytest.param("a.zip", make_zip({}), "zip", id="empty zip"),
        pytest.param("a.docx", make_zip({"a": b""}), None, id="document"),
        pytest.param("a", make_tar({"a": b""}), "tar", id="tar without a suffix"),
        pytest.param("a.gz", make_tar({"a": b"x"}, "w:gz"), "tar.gz", id="tar in gzip"),
        pytest.param("a.gz", gzip.compress(b"text" * 200), None, id="text in gzip"),
        pytest.param("a.xz", lzma.compress(b"text"), None, id="text in xz"),
        pytest.param("a.tbz", make_tar({"a": b"x"}, "w:bz2"), "tar.bz2", id="tar in bzip2"),
        pytest.param("a.bz2", make_tar({"a": b"x"}, "w:bz2"), None, id="bzip2 of something"),
        pytest.param("a.zip", DICOM, None, id="DICOM named as zip"),
        pytest.param("a.zip", b"", None, id="nothing"),
        pytest.param("a.dcm", DICOM, None, id="DICOM"),
    ],
)
def test_content_decides_what_an_archive_is(name, content, kind):
    assert archive_kind(name, content[:4096]) == kind


def test_an_unreadable_archive_is_a_row(tmp_path):
    origin = Origin(file=str(tmp_path / "gone.zip"), source="gone.zip")

    assert rows(list_members(origin)) == [(None, "unreadable", "missing")]


SAMPLES = {
    name: maker({"a": DICOM, "b.zip": make_zip({"c": DICOM})}) for name, maker in MAKERS.items()
}


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(sorted(SAMPLES)),
    st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6),
    st.integers(0, 10_000),
)
def test_no_damage_breaks_the_readers(tmp_path, name, changes, cut):
    content = bytearray(SAMPLES[name])
    for position, value in changes:
        content[position % len(content)] = value
    origin = save(tmp_path, name, bytes(content[: len(content) - cut % len(content)]))

    found = list(list_members(origin))

    assert isinstance(found[-1], LedgerRow)
    assert found[-1].origin == origin
    assert Path(tmp_path / name).stat().st_size == origin.size_bytes


def test_entries_without_a_name_get_one(tmp_path):
    # What follows a NUL is no part of a name.
    content = make_zip({"Q1": DICOM, "Q2": b"text"}).replace(b"Q1", b"\0a").replace(b"Q2", b"\0b")
    (tmp_path / "a.zip").write_bytes(content)
    archive = Origin(file=str(tmp_path / "a.zip"), source="a.zip", size_bytes=len(content))

    found = [item[0] if isinstance(item, tuple) else item.origin for item in walk_archive(archive)]

    assert [origin.member for origin in found] == ["unnamed", "unnamed#2", None]


PACKERS = {"a.tar.gz": gzip.compress, "a.tar.xz": lzma.compress, "a.tar.bz2": bz2.compress}


@pytest.mark.parametrize("name", PACKERS)
def test_an_archive_of_several_streams_is_read_to_its_end(tmp_path, name):
    tar = make_tar({f"IM{number}": DICOM for number in range(9)})
    parts = [PACKERS[name](tar[at : at + 700]) for at in range(0, len(tar), 700)]
    origin = save(tmp_path, name, b"".join(parts))

    found = [item for item in list_members(origin) if isinstance(item, Origin)]

    assert names(found) == [f"IM{number}" for number in range(9)]
    assert [content for _, content in read_all(found)] == [DICOM] * 9


@pytest.mark.parametrize("name", PACKERS)
def test_an_archive_with_something_behind_it_is_damaged(tmp_path, name):
    origin = save(tmp_path, name, PACKERS[name](make_tar({"IM1": DICOM})) + b"something")

    found = list(list_members(origin))

    assert names(found) == ["IM1"]
    assert rows(found) == [(None, "unreadable", "damaged-archive")]


def test_an_archive_that_was_written_anew_is_gone_through_anew(tmp_path):
    origin = save(tmp_path, "a.tar.gz", MAKERS["export.tar.gz"]({"a": b"first", "b": b"second"}))
    one, other = (replace(origin, member=name) for name in "ab")
    before = [content for _, content in read_all([one, other])]
    save(tmp_path, "a.tar.gz", MAKERS["export.tar.gz"]({"b": b"more than before", "a": b"last"}))

    assert before == [b"first", b"second"]
    assert [read_bytes(origin) for origin in (one, other)] == [b"last", b"more than before"]


def test_a_packed_archive_with_a_wrong_checksum_is_damaged(tmp_path):
    content = MAKERS["export.tar.gz"]({"IM1": DICOM})
    origin = save(tmp_path, "export.tar.gz", content[:-8] + bytes(4) + content[-4:])

    found = list(list_members(origin))

    assert names(found) == ["IM1"]
    assert rows(found) == [(None, "unreadable", "damaged-archive")]


def make_sparse(real_bytes):
    """Make a tar of one file that is all hole, as GNU tar writes it (PAX, version 1.0)."""
    info = tarfile.TarInfo("IM1")
    info.size = 512
    info.pax_headers = {
        "GNU.sparse.major": "1",
        "GNU.sparse.minor": "0",
        "GNU.sparse.name": "IM1",
        "GNU.sparse.realsize": str(real_bytes),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(f"1\n{real_bytes}\n0\n".encode().ljust(512, b"\0")))
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("real_bytes", "expected"),
    [
        pytest.param(1 << 20, [(None, "container", "")], id="a small hole"),
        pytest.param(
            1 << 40,
            [("IM1", "unreadable", "archive-limit"), (None, "container", "")],
            id="a hole of a tebibyte",
        ),
    ],
)
def test_a_sparse_file_costs_no_more_than_it_may(tmp_path, real_bytes, expected):
    origin = save(tmp_path, "export.tar", make_sparse(real_bytes))

    assert rows(list_members(origin)) == expected


@pytest.mark.parametrize("moment", ["nan", "inf", "1e400"])
def test_an_entry_that_was_changed_at_no_moment_is_an_entry(tmp_path, moment):
    info = tarfile.TarInfo("text")
    info.size = 3
    info.pax_headers = {"mtime": moment}
    path = tmp_path / "a.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(info, io.BytesIO(b"abc"))

    found = list(scan_inputs([str(path)]))

    assert [(row.origin.member, row.disposition) for row in found] == [
        ("text", "not-dicom"),
        (None, "container"),
    ]
