"""What an export may look like: closed folders, special files, large archives, any order."""

import gzip
import os
import random
import shutil
import socket
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from exports import organise, read_records, write_ductogram, write_view

from ductdicom.ingest.scan import scan_inputs
from ductdicom.model.instance import Instance

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="permissions and files of POSIX"),
]
DROPPED = "-dac_override,-dac_read_search"

# Says on standard error what is opened for writing, made or renamed.
WATCH = """
import os, sys
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
PLACES = {"os.mkdir": 0, "os.rename": 1, "os.symlink": 1, "os.link": 1}
def watch(event, args):
    place = PLACES.get(event)
    if event == "open" and isinstance(args[0], (str, bytes)) and args[2] & WRITES:
        place = 0
    if place is not None:
        os.write(2, f"wrote {os.fsdecode(args[place])}\\n".encode())
sys.addaudithook(watch)
from ductdicom.cli.application import run
sys.exit(run(sys.argv[1:]))
"""


def _ledger(output):
    lines = (output / "ledger.csv").read_text("utf-8").splitlines()[1:]
    return {tuple(line.split(",")[:2]): tuple(line.split(",")[2:4]) for line in lines}


def _as_anyone():
    """Return what to put before a command so that permissions hold for it, also as root."""
    if os.geteuid():
        return []
    if not shutil.which("setpriv"):
        pytest.skip("the superuser may read everything, and setpriv is not installed")
    return ["setpriv", "--bounding-set", DROPPED, "--inh-caps", DROPPED]


def _run(*arguments, before=(), timeout=120):
    command = [*before, sys.executable, "-m", "ductdicom", *map(str, arguments)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=timeout)


def test_what_is_closed_is_a_row_until_it_is_opened(tmp_path):
    export, output = tmp_path / "export", tmp_path / "out"
    write_ductogram(export / "open")
    write_ductogram(export / "closed", study="2.25.902", day="20260103")
    closed_file = write_view(export / "open" / "IM9", study_instance_uid="2.25.900", label="nine")
    closed_zip = export / "closed.zip"
    with zipfile.ZipFile(closed_zip, "w") as archive:
        archive.write(closed_file, "IM9")
    arguments = ["organise", export, "-o", output, "-j", "1", "--format", "png", "--dpi", "72"]
    arguments += ["--cache", tmp_path / "cache"]
    modes = {path: path.stat().st_mode for path in (export / "closed", closed_file, closed_zip)}
    for path in modes:
        path.chmod(0)
    try:
        closed = _run(*arguments, before=_as_anyone())
        ledger = _ledger(output)
    finally:
        for path, mode in modes.items():
            path.chmod(mode)

    assert closed.returncode == 1
    refused = {str(path): ("unreadable", "permission-denied") for path in modes}
    assert {name: ledger[name, ""] for name in refused} == refused
    assert len(ledger) == 4 + 3
    assert _run(*arguments).returncode == 0
    assert len(_ledger(output)) == 4 + 4 + 1 + 2
    assert len(read_records(output)) == 2


def test_a_tree_that_may_only_be_read_is_read(tmp_path):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"
    places = [export, *export.iterdir()]
    for path in places:
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        done = _run("organise", export, "-o", output, "-j", "1", before=_as_anyone())
        inside = _run("organise", export, "-o", export / "out", "-j", "1", before=_as_anyone())
    finally:
        export.chmod(0o755)

    assert done.returncode == 0
    assert inside.returncode == 4
    assert f"{export}/out: cannot be written to: Permission denied" in inside.stderr
    assert not (export / "out").exists()


def test_special_files_are_never_opened(tmp_path):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"
    for name in ("pipe", "pipe.zip", "DICOMDIR"):
        os.mkfifo(export / name)  # who opens one waits for ever
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(export / "socket"))
    special = ["pipe", "pipe.zip", "DICOMDIR", "socket"]
    if os.geteuid() == 0:
        try:
            os.mknod(export / "device", stat.S_IFBLK | 0o600, os.makedev(259, 4095))
            special.append("device")
        except OSError:  # a container may not make one
            pass
    named = tmp_path / "named"
    os.mkfifo(named)

    done = _run("organise", export, named, "-o", output, "-j", "1", "--format", "png")

    assert done.returncode == 0
    rows = {name for (name, _), row in _ledger(output).items() if row[1] == "special-file"}
    assert rows == {*(str(export / name) for name in special), str(named)}


def test_files_need_no_extension_and_no_preamble(tmp_path):
    export = write_ductogram(tmp_path / "export")
    for number, name in enumerate(("1", "a.b.c", "IM.jpg", "読影"), start=1):
        content = (export / f"IM{number}").read_bytes()
        (export / f"IM{number}").unlink()
        (export / name).write_bytes(content[132:] if number % 2 else content)

    assert organise(export, output=tmp_path / "out") == 0
    (record,) = read_records(tmp_path / "out")
    assert record["status"] == "paired"


