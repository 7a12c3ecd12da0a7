import io
import json
import os
import shutil
import tarfile
import zipfile
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import dicom_bytes as make
import pytest
from exports import write_ductogram
from msgspec.structs import replace
from streams import list_members

from ductdicom.cli.application import run
from ductdicom.errors import UnreadableError
from ductdicom.ingest import read as reading
from ductdicom.ingest.cache.lines import pack, unpack
from ductdicom.ingest.inputs import find_inputs
from ductdicom.ingest.scan import fingerprint, scan_inputs
from ductdicom.model.instance import Instance
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import FileReference, LedgerRow, ReferenceFault

pytestmark = pytest.mark.integration

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
DIRECTORY = "1.2.840.10008.1.3.10"
CT = "1.2.840.10008.5.1.4.1.1.2"


def make_directory(*file_ids):
    """Return a directory of files; of one that is a pair, the second is the UID of its object."""
    pairs = [(item, "") if isinstance(item, str) else item for item in file_ids]
    records = [{"ReferencedFileID": file_id.split("/")} for file_id, _ in pairs]
    for record, (_, uid) in zip(records, pairs, strict=True):
        if uid:
            record["ReferencedSOPInstanceUIDInFile"] = uid
    return make.make_dicom(SOPClassUID=DIRECTORY, DirectoryRecordSequence=records)


def save(root, **files):
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def save_export(root, count=3):
    for number in range(count):
        uid = f"2.25.{number + 100}"
        save(root, **{f"cd__IM{number:04}": make.make_dicom(SOPInstanceUID=uid)})


@pytest.mark.parametrize("name", ["DICOMDIR", "cd.zip"])
def test_a_directory_that_is_cut_is_unreadable_and_still_lists_what_it_can(tmp_path, name):
    content = make_directory("IM1", "IM2", "IM3")
    cut = content[: content.index(b"IM3")]
    (tmp_path / "DICOMDIR").write_bytes(cut)
    if name == "cd.zip":
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("DICOMDIR", cut)

    found = [describe(item) for item in scan_inputs([str(tmp_path / name)])]

    assert [row[1:] for row in found if row[1] == "unreadable"] == [("unreadable", "truncated")]
    assert [row[2] for row in found if row[1] == "missing"] == ["IM1", "IM2"]


def describe(found):
    if isinstance(found, Instance):
        return found.origin.label, "instance", found.sop_instance_uid
    if isinstance(found, LedgerRow):
        return found.origin.label, str(found.disposition), found.reason
    return found.directory.label, "missing", found.file_id


def test_every_kind_of_input_comes_out_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as zipped:
        zipped.writestr("IM1", make.make_dicom(SOPInstanceUID="2.25.5"))
        zipped.writestr("readme.txt", "text")
    save(
        tmp_path,
        cd__a_image=make.make_dicom(),
        cd__b_text=b"text",
        cd__c_empty=b"",
        cd__d_archive=archive.getvalue(),
        cd__e_no_study=make.make_dicom(drop=("StudyInstanceUID",)),
    )

    assert [describe(found) for found in scan_inputs(["cd"])] == [
        ("cd/a_image", "instance", make.SOP_UID),
        ("cd/b_text", "not-dicom", "no-dicom-magic"),
        ("cd/c_empty", "unreadable", "empty-file"),
        ("cd/d_archive!/IM1", "instance", "2.25.5"),
        ("cd/d_archive!/readme.txt", "not-dicom", "no-dicom-magic"),
        ("cd/d_archive", "container", ""),
        ("cd/e_no_study", "unreadable", "no-uid"),
    ]


@pytest.mark.parametrize("count", [0, 1, 64, 65, 200])
def test_an_executor_changes_nothing(tmp_path, count):
    (tmp_path / "cd").mkdir()
    save_export(tmp_path, count)
    alone = list(scan_inputs([str(tmp_path / "cd")]))

    with ThreadPoolExecutor(2) as executor:
        together = list(scan_inputs([str(tmp_path / "cd")], executor=executor))

    assert together == alone
    assert len(alone) == count


def test_processes_started_afresh_can_read(tmp_path):
    save_export(tmp_path)

    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
        found = list(scan_inputs([str(tmp_path)], executor=executor))

    assert [item.sop_instance_uid for item in found] == ["2.25.100", "2.25.101", "2.25.102"]


def test_a_scan_left_early_cancels_what_waits(tmp_path):
    save_export(tmp_path, 200)

    with ThreadPoolExecutor(1) as executor:
        found = scan_inputs([str(tmp_path)], executor=executor)
        next(found)
        found.close()


