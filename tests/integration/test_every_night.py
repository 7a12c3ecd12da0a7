"""The scripts of the how-to, run as they stand there."""

import configparser
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from exports import read_records, write_ductogram

from ductdicom.phantom.spec import Person

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(shutil.which("sh") is None, reason="no shell"),
]
ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "how-to" / "every-night.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
SCRIPTS = {block.split()[2]: block for language, block in BLOCKS if language == "sh"}


@pytest.fixture
def night(tmp_path):
    """Return a function that plays a night by a script, and gives its code and the mail."""
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, text in (
        ("ductdicom", f'exec {shlex.quote(sys.executable)} -m ductdicom "$@"'),
        ("mail", f'echo "to $3 about $2" >{tmp_path}/mail; cat >>{tmp_path}/mail'),
        *SCRIPTS.items(),
    ):
        (tools / name).write_text(text if "#!" in text else f"#!/bin/sh\n{text}\n")
        (tools / name).chmod(0o755)
    environment = os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}
    environment |= {"DUCTDICOM_CACHE": str(tmp_path / "cache"), "DUCTDICOM_FORMAT": "png"}

    def play(script, export, out=tmp_path / "out"):
        command = [tools / script, export, out, "radiology@example.org"]
        done = subprocess.run(command, env=environment, check=False, timeout=100)
        return done.returncode, (tmp_path / "mail").read_text("utf-8")

    return play


@pytest.mark.parametrize("script", SCRIPTS)
def test_two_nights_and_a_quiet_one_of_an_export_that_is_a_link(night, tmp_path, script):
    export = tmp_path / "export"
    export.symlink_to(write_ductogram(tmp_path / "mounted" / "P1").parent)

    code, mail = night(script, export)

    assert code == 0
    assert "to radiology@example.org about Ductograms\nThe run ended with 0.\n" in mail
    assert "1 study (1 paired)" in mail
    (first,) = read_records(tmp_path / "out")

    assert "Nothing is new this night." not in mail
    assert "new or changed in it: 1 study" in mail

    code, mail = night(script, export)
    assert code == 0
    assert "Nothing is new this night." in mail
    assert "1 study (1 paired)" in mail
    assert "new or changed" not in mail
    assert "for review: 0 studies" in mail

    someone = Person(patient_id="SAMPLE-901")
    write_ductogram(export / "P2", study="2.25.901", day="20260103", person=someone)
    code, mail = night(script, export)
    assert code == 0
    assert "2 studies (2 paired)" in mail
    assert first in read_records(tmp_path / "out")


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_night_that_fails_says_so_and_the_next_makes_up_for_it(night, tmp_path, script):
    export = write_ductogram(tmp_path / "export" / "P1").parent
    (tmp_path / "out").write_text("in the way")

    code, mail = night(script, export)
    assert code == 4
    assert "The run failed with 4:\nductdicom: " in mail
    assert "Nothing is new" not in mail

    (tmp_path / "out").unlink()
    assert night(script, export)[0] == 0
    assert len(read_records(tmp_path / "out")) == 1


def test_a_folder_that_is_moved_there_with_old_files_is_new(night, tmp_path):
    export = write_ductogram(tmp_path / "export" / "P1").parent
    staged = write_ductogram(tmp_path / "staged", study="2.25.901", day="20260103")
    half = tmp_path / "half"
    half.mkdir()
    for name in ("IM3", "IM4"):
        (export / "P1" / name).rename(half / name)
    night("ductograms-new", export)

    staged.rename(export / "P2")
    half.rename(export / "late")
    code, mail = night("ductograms-new", export)

    assert (code, "2 studies (2 paired)" in mail) == (0, True)


def test_what_never_will_be_dicom_is_handed_in_once(night, tmp_path):
    export = write_ductogram(tmp_path / "export" / "P1").parent
    night("ductograms-new", export)
    (export / "liste.txt").write_text("no image", "utf-8")

    code, mail = night("ductograms-new", export)

    assert code == 0
    assert "Nothing is new this night." in mail
    assert (tmp_path / "out.list").read_text("utf-8").endswith("liste.txt\0")
    night("ductograms-new", export)
    assert (tmp_path / "out.list").read_bytes() == b""


def test_what_is_held_back_is_handed_in_until_its_study_is_there(night, tmp_path):
    folder = write_ductogram(tmp_path / "export" / "P1")
    late, gone = folder / "IM4", folder / "IM1"
    late.rename(tmp_path / "late")
    night("ductograms-new", folder.parent)
    gone.rename(tmp_path / "gone")
    shutil.copy(tmp_path / "late", late)

    for _ in range(2):
        code, mail = night("ductograms-new", folder.parent)
        assert code == 1
        assert "1 study-incomplete: 20260102-" in mail

    (tmp_path / "gone").rename(gone)
    code, mail = night("ductograms-new", folder.parent)
    assert (code, "study-incomplete" in mail) == (0, False)
    (record,) = read_records(tmp_path / "out")
    assert len(record["instances"]) == 4


@pytest.mark.parametrize("lost", [pytest.param("removed", marks=pytest.mark.slow), "empty"])
def test_what_came_before_an_export_was_gone_for_a_night_is_handed_in_later(night, tmp_path, lost):
    export = tmp_path / "export"
    write_ductogram(export / "P1")
    night("ductograms-new", export)
    write_ductogram(export / "P2", study="2.25.901", day="20260103")
    export.rename(tmp_path / "elsewhere")
    if lost == "empty":
        export.mkdir()

    code, mail = night("ductograms-new", export)

    assert code == 2
    assert "The run failed with 2:\nductdicom: " in mail
    assert "Nothing is new" not in mail
    assert "1 study (1 paired)" in mail
    if lost == "empty":
        export.rmdir()
    (tmp_path / "elsewhere").rename(export)
    assert night("ductograms-new", export)[0] == 0
    assert len(read_records(tmp_path / "out")) == 2


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_first_night_with_a_wrong_path_fails_and_says_so(night, tmp_path, script):
    code, mail = night(script, tmp_path / "nowhere", f"{tmp_path}/out/")

    assert code == 2
    assert "The run failed with 2:\nductdicom: " in mail
    assert "is no output folder" not in mail
    assert "No such file" not in mail
    assert (tmp_path / "out.log").exists()
    assert not (tmp_path / "out").exists()


def test_each_script_says_when_nothing_is_new():
    scripts = [block for language, block in BLOCKS if language in {"sh", "powershell"}]
    assert len(scripts) == 3
    for script in scripts:
        assert "Nothing is new this night." in script


def test_the_units_are_units():
    units = [block for language, block in BLOCKS if language == "ini"]
    for unit in units:
        parser = configparser.ConfigParser(interpolation=None)
        parser.read_file(io.StringIO(unit))
        assert "Unit" in parser.sections()
    started = re.search(r"ExecStart=\S+/(\S+)", units[0])
    assert started[1] in SCRIPTS


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd")
def test_systemd_takes_the_time_for_one():
    (when,) = re.findall("OnCalendar=(.*)", PAGE)
    subprocess.run(["systemd-analyze", "calendar", when], check=True, capture_output=True)
