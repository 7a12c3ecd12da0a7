"""From an archive and back into it: the sheet beside the images, once, whatever is repeated."""

import hashlib
import json
import shutil
import subprocess
import sys
from contextlib import ExitStack

import pydicom
import pytest
import requests
from archives import HOST, dcmqrscp, free_ports, orthanc, program, running, store
from exports import organise, read_records, write_ductogram
from pacs_watching import started, watching

from ductdicom.cli.application import run
from ductdicom.pacs.peers import parse_bind
from ductdicom.pacs.receive import Terms, receiving
from ductdicom.pacs.spool.folder import open_spool
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration

WHO = Person(name="Äffin^Zoë", patient_id="SAMPLE-88", issuer="HAUS", birth_date="19610203")
STUDY = "2.25.900"


def journal(out, event):
    lines = (out / ".ductdicom" / "sent.jsonl").read_text(encoding="utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line["event"] == event]


def commit(out, orthanc, *options):
    address, bind = orthanc.archive.address, orthanc.archive.bind
    return run(["send", str(out), "-c", address, "-b", bind, "--commit", *options])


class Orthanc:
    """What Orthanc says of itself by its own pages."""

    def __init__(self, archive):
        self.archive = archive
        self.root = f"http://127.0.0.1:{archive.web}"

    def get(self, path):
        return requests.get(f"{self.root}/{path}", timeout=20).json()

    def objects(self):
        """Return a hash of each object's bytes by its UID."""
        found = {}
        for name in self.get("instances"):
            tags = self.get(f"instances/{name}/simplified-tags")
            content = requests.get(f"{self.root}/instances/{name}/file", timeout=20).content
            found[tags["SOPInstanceUID"]] = hashlib.sha256(content).hexdigest()
        return found

    def studies(self):
        """Return the tags of studies and patients by Study Instance UID."""
        return {
            study["MainDicomTags"]["StudyInstanceUID"]: (
                study["MainDicomTags"],
                study["PatientMainDicomTags"],
            )
            for study in (self.get(f"studies/{name}") for name in self.get("studies"))
        }

    def forward(self):
        """Send all that it holds to who it knows as ``duct``, as a rule of an archive does."""
        url = f"{self.root}/modalities/duct/store"
        assert (
            requests.post(url, json=self.get("studies"), timeout=60).json()["FailedInstancesCount"]
            == 0
        )

    def stable(self):
        """Return the places in its list of changes where studies became stable."""
        changes = self.get("changes?limit=1000")["Changes"]
        return [change["Seq"] for change in changes if change["ChangeType"] == "StableStudy"]

    def qido(self, modality, study=STUDY):
        url = f"{self.archive.url}/studies/{study}/instances"
        answer = requests.get(url, params={"Modality": modality}, timeout=20)
        return [] if answer.status_code == 204 else answer.json()


@pytest.fixture
def archive(tmp_path):
    """Run an Orthanc that holds a ductogram and a plain mammogram."""
    export = write_ductogram(tmp_path / "export" / "1", person=WHO, accession_number="A-9")
    plain = [("CC", "0900", None), ("ML", "0903", None)]
    other = Person(name="SAMPLE^OTHER", patient_id="SAMPLE-89", birth_date="19620203")
    write_ductogram(
        export.parent / "2",
        study="2.25.902",
        scenes=plain,
        person=other,
        texts=Texts(study="MAMMOGRAPHY"),
    )
    with orthanc(tmp_path / "orthanc") as found:
        files = [path for path in sorted(export.parent.rglob("*")) if path.is_file()]
        assert store(found, *files) == 0
        yield Orthanc(found)


def fetched(archive, spool, *options):
    return run(
        [
            *("pull", "-c", archive.address, "-b", "DUCT", "--date", "20260102"),
            *("-o", str(spool), "--reserve", "0", "--pause", "0", *options),
        ]
    )


@pytest.mark.parametrize("way", ["dicom", "web"])
def test_pulled_organised_and_sent_it_lies_beside_the_images(archive, tmp_path, way):
    originals, studies = archive.objects(), archive.studies()
    spool, out = tmp_path / "spool", tmp_path / "out"
    address = archive.archive.address if way == "dicom" else archive.archive.url

    assert fetched(archive.archive, spool) == 0
    assert organise(spool / "studies", output=out, formats="png,pdf") == 0
    command = ["send", str(out), "-c", address, "--objects", "sheet,keys,pdf"]
    assert run(command) == 0

    after = archive.objects()
    assert {uid: after[uid] for uid in originals} == originals
    assert archive.studies() == studies
    sent = {line["sop_instance_uid"] for line in journal(out, "sent")}
    assert after.keys() - originals.keys() == sent
    pages = len(list((out / "studies").glob("*/sheet-*.png")))
    assert [len(archive.qido(m)) for m in ("OT", "KO", "DOC")] == [pages, 1, 1]
    assert run([*command, "--force"]) == 0
    assert archive.objects() == after


@pytest.mark.skipif(sys.platform == "win32", reason="ends as POSIX systems do")
@pytest.mark.parametrize("way", ["receive", "orthanc"])
def test_watched_and_sent_it_lies_beside_the_images_and_what_comes_back_changes_nothing(
    way, samples, tmp_path
):
    export = [path for path in sorted((samples / "textbook").rglob("*")) if is_dicom(path)]
    before = {path: path.read_bytes() for path in export}
    spool, out = tmp_path / "spool", tmp_path / "out"
    with orthanc(tmp_path / "orthanc") as found, ExitStack() as stack:
        archive = Orthanc(found)
        assert store(found, *export) == 0
        originals, studies = archive.objects(), archive.studies()
        options = ["--send", found.address, "--reserve", "0"]
        if way == "receive":
            listening = ("-b", found.bind, "--quiet", "0.3", "--reserve", "0")
            receiving = stack.enter_context(started("receive", spool, *listening))
            receiving.wait_for(lambda status: status["port"])
            archive.forward()
        else:
            options += ["--orthanc", found.url]
        here = stack.enter_context(watching(spool, out, *options))
        here.wait_for(lambda status: status["sent"])
        after = archive.objects()
        # Ours come back: by a rule of the archive, or in its list of changes.
        if way == "receive":
            archive.forward()
            here.wait_for(
                lambda status: (
                    status["organised"] == 2 and not (status["waiting"] or status["sending"])
                )
            )
        else:
            here.wait_for(
                lambda status: len(ends := archive.stable()) > 1 and status["feed"] >= ends[-1]
            )
        here.stop()

        assert here.process.returncode == 0
        assert archive.objects() == after
        assert {uid: after[uid] for uid in originals} == originals
        assert archive.studies() == studies
        (study,) = studies
        pages = len(list((out / "studies").glob("*/sheet-*.png")))
        assert [len(archive.qido(m, study)) for m in ("OT", "KO")] == [pages, 1]
    assert {path: path.read_bytes() for path in export} == before


def is_dicom(path):
    return path.is_file() and path.name != "DICOMDIR" and path.read_bytes()[128:132] == b"DICM"


def test_ten_rounds_leave_what_the_first_left(archive, tmp_path):
    spool, out = open_spool(tmp_path / "spool"), tmp_path / "out"
    own = parse_bind(archive.archive.bind)
    rounds = []
    with receiving(spool, own, Terms()) as receiver:
        for _ in range(10):
            archive.forward()
            assert organise(spool.studies, output=out) == 0
            assert run(["send", str(out), "-c", archive.archive.address]) == 0
            rounds.append(archive.objects())

    assert all(objects == rounds[0] for objects in rounds[1:])
    # Ours came back, once, as they had been sent.
    assert receiver.intake.counts["new"] == len(rounds[0])
    assert set(receiver.intake.counts) == {"new", "same-bytes"}
    (record,) = [r for r in read_records(out) if r["study_instance_uid"] == STUDY]
    assert len(record["instances"]) == 4


def test_dcmtks_archive_holds_after_three_rounds_what_it_held_after_the_first(tmp_path):
    program("dcmqrscp")
    export = write_ductogram(tmp_path / "export", person=WHO)
    spool, out = tmp_path / "spool", tmp_path / "out"
    rounds = []
    with dcmqrscp(tmp_path / "dcmqrscp") as archive:
        store(archive, *sorted(export.iterdir()))
        originals = held_by(tmp_path / "dcmqrscp")
        command = ["send", str(out), "-c", archive.address, "--objects", "sheet,keys,pdf"]
        for _ in range(3):
            assert fetched(archive, spool) == 0
            assert organise(spool / "studies", output=out, formats="png,pdf") == 0
            assert run(command) == 0
            rounds.append(held_by(tmp_path / "dcmqrscp"))
        # It offers no storage commitment, and nothing of ours is taken for lost.
        assert run([*command, "--commit"]) == 5

    assert rounds[2] == rounds[1] == rounds[0]
    sent = {line["sop_instance_uid"] for line in journal(out, "sent")}
    assert rounds[0].keys() - originals.keys() == sent
    assert originals.items() <= rounds[0].items()
    assert {data for _, data in originals.values()} == {
        data_of(path)[1] for path in export.iterdir()
    }


def held_by(folder):
    """Return study and data set, as bytes, of each object of DCMTK's archive by its UID."""
    paths = [path for path in (folder / "db").iterdir() if path.name != "index.dat"]
    return {pydicom.dcmread(path).SOPInstanceUID: data_of(path) for path in paths}


def data_of(path):
    content = path.read_bytes()
    start = 144 + int.from_bytes(content[140:144], "little")
    return str(pydicom.dcmread(path).StudyInstanceUID), content[start:]


def test_all_that_is_sent_of_the_samples_is_without_error_and_of_its_patient(sample_run, tmp_path):
    checks, out = program("dciodvfy"), shutil.copytree(sample_run.output, tmp_path / "out")
    (port,) = free_ports(1)
    command = [program("storescp"), "-od", str(tmp_path / "came"), "+B", str(port)]
    (tmp_path / "came").mkdir()
    with running(command, port, tmp_path):
        assert (
            run(["send", str(out), "-c", f"DUCT@{HOST}:{port}", "--objects", "sheet,keys,pdf"]) == 0
        )

    came = sorted((tmp_path / "came").iterdir())
    sendable = [r for r in read_records(out) if r["status"] in {"paired", "partial"}]
    assert len(came) == len(journal(out, "sent")) > 3 * len(sendable) > 0
    originals = {}
    for path in filter(is_dicom, sample_run.export.rglob("*")):
        original = pydicom.dcmread(path, stop_before_pixels=True)
        originals[original.StudyInstanceUID] = original
    for path in came:
        said = subprocess.run([checks, path], capture_output=True, text=True, check=False)
        errors = [line for line in (said.stdout + said.stderr).splitlines() if "Error" in line]
        assert errors == [], path.name
        sent = pydicom.dcmread(path, stop_before_pixels=True)
        original = originals[sent.StudyInstanceUID]
        for keyword in ("PatientID", "PatientName", "PatientBirthDate", "StudyDate", "StudyID"):
            assert sent.get(keyword) == original.get(keyword, ""), keyword


def test_orthanc_commits_itself_to_what_it_stored(archive, tmp_path, capsys):
    out = tmp_path / "out"
    organise(tmp_path / "export", output=out)

    assert commit(out, archive, "--wait", "20") == 0

    (report,) = journal(out, "commitment-reported")
    sent = {line["sop_instance_uid"] for line in journal(out, "sent")}
    assert set(report["committed"]) == sent
    assert f"{len(sent)} of {len(sent)} objects committed" in capsys.readouterr().err
    assert commit(out, archive) == 0
    assert len(journal(out, "commitment-asked")) == 1
