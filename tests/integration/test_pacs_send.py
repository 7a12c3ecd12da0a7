"""Sheets into an archive: what is sent, once, and what peers make of it."""

import hashlib
import io
import json
import random
import shutil
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path

import pydicom
import pytest
from archives import free_ports, program
from exports import SCENES, organise, read_records, write_ductogram, write_view
from PIL import Image
from pydicom.uid import ImplicitVRLittleEndian, SecondaryCaptureImageStorage
from sending import Keeper, nobody

from ductdicom.cli.application import run
from ductdicom.errors import RemoteError
from ductdicom.export.output import require_output
from ductdicom.pacs.peers import OwnSide, find_peer
from ductdicom.pacs.send.by_dicom import DicomStore
from ductdicom.pacs.send.journal import SendingJournal
from ductdicom.pacs.send.objects import SentKind
from ductdicom.pacs.send.originals import Withheld
from ductdicom.pacs.send.run import Sender, SendWish
from ductdicom.pacs.send.store import Answer
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration

KILLS = 50  # in the slow test
A_FEW = 3
WHO = Person(name="Äffin^Zoë", patient_id="SAMPLE-77", issuer="HAUS", birth_date="19610203")
COPIED = (
    *("SpecificCharacterSet", "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate"),
    *("PatientSex", "StudyInstanceUID", "StudyDate", "StudyTime", "StudyID", "AccessionNumber"),
    *("ReferringPhysicianName", "StudyDescription"),
)
NOW = datetime(2026, 5, 4, 3, 2, 1).astimezone()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Draw a ductogram once; tests work on copies of its output folder."""
    folder = tmp_path_factory.mktemp("send")
    write_ductogram(folder / "export", person=WHO, accession_number="A-1")
    assert organise(folder / "export", output=folder / "out", formats="png,pdf") == 0
    return folder


@pytest.fixture
def export(drawn):
    return drawn / "export"


@pytest.fixture
def out(drawn, tmp_path):
    shutil.copytree(drawn / "out", tmp_path / "out")
    return tmp_path / "out"


def send(out, archive, *options):
    return run(["send", str(out), "-c", archive.address, "--timeout", "5", *options])


def journal(out, event=None):
    lines = (out / ".ductdicom" / "sent.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    return [item for item in found if event in {None, item["event"]}]


def key_of(out):
    return read_records(out)[0]["key"]


def decide(out, tmp_path, **decision):
    values = {"by": "AB", "at": "2026-02-01T10:00:00Z"} | decision
    content = {"schema": "ductdicom.decisions/1", "decisions": [values]}
    path = tmp_path / f"decision-{hashlib.sha256(str(values).encode()).hexdigest()[:8]}.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def uid_of(export, number):
    return str(pydicom.dcmread(export / f"IM{number}").SOPInstanceUID)


def raw(dataset, keyword):
    found = dataset.get_item(keyword)
    return getattr(found, "value", None)


# --- what is sent ---


def test_each_page_and_the_paired_images_are_sent_into_the_study_of_the_same_patient(
    out, export, capsys
):
    keeper = Keeper()
    with keeper.listening() as archive:
        assert send(out, archive) == 0

    said = capsys.readouterr()
    pages, (keys,) = keeper.of("OT"), keeper.of("KO")
    assert len(pages) == len(list((out / "studies").glob("*/sheet-*.png")))
    assert said.out == f"{key_of(out)} {len(pages) + 1}\n"
    original = pydicom.dcmread(export / "IM1")
    for item in keeper.objects():
        for keyword in COPIED:
            assert raw(item, keyword) == raw(original, keyword), keyword
    assert len({item.SeriesInstanceUID for item in pages}) == 1
    assert keys.SeriesInstanceUID not in {item.SeriesInstanceUID for item in pages}
    assert "SAMPLE" not in said.out + said.err
    assert "2.25" not in said.out + said.err


def test_a_page_is_a_capture_that_cannot_be_taken_for_a_mammogram(out):
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive, "--objects", "sheet")

    for number, page in enumerate(keeper.of("OT"), start=1):
        assert page.SOPClassUID == SecondaryCaptureImageStorage
        assert page.InstanceNumber == number
        assert page.SeriesNumber == 9001
        assert page.SeriesDescription == "DUCTOGRAM CONTACT SHEET - NOT FOR DIAGNOSIS"
        assert (page.ConversionType, page.BurnedInAnnotation) == ("WSD", "YES")
        assert list(page.ImageType) == ["DERIVED", "SECONDARY"]
        assert page.DerivationCodeSequence[0].CodeValue == "113085"
        source = page.SourceImageSequence[0]
        assert source.PurposeOfReferenceCodeSequence[0].CodeValue == "121329"
        assert "NumberOfFrames" not in page
        assert "PixelSpacing" not in page
        assert page.Manufacturer == "ductdicom"
        assert page.SoftwareVersions.startswith("ductdicom ")
        # the newest image's, as it is the same on every run
        assert (page.ContentDate, page.ContentTime[:6]) == ("20260102", "092400")


def test_a_page_has_the_pixels_of_the_sheet(out):
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive, "--objects", "sheet")

    for page in keeper.of("OT"):
        path = next((out / "studies").glob(f"*/sheet-{page.InstanceNumber}.png"))
        with Image.open(path) as image:
            assert page.PixelData[: page.Rows * page.Columns * 3] == image.convert("RGB").tobytes()


def test_the_keys_name_the_paired_images_before_those_after_row_by_row(out):
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive, "--objects", "keys")

    (keys,) = keeper.of("KO")
    (record,) = read_records(out)
    rows = [uid for row in record["rows"] for uid in (*row["pre"], *row["post"])]
    content = keys.ContentSequence
    shown = [
        i.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for i in content
        if i.ValueType == "IMAGE"
    ]
    evidence = keys.CurrentRequestedProcedureEvidenceSequence[0]
    listed = {
        item.ReferencedSOPInstanceUID
        for series in evidence.ReferencedSeriesSequence
        for item in series.ReferencedSOPSequence
    }
    assert keys.ConceptNameCodeSequence[0].CodeValue == "113000"
    assert shown == rows
    assert listed == set(rows)
    assert evidence.StudyInstanceUID == "2.25.900"


def test_views_of_an_earlier_study_are_evidence_of_their_own_study(tmp_path):
    export = tmp_path / "export"
    texts = Texts(study="GALACTOGRAM LEFT", image="after injection of contrast")
    write_ductogram(export / "now", scenes=SCENES[2:], person=WHO, texts=texts)
    for number, view in enumerate(("CC", "ML")):
        write_view(
            export / "before" / str(number),
            view=view,
            label=f"before/{number}",
            study_instance_uid="2.25.800",
            study_at="20251222085500",
            acquired_at=f"2025122209{number:02}00",
            person=WHO,
            texts=Texts(study="Mammographie"),
        )
    organise(export, output=tmp_path / "out")
    records = {r["study_instance_uid"]: r for r in read_records(tmp_path / "out")}
    assert any("prior-study" in row["notes"] for row in records["2.25.900"]["rows"])
    keeper = Keeper()

    with keeper.listening() as archive:
        assert send(tmp_path / "out", archive) == 0

    (keys,) = keeper.of("KO")
    studies = [i.StudyInstanceUID for i in keys.CurrentRequestedProcedureEvidenceSequence]
    assert studies == ["2.25.800", "2.25.900"]
    assert {item.StudyInstanceUID for item in keeper.objects()} == {"2.25.900"}


def test_a_pdf_is_sent_on_request(out):
    keeper = Keeper()
    with keeper.listening() as archive:
        assert send(out, archive, "--objects", "pdf") == 0

    (document,) = keeper.objects()
    path = next((out / "studies").glob("*/sheet.pdf"))
    size = document.EncapsulatedDocumentLength
    assert document.EncapsulatedDocument[:size] == path.read_bytes()
    assert document.PatientID == "SAMPLE-77"


@pytest.mark.parametrize("kind", SentKind)
def test_dciodvfy_finds_no_error(out, tmp_path, kind):
    binary = program("dciodvfy")
    sender = Sender(out, "P", SendWish(kinds=(kind,)))
    (planned,) = sender.look(key_of(out), is_dry=True).planned
    assert planned.objects

    for number, item in enumerate(planned.objects):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(item.content)
        done = subprocess.run(
            [binary, path], capture_output=True, text=True, check=False, timeout=60
        )
        said = done.stdout + done.stderr
        assert [line for line in said.splitlines() if line.startswith("Error")] == []


def test_phi_governs_the_pixels_and_not_the_header(drawn, tmp_path, capsys):
    organise(drawn / "export", output=tmp_path / "none", options=("--phi", "none"))
    keeper = Keeper()
    capsys.readouterr()

    with keeper.listening() as archive:
        assert send(tmp_path / "none", archive, "--objects", "sheet") == 0

    said = capsys.readouterr()
    assert str(keeper.objects()[0].PatientName) == "Äffin^Zoë"
    assert keeper.objects()[0].StudyInstanceUID == "2.25.900"
    assert said.out.startswith("undated-")


def test_our_own_objects_are_known_when_they_come_back(out, export, tmp_path):
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive, "--objects", "sheet,keys,pdf")
    folder = shutil.copytree(export, tmp_path / "back")
    for number, item in enumerate(keeper.objects()):
        item.save_as(folder / f"own-{number}", implicit_vr=False, little_endian=True)

    organise(folder, output=tmp_path / "again")

    (record,) = read_records(tmp_path / "again")
    assert len(record["instances"]) == 4
    assert (tmp_path / "again" / "ledger.csv").read_text().count("own-object") == len(keeper.kept)


# --- once ---


def test_sent_twice_nothing_is_added_and_the_second_time_nothing_is_asked(out, capsys):
    keeper = Keeper()
    with keeper.listening() as archive:
        assert send(out, archive) == 0
        before = dict(keeper.kept)
        lines = journal(out)
        assert send(out, archive) == 0

    assert keeper.kept == before
    assert len(keeper.asked) == len(before)
    assert keeper.associations == 1
    assert journal(out) == lines
    assert "0 objects stored" in capsys.readouterr().err


@pytest.mark.parametrize("is_lost", [False, True], ids=["forced", "journal lost"])
def test_the_same_bytes_are_made_on_every_run(out, is_lost):
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive, "--objects", "sheet,keys,pdf")
        if is_lost:
            (out / ".ductdicom" / "sent.jsonl").unlink()
        send(out, archive, "--objects", "sheet,keys,pdf", "--force")

    assert keeper.kept
    for copies in keeper.kept.values():
        assert len(copies) == 2
        assert copies[0] == copies[1]


def test_another_output_folder_makes_other_uids_of_the_same_study(out, export, tmp_path):
    organise(export, output=tmp_path / "other", formats="png,pdf")
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive)
        count = len(keeper.kept)
        send(tmp_path / "other", archive)

    assert len(keeper.kept) == 2 * count


def test_another_peer_is_sent_the_same_objects(out):
    one, two = Keeper(), Keeper()
    with one.listening() as first, two.listening() as second:
        send(out, first)
        send(out, second)

    assert one.kept == two.kept


def test_a_changed_decision_makes_a_new_object_that_is_plainly_the_newest(out, tmp_path):
    uid = read_records(out)[0]["rows"][0]["pre"][0]
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive)
        first = keeper.of("OT")[0]
        assert run(["apply", str(out), str(decide(out, tmp_path, image=uid, view="LM"))]) in {0, 1}
        file = decide(out, tmp_path, sop_instance_uid=uid, laterality="L", note="sure")
        run(["apply", str(out), str(file)])
        send(out, archive)

    newest = keeper.of("OT")[-1]
    assert newest.SOPInstanceUID != first.SOPInstanceUID
    assert newest.SeriesDescription == f"{first.SeriesDescription} - REVISION 2"
    assert newest.ContentDate + newest.ContentTime > first.ContentDate + first.ContentTime
    assert len(keeper.kept[first.SOPInstanceUID]) == 1
    made = [line for line in journal(out, "made") if line["kind"] == "sheet"]
    assert [line["number"] for line in made] == [1, 2]
    assert made[1]["follows"] == [item["sop_instance_uid"] for item in made[0]["objects"]]


def _decided_otherwise(out, tmp_path):
    uid = read_records(out)[0]["rows"][0]["pre"][0]
    assert run(["apply", str(out), str(decide(out, tmp_path, image=uid, view="LM"))]) in {0, 1}


def test_a_pdf_that_was_sent_once_is_sent_again_with_each_change_under_the_number_of_the_sheet(
    out, tmp_path
):
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive, "--objects", "sheet,keys,pdf")
        _decided_otherwise(out, tmp_path)
        assert send(out, archive) == 0

    numbers = [item.SeriesDescription.rpartition(" - ")[2] for item in keeper.of("DOC")]
    assert numbers == ["NOT FOR DIAGNOSIS", "REVISION 2"]
    assert keeper.of("OT")[-1].SeriesDescription.endswith("REVISION 2")


def test_a_pdf_that_is_sent_later_has_the_number_of_the_sheet_that_it_shows(out, tmp_path):
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive)
        _decided_otherwise(out, tmp_path)
        send(out, archive)
        send(out, archive, "--objects", "pdf")

    (document,) = keeper.of("DOC")
    assert document.SeriesDescription.endswith("REVISION 2")
    assert document.ContentTime >= keeper.of("OT")[-1].ContentTime


def test_a_pdf_that_was_sent_and_is_drawn_no_more_withholds_the_study(out, tmp_path, capsys):
    with Keeper().listening() as archive:
        send(out, archive, "--objects", "sheet,keys,pdf")
        _decided_otherwise(out, tmp_path)
        for path in (out / "studies").glob("*/sheet.pdf"):
            path.unlink()
        assert send(out, archive) == 1

    assert "NOT SENT" in capsys.readouterr().err


def test_the_name_of_no_study_is_wrong_usage(out, capsys):
    with Keeper().listening() as archive:
        assert send(out, archive, "--study", "nosuch") == 2

    assert "no study is called that" in capsys.readouterr().err


def test_what_is_as_it_was_before_a_change_is_the_newest_again(out):
    page = next((out / "studies").glob("*/sheet-1.png"))
    record = page.with_name("study.json")
    states = [_with_page(out, page, record, colour) for colour in (0, 90, 0)]
    wishes = [SendWish(kinds=(SentKind.SHEET,), now=lambda: NOW)] * 3
    found = []
    for state, wish in zip(states, wishes, strict=True):
        state()
        found.append(Sender(out, "P", wish).look(key_of(out)).planned[0])

    assert [item.number for item in found] == [1, 2, 3]
    uids = [item.objects[0].sop_instance_uid for item in found]
    assert len(set(uids)) == 3
    times = [pydicom.dcmread(io.BytesIO(i.objects[0].content)).SeriesTime for i in found[1:]]
    assert times == ["030201", "030202"]


def _with_page(out, page, record, colour):
    """Return what lays down another page, as a run would that draws it so."""

    def lay():
        stream = io.BytesIO()
        Image.new("RGB", (40, 30), (colour, 0, 0)).save(stream, "PNG")
        page.write_bytes(stream.getvalue())
        for path in (record, out / "studies.jsonl"):
            value = json.loads(path.read_text(encoding="utf-8"))
            place = value["files"].index(page.name)
            value["file_bytes"][place] = len(stream.getvalue())
            value["file_sha256"][place] = hashlib.sha256(stream.getvalue()).hexdigest()
            path.write_text(json.dumps(value) + "\n", encoding="utf-8")

    return lay


# --- what is not sent ---


@pytest.fixture(scope="module")
def unsure(tmp_path_factory):
    """Draw a study of which phases are only suggested."""
    folder = tmp_path_factory.mktemp("unsure")
    scenes = [(view, at, None) for view, at, _ in SCENES]
    write_ductogram(folder / "export", scenes=scenes, person=WHO)
    organise(folder / "export", output=folder / "out")
    assert read_records(folder / "out")[0]["status"] == "review"
    return folder / "out"


def test_what_is_for_review_is_never_sent(unsure, capsys):
    keeper = Keeper()
    with keeper.listening() as archive:
        assert send(unsure, archive) == 0
        assert send(unsure, archive, "--status", "review") == 2
        assert send(unsure, archive, "-n") == 0

    assert keeper.asked == []
    assert "not sent" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("verdict", "is_sent"), [("reviewed", True), ("cannot-tell", False), ("not-a-ductogram", False)]
)
def test_what_a_person_looked_at_is_sent_if_it_stands_and_no_suggestion_is_a_key(
    unsure, tmp_path, verdict, is_sent
):
    out = shutil.copytree(unsure, tmp_path / "out")
    study = read_records(out)[0]["study_instance_uid"]
    run(["apply", str(out), str(decide(out, tmp_path, study_instance_uid=study, verdict=verdict))])
    keeper = Keeper()

    with keeper.listening() as archive:
        send(out, archive)

    assert bool(keeper.kept) is is_sent
    assert keeper.of("KO") == []


def test_a_decision_that_is_not_on_the_sheet_yet_withholds_it(out, tmp_path, capsys):
    uid = read_records(out)[0]["rows"][0]["pre"][0]
    path = decide(out, tmp_path, sop_instance_uid=uid, phase="post")
    (out / "decisions").mkdir(exist_ok=True)
    shutil.copy(path, out / "decisions" / "laid.json")
    keeper = Keeper()

    with keeper.listening() as archive:
        assert send(out, archive) == 1

    assert keeper.asked == []
    assert "decision-not-applied" in capsys.readouterr().err


def _remove_originals(out, export):
    shutil.rmtree(export)


def _touch_sheet(out, _export):
    path = next((out / "studies").glob("*/sheet-1.png"))
    path.write_bytes(path.read_bytes() + b"x")


def _remove_sheet(out, _export):
    next((out / "studies").glob("*/sheet-1.png")).unlink()


def _replace_original(_out, export):
    write_view(export / "IM1", seed=9, label="other")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (_remove_originals, Withheld.SOURCE_GONE),
        (_replace_original, Withheld.SOURCE_GONE),
        (_touch_sheet, Withheld.CHANGED),
        (_remove_sheet, Withheld.CHANGED),
    ],
)
def test_what_is_not_as_it_was_drawn_is_withheld_and_said(tmp_path, capsys, change, reason):
    export, out = write_ductogram(tmp_path / "export"), tmp_path / "out"
    organise(export, output=out)
    change(out, export)
    keeper = Keeper()

    with keeper.listening() as archive:
        assert send(out, archive) == 1
        assert send(out, archive, "-n") == 1

    assert keeper.asked == []
    said = capsys.readouterr()
    assert reason in said.err
    assert reason in said.out


def _rename(path, **values):
    dataset = pydicom.dcmread(path)
    for name, value in values.items():
        setattr(dataset, name, value)
    dataset.save_as(path)


def test_what_two_patients_share_is_never_sent_whatever_a_reviewer_says(tmp_path):
    export, out = write_ductogram(tmp_path / "export", person=WHO), tmp_path / "out"
    _rename(export / "IM4", PatientID="SAMPLE-78")
    organise(export, output=out)
    for said in (
        {"study_instance_uid": "2.25.900", "verdict": "reviewed"},
        {"sop_instance_uid": uid_of(export, 4), "phase": "post"},
    ):
        run(["apply", str(out), str(decide(out, tmp_path, **said))])
    keeper = Keeper()

    with keeper.listening() as archive:
        assert send(out, archive) == 0

    assert [record["status"] for record in read_records(out)] == ["review", "review"]
    assert keeper.asked == []


def test_originals_that_do_not_name_one_patient_are_withheld(tmp_path, capsys):
    export, out = write_ductogram(tmp_path / "export", person=WHO), tmp_path / "out"
    _rename(export / "IM4", IssuerOfPatientID="")
    organise(export, output=out)
    keeper = Keeper()

    with keeper.listening() as archive:
        assert send(out, archive) == 1

    assert keeper.asked == []
    assert Withheld.PATIENT in capsys.readouterr().err


def test_a_sheet_without_pages_is_withheld(export, tmp_path, capsys):
    organise(export, output=tmp_path / "html", formats="html")
    keeper = Keeper()
    with keeper.listening() as archive:
        assert send(tmp_path / "html", archive) == 1
    assert "no-pages" in capsys.readouterr().err


def test_a_dry_run_says_what_and_writes_nothing(out, capsys):
    keeper = Keeper()
    with keeper.listening() as archive:
        assert send(out, archive, "-n") == 0

    assert keeper.associations == 0
    assert not (out / ".ductdicom" / "sent.jsonl").exists()
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1][:2] == [key_of(out), "paired"]
    assert rows[1][3:] == ["sheet,", "keys"]


# --- peers ---


def peer_of(archive, timeout_s=5.0):
    return find_peer(archive.address, {}), OwnSide(timeout_s=timeout_s)


def deliver(out, archive, *, pauses_s=(1.0, 5.0), timeout_s=5.0, **wish):
    """Send without waiting; returns what became of it, and the pauses that were made."""
    paused = []
    wish = SendWish(pauses_s=pauses_s, pause=paused.append, **wish)
    sender = Sender(out, archive.address, wish)
    with DicomStore(*peer_of(archive, timeout_s)) as store:
        return sender.send(store, lambda _: None), paused


@pytest.mark.parametrize("status", [0xB000, 0xB006, 0xB007, 0x0107, 0x0111])
def test_what_is_stored_with_a_warning_or_there_already_is_stored(out, status):
    keeper = Keeper(statuses=[status] * 9)
    with keeper.listening() as archive:
        sending, paused = deliver(out, archive)
        assert sending.exit_code == 0
        assert paused == []
        again, _ = deliver(out, archive)

    assert again.count(Answer.STORED) == 0
    assert {line["status"] for line in journal(out, "sent")} == {f"0x{status:04X}"}


def test_who_is_out_of_resources_is_asked_again_after_growing_pauses(out):
    keeper = Keeper(statuses=[0xA700, 0xA701])
    with keeper.listening() as archive:
        sending, paused = deliver(out, archive)

    assert sending.exit_code == 0
    assert paused == [1.0, 5.0]
    assert len(set(keeper.asked[:3])) == 1
    assert len(keeper.kept) == sending.count(Answer.STORED)


def test_who_stays_out_of_resources_is_sent_nothing_more(out):
    keeper = Keeper(statuses=[0xA700] * 99)
    with keeper.listening() as archive:
        sending, paused = deliver(out, archive)
        assert sending.exit_code == 5
        assert len(keeper.asked) == len(paused) + 1
        keeper.statuses.clear()
        again, _ = deliver(out, archive)

    assert again.exit_code == 0
    assert len(set(keeper.kept)) == again.count(Answer.STORED)


@pytest.mark.parametrize("status", [0xA900, 0xC000, 0xC123, 0x0124, 0x0110])
def test_what_is_refused_for_good_is_not_sent_again_and_the_others_are(out, status, capsys):
    keeper = Keeper(statuses=[status])
    with keeper.listening() as archive:
        assert send(out, archive) == 5

    assert len(keeper.asked) == len(set(keeper.asked)) == len(keeper.kept) + 1
    assert f"0x{status:04X}" in capsys.readouterr().err
    assert [line["stored"] for line in journal(out, "sent")].count(False) == 1


def test_an_association_that_is_dropped_halfway_is_asked_for_again(out):
    keeper = Keeper(then=lambda: setattr(keeper, "drops", len(keeper.kept) == 1))
    with keeper.listening() as archive:
        sending, paused = deliver(out, archive)

    assert sending.exit_code == 0
    assert paused == [1.0]
    assert keeper.associations == 2
    assert all(len(copies) == 1 for copies in keeper.kept.values())


def test_who_drops_each_time_is_given_up(out):
    keeper = Keeper(drops=99)
    with keeper.listening() as archive:
        assert send(out, archive) == 5


def test_who_hangs_is_given_up(out):
    keeper = Keeper(hangs=1)
    with keeper.listening() as archive, pytest.raises(RemoteError, match="silent"):
        deliver(out, archive, timeout_s=0.5)


def test_who_is_not_there_is_named(out, capsys):
    (port,) = free_ports(1)
    assert run(["send", str(out), "-c", nobody(port)]) == 5
    assert "cannot be reached" in capsys.readouterr().err


def test_who_takes_no_keys_is_sent_the_pages(out, capsys):
    keeper = Keeper()
    with keeper.listening(classes=[SecondaryCaptureImageStorage]) as archive:
        assert send(out, archive) == 5

    assert len(keeper.kept) == len(keeper.of("OT")) > 0
    assert "sop-class-not-accepted" in capsys.readouterr().err


def test_who_takes_implicit_vr_alone_gets_the_same_values(out, export):
    keeper = Keeper()
    with keeper.listening(syntaxes=[ImplicitVRLittleEndian]) as archive:
        assert send(out, archive) == 0

    original = pydicom.dcmread(export / "IM1")
    assert all(item.PatientName == original.PatientName for item in keeper.objects())


# --- a journal that survives ---


KILLED = """
import os, signal, sys
from ductdicom.cli.application import run
from ductdicom.pacs.send.journal import SendingJournal, SentEvent
add, left = SendingJournal.add, [int(sys.argv[1])]
def dying(self, event):
    if isinstance(event, SentEvent):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
    add(self, event)
