"""Two output folders that send into one study: which sheet is the newest stays plain."""

import json
import shutil

import pytest
from archives import orthanc, store
from exports import organise, read_records, write_ductogram
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt
from pynetdicom.sop_class import StudyRootQueryRetrieveInformationModelFind as Find
from sending import Keeper

from ductdicom.cli.application import run

pytestmark = pytest.mark.integration

SHEET = "DUCTOGRAM CONTACT SHEET - NOT FOR DIAGNOSIS"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    """Draw a ductogram into two output folders; each has a key of its own, and so other UIDs."""
    folder = tmp_path_factory.mktemp("two")
    write_ductogram(folder / "export")
    for name in ("one", "two"):
        organise(folder / "export", output=folder / name)
    return folder


@pytest.fixture
def outs(drawn, tmp_path):
    """Return copies of both."""
    return [shutil.copytree(drawn / name, tmp_path / name) for name in ("one", "two")]


class Archive(Keeper):
    """An archive that tells what it holds, or does something else when it is asked."""

    says = None

    def find(self, event):
        if self.says is not None:
            yield from self.says(event)
            return
        for one in self.objects():
            answer = Dataset()
            for name in ("StudyInstanceUID", "SeriesInstanceUID", "Modality", "SeriesDescription"):
                setattr(answer, name, one[name].value)
            yield 0xFF00, answer

    def telling(self):
        return self.listening(more=[build_context(Find)], handlers=[(evt.EVT_C_FIND, self.find)])

    def sheets(self):
        return [item.SeriesDescription for item in self.of("OT")]


def send(out, archive, *options):
    return run(["send", str(out), "-c", archive.address, "--timeout", "5", *options])


def decide(out, tmp_path, phase, day):
    uid = read_records(out)[0]["rows"][0]["post"][0]
    decision = {"sop_instance_uid": uid, "by": "AB", "at": f"2026-02-{day}T10:00:00Z"}
    path = tmp_path / f"{day}.json"
    content = {"schema": "ductdicom.decisions/1", "decisions": [decision | phase]}
    path.write_text(json.dumps(content), encoding="utf-8")
    run(["apply", str(out), str(path)])


def test_what_another_output_folder_sent_withholds_the_same_study_of_this_one(outs, capsys):
    one, two = outs
    archive = Archive()
    with archive.telling() as where:
        assert send(one, where) == 0
        assert archive.associations == 1  # over which it is asked, too
        kept = len(archive.kept)
        assert send(two, where) == 1
        said = capsys.readouterr().err
        assert "sent-by-another-output" in said
        assert "--take-over" in said
        assert send(one, where, "--force") == 0  # its own are none of another's

    assert len(archive.kept) == kept
    assert not (two / ".ductdicom" / "sent.jsonl").exists()


def test_taken_over_the_next_revision_is_newer_and_the_first_folder_is_withheld(
    outs, tmp_path, capsys
):
    one, two = outs
    archive = Archive()
    with archive.telling() as where:
        assert send(one, where) == 0
        assert send(two, where, "--take-over") == 0
        assert send(two, where) == 0  # nothing is sent twice, and nothing held against itself
        newest = archive.of("OT")[-1]
        decide(one, tmp_path, {"view": "ML"}, "01")
        assert send(one, where) == 1
        decide(two, tmp_path, {"view": "ML"}, "02")
        assert send(two, where) == 0

    first = archive.of("OT")[0]
    assert dict.fromkeys(archive.sheets()) == dict.fromkeys(
        (SHEET, f"{SHEET} - REVISION 2", f"{SHEET} - REVISION 3")
    )
    assert newest.SeriesDescription == f"{SHEET} - REVISION 2"
    assert newest.ContentDate + newest.ContentTime > first.ContentDate + first.ContentTime
    keys = [item.SeriesDescription for item in archive.of("KO")]
    assert keys[:2] == [keys[0], f"{keys[0]} - REVISION 2"]
    assert capsys.readouterr().err.count("sent-by-another-output") == 1


def of(description, *, modality="OT", study="2.25.900", series="1.2.3"):
    answer = Dataset()
    answer.StudyInstanceUID, answer.SeriesInstanceUID = study, series
    answer.Modality, answer.SeriesDescription = modality, description
    return answer


@pytest.mark.parametrize(
    "answer",
    [
        of("DUCTOGRAM LEFT"),
        of(SHEET, modality="MG"),
        of(SHEET, study="2.25.901"),
        of(f"{SHEET} - REVISION TWO"),
        of(None),
        Dataset(),
    ],
)
def test_what_else_the_archive_holds_withholds_nothing(outs, answer):
    archive = Archive()
    archive.says = lambda _: iter([(0xFF00, answer)])
    with archive.telling() as where:
        assert send(outs[0], where) == 0

    assert SHEET in archive.sheets()


def refuse(_event):
    yield 0xA700, None


def break_off(event):
    event.assoc.abort()
    yield 0x0000, None


@pytest.mark.parametrize("says", [refuse, break_off])
def test_an_archive_that_cannot_be_asked_is_sent_to_all_the_same(outs, says, capsys):
    archive = Archive()
    archive.says = says
    with archive.telling() as where:
        assert send(outs[0], where) == 0

    assert SHEET in archive.sheets()
    assert "another output folder sent some was not told" in capsys.readouterr().err


def test_one_that_offers_no_question_is_sent_to_all_the_same(outs, capsys):
    keeper = Keeper()
    with keeper.listening() as where:
        assert send(outs[0], where) == 0

    assert "offers no C-FIND" in capsys.readouterr().err


def test_orthanc_tells_it_by_either_protocol(drawn, outs, tmp_path, capsys):
    one, two = outs
    with orthanc(tmp_path / "orthanc") as archive:
        assert store(archive, *sorted((drawn / "export").iterdir())) == 0
        assert send(one, archive) == 0
        for address in (archive.address, archive.url):
            assert run(["send", str(two), "-c", address]) == 1
        assert run(["send", str(two), "-c", archive.url, "--take-over"]) == 0
        assert run(["send", str(one), "-c", archive.address, "--force"]) == 1

    assert capsys.readouterr().err.count("sent-by-another-output") == 3
