"""The second run: what it opens, what it leaves alone, and what makes it do a study again."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from exports import files_of, organise, read_records, tiny_pixels, write_ductogram, write_view
from msgspec.structs import replace

import ductdicom
from ductdicom.cli.application import run
from ductdicom.errors import OutputError
from ductdicom.export import accounts
from ductdicom.export.output import encode_json, write_whole
from ductdicom.export.records import study_record
from ductdicom.model.outcome import Cause
from ductdicom.phantom.files import Syntax
from ductdicom.phantom.spec import Person, Texts
from ductdicom.pipeline import run as pipeline
from ductdicom.pipeline.drawing import job
from ductdicom.settings import Format, Settings

pytestmark = pytest.mark.integration

OTHER = tiny_pixels(99)
# Says on standard error which files below a folder are opened.
WATCH = """
import os, sys
below = sys.argv.pop(1)
def watch(event, args):
    if event == "open" and isinstance(args[0], (str, bytes)):
        name = os.fsdecode(args[0])
        if name.startswith(below):
            os.write(2, f"opened {name}\\n".encode())
sys.addaudithook(watch)
from ductdicom.cli.application import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.fixture
def export(tmp_path):
    """Write three ductograms: one twice, one in an archive."""
    folder = tmp_path / "export"
    for number in range(1, 4):
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-8{number}")
        write_ductogram(
            folder / f"P{number}", day=f"2026010{number}", study=f"2.25.98{number}", person=person
        )
    shutil.copytree(folder / "P1", folder / "again")
    with zipfile.ZipFile(folder / "P3.zip", "w") as archive:
        for path in sorted((folder / "P3").iterdir()):
            archive.write(path, path.name)
    shutil.rmtree(folder / "P3")
    shutil.copy(folder / "P3.zip", folder / "P3 again.zip")
    return folder


def _state(*folders):
    """Return everything that a listing can tell of all that is below the folders."""
    return {
        path: (status.st_mtime_ns, status.st_size, status.st_mode, status.st_ino)
        for folder in folders
        for path in [folder, *sorted(folder.rglob("*"))]
        for status in [path.lstat()]
    }


def test_what_an_earlier_run_wrote_is_read_as_what_it_was(tmp_path):
    folder = write_ductogram(tmp_path / "export")
    write_view(folder / "IM3", pixels=OTHER, syntax=Syntax.JPEG_LOSSLESS, view="CC")
    content = bytearray((folder / "IM3").read_bytes())
    content[-60:-10] = bytes(50)
    (folder / "IM3").write_bytes(content)
    settings = Settings(output=tmp_path / "out", jobs=1, format=(Format.PNG,))

    first, second = (ductdicom.organise([folder], settings) for _ in range(2))

    assert {p.reason for study in first.studies for p in study.call.problems} >= {"damaged-pixels"}
    assert all(study.is_up_to_date for study in second.studies)
    assert {study.cause for study in first.studies} == {Cause.NEW}
    first_studies = [replace(study, cause=None) for study in first.studies]
    assert [replace(study, is_up_to_date=False) for study in second.studies] == first_studies
    assert second.rows == first.rows
    lines = (encode_json(study_record(study)) for study in second.studies)
    assert b"".join(lines) == (tmp_path / "out" / "studies.jsonl").read_bytes()


