"""Things that lie twice, in folders and in archives: each archive is gone through once for them."""

import json
import shutil

import pydicom
import pytest
from exports import organise, read_records, write_ductogram
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_file_meta_info

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
    whole = fingerprints.hash_again

    def watch(origin):
        asked.append(origin.member)
        return whole(origin)

    def refuse(_origins):
        raise archives.UnreadableError("damaged", reason="damaged-archive")

    monkeypatch.setattr(fingerprints, "hash_again", watch)
    monkeypatch.setattr(fingerprints, "read_all", refuse)

    assert organise(export, archive, output=tmp_path / "out") == 0
    assert sorted(filter(None, asked)) == ["./IM1", "./IM2", "./IM3", "./IM4"]


def _with_other_meta(export, folder, **changes):
    """Copy objects as another program writes them: the data set stays, byte for byte."""
    folder.mkdir()
    for path in export.iterdir():
        content = path.read_bytes()
        data = content[144 + int.from_bytes(content[140:144], "little") :]
        meta = pydicom.filereader.read_file_meta_info(path)
        meta.ImplementationVersionName = "ARCHIVE"
        for name, value in changes.items():
            setattr(meta, name, value)
        stream = DicomBytesIO()
        write_file_meta_info(stream, meta)
        (folder / path.name).write_bytes(content[:132] + stream.getvalue() + data)
    return folder


def _decide(tmp_path, export):
    decision = {"sop_instance_uid": str(pydicom.dcmread(export / "IM4").SOPInstanceUID)}
    decision |= {"laterality": "R", "by": "AB", "at": "2026-02-01T10:00:00Z"}
    path = tmp_path / "decision.json"
    path.write_text(json.dumps({"schema": "ductdicom.decisions/1", "decisions": [decision]}))
    return path


@pytest.mark.parametrize("kind", [None, "tar"])
def test_what_came_back_from_an_archive_with_another_file_meta_is_the_same_object(tmp_path, kind):
    export, out = write_ductogram(tmp_path / "export"), tmp_path / "out"
    assert organise(export, output=out) == 0
    before = read_records(out)
    again = _with_other_meta(export, tmp_path / "spool")
    if kind:
        again = shutil.make_archive(str(tmp_path / "cd"), kind, again)

    assert organise(again, output=out) == 0

    assert read_records(out) == before
    assert (out / "ledger.csv").read_text("utf-8").count("duplicate,same-bytes") == 4


def test_a_decision_goes_on_to_count_when_its_image_comes_with_another_file_meta(tmp_path):
    export, out = write_ductogram(tmp_path / "export"), tmp_path / "out"
    options = ("--decisions", str(_decide(tmp_path, export)))
    organise(export, output=out)
    organise(export, output=out, options=options)
    before = read_records(out)

    organise(_with_other_meta(export, tmp_path / "spool"), output=out)

    assert read_records(out) == before
    assert [i["laterality"] for i in before[0]["instances"] if "decided" in i] == ["R"]


def test_another_transfer_syntax_is_another_object(tmp_path):
    export = write_ductogram(tmp_path / "export")
    other = _with_other_meta(export, tmp_path / "other", TransferSyntaxUID="1.2.840.10008.1.2.4.57")

    assert organise(export, other, output=tmp_path / "out") == 1

    ledger = (tmp_path / "out" / "ledger.csv").read_text("utf-8")
    assert "same-bytes" not in ledger
