"""What a watch sends back: sheets of paired ductograms, as often as they change, once each."""

import hashlib
import json
import random
import signal
import socket
import subprocess
import sys
from functools import partial

import pytest
from archives import HOST, free_ports
from exports import SCENES, read_records, write_ductogram
from pacs_watching import assert_as_one_run, images_of, put, watching
from sending import Keeper, nobody

from ductdicom.cli.application import run
from ductdicom.cli.pacs.sending import opened_store
from ductdicom.pacs.peers import OwnSide, find_peer
from ductdicom.pacs.send.run import SendWish
from ductdicom.pacs.spool.folder import open_spool
from ductdicom.pacs.watch.delivery import Delivery
from ductdicom.pacs.watch.run import Watcher
from ductdicom.pacs.watch.settling import Settling
from ductdicom.phantom.spec import Person
from ductdicom.pipeline.run import organise as run_organise
from ductdicom.settings import Format, Settings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="ends as POSIX systems do"),
]
KILLS = 50  # in the slow test
A_FEW = 3
SHEET = "DUCTOGRAM CONTACT SHEET - NOT FOR DIAGNOSIS"
OTHER = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-901", birth_date="19620203")
UNSURE = tuple((view, at, None) for view, at, _ in SCENES)


class Here:
    """A watch in this process that sends, and looks when it is told to; its clock is turned."""

    def __init__(self, tmp_path, address):
        self.now, self.spool, self.output = 0.0, open_spool(tmp_path / "spool"), tmp_path / "OUT"
        self.address = address
        self.start()

    def start(self):
        """Start another watch, as after the end of the one before."""
        opened = partial(
            opened_store, find_peer(self.address, {}), OwnSide(timeout_s=5), is_web=False
        )
        self.delivery = Delivery(self.output, self.address, SendWish(pauses_s=()), opened)
        self.watcher = Watcher(
            settings=Settings(output=self.output, jobs=1, format=(Format.PNG,), dpi=72),
            output=self.output,
            settling=Settling(self.spool, 0, lambda: self.now),
            organise=run_organise,
            delivery=self.delivery,
            clock=lambda: self.now,
        )

    def look(self, seconds=0):
        self.now += seconds
        return [notice.event for notice in self.watcher.look()]

    def decide(self, tmp_path, **decision):
        """Let a person decide, and apply it, as ``ductdicom apply`` and the review do."""
        values = {"by": "AB", "at": "2026-02-01T10:00:00Z"} | decision
        content = {"schema": "ductdicom.decisions/1", "decisions": [values]}
        name = hashlib.sha256(str(values).encode()).hexdigest()[:8]
        path = tmp_path / f"decision-{name}.json"
        path.write_text(json.dumps(content), encoding="utf-8")
        assert run(["apply", str(self.output), str(path)]) in {0, 1}


@pytest.fixture
def keeper():
    return Keeper()


@pytest.fixture
def here(tmp_path, keeper):
    with keeper.listening() as archive:
        yield Here(tmp_path, archive.address)


def come(here, folder, **spec):
    put(here.spool, *write_ductogram(folder, **spec).iterdir())


def descriptions(keeper):
    return [item.SeriesDescription for item in keeper.of("OT")]


# --- what is sent, and what not ---


def test_a_paired_study_is_sent_when_it_was_organised_and_then_no_more(here, keeper, tmp_path):
    come(here, tmp_path / "export")

    assert here.look() == ["study", "sent"]
    assert set(descriptions(keeper)) == {SHEET}
    assert len(keeper.of("KO")) == 1
    asked = len(keeper.asked)
    assert here.look(10) == []
    here.start()
    assert here.look(10) == []
    assert len(keeper.asked) == asked
    assert keeper.associations == 1


def test_what_is_for_review_is_sent_once_a_person_reviewed_it(here, keeper, tmp_path):
    come(here, tmp_path / "export", scenes=UNSURE)
    assert "sent" not in here.look()
    (record,) = read_records(here.output)
    assert record["status"] == "review"
    assert keeper.associations == 0

    here.decide(tmp_path, study_instance_uid=record["study_instance_uid"], verdict="reviewed")

    assert here.look() == ["sent"]
    assert read_records(here.output)[0]["status"] in {"paired", "partial"}
    assert set(descriptions(keeper)) == {SHEET}


@pytest.mark.parametrize("verdict", ["cannot-tell", "not-a-ductogram"])
def test_what_a_person_closed_is_never_sent(verdict, here, keeper, tmp_path):
    come(here, tmp_path / "export", scenes=UNSURE)
    here.look()
    (record,) = read_records(here.output)
    here.decide(tmp_path, study_instance_uid=record["study_instance_uid"], verdict=verdict)

    assert here.look() == []
    assert keeper.asked == []