def _run(export, output, cache, *options):
    return subprocess.run(
        [
            *(sys.executable, "-c", WATCH, str(export), "organise", str(export)),
            *("-o", str(output), "-j", "1", "--format", "png", "--cache", str(cache), *options),
        ],
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_run_without_news_reads_only_the_catalogue_and_writes_nothing(export, tmp_path):
    output, cache = tmp_path / "out", tmp_path / "cache"
    first = _run(export, output, cache)
    before = _state(output, cache, export)

    second = _run(export, output, cache)

    assert (first.returncode, second.returncode) == (0, 0)
    assert first.stderr.count("opened ") >= 10  # so the watch does see what is opened
    assert "opened" not in second.stderr
    assert _state(output, cache, export) == before
    totals, news = first.stdout.split("new or changed: 3 studies\n")
    assert second.stdout == totals + "".join(news.splitlines(keepends=True)[-2:])


def test_a_duplicate_that_changed_is_compared_anew(export, tmp_path):
    output, cache = tmp_path / "out", tmp_path / "cache"
    assert _run(export, output, cache).returncode == 0
    person = Person(name="SAMPLE^1", patient_id="SAMPLE-81")
    write_ductogram(export / "again", day="20260101", study="2.25.981", person=person, pixels=OTHER)

    second = _run(export, output, cache)

    assert second.returncode == 1
    assert "P2" not in second.stderr
    assert "same-uid-other-bytes" in (output / "ledger.csv").read_text("utf-8")


def _redone(output, before):
    after = files_of(output / "studies")
    return {name.split("/")[0] for name in after if after[name] != before.get(name)}


def _touch_pixels(export, _output):
    person = Person(name="SAMPLE^2", patient_id="SAMPLE-82")
    write_ductogram(export / "P2", day="20260102", study="2.25.982", person=person, pixels=OTHER)
    return []


def _take_a_file_away(export, _output):
    (export / "P2" / "IM4").unlink()
    return ["--replace"]


def _add_a_file(export, _output):
    person = Person(name="SAMPLE^2", patient_id="SAMPLE-82")
    write_view(
        export / "P2" / "IM9",
        label="later",
        study_instance_uid="2.25.982",
        study_at="20260102085500",
        acquired_at="20260102093000",
        view="MLO",
        person=person,
        instance_number=9,
    )
    return []


def _decide(_export, output):
    record = read_records(output)[1]
    decision = {"sop_instance_uid": record["instances"][0]["sop_instance_uid"], "phase": "post"}
    content = {"schema": "ductdicom.decisions/1", "decisions": [decision]}
    path = output.parent / "decisions.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return ["--decisions", str(path)]


@pytest.mark.parametrize(
    "change", [_touch_pixels, _take_a_file_away, _add_a_file, _decide], ids=lambda f: f.__name__
)
def test_a_change_redoes_exactly_the_study_it_touches(export, tmp_path, change):
    output = tmp_path / "out"
    organise(export, output=output)
    before = files_of(output / "studies")
    key = read_records(output)[1]["key"]

    options = change(export, output)
    organise(export, output=output, options=options)

    assert _redone(output, before) == {key}
    assert read_records(output)[1]["study_instance_uid"] == "2.25.982"


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--dpi", "100"], id="resolution"),
        pytest.param(["--paper", "a3"], id="paper"),
        pytest.param(["--theme", "light"], id="theme", marks=pytest.mark.slow),
        pytest.param(["--voi", "wide"], id="grey", marks=pytest.mark.slow),
        pytest.param(["--closeup", "never"], id="close-ups", marks=pytest.mark.slow),
        pytest.param(["--link", "copy"], id="originals"),
    ],
)
def test_an_option_that_changes_a_sheet_redoes_all(export, tmp_path, options):
    output = tmp_path / "out"
    organise(export, output=output)
    before = files_of(output / "studies")

    organise(export, output=output, options=options)

    assert _redone(output, before) == {record["key"] for record in read_records(output)}


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--strict"], id="--strict"),
        pytest.param(["-v"], id="-v", marks=pytest.mark.slow),
        pytest.param(["-q"], id="-q", marks=pytest.mark.slow),
        pytest.param(["-j", "2"], id="-j"),
    ],
)
def test_an_option_that_changes_no_sheet_redoes_none(export, tmp_path, options):
    output = tmp_path / "out"
    organise(export, output=output)
    before = files_of(output / "studies")

    organise(export, output=output, options=options)

    assert _redone(output, before) == set()


def test_a_sheet_that_lost_bytes_is_drawn_again(export, tmp_path):
    organise(export, output=tmp_path / "out")
    whole = files_of(tmp_path / "out" / "studies")
    sheet = next((tmp_path / "out" / "studies").glob("*/sheet-1.png"))
    sheet.write_bytes(sheet.read_bytes()[:100])

    organise(export, output=tmp_path / "out")

    found = files_of(tmp_path / "out" / "studies")
    assert {n: content for n, (content, _) in found.items() if not n.endswith(".kept-1")} == {
        name: content for name, (content, _) in whole.items()
    }


