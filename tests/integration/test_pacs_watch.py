"""What comes is organised: out of a spool, and out of Orthanc's list of changes."""

import json
import sys
import threading
from contextlib import contextmanager

import pytest
import requests
from archives import HOST, orthanc, store
from exports import (
    files_of,
    organise,
    read_records,
    write_ductogram,
    write_view,
)
from pacs_watching import assert_as_one_run, images_of, put, started, watching
from pydicom import dcmread

from ductdicom.cli.application import run
from ductdicom.pacs.peers import find_peer
from ductdicom.pacs.spool.folder import open_spool
from ductdicom.pacs.spool.intake import Intake
from ductdicom.pacs.spool.part import Room
from ductdicom.pacs.watch.feed import OrthancFeed, as_orthanc
from ductdicom.pacs.watch.run import Watcher
from ductdicom.pacs.watch.settling import Settling
from ductdicom.pacs.web import DicomWeb
from ductdicom.pipeline.run import organise as run_organise
from ductdicom.settings import Format, Settings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="ends as POSIX systems do"),
]
MG = "1.2.840.10008.5.1.4.1.1.1.2"
SAYS_ITS_PORT = "DUCT@127.0.0.1:0"


# --- a spool ---


def test_what_is_received_becomes_a_sheet_and_what_comes_late_a_larger_one(tmp_path):
    late, *early = sorted(write_ductogram(tmp_path / "export").iterdir())
    bind = ("-b", SAYS_ITS_PORT, "--quiet", "0.3", "--reserve", "0")
    spool, output = tmp_path / "spool", tmp_path / "OUT"
    with started("receive", spool, *bind) as receiving, watching(spool, output) as here:
        receiving.title = "DUCT"
        receiving.port = receiving.wait_for(lambda status: status["port"])["port"]
        assert store(receiving, *early) == 0
        here.wait_for(lambda status: status["organised"] == 1)
        before = images_of(output)
        assert store(receiving, late) == 0
        here.wait_for(lambda status: status["organised"] == 2)
        receiving.stop()
        here.stop()

    assert [before, images_of(output)] == [{"2.25.900": 3}, {"2.25.900": 4}]
    (record,) = read_records(output)
    assert here.printed.splitlines() == [f"{record['key']} partial", f"{record['key']} paired"]
    assert here.process.returncode == 0
    assert here.status()["state"] == "stopped"
    assert "SAMPLE" not in here.said + here.printed + json.dumps(here.status())


def test_it_makes_what_one_run_over_the_spool_makes(tmp_path):
    spool = open_spool(tmp_path / "spool")
    for number in range(3):
        study = f"2.25.90{number}"
        put(spool, *write_ductogram(tmp_path / study, study=study).iterdir())
    with watching(spool.path, tmp_path / "OUT") as here:
        here.wait_for(lambda status: status["organised"] == 3)
        here.stop()

    assert_as_one_run(spool, tmp_path / "OUT", tmp_path / "once")


def test_what_is_unchanged_costs_nothing_also_after_a_new_start(tmp_path):
    spool, output = open_spool(tmp_path / "spool"), tmp_path / "OUT"
    put(spool, *write_ductogram(tmp_path / "export").iterdir())
    with watching(spool.path, output) as here:
        here.wait_for(lambda status: status["organised"] == 1)
        here.stop()
    before = files_of(output)
    with watching(spool.path, output) as again:
        again.wait_for(lambda status: status["waiting"] == 0)
        again.stop()

    assert files_of(output) == before
    assert again.status()["organised"] == 0


def test_asked_to_end_it_finishes_the_run_that_is_under_way(tmp_path):
    spool, output = open_spool(tmp_path / "spool"), tmp_path / "OUT"
    put(spool, *write_ductogram(tmp_path / "export").iterdir())
    with watching(spool.path, output) as here:
        lock = output / ".ductdicom" / "lock"
        while not (lock.exists() and lock.read_text()):  # a run holds it
            assert here.process.poll() is None
        here.stop()

    assert here.process.returncode == 0
    assert images_of(output) == {"2.25.900": 4}
    assert here.status()["organised"] == 1


def test_an_unreadable_object_stands_in_the_exit_code_and_what_cannot_be_written_is_tried_again(
    tmp_path,
):
    spool, output = open_spool(tmp_path / "spool"), tmp_path / "OUT"
    put(spool, *write_ductogram(tmp_path / "export").iterdir())
    (spool.study("2.25.900") / "broken.dcm").write_bytes(bytes(128) + b"DICM" + bytes(200))
    output.write_text("no folder")
    with watching(spool.path, output) as here:
        failing = here.wait_for(lambda status: status["state"] == "failing")
        output.unlink()
        here.wait_for(lambda status: status["organised"] == 1)
        here.stop()

    assert failing["exit_code"] == 4
    assert here.process.returncode == 1
    assert "a person is needed: 1 unreadable" in here.said