def test_a_study_that_is_closed_after_it_was_sent_brings_nothing_new(here, keeper, tmp_path):
    come(here, tmp_path / "export")
    here.look()
    asked = list(keeper.asked)
    (record,) = read_records(here.output)
    here.decide(tmp_path, study_instance_uid=record["study_instance_uid"], verdict="cannot-tell")

    assert here.look() == []
    assert keeper.asked == asked


def test_a_later_decision_makes_a_new_object_that_says_so(here, keeper, tmp_path):
    come(here, tmp_path / "export")
    here.look()
    first = [item.SOPInstanceUID for item in keeper.objects()]
    uid = read_records(here.output)[0]["rows"][0]["pre"][0]
    here.decide(tmp_path, sop_instance_uid=uid, laterality="L", note="sure")

    assert here.look() == ["sent"]

    assert descriptions(keeper)[-1] == f"{SHEET} - REVISION 2"
    newest = keeper.of("OT")[-1]
    assert newest.SOPInstanceUID not in first
    assert all(len(copies) == 1 for copies in keeper.kept.values())


def test_a_late_image_makes_a_new_object(here, keeper, tmp_path):
    late, *early = sorted(write_ductogram(tmp_path / "export").iterdir())
    put(here.spool, *early)
    here.look()
    put(here.spool, late)

    assert here.look() == ["study", "sent"]
    assert SHEET in descriptions(keeper)
    assert f"{SHEET} - REVISION 2" in descriptions(keeper)


# --- peers that cannot, or will not ---


def test_a_peer_that_is_away_holds_nothing_up_and_is_tried_again(tmp_path):
    (port,) = free_ports(1)
    here = Here(tmp_path, nobody(port))
    come(here, tmp_path / "one")
    assert here.look() == ["study", "failing"]
    assert here.watcher.exit_code == 5
    assert here.watcher.status()["state"] == "failing"
    come(here, tmp_path / "two", study="2.25.901", person=OTHER)
    assert here.look() == ["study"]  # is organised, and the peer left alone

    keeper = Keeper()
    with keeper.listening() as archive:
        here.address = archive.address
        here.start()
        assert here.look() == ["sent", "sent"]
    assert here.watcher.exit_code == 0


def test_a_peer_that_lets_us_in_and_says_nothing_holds_no_study_up(tmp_path):
    spool, output = open_spool(tmp_path / "spool"), tmp_path / "OUT"
    with socket.create_server((HOST, 0)) as silent:
        peer = f"SILENT@{HOST}:{silent.getsockname()[1]}"
        with watching(spool.path, output, "--send", peer, "--timeout", "60") as here:
            for number in (1, 2):
                study = f"2.25.90{number}"
                put(spool, *write_ductogram(tmp_path / study, study=study).iterdir())
                here.wait_for(lambda status, done=number: status["organised"] == done)
            status = here.wait_for(lambda status: status["sending"])
            here.process.kill()
            here.process.wait()

    assert status["failing"] == {}  # it is still waited for
    assert status["sent"] == 0


def test_a_full_peer_is_asked_again_after_growing_pauses(here, keeper, tmp_path):
    keeper.statuses = [0xA700] * 4
    come(here, tmp_path / "export")
    assert here.look() == ["study", "failing"]
    asked = []
    for second in range(1, 20):
        before = len(keeper.asked)
        here.look(1)
        asked += [second] * (len(keeper.asked) > before)

    assert asked == [1, 3, 7, 15]  # the last time it is taken
    assert len(keeper.asked) == 4 + len(keeper.kept)
    assert here.watcher.exit_code == 0


def test_what_is_refused_for_good_is_left_alone_until_something_changes(here, keeper, tmp_path):
    keeper.statuses = [0xC000]
    come(here, tmp_path / "export")

    assert here.look() == ["study", "refused", "sent"]
    assert here.watcher.exit_code == 5
    asked = len(keeper.asked)
    assert here.look(60) == []
    assert len(keeper.asked) == asked
    come(here, tmp_path / "other", study="2.25.901", person=OTHER)
    assert here.look(60) == ["study", "sent", "sent"]  # now the refused one is taken, too
    assert here.watcher.exit_code == 0


def test_what_cannot_be_sent_is_said_once_and_needs_a_person(here, keeper, tmp_path):
    come(here, tmp_path / "one")
    here.look()
    sheet = next((here.output / "studies").glob("*/sheet-1.png"))
    sheet.write_bytes(sheet.read_bytes() + b"x")
    here.delivery.output.joinpath(".ductdicom", "sent.jsonl").unlink()
    here.start()

    assert here.look() == ["withheld"]
    assert here.watcher.exit_code == 1
    come(here, tmp_path / "two", study="2.25.901", person=OTHER)
    assert here.look() == ["study", "sent"]
    assert here.watcher.status()["withheld"] == 1