def test_a_file_that_may_not_be_read_is_a_row(tmp_path, monkeypatch):
    save(tmp_path, cd__a=make.make_dicom(), cd__b=make.make_dicom())

    def refuse(path):
        if path.endswith("a"):
            raise PermissionError(path)
        return io.FileIO(path)

    monkeypatch.setattr(reading, "FileIO", refuse)
    row, instance = scan_inputs([str(tmp_path / "cd")])

    assert (row.disposition, row.reason) == ("unreadable", "permission-denied")
    assert isinstance(instance, Instance)


def test_a_directory_names_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(
        tmp_path,
        cd__DICOMDIR=make_directory("IMAGES/IM1", "IMAGES/IM2", "IMAGES/IM3", "IMAGES/IM4"),
        cd__images__im1=make.make_dicom(),
        cd__images__IM2=make.make_dicom(SOPInstanceUID="2.25.2"),
    )
    (tmp_path / "cd" / "images" / "IM2").rename(tmp_path / "cd" / "images" / "IM2.dcm")

    assert [describe(found) for found in scan_inputs(["cd"])][:3] == [
        ("cd/DICOMDIR", "container", ""),
        ("cd/DICOMDIR", "missing", "IMAGES/IM3"),
        ("cd/DICOMDIR", "missing", "IMAGES/IM4"),
    ]


def test_a_directory_file_stands_for_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(tmp_path, cd__DICOMDIR=make_directory("IM1"), cd__IM1=make.make_dicom())

    assert [describe(found)[:2] for found in scan_inputs(["cd/DICOMDIR"])] == [
        ("cd/DICOMDIR", "container"),
        ("cd/IM1", "instance"),
    ]


def test_a_lower_directory_counts_from_the_root_of_its_file_set(tmp_path):
    save(
        tmp_path,
        cd__S1__DIRFILE=make_directory("S1/I10", "S1/I20"),
        cd__S1__I10=make.make_dicom(),
    )

    found = [item for item in scan_inputs([str(tmp_path)]) if isinstance(item, FileReference)]

    assert [item.file_id for item in found] == ["S1/I20"]


@pytest.mark.parametrize(
    ("file_id", "leads_out"),
    [
        pytest.param("../secret", True, id="up"),
        pytest.param("A/../../secret", True, id="down and up"),
        pytest.param("/secret", True, id="from the root"),
        pytest.param("//server/secret", True, id="another computer"),
        pytest.param("C:/secret", True, id="a drive"),
        pytest.param("A/../gone", False, id="down and up again"),
        pytest.param("gone", False, id="not there"),
    ],
)
@pytest.mark.parametrize("is_packed", [False, True], ids=["folder", "archive"])
def test_a_reference_that_leads_out_of_the_disc_is_not_looked_for(
    tmp_path, file_id, leads_out, is_packed
):
    save(tmp_path, cd__DICOMDIR=make_directory(file_id), secret=make.make_dicom())
    if is_packed:
        shutil.make_archive(str(tmp_path / "disc"), "zip", tmp_path, "cd")
        shutil.rmtree(tmp_path / "cd")

    found = [item for item in scan_inputs([str(tmp_path)]) if isinstance(item, FileReference)]

    fault = ReferenceFault.LEADS_OUT if leads_out else ReferenceFault.MISSING
    assert [(item.file_id, item.fault) for item in found] == [(file_id, fault)]
    assert unpack(pack(found[0]), replace(found[0].directory, member=None)) == found[0]


def test_a_reference_out_of_the_disc_needs_a_person(tmp_path, capsys):
    export = write_ductogram(tmp_path / "cd")
    (export / "DICOMDIR").write_bytes(make_directory("../secret"))

    assert run(["check", str(export)]) == 1
    assert "outside-of-the-disc" in capsys.readouterr().out