def test_another_version_redoes_all(export, tmp_path, monkeypatch):
    output = tmp_path / "out"
    organise(export, output=output)
    before = files_of(output / "studies")
    monkeypatch.setattr(job, "__version__", "99.0")

    organise(export, output=output)

    assert _redone(output, before) == {record["key"] for record in read_records(output)}


def test_rules_redo_the_study_whose_words_they_know(tmp_path):
    export, output = tmp_path / "export", tmp_path / "out"
    for number, words in ((1, "ZZFILLED"), (2, "PLAIN")):
        person = Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-8{number}")
        day, study = f"2026010{number}", f"2.25.98{number}"
        for view in (1, 2):
            write_view(
                export / f"P{number}" / f"IM{view}",
                label=f"{study}/{view}",
                study_instance_uid=study,
                study_at=f"{day}085500",
                acquired_at=f"{day}090{view}00",
                person=person,
                texts=Texts(study="GALACTOGRAM LEFT", series=words if view == 2 else ""),
                instance_number=view,
            )
    organise(export, output=output)
    before = files_of(output / "studies")
    key = read_records(output)[0]["key"]
    rules = tmp_path / "rules.toml"
    rules.write_text('[add.en]\npost = ["zzfilled"]\n', encoding="utf-8")

    organise(export, output=output, options=["--rules", str(rules)])

    assert _redone(output, before) == {key}


def test_sheets_of_all_studies_come_and_go_with_the_option(tmp_path):
    export, output = tmp_path / "export", tmp_path / "out"
    write_view(export / "IM1", study_instance_uid="2.25.985", texts=Texts(study="MAMMOGRAM"))
    organise(export, output=output)
    assert not list(output.rglob("sheet*"))

    organise(export, output=output, options=["--all-studies"])
    assert list(output.rglob("sheet-1.png"))

    organise(export, output=output)
    assert not list(output.rglob("sheet*"))


def test_studies_of_earlier_runs_stay_and_are_counted(export, tmp_path):
    output = tmp_path / "out"
    organise(export, output=output)

    organise(export / "P1", output=output)

    summary = json.loads((output / "summary.json").read_text())
    assert summary["studies"]["total"] == 1
    assert summary["studies"]["left_by_earlier_runs"] == 2
    assert len(list((output / "studies").iterdir())) == 3


def test_leftovers_go_wherever_a_dead_run_left_them(export, tmp_path):
    output = tmp_path / "out"
    organise(export, output=output, options=["--link", "copy"])
    before = {name: content for name, (content, _) in files_of(output).items()}
    key = read_records(output)[0]["key"]
    for place in ("", ".ductdicom", f"studies/{key}", f"studies/{key}/pre"):
        (output / place / ".part-99-any").write_bytes(b"half")
    mine = output / "studies" / key / "notes.txt"
    mine.write_text("a reader's own file")

    organise(export, output=output, options=["--link", "copy"])

    assert mine.read_text() == "a reader's own file"
    mine.unlink()
    after = {name: content for name, (content, _) in files_of(output).items()}
    assert after.keys() == before.keys()


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_nothing_of_the_output_is_overwritten_through_a_link(export, tmp_path, capsys):
    output = tmp_path / "out"
    outside = tmp_path / "outside"
    outside.write_text("somebody's file")
    organise(export, output=output)
    sheet = Path(next(output.rglob("sheet-1.png")))
    sheet.unlink()
    sheet.symlink_to(outside)

    assert organise(export, output=output, options=["--force"]) == 4
    assert organise(export, output=output) == 4

    assert outside.read_text() == "somebody's file"
    assert f"{sheet}: is a link" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("studies.jsonl", "worklist.csv")),
        "ledger.csv",
        pytest.param("summary.json", marks=pytest.mark.slow),
    ],
)
def test_no_account_is_written_through_a_link(export, tmp_path, capsys, name):
    output = tmp_path / "out"
    outside = tmp_path / "outside"
    outside.write_text("somebody's file")
    output.mkdir()
    (output / name).symlink_to(outside)

    assert organise(export, output=output) == 4

    assert outside.read_text() == "somebody's file"
    assert f"{output / name}: is a link" in capsys.readouterr().err