def test_who_is_asked_to_end_begins_no_further_study(here, keeper, tmp_path):
    for number in range(3):
        person = Person(name="SAMPLE", patient_id=f"SAMPLE-{number}", birth_date="19620203")
        come(here, tmp_path / str(number), study=f"2.25.90{number}", person=person)
    here.watcher.is_ending = lambda: bool(keeper.asked)
    here.look()

    assert len({item.StudyInstanceUID for item in keeper.objects()}) == 1


# --- as a command ---


def test_it_says_what_it_sent_and_names_no_patient(keeper, tmp_path):
    spool, output = open_spool(tmp_path / "spool"), tmp_path / "OUT"
    put(spool, *write_ductogram(tmp_path / "export").iterdir())
    with keeper.listening() as archive:
        config = tmp_path / "site.toml"
        config.write_text(
            f'[peers.main]\nconnect = "{archive.address}"\n[pacs]\nsend = "main"\nbind = "DUCT"\n'
        )
        with watching(spool.path, output, "--config", config) as here:
            status = here.wait_for(lambda status: status.get("sent"))
            here.stop()

    (record,) = read_records(output)
    assert here.process.returncode == 0
    assert here.printed == f"{record['key']} paired\n"
    assert f"{record['key']}: {len(keeper.kept)} sent" in here.said
    assert (status["sent"], status["refused"], status["withheld"]) == (len(keeper.kept), 0, 0)
    assert "SAMPLE" not in here.said + here.printed + json.dumps(here.status())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--send", "none"), "there is no peer 'none'"),
        (("--send", "A@h:1", "--format", "pdf"), "sheets as png"),
        (("--send", "A@h:1", "--format", "png", "--objects", "pdf"), "sheets as pdf"),
        (("--send", "A@h:1", "--objects", "all"), "'all' is none of"),
    ],
)
def test_what_could_never_be_sent_is_wrong_usage(options, said, tmp_path, capsys):
    assert run(["watch", str(tmp_path / "spool"), "-o", str(tmp_path / "OUT"), *options]) == 2
    assert said in capsys.readouterr().err


# --- kill -9 ---


@pytest.mark.parametrize("kills", [pytest.param(n, marks=pytest.mark.slow) for n in (A_FEW, KILLS)])
def test_killed_at_any_moment_it_ends_with_what_one_run_makes_and_each_sheet_is_sent_once(
    kills, keeper, tmp_path
):
    chance = random.Random(kills)
    spool, output = open_spool(tmp_path / "spool"), tmp_path / "OUT"
    came = {}
    with keeper.listening() as archive:
        options = ("--send", archive.address)
        for number in range(kills):
            study, scenes = f"2.25.9{number:03}", SCENES[: chance.randint(2, 4)]
            person = Person(name="SAMPLE", patient_id=f"SAMPLE-{number}", birth_date="19620203")
            export = write_ductogram(tmp_path / study, study=study, scenes=scenes, person=person)
            put(spool, *export.iterdir())
            came[study] = len(scenes)
            with watching(spool.path, output, *options) as here:
                try:
                    here.wait_for(lambda status: status)  # it has begun
                    here.process.wait(chance.uniform(0.0, 4.0))
                except subprocess.TimeoutExpired:
                    here.process.kill()
                here.process.wait()
                assert here.process.returncode == -signal.SIGKILL
        with watching(spool.path, output, *options) as here:
            here.wait_for(
                lambda status: status["waiting"] == 0 and not status["sending"],
                seconds=10 * (kills + 4),
            )
            here.stop()
        assert here.process.returncode == 0
        stored = list(keeper.asked)
        assert run(["send", str(output), "-c", archive.address]) == 0

    assert keeper.asked == stored  # nothing was left to be sent
    assert images_of(output) == came
    assert list(output.rglob(".part-*")) == []
    sent = {}
    for item in keeper.objects():
        assert len(set(keeper.kept[item.SOPInstanceUID])) == 1
        sent.setdefault(item.StudyInstanceUID, []).append((item.Modality, item.InstanceNumber))
    assert {study: sorted(objects) for study, objects in sent.items()} == {
        record["study_instance_uid"]: sorted(objects_of(output, record))
        for record in read_records(output)
        if record["status"] in {"paired", "partial"}
    }
    assert set(descriptions(keeper)) == {SHEET}  # none as a second one
    assert_as_one_run(spool, output, tmp_path / "once")


def objects_of(output, record):
    """Return the objects that a study is to have in the archive."""
    pages = (output / "studies" / record["key"]).glob("sheet-*.png")
    has_keys = any(row["pre"] and row["post"] for row in record["rows"])
    return [*(("OT", n) for n, _ in enumerate(pages, 1)), *([("KO", 1)] if has_keys else [])]