@pytest.mark.parametrize("is_packed", [False, True], ids=["folder", "archive"])
@pytest.mark.parametrize(
    ("listed", "code", "words"),
    [
        ([("IM1", "2.25.1"), ("IM2", "2.25.2")], None, ""),
        ([("IM1", "2.25.1"), ("IM2", "")], None, ""),
        (["IMAGES"], "missing-from-dicomdir", "IMAGES, which is a folder"),
        (["DICOMDIR"], "missing-from-dicomdir", "DICOMDIR, which is that file itself"),
        # IM1 was written over by a copy of IM2.
        (
            [("IM1", "2.25.9"), ("IM2", "2.25.2"), ("IMAGES/IM1", "2.25.1")],
            "missing-from-dicomdir",
            "IM1, which holds another object of the list",
        ),
        # All objects are there, or got other UIDs since.
        ([("IM1", "2.25.2"), ("IM2", "2.25.1")], "dicomdir-conflict", "2 files"),
        ([("IM1", "2.25.8"), ("IM2", "2.25.9")], "dicomdir-conflict", "IM1, IM2"),
    ],
)
def test_a_directory_that_says_what_is_not_so_is_named(
    tmp_path, capsys, listed, code, words, is_packed
):
    slice_ = {"StudyInstanceUID": "2.25.3", "Modality": "CT", "SOPClassUID": CT}
    save(
        tmp_path,
        cd__DICOMDIR=make_directory(*listed),
        cd__IM1=make.make_dicom(SOPInstanceUID="2.25.1", **slice_),
        cd__IM2=make.make_dicom(SOPInstanceUID="2.25.2", **slice_),
        cd__IMAGES__IM1=make.make_dicom(SOPInstanceUID="2.25.1", **slice_),
    )
    if is_packed:
        shutil.make_archive(str(tmp_path / "disc"), "zip", tmp_path, "cd")
        shutil.rmtree(tmp_path / "cd")

    assert run(["check", "--json", str(tmp_path)]) == (code == "missing-from-dicomdir")

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    told = [item["message"] for item in found if item["code"] == code]
    assert [words in message for message in told] == [True] * bool(code)
    assert len([item for item in found if "dicomdir" in item["code"]]) == bool(code)


def test_a_directory_inside_an_archive_is_compared_with_its_entries(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with tarfile.open("cd.tar.gz", "w:gz") as archive:
        for name, content in (
            ("cd/DICOMDIR", make_directory("A/IM1", "A/IM2")),
            ("cd/a/im1.dcm", make.make_dicom()),
        ):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))

    assert [describe(found) for found in scan_inputs(["cd.tar.gz"])] == [
        ("cd.tar.gz!/cd/DICOMDIR", "container", ""),
        ("cd.tar.gz!/cd/a/im1.dcm", "instance", make.SOP_UID),
        ("cd.tar.gz", "container", ""),
        ("cd.tar.gz!/cd/DICOMDIR", "missing", "A/IM2"),
    ]


def test_the_fingerprint_is_that_of_the_bytes(tmp_path):
    content = make.make_dicom()
    (tmp_path / "a").write_bytes(content)
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("c", content)
    plain = Origin(file=str(tmp_path / "a"), source="a")
    archive = Origin(file=str(tmp_path / "b.zip"), source="b.zip", size_bytes=10_000)
    packed = next(item for item in list_members(archive) if isinstance(item, Origin))

    assert fingerprint(plain) == fingerprint(packed)
    assert len(fingerprint(plain)) == 64


def test_the_fingerprint_of_what_is_gone_is_an_error(tmp_path):
    with pytest.raises(UnreadableError):
        fingerprint(Origin(file=str(tmp_path / "gone"), source="gone"))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of real files is not there")
def test_every_real_file_comes_out_exactly_once():
    expected = sorted(f"{folder}/{name}" for folder, _, names in os.walk(SHARED) for name in names)

    found = [item for item in scan_inputs([str(SHARED)]) if not isinstance(item, FileReference)]

    assert sorted(item.origin.source for item in found) == expected
    assert [item.origin for item in found] == list(find_inputs([str(SHARED)]))
    assert all(item.reason for item in found if describe(item)[1] in ("unreadable", "not-dicom"))


@pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of real files is not there")
def test_a_real_mammogram_is_read_whole():
    (path,) = SHARED.rglob("GH133.dcm")

    (instance,) = scan_inputs([str(path)])

    assert instance.breast.image_laterality == "R"
    assert instance.breast.clinical_view == "RMLO"
    assert [(code.scheme, code.value) for code in instance.breast.view_codes] == [
        ("SNM3", "R-10226")
    ]
    assert instance.geometry.patient_orientation == ("P", "FL")
    assert instance.damage is None


@pytest.mark.parametrize(("phi", "is_said"), [("none", False), ("minimal", False), ("full", True)])
def test_what_a_directory_lists_and_is_not_there_names_nobody(tmp_path, capsys, phi, is_said):
    slice_ = {"StudyInstanceUID": "2.25.3", "Modality": "CT", "SOPClassUID": CT}
    save(
        tmp_path,
        cd__DICOMDIR=make_directory("IM1", "SZCZEPAN/WANDA1", "../FEATHERS/X1"),
        cd__IM1=make.make_dicom(SOPInstanceUID="2.25.1", **slice_),
    )

    assert run(["check", str(tmp_path), "--phi", phi]) == 1

    said = "".join(capsys.readouterr())
    assert said.count("DICOMDIR lists") == 2
    assert [name in said for name in ("SZCZEPAN", "WANDA", "FEATHERS")] == [is_said] * 3
