"""No command writes to what it reads: names, sizes, times and bytes are as before."""

import shutil
import sys
import zipfile

import pytest
from exports import organise, read_records, write_ductogram

from ductdicom.cli.application import run

pytestmark = pytest.mark.integration


def _state(folder):
    return {
        path: (
            status.st_mtime_ns,
            status.st_ctime_ns,  # which no program can set back
            status.st_mode,
            status.st_ino,
            path.read_bytes() if path.is_file() else b"",
        )
        for path in [folder, *sorted(folder.rglob("*"))]
        for status in [path.lstat()]
    }


@pytest.fixture
def export(tmp_path):
    folder = write_ductogram(tmp_path / "in" / "P1")
    with zipfile.ZipFile(folder / "again.zip", "w") as archive:
        archive.write(folder / "IM1", "IM1")
    (folder / "cut").write_bytes((folder / "IM2").read_bytes()[:700])
    (folder / "notes.txt").write_text("text")
    (folder / "empty").mkdir()
    (folder / "link").symlink_to("IM1")
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["organise", "IN", "-o", "OUT", "--format", "png,pdf,html,dicom"], id="all"),
        pytest.param(["organise", "IN", "-o", "OUT", "--link", "copy"], id="copies"),
        pytest.param(["organise", "IN", "-o", "OUT", "--link", "symlink"], id="symbolic links"),
        pytest.param(["organise", "IN", "-o", "OUT", "--difference"], id="difference"),
        pytest.param(["organise", "IN", "-o", "OUT", "-j", "2"], id="workers"),
        pytest.param(["organise", "IN", "-o", "OUT", "--dry-run"], id="dry run"),
        pytest.param(["scan", "IN"], id="scan"),
        pytest.param(["explain", "IN"], id="explain"),
        pytest.param(["check", "IN"], id="check"),
        pytest.param(["sheet", "IN", "-o", "OUT.png"], id="sheet"),
    ],
)
def test_a_command_leaves_its_input_as_it_was(export, tmp_path, arguments):
    before = _state(export)
    output = str(tmp_path / "out")

    code = run([item.replace("IN", str(export)).replace("OUT", output) for item in arguments])

    assert code in (0, 1)
    assert _state(export) == before


def test_rules_diff_writes_to_neither(export, tmp_path):
    organise(export, output=tmp_path / "out")
    rules = tmp_path / "rules.toml"
    rules.write_text('[add.en]\npost = ["zzfilled"]\n', encoding="utf-8")
    before = _state(export), _state(tmp_path / "out")

    assert run(["rules", "diff", str(rules), str(tmp_path / "out")]) in (0, 1)

    assert (_state(export), _state(tmp_path / "out")) == before


@pytest.mark.skipif(sys.platform == "win32", reason="hard links as POSIX has them")
def test_originals_that_share_their_bytes_are_never_written_through(export, tmp_path):
    """A hard link is the original; neither laying it down nor taking it away may change it."""
    options = ["--link", "hardlink"]
    before = {path: path.read_bytes() for path in export.glob("IM*")}
    organise(export, output=tmp_path / "out", options=options)

    for changed in ([*options, "--force"], ["--link", "copy"], ["--link", "none"]):
        organise(export, output=tmp_path / "out", options=changed)
        assert {path: path.read_bytes() for path in export.glob("IM*")} == before
    assert not list((tmp_path / "out").glob("studies/*/pre"))


def test_other_bytes_under_one_name_and_uid_are_both_laid_down(export, tmp_path):
    other = write_ductogram(tmp_path / "in" / "P2", scenes=(("CC", "0900", None),))
    shutil.copy(export / "IM1", tmp_path / "kept")
    content = (other / "IM1").read_bytes()
    (other / "IM1").write_bytes(content[:-4] + b"\1\2\3\4")

    assert organise(tmp_path / "in", output=tmp_path / "out", options=["--link", "copy"]) == 1

    (record,) = read_records(tmp_path / "out")
    laid = {path.read_bytes() for path in (tmp_path / "out").glob("studies/*/*/*.dcm")}
    assert (tmp_path / "kept").read_bytes() in laid
    assert (other / "IM1").read_bytes() in laid
    assert "same-uid-other-bytes" in {problem["code"] for problem in record["problems"]}
