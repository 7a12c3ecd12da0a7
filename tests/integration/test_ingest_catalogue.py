import errno
import os
import sqlite3
import zipfile
from io import FileIO
from pathlib import Path

import dicom_bytes as make
import pytest

from ductdicom.ingest import read as reading
from ductdicom.ingest import scan
from ductdicom.ingest.cache import cache as module
from ductdicom.ingest.cache.cache import Catalogue
from ductdicom.ingest.scan import scan_inputs

pytestmark = pytest.mark.integration


@pytest.fixture
def cd(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "cd"
    folder.mkdir()
    for number in range(3):
        content = make.make_dicom(SOPInstanceUID=f"2.25.{number + 1}", SeriesDescription="après")
        (folder / f"IM{number}").write_bytes(content)
    (folder / "text").write_bytes(b"no DICOM")
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.writestr("a", make.make_dicom(SOPInstanceUID="2.25.9"))
    return folder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache" / "headers.sqlite"


def run(cd, cache):
    with Catalogue(cache) as catalogue:
        return list(scan_inputs([cd.name], catalogue=catalogue))


@pytest.fixture
def read(monkeypatch):
    """Return the list of the files that were opened."""
    opened = []
    read_files = scan.read_files

    def watch(paths):
        opened.extend(Path(path).name for path in paths)
        return read_files(paths)

    monkeypatch.setattr(scan, "read_files", watch)
    return opened


def test_a_second_run_reads_nothing_and_finds_the_same(cd, cache, read):
    plain = list(scan_inputs([cd.name]))
    first = run(cd, cache)
    read.clear()

    second = run(cd, cache)

    assert first == plain
    assert second == plain
    assert read == []


def test_only_what_changed_is_read(cd, cache, read):
    run(cd, cache)
    read.clear()
    (cd / "IM1").write_bytes(make.make_dicom(SOPInstanceUID="2.25.77"))
    (cd / "IM3").write_bytes(make.make_dicom(SOPInstanceUID="2.25.78"))

    second = run(cd, cache)

    assert read == ["IM1", "IM3"]
    assert second == list(scan_inputs([cd.name]))


def test_a_file_of_the_same_size_and_time_is_told_by_its_number(cd, cache, read):
    run(cd, cache)
    read.clear()
    status = (cd / "IM1").stat()
    (cd / "new").write_bytes(make.make_dicom(SOPInstanceUID="2.25.7", SeriesDescription="après"))
    os.utime(cd / "new", ns=(status.st_atime_ns, status.st_mtime_ns))
    (cd / "new").replace(cd / "IM1")

    run(cd, cache)

    assert read == ["IM1"]


def test_another_name_for_the_folder_makes_no_difference(cd, cache, read):
    run(cd, cache)
    read.clear()

    with Catalogue(cache) as catalogue:
        found = list(scan_inputs([str(cd)], catalogue=catalogue))

    assert read == []
    assert found == list(scan_inputs([str(cd)]))


def test_what_may_pass_is_not_kept(cd, cache, read, monkeypatch):
    def refuse(path):
        if path.endswith("text"):
            raise PermissionError(path)
        return FileIO(path)

    monkeypatch.setattr(reading, "FileIO", refuse)
    run(cd, cache)
    read.clear()

    run(cd, cache)

    assert read == ["text"]


def test_an_archive_that_could_not_be_read_is_tried_again(cd, cache, monkeypatch):
    plain = list(scan_inputs([cd.name]))
    open_path = Path.open

    def refuse(path, *args, **options):
        if path.name == "z.zip":
            raise PermissionError(errno.EACCES, "refused")
        return open_path(path, *args, **options)

    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "open", refuse)
        (row,) = (found for found in run(cd, cache) if found.origin.source == "cd/z.zip")

    assert row.reason == "permission-denied"
    assert run(cd, cache) == plain


def test_a_directory_is_compared_anew(cd, cache):
    records = [{"ReferencedFileID": ["CD", "IM0"]}]
    content = make.make_dicom(SOPClassUID="1.2.840.10008.1.3.10", DirectoryRecordSequence=records)
    (cd / "DICOMDIR").write_bytes(content)
    run(cd, cache)
    (cd / "IM0").unlink()

    assert run(cd, cache) == list(scan_inputs([cd.name]))


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda path: path.write_bytes(b"no database at all" * 99), id="garbage"),
        pytest.param(lambda path: path.write_bytes(b""), id="empty"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:5000]), id="cut"),
        pytest.param(lambda path: path.unlink(), id="gone"),
    ],
)
def test_a_damaged_catalogue_is_made_anew(cd, cache, damage, read):
    plain = run(cd, cache)
    damage(cache)

    assert run(cd, cache) == plain
    assert run(cd, cache) == plain


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE results SET own = '[1'",
        "UPDATE results SET own = x'5b5d'",
        "UPDATE results SET own = CAST(replace(own, 'i[', 'h[') AS BLOB)",
        "UPDATE results SET own = CAST(replace(own, '2.25.1', '2.25.5') AS BLOB)",
        "UPDATE results SET checksum = 1",
        "UPDATE results SET shared_1 = NULL",
        "UPDATE results SET shared_1 = 'text'",
        "UPDATE results SET shared_1 = shared_2",
        "UPDATE lines SET content = '[]'",
        "UPDATE lines SET content = CAST(replace(content, 'MG', 'MR') AS BLOB)",
        "DELETE FROM lines",
    ],
)
def test_a_damaged_entry_is_read_anew(cd, cache, damage, read):
    plain = run(cd, cache)
    connection = sqlite3.connect(cache)
    connection.execute(damage)
    connection.commit()
    connection.close()
    read.clear()

    assert run(cd, cache) == plain
    assert "IM0" in read


def test_another_version_starts_anew(cd, cache, read, monkeypatch):
    run(cd, cache)
    read.clear()
    monkeypatch.setattr(module, "_version", lambda: "other")

    run(cd, cache)

    assert len(read) == 5


def test_without_a_place_to_write_everything_is_read(cd, tmp_path):
    (tmp_path / "file").touch()

    assert run(cd, tmp_path / "file" / "cache") == list(scan_inputs([cd.name]))


def test_a_name_that_no_file_can_have_is_done_without(cd, tmp_path):
    assert run(cd, tmp_path / ("x" * 300)) == list(scan_inputs([cd.name]))


def test_two_runs_share_a_catalogue(cd, cache, read):
    with Catalogue(cache) as one, Catalogue(cache) as two:
        first = list(scan_inputs([cd.name], catalogue=one))
        read.clear()
        second = list(scan_inputs([cd.name], catalogue=two))

    assert first == second
    assert read == []


def test_a_catalogue_that_fails_in_the_middle_is_left_alone(cd, cache):
    run(cd, cache)
    with Catalogue(cache) as catalogue:
        other = sqlite3.connect(cache)
        other.execute("DROP TABLE results")
        other.commit()
        other.close()

        assert list(scan_inputs([cd.name], catalogue=catalogue)) == list(scan_inputs([cd.name]))


def test_a_run_that_finds_nothing_new_writes_nothing(cd, cache):
    run(cd, cache)
    before = {path.name: path.stat().st_mtime_ns for path in cache.parent.iterdir()}
    folder_before = cache.parent.stat().st_mtime_ns

    run(cd, cache)

    assert before == {path.name: path.stat().st_mtime_ns for path in cache.parent.iterdir()}
    assert folder_before == cache.parent.stat().st_mtime_ns
    assert list(before) == [cache.name]


def test_what_is_kept_is_for_the_owner_alone(cd, cache):
    run(cd, cache)

    assert cache.stat().st_mode & 0o077 == 0