def test_an_error_that_nobody_expected_stands_in_the_status_file(tmp_path, monkeypatch, capsys):
    def fail(_watcher):
        raise RuntimeError("a bug")

    monkeypatch.setattr(Watcher, "look", fail)
    command = ["watch", str(tmp_path / "spool"), "-o", str(tmp_path / "OUT")]

    assert run(command) == 70
    status = json.loads((tmp_path / "spool" / "incoming" / "watch.json").read_text())
    assert (status["state"], status["exit_code"]) == ("stopped", 70)
    assert "bug" in capsys.readouterr().err


def test_options_come_from_the_configuration_and_a_wrong_one_ends_with_2(tmp_path, capsys):
    spool = open_spool(tmp_path / "spool")
    put(spool, *write_ductogram(tmp_path / "export").iterdir())
    config = tmp_path / "site.toml"
    config.write_text(
        'output = "OUT"\nformat = "pdf"\nquiet = true\njobs = 1\n[pacs]\nquiet = 0.3\n'
    )
    with started("watch", spool.path, "--config", config) as here:
        here.wait_for(lambda status: status["organised"] == 1)
        here.stop()
    names = {path.name for path in (tmp_path / "OUT").rglob("sheet*")}

    assert names == {"sheet.pdf"}
    assert run(["watch", str(spool.path)]) == 2
    assert run(["watch", str(spool.path), "-o", str(tmp_path / "OUT"), "--orthanc", "none"]) == 2
    assert "there is no peer 'none'" in capsys.readouterr().err


# --- Orthanc ---


class Fed:
    """A watch in this process that is fed by an Orthanc, and looks when it is told to."""

    def __init__(self, tmp_path, web, peer):
        self.spool = open_spool(tmp_path / "spool")
        self.output = tmp_path / "OUT"
        intake = Intake(self.spool, Room(), lambda _: None)
        settings = Settings(output=self.output, jobs=1, format=(Format.PNG,), dpi=72)
        self.watcher = Watcher(
            settings=settings,
            output=self.output,
            settling=Settling(self.spool, quiet_s=3600),  # the feed alone says what is complete
            organise=run_organise,
            feed=OrthancFeed(web, peer.web.url, intake),
        )

    def look_until(self, claim, seconds=30):
        for _ in range(seconds * 10):
            notices = self.watcher.look()
            assert [n for n in notices if n.event == "failing"] == []
            if claim(self):
                return
            threading.Event().wait(0.1)
        raise AssertionError(self.watcher.status())

    def read_up_to(self, archive):
        """Look until all changes of now are seen to."""
        last = requests.get(f"{root(archive)}/changes?last", timeout=10).json()["Last"]
        self.look_until(lambda here: here.watcher.status()["feed"] >= last)

    def names(self):
        return sorted(path.name for path in self.spool.studies.rglob("*.dcm"))


def root(archive):
    return f"http://{HOST}:{archive.web}"


@contextmanager
def fed(tmp_path, archive):
    peer = as_orthanc(find_peer(archive.url, {}))
    with DicomWeb(peer, 10) as web:
        yield Fed(tmp_path, web, peer)


def stable(archive, count):
    """Wait until Orthanc takes some studies for complete."""
    for _ in range(200):
        changes = requests.get(f"{root(archive)}/changes?limit=1000", timeout=10).json()["Changes"]
        if sum(change["ChangeType"] == "StableStudy" for change in changes) >= count:
            return
        threading.Event().wait(0.1)
    raise AssertionError(changes)


def test_mammography_that_orthanc_calls_stable_is_organised_and_nothing_else(tmp_path):
    paths = sorted(write_ductogram(tmp_path / "export").iterdir())
    scan = dcmread(write_view(tmp_path / "ct", study_instance_uid="2.25.901"))
    scan.Modality = "CT"
    scan.save_as(tmp_path / "ct")
    with orthanc(tmp_path / "orthanc") as archive, fed(tmp_path, archive) as here:
        assert store(archive, *paths, tmp_path / "ct") == 0
        stable(archive, 2)
        here.read_up_to(archive)

        assert images_of(here.output) == {"2.25.900": 4}
        assert {path.read_bytes() for path in here.spool.studies.rglob("*.dcm")} == {
            requests.get(f"{root(archive)}/instances/{one['ID']}/file", timeout=10).content
            for one in requests.get(f"{root(archive)}/instances?expand", timeout=10).json()
            if "2.25.901" not in str(one)
            and one["MainDicomTags"]["SOPInstanceUID"] != scan.SOPInstanceUID
        }
        assert here.watcher.exit_code == 0


