"""Empty files: a copy that failed is to be seen, a marker beside the images is not."""

import io
import zipfile

import pytest

from ductdicom.ingest.headers.detect import promises_images
from ductdicom.ingest.scan import scan_inputs

LOST = [
    "IM0001",
    "DICOMDIR",
    "a.dcm",
    "A.DCM",
    "a.dicom",
    "a.IMA",
    "1.2.840.5",
    "cd.zip",
    "a.tgz",
    "a.tar.xz",
]
MARKERS = [
    ".nomedia",
    ".complete",
    "a.txt",
    "a.lock",
    "a.json",
    "a.dcm.part",
    "Thumbs.db",
    ".ductdicom/lock",
]


@pytest.mark.parametrize("name", LOST)
def test_a_name_of_an_export_promises_images(name):
    assert promises_images(name)
    assert promises_images(f"cd.1/sub/{name}")


@pytest.mark.parametrize("name", MARKERS)
def test_a_marker_does_not(name):
    assert not promises_images(name)
    assert not promises_images(f"cd/{name}")


def _rows(found):
    return {row.origin.label: (str(row.disposition), row.reason) for row in found}


@pytest.mark.parametrize(
    ("name", "disposition"),
    [
        pytest.param("IM1", "unreadable", id="an image"),
        pytest.param(".nomedia", "not-dicom", id="a marker"),
        pytest.param(".ductdicom/lock", "not-dicom", id="the lock of an output folder"),
    ],
)
def test_empty_files_are_told_apart_by_name_in_folders_and_archives(
    tmp_path, monkeypatch, name, disposition
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).touch()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(f"cd/{name}", b"")
    (tmp_path / "cd.zip").write_bytes(content.getvalue())

    assert _rows(scan_inputs([name, "cd.zip"])) == {
        name: (disposition, "empty-file"),
        f"cd.zip!/cd/{name}": (disposition, "empty-file"),
        "cd.zip": ("container", ""),
    }
