"""What is asked of an archive is found, and found quickly; what cannot be read is a row."""

import io
import stat
import zipfile

import pytest
from msgspec.structs import replace
from streams import list_members, make_tar

from ductdicom.ingest.archives import tar
from ductdicom.ingest.archives.entry import Limits
from ductdicom.ingest.archives.walk import open_origin, read_all
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import LedgerRow


@pytest.fixture
def passes(monkeypatch):
    """Count how often tar archives are gone through from their start."""
    counted = []
    go_through = tar.walk_tar

    def counting(*args):
        counted.append(args)
        return go_through(*args)

    monkeypatch.setattr(tar, "walk_tar", counting)
    return counted


def _members(folder, contents, *names):
    path = folder / "a.tar"
    path.write_bytes(make_tar(contents))
    return [Origin(file=str(path), source=path.name, member=name) for name in names]


def test_a_tar_that_is_asked_for_one_study_after_another_is_gone_through_once(tmp_path, passes):
    first, second = _members(tmp_path, {"1/IM1": b"one", "2/IM1": b"two"}, "1/IM1", "2/IM1")

    assert list(read_all([first])) == [(first, b"one")]
    assert list(read_all([second])) == [(second, b"two")]
    assert len(passes) == 1


def test_a_file_is_opened_where_it_lies_and_a_member_of_it_by_itself(tmp_path):
    (member,) = _members(tmp_path, {"IM1": b"one", "IM2": b"two"}, "IM2")
    archive = replace(member, member=None)

    with open_origin(member) as in_memory, open_origin(archive) as on_disk:
        assert in_memory.read() == b"two"
        assert on_disk.read() == archive.path.read_bytes()
        assert on_disk.name == str(archive.path)


def test_what_lies_in_a_tar_within_a_tar_is_found_by_its_name(tmp_path):
    inner = make_tar({"IM1": b"one", "IM2": b"two"})
    (member,) = _members(tmp_path, {"before": b"", "inner.tar": inner}, "inner.tar!/IM2")

    assert list(read_all([member])) == [(member, b"two")]


def _zip(contents, mode=stat.S_IFREG):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in contents.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = mode << 16
            archive.writestr(info, content)
    return buffer.getvalue()


@pytest.mark.parametrize("pack", [make_tar, lambda files: make_tar(files, "w:gz"), _zip])
def test_an_archive_within_a_packed_one_is_read(tmp_path, pack):
    inner = pack({"IM1": b"one", "IM2": b"two"})
    path = tmp_path / "a.tar.gz"
    path.write_bytes(make_tar({"inner": inner}, "w:gz"))
    members = [
        Origin(file=str(path), source=path.name, member=f"inner!/{name}") for name in ("IM1", "IM2")
    ]

    assert [content for _, content in read_all(members)] == [b"one", b"two"]


def _rows(path, limits=None):
    origin = Origin(file=str(path), source=path.name, size_bytes=path.stat().st_size)
    return [
        (row.origin.member, str(row.disposition), row.reason)
        for row in list_members(origin, limits)
        if isinstance(row, LedgerRow)
    ]


@pytest.mark.parametrize(
    ("depth", "closed"),
    [
        pytest.param(0, "2.tar", id="none"),
        pytest.param(None, "2.tar!/3.tar", id="by default one"),
        pytest.param(2, "2.tar!/3.tar!/4.tar", id="two"),
    ],
)
def test_an_archive_that_lies_too_deep_in_others_stays_closed(tmp_path, depth, closed):
    path = tmp_path / "1.tar"
    content = b"one"
    for name in ("IM1", "4.tar", "3.tar", "2.tar"):
        content = make_tar({name: content})
    path.write_bytes(content)

    rows = _rows(path, None if depth is None else Limits(depth=depth))

    around = [name for name in ("2.tar!/3.tar", "2.tar") if closed.startswith(f"{name}!")]
    assert rows == [
        (closed, "unreadable", "archive-limit"),
        *((name, "container", "") for name in (*around, None)),
    ]


def test_a_link_that_is_damaged_is_a_row_and_no_end_of_its_archive(tmp_path):
    path = tmp_path / "a.zip"
    path.write_bytes(
        _zip({"link": "target", "later": "IM1"}, stat.S_IFLNK).replace(b"target", b"tarXet")
    )

    assert _rows(path) == [
        ("link", "unreadable", "damaged-archive"),
        ("later", "unreadable", "missing"),
        (None, "container", ""),
    ]