def test_the_order_in_which_files_were_made_makes_no_difference(tmp_path, monkeypatch):
    names = [f"{letter}{number}" for letter in "aB" for number in range(5)] + ["a", "B/x", "B/Y"]
    content = write_view(tmp_path / "one").read_bytes()
    orders = []
    for seed in range(2):
        folder = tmp_path / str(seed) / "export"
        for name in random.Random(seed).sample(names, len(names)):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        monkeypatch.chdir(folder.parent)
        orders.append([found.origin.source for found in scan_inputs(["export"])])

    assert orders[0] == orders[1]
    assert len(orders[0]) == len(names)


@pytest.mark.parametrize("limit", ["ZIP64_LIMIT", "ZIP_FILECOUNT_LIMIT"])
def test_archives_in_the_large_format_are_read(tmp_path, monkeypatch, limit):
    """What more than 4 GiB or 65 535 entries need is in the archive, also where it is small."""
    folder = write_ductogram(tmp_path / "export")
    path = tmp_path / "cd.zip"
    with monkeypatch.context() as patch:
        patch.setattr(zipfile, limit, 3)
        with zipfile.ZipFile(path, "w", allowZip64=True) as archive:
            for file in sorted(folder.iterdir()):
                archive.write(file, file.name)

    assert b"PK\x06\x06" in path.read_bytes()  # the end record of ZIP64
    found = [item for item in scan_inputs([str(path)]) if isinstance(item, Instance)]
    assert [item.origin.member for item in found] == ["IM1", "IM2", "IM3", "IM4"]


@pytest.mark.parametrize(
    "kind", ["zip", "gztar", *(pytest.param(n, marks=pytest.mark.slow) for n in ("tar", "xztar"))]
)
def test_an_archive_is_never_unpacked_to_disk(tmp_path, kind):
    folder = write_ductogram(tmp_path / "export" / "CD")
    shutil.make_archive(str(tmp_path / "export" / "inner"), "zip", folder)
    export = shutil.make_archive(str(tmp_path / "cd"), kind, tmp_path / "export")
    output, cache = tmp_path / "out", tmp_path / "cache"

    done = subprocess.run(
        [
            *(sys.executable, "-c", WATCH, "organise", export, "-o", str(output)),
            *("-j", "1", "--format", "png", "--dpi", "72", "--cache", str(cache)),
        ],
        check=False,
        capture_output=True,
        text=True,
    )

    assert done.returncode == 0
    wrote = {line.split(" ", 1)[1] for line in done.stderr.splitlines() if line.startswith("wrote")}
    assert wrote
    assert not [name for name in wrote if not name.startswith((str(output), str(cache)))]
    assert not list(output.rglob("*.dcm"))
    assert len(read_records(output)[0]["instances"]) == 4


@pytest.mark.parametrize(
    "start",
    [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x01\0", b"BZh91AY&SY", b"\x28\xb5\x2f\xfd"],
    ids=["7z", "rar", "bzip2", "Zstandard"],
)
def test_an_archive_of_a_format_that_is_not_opened_needs_a_person(tmp_path, start):
    export = write_ductogram(tmp_path / "export")
    (export / "CD").write_bytes(start + bytes(600))

    assert organise(export, output=tmp_path / "out") == 1

    ledger = (tmp_path / "out" / "ledger.csv").read_text("utf-8")
    assert "CD,,unreadable,unsupported-archive" in ledger


@pytest.mark.parametrize("name", ["IM1.dcm.gz", "IM1.DCM.XZ", "IM1.dcm.Z"])
def test_an_image_that_was_packed_alone_is_no_junk(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x1f\x8b" + bytes(600))
    (tmp_path / "log.gz").write_bytes(gzip.compress(b"a log"))

    rows = {Path(row.origin.file).name: row for row in scan_inputs([str(tmp_path)])}

    assert (rows[name].disposition, rows[name].reason) == ("unreadable", "unsupported-archive")
    assert rows["log.gz"].disposition == "not-dicom"


@pytest.mark.parametrize("seconds", [13_569_465_600, -1_000_000_000])  # 2400 and 1938
def test_files_of_any_time_are_read_and_remembered(tmp_path, seconds):
    export, cache = write_ductogram(tmp_path / "export"), ["--cache", str(tmp_path / "cache")]
    for path in export.iterdir():
        os.utime(path, (seconds, seconds))

    assert organise(export, output=tmp_path / "out", options=cache) == 0
    assert organise(export, output=tmp_path / "out", options=cache) == 0
    (record,) = read_records(tmp_path / "out")
    assert record["status"] == "paired"


def test_a_file_that_could_not_be_read_is_named_on_the_sheet(tmp_path):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"
    for name in ("IM1", "IM2"):
        (export / name).unlink()
        (export / name).symlink_to(tmp_path / "gone")

    assert organise(export, output=output, formats="png,html") == 1

    (record,) = read_records(output)
    (problem,) = [item for item in record["problems"] if item["code"] == "file-unreadable"]
    assert "IM1 (symlink-outside), IM2 (symlink-outside)" in problem["message"]
    (page,) = output.rglob("sheet.html")
    assert "was found" not in page.read_text("utf-8")
