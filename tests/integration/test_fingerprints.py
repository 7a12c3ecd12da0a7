"""Things that lie twice, in folders and in archives: each archive is gone through once for them."""

import shutil

import pytest
from exports import organise, read_records, write_ductogram

from ductdicom.ingest.archives import walk as archives
from ductdicom.pipeline import fingerprints

pytestmark = pytest.mark.integration


@pytest.fixture
def walks(monkeypatch):
    """Return the list of the archives that were gone through."""
    walked = []
    walk = archives.walk_archive

    def watch(origin, limits=None, **wanted):
        walked.append(origin.path.name)
        return walk(origin, limits, **wanted)

    monkeypatch.setattr(archives, "walk_archive", watch)
    return walked


@pytest.mark.parametrize("kind", ["zip", "tar", "gztar"])
def test_an_archive_is_gone_through_once_for_all_that_lies_twice(tmp_path, walks, kind):
    export = write_ductogram(tmp_path / "export")
    archive = shutil.make_archive(str(tmp_path / "cd"), kind, export)

    assert organise(export, archive, archive, output=tmp_path / "out") == 0

    (record,) = read_records(tmp_path / "out")
    assert len(record["instances"]) == 4
    assert (tmp_path / "out" / "ledger.csv").read_text("utf-8").count("duplicate,same-bytes") == 4
    assert len(walks) == 1  # reading headers goes through it by another way


def test_a_damaged_archive_is_asked_member_by_member(tmp_path, monkeypatch):
    export = write_ductogram(tmp_path / "export")
    archive = shutil.make_archive(str(tmp_path / "cd"), "tar", export)
    asked = []
    whole = fingerprints.fingerprint

    def watch(origin):
        asked.append(origin.member)
        return whole(origin)

    def refuse(_origins):
        raise archives.UnreadableError("damaged", reason="damaged-archive")

    monkeypatch.setattr(fingerprints, "fingerprint", watch)
    monkeypatch.setattr(fingerprints, "read_all", refuse)

    assert organise(export, archive, output=tmp_path / "out") == 0
    assert sorted(filter(None, asked)) == ["./IM1", "./IM2", "./IM3", "./IM4"]