def test_what_a_reader_added_or_changed_outlives_a_redraw_and_is_said(export, tmp_path, capsys):
    output = tmp_path / "out"
    organise(export, output=output)
    sheet = next(output.rglob("sheet-1.png"))
    sheet.write_bytes(b"marked")
    (sheet.parent / "sheet-annotated.pdf").write_bytes(b"a reader's")
    capsys.readouterr()

    assert organise(export, output=output) == 0

    assert (sheet.parent / "sheet-1.png.kept-1").read_bytes() == b"marked"
    assert (sheet.parent / "sheet-annotated.pdf").read_bytes() == b"a reader's"
    said = capsys.readouterr().err
    assert f"studies/{sheet.parent.name}/sheet-1.png.kept-1: set aside" in said
    assert "sheet-annotated" not in said
    # That it is said once is enough.
    assert organise(export, output=output) == 0
    assert "kept-1" not in capsys.readouterr().err


ACCOUNTS = ("index.html", "studies.jsonl", "worklist.csv", "ledger.csv", "summary.json")


def test_what_a_reader_had_at_the_top_outlives_the_first_run_and_is_said(export, tmp_path, capsys):
    output = tmp_path / "out"
    output.mkdir()
    for name in ACCOUNTS:
        (output / name).write_text(f"a reader's {name}")

    # Where no run has been, the folder may hold other things.
    assert organise(export, output=output) == 0

    said = capsys.readouterr().err
    for name in ACCOUNTS:
        assert (output / f"{name}.kept-1").read_text() == f"a reader's {name}"
        assert f"{name}.kept-1: set aside" in said
    assert len(read_records(output)) == 3
    assert not (output / "runs").exists()


@pytest.mark.parametrize("command", ["organise", "prune"])
def test_a_work_list_that_somebody_filled_in_is_kept(export, tmp_path, capsys, command):
    output = tmp_path / "out"
    organise(export, output=output)
    filled = (output / "worklist.csv").read_text(encoding="utf-8") + "seen by AB\n"
    (output / "worklist.csv").write_text(filled, encoding="utf-8")
    capsys.readouterr()

    if command == "prune":
        assert run(["prune", str(output), "--status", "paired"]) == 0
    else:
        assert organise(export, output=output) == 0

    assert (output / "worklist.csv.kept-1").read_text(encoding="utf-8") == filled
    assert "worklist.csv.kept-1: set aside" in capsys.readouterr().err
    assert "seen by" not in (output / "worklist.csv").read_text(encoding="utf-8")


def test_a_run_that_was_stopped_leaves_nothing_that_the_next_sets_aside(
    export, tmp_path, monkeypatch
):
    output = tmp_path / "out"
    written = []

    def stop(path, content):
        written.append(path.name)
        if path.name == "ledger.csv":
            raise KeyboardInterrupt
        return write_whole(path, content)

    with monkeypatch.context() as patched:
        patched.setattr(accounts, "write_whole", stop)
        organise(export, output=output)
    assert written[-1] == "ledger.csv"
    write_ductogram(export / "P9", study="2.25.899", day="20260109")

    assert organise(export, output=output) == 0
    assert len(read_records(output)) == 4
    assert not list(output.glob("*.kept-*"))


def test_a_reader_s_summary_is_not_removed_where_a_run_fails(export, tmp_path, monkeypatch):
    output = tmp_path / "out"
    output.mkdir()
    (output / "summary.json").write_text("a reader's")

    def refuse(*_args):
        raise OutputError("no room", path=output)

    monkeypatch.setattr(pipeline, "write_accounts", refuse)

    assert organise(export, output=output) == 4
    assert (output / "summary.json").read_text() == "a reader's"


def test_a_run_that_could_not_write_leaves_no_summary_of_another(export, tmp_path, monkeypatch):
    output = tmp_path / "out"
    assert organise(export, output=output) == 0

    def refuse(*_args):
        raise OutputError("no room", path=output)

    monkeypatch.setattr(pipeline, "write_accounts", refuse)

    assert organise(export, output=output) == 4
    assert not (output / "summary.json").exists()