SendingJournal.add = dying
run(sys.argv[2:])
"""


@pytest.mark.parametrize("after", [0, 1])
def test_killed_between_the_archive_and_the_journal_the_same_bytes_are_sent_again(out, after):
    keeper = Keeper()
    with keeper.listening() as archive:
        command = ["send", str(out), "-c", archive.address]
        done = subprocess.run(
            [sys.executable, "-c", KILLED, str(after), *command], check=False, timeout=60
        )
        assert done.returncode == -9
        assert len(keeper.kept) == after + 1
        assert len(journal(out, "sent")) == after
        assert send(out, archive) == 0

    assert {len(copies) for copies in keeper.kept.values()} == {1, 2}
    assert all(len(set(copies)) == 1 for copies in keeper.kept.values())
    assert len(keeper.kept) == len(journal(out, "sent"))


@pytest.mark.parametrize("kills", [A_FEW, pytest.param(KILLS, marks=pytest.mark.slow)])
def test_killed_at_random_no_sheet_becomes_two_objects_and_the_last_one_arrives(kills, out):
    chance = random.Random(kills)
    page = next((out / "studies").glob("*/sheet-1.png"))
    keeper, killed = Keeper(), 0
    with keeper.listening() as archive:
        command = [sys.executable, "-m", "ductdicom", "send", str(out), "-c", archive.address]
        for number in range(kills):
            _with_page(out, page, page.with_name("study.json"), number)()
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
                moment = chance.randint(0, 3)  # objects that are kept and not yet answered
                delay = chance.uniform(0.0, 0.1)
                killer = threading.Timer(delay if moment else 20 * delay, process.kill)
                if moment:
                    due = len(keeper.asked) + moment
                    keeper.then = lambda k=killer, d=due: len(keeper.asked) == d and k.start()
                else:
                    killer.start()
                killed += process.wait(60) != 0
                killer.cancel()
            keeper.then = lambda: None
        assert send(out, archive) == 0

    assert killed
    assert all(len(set(copies)) == 1 for copies in keeper.kept.values())
    found = keeper.objects()
    assert len({(o.SeriesDescription, o.InstanceNumber) for o in found}) == len(found)
    made, sent = journal(out, "made"), journal(out, "sent")
    assert {item["sop_instance_uid"] for item in sent} <= keeper.kept.keys()
    last = {line["kind"]: line["objects"] for line in made}
    newest = {item["sop_instance_uid"] for objects in last.values() for item in objects}
    assert newest <= {item["sop_instance_uid"] for item in sent if item["stored"]}
    numbers = [line["number"] for line in made if line["kind"] == "sheet"]
    assert numbers == list(range(1, len(numbers) + 1))  # none was written down twice


def test_a_line_that_was_cut_is_passed_over_and_none_is_lost_to_it(out):
    keeper = Keeper()
    path = out / ".ductdicom" / "sent.jsonl"
    with keeper.listening() as archive:
        send(out, archive)
        whole = path.read_bytes()
        path.write_bytes(whole[:-20])
        send(out, archive)
        assert send(out, archive) == 0

    assert path.read_bytes().startswith(whole[:-20] + b"\n")
    assert sorted(map(len, keeper.kept.values()))[-2:] == [1, 2]


def test_a_link_in_the_place_of_the_journal_is_refused(out, tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"")
    (out / ".ductdicom" / "sent.jsonl").symlink_to(tmp_path / "elsewhere")
    keeper = Keeper()
    with keeper.listening() as archive:
        assert send(out, archive) == 4
    assert keeper.asked == []


def test_the_journal_names_what_was_sent_where_and_when(out):
    keeper = Keeper()
    with keeper.listening() as archive:
        send(out, archive)

    lines = journal(out, "sent")
    assert [line["sop_instance_uid"] for line in lines] == list(keeper.kept)
    assert {line["peer"] for line in lines} == {archive.address}
    assert {line["stored"] for line in lines} == {True}
    assert SendingJournal(require_output(out).path).is_stored(archive.address, keeper.asked[0])
    assert Path(out / ".ductdicom" / "sent.jsonl").is_file()