def test_a_late_image_comes_alone_and_organises_its_study_again(tmp_path):
    *early, late = sorted(write_ductogram(tmp_path / "export").iterdir())
    with orthanc(tmp_path / "orthanc") as archive, fed(tmp_path, archive) as here:
        assert store(archive, *early) == 0
        here.look_until(lambda here: here.watcher.organised == 1)
        times = {path: path.stat().st_mtime_ns for path in here.spool.studies.rglob("*.dcm")}
        assert store(archive, late) == 0
        here.look_until(lambda here: here.watcher.organised == 2)

        assert images_of(here.output) == {"2.25.900": 4}
        assert {path: path.stat().st_mtime_ns for path in times} == times


def test_its_place_is_kept_and_what_orthanc_deleted_is_passed_over(tmp_path):
    with orthanc(tmp_path / "orthanc") as archive:
        assert store(archive, *write_ductogram(tmp_path / "export").iterdir()) == 0
        assert store(archive, write_view(tmp_path / "gone", study_instance_uid="2.25.901")) == 0
        stable(archive, 2)
        for one in requests.get(f"{root(archive)}/studies?expand", timeout=10).json():
            if one["MainDicomTags"]["StudyInstanceUID"] == "2.25.901":
                requests.delete(f"{root(archive)}/studies/{one['ID']}", timeout=10)
        with fed(tmp_path, archive) as here:
            here.read_up_to(archive)
            assert images_of(here.output) == {"2.25.900": 4}
            place = here.watcher.status()["feed"]
        with fed(tmp_path, archive) as again:
            assert again.watcher.status()["feed"] == place > 0
            again.read_up_to(archive)
            assert again.watcher.organised == 0


def test_a_database_that_counts_anew_is_read_from_the_beginning(tmp_path):
    with orthanc(tmp_path / "orthanc") as archive, fed(tmp_path, archive) as here:
        feed, place = here.watcher.feed, here.watcher._state.feed  # noqa: SLF001 - none yet
        (first, _), *_ = feed.read(place)
        assert store(archive, *write_ductogram(tmp_path / "export").iterdir()) == 0
        stable(archive, 1)
        late = type(first)(url=first.url, database=first.database, last=10_000)
        found = list(feed.read(late))

    assert [name for _, name in found if name] == ["2.25.900"]
    assert found[-1][0].last < 10_000


def test_our_own_objects_are_neither_fetched_nor_a_reason_for_a_run(tmp_path):
    own = tmp_path / "own"
    write_ductogram(tmp_path / "export")
    organise(tmp_path / "export", output=own, formats="dicom")
    with orthanc(tmp_path / "orthanc") as archive, fed(tmp_path, archive) as here:
        assert store(archive, *(tmp_path / "export").iterdir()) == 0
        here.look_until(lambda here: here.watcher.organised == 1)
        names = here.names()
        assert store(archive, *own.rglob("sheet*.dcm")) == 0
        stable(archive, 2)
        here.read_up_to(archive)

        assert here.names() == names
        assert here.watcher.organised == 1


def test_without_room_nothing_is_fetched_and_the_place_stays(tmp_path):
    with orthanc(tmp_path / "orthanc") as archive:
        assert store(archive, *write_ductogram(tmp_path / "export").iterdir()) == 0
        stable(archive, 1)
        options = ("--orthanc", archive.url, "--reserve", "1000000TB")
        with watching(tmp_path / "spool", tmp_path / "OUT", *options) as here:
            status = here.wait_for(lambda status: status["state"] == "failing")
            here.stop()

    assert status["feed"] == 0
    assert here.process.returncode == 4
    assert "FAILING to fetch, tried again" in here.said


def test_who_we_are_is_known_as_of_any_peer(tmp_path):
    (tmp_path / "password").write_text("open sesame")
    users = {"AuthenticationEnabled": True, "RegisteredUsers": {"duct": "open sesame"}}
    with orthanc(tmp_path / "orthanc", **users) as archive:
        assert store(archive, *write_ductogram(tmp_path / "export").iterdir()) == 0
        config = tmp_path / "site.toml"
        config.write_text(
            f'[peers.front]\nweb = "{archive.url}"\nuser = "duct"\npassword_file = "password"\n'
        )
        options = ("--reserve", "0", "--config", config, "--orthanc")
        with watching(tmp_path / "spool", tmp_path / "OUT", *options, archive.url) as stranger:
            stranger.wait_for(lambda status: status["state"] == "failing")
            stranger.stop()
        with watching(tmp_path / "spool", tmp_path / "OUT", *options, "front") as here:
            here.wait_for(lambda status: status["organised"] == 1)
            here.stop()

    assert stranger.process.returncode == 5
    assert "HTTP 401" in stranger.said
    assert here.process.returncode == 0
