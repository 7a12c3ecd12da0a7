"""The commands beside the main job."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pydicom
import pytest
from exports import PERSON, organise, read_records, write_ductogram, write_view
from pypdf import PdfReader
from record_schema import check_instance, check_record

from ductdicom import __version__
from ductdicom.cli.application import COMMANDS, run
from ductdicom.phantom.files import Syntax
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return write_ductogram(tmp_path_factory.mktemp("commands") / "export")


def _lines(capsys):
    captured = capsys.readouterr()
    return [json.loads(line) for line in captured.out.splitlines()]


def test_scan_prints_a_table_of_the_studies(export, capsys):
    assert run(["scan", str(export)]) == 0

    head, line, *_ = capsys.readouterr().out.splitlines()
    assert "status" in head
    assert "2026-01-02" in line
    assert "ductogram" in line
    assert "paired" in line


def test_scan_prints_records_as_json_lines(export, capsys):
    assert run(["scan", str(export), "--json"]) == 0

    (record,) = _lines(capsys)
    check_record(record)
    assert record["status"] == "paired"


def test_explain_says_of_each_image_which_rule_spoke_and_what_it_read(export, capsys):
    assert run(["explain", str(export)]) == 0

    text = capsys.readouterr().out
    for words in ("contrast-agent", "(0018,0010)", "IOHEXOL 300", "explicit", "post", "inferred"):
        assert words in text
    assert text.count("because") == 4
    assert len(set(re.findall(r"    image [0-9a-f]{12}\n", text))) == 4
    assert run(["explain", str(export), "--phi", "full"]) == 0
    assert capsys.readouterr().out.count("SOP Instance UID 2.25.") == 4  # what a decision names


def test_explain_says_once_why_nothing_is_known(tmp_path, capsys):
    write_view(tmp_path / "IM1", texts=Texts(study="GALACTOGRAM"))

    assert run(["explain", str(tmp_path)]) == 0

    assert "\n      because nothing in the header says so\n" in capsys.readouterr().out


def test_explain_names_the_reviewer_of_a_decision(export, tmp_path, capsys):
    run(["explain", str(export), "--json"])
    uid = _lines(capsys)[0]["sop_instance_uid"]
    decisions = tmp_path / "decisions.csv"
    decisions.write_text(f"sop_instance_uid,phase,by\n{uid},pre,AB\n", encoding="utf-8")

    assert run(["explain", str(export), "--decisions", str(decisions)]) == 0

    assert "decision (explicit), a reviewer = 'AB'" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["scan", "explain", "sheet"])
def test_a_decision_on_no_image_is_said_where_it_is_read(export, tmp_path, capsys, command):
    decisions = tmp_path / "decisions.csv"
    decisions.write_text("sop_instance_uid,phase\n1.2.3.4,pre\n", encoding="utf-8")
    target = ["-o", str(tmp_path / "a.png")] if command == "sheet" else []

    assert run([command, str(export), "--decisions", str(decisions), *target]) == 0

    words = "decision [0-9a-f]{6} names an image that is neither among the inputs nor recorded"
    assert re.search(f"unknown-decision: {words}\n", capsys.readouterr().err)
    full = [*target, "--phi", "full"]
    assert run([command, str(export), "--decisions", str(decisions), *full]) == 0
    assert re.search(f"{words} 1.2.3.4\n", capsys.readouterr().err)


def test_a_report_for_strangers_names_nobody_and_says_what_stands_in_the_header(tmp_path, capsys):
    who = Person(name="SAMPLE^JANE", patient_id="J-4711", birth_date="19620203")
    texts = Texts(study="DUCTOGRAM OF JANE", series="SAMPLE, JANE")
    write_view(tmp_path / "SAMPLE_JANE" / "IM1", person=who, texts=texts)

    assert run(["explain", str(tmp_path), "--report", "--phi", "full"]) == 0

    said = "".join(capsys.readouterr())
    assert "(0010,0010) PN 12 B PatientName\n" in said
    assert "Modality = MG\n" in said
    assert not re.search("SAMPLE|JANE|4711|1962|2.25", said)
    assert run(["explain", str(tmp_path), "--report", "--json"]) == 2


def test_explain_prints_instance_records_as_json_lines(export, capsys):
    assert run(["explain", str(export), "--json"]) == 0

    records = _lines(capsys)
    assert [record["phase"] for record in records] == ["pre", "pre", "post", "post"]
    for record in records:
        check_instance(record)


@pytest.mark.parametrize("arguments", [["scan"], ["explain"], ["explain", "--json"]])
def test_reading_commands_name_nobody_and_write_nothing(export, capsys, arguments):
    before = sorted(export.parent.rglob("*"))

    run([arguments[0], str(export), *arguments[1:]])

    captured = capsys.readouterr()
    for word in ("ZULU", PERSON.patient_id, PERSON.birth_date):
        assert word not in captured.out + captured.err
    assert sorted(export.parent.rglob("*")) == before


@pytest.mark.parametrize("command", ["scan", "explain"])
def test_reading_commands_have_the_same_exit_codes(tmp_path, command):
    (tmp_path / "empty").mkdir()

    assert run([command, str(tmp_path / "absent")]) == 2
    assert run([command, str(tmp_path / "empty")]) == 3


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".html", ".dcm", ".PDF"])
def test_sheet_writes_the_format_that_the_suffix_names(export, tmp_path, capsys, suffix):
    target = tmp_path / f"one{suffix}"

    assert run(["sheet", str(export), "-o", str(target)]) == 0

    paths = capsys.readouterr().out.split()
    assert sorted(str(path) for path in tmp_path.iterdir()) == sorted(paths)
    (head, *_) = [path.read_bytes()[:140] for path in sorted(tmp_path.iterdir())]
    magic = {".png": b"\x89PNG", ".pdf": b"%PDF", ".html": b"<!doctype html>", ".dcm": b"DICM"}
    assert magic[suffix.lower()] in head


def test_a_sheet_of_several_pages_begins_with_the_file_that_was_named(export, tmp_path, capsys):
    assert run(["sheet", str(export), "-o", str(tmp_path / "one.png")]) == 0

    said = capsys.readouterr().out.split()
    names = [Path(path).name for path in said]
    assert names == ["one.png", *(f"one-{n}.png" for n in range(2, len(names) + 1))]
    assert len(names) > 1
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_a_sheet_may_be_written_through_a_link_that_was_named(export, tmp_path):
    (tmp_path / "sheet.pdf").symlink_to("real.pdf")

    assert run(["sheet", str(export), "-o", str(tmp_path / "sheet.pdf")]) == 0
    assert (tmp_path / "sheet.pdf").is_symlink()
    assert (tmp_path / "real.pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", ["{0}/IM1.dcm", "link.dcm", "hard.dcm"])
def test_a_sheet_is_never_written_over_what_was_read(own_export, tmp_path, capsys, name):
    original = min(path for path in own_export.rglob("*") if path.is_file())
    original = original.rename(own_export / "IM1.dcm")
    before = original.read_bytes()
    (tmp_path / "link.dcm").symlink_to(original)
    os.link(original, tmp_path / "hard.dcm")
    target = tmp_path / name.format(own_export)

    assert run(["sheet", str(own_export), "-o", str(target)]) == 2
    assert "is input and output at once" in capsys.readouterr().err
    assert original.read_bytes() == before


def test_a_readers_own_file_is_no_further_page(export, tmp_path, capsys):
    (tmp_path / "one-2.png").write_bytes(b"a reader's own")

    assert run(["sheet", str(export), "-o", str(tmp_path / "one.png")]) == 4
    assert "one-2.png: lies where a page" in capsys.readouterr().err
    assert (tmp_path / "one-2.png").read_bytes() == b"a reader's own"
    (tmp_path / "one-2.png").unlink()
    assert run(["sheet", str(export), "-o", str(tmp_path / "one.png")]) == 0
    assert run(["sheet", str(export), "-o", str(tmp_path / "one.png")]) == 0


def test_sheet_shows_what_phi_allows(export, tmp_path):
    for phi in ("none", "minimal", "full"):
        run(["sheet", str(export), "-o", str(tmp_path / f"{phi}.pdf"), "--phi", phi])

    texts = {
        path.stem: "".join(page.extract_text() for page in PdfReader(path).pages)
        for path in tmp_path.iterdir()
    }
    assert ["SAMPLE-900" in texts[phi] for phi in ("none", "minimal", "full")] == [0, 1, 1]
    assert ["ZULU" in texts[phi] for phi in ("none", "minimal", "full")] == [0, 0, 1]


@pytest.mark.parametrize(
    ("target", "words"),
    [
        pytest.param("sheet.gif", ".png, .pdf, .html, .dcm", id="an unknown suffix"),
        pytest.param("sheet", "without suffix", id="no suffix"),
    ],
)
def test_sheet_says_which_formats_there_are(export, tmp_path, capsys, target, words):
    assert run(["sheet", str(export), "-o", str(tmp_path / target)]) == 2

    assert words in capsys.readouterr().err


def test_sheet_of_several_studies_asks_which(export, tmp_path, capsys):
    extra = {"AccessionNumber": "ACC-903"}
    write_ductogram(tmp_path / "more", study="2.25.903", extra=extra)
    arguments = ["sheet", str(export), str(tmp_path / "more"), "-o", str(tmp_path / "a.dcm")]

    assert run(arguments) == 2
    names = re.findall(r"20260102-[0-9a-f]{16}", capsys.readouterr().err)
    assert len(set(names)) == 2
    assert run([*arguments, "--phi", "full"]) == 2
    assert "2.25.903" in capsys.readouterr().err
    for name in ("2.25.903", "ACC-903", *names):
        assert run([*arguments, "--study", name]) == 0
    found = []
    for name in names:
        run([*arguments, "--study", name])
        found.append(str(pydicom.dcmread(tmp_path / "a.dcm").StudyInstanceUID))
    assert set(found) == {"2.25.900", "2.25.903"}
    assert run([*arguments, "--study", "1.2.3"]) == 2


@pytest.mark.parametrize("command", ["check", "scan", "explain", "organise"])
def test_of_one_study_only_that_is_said_which_is_or_may_be_of_it(tmp_path, capsys, command):
    for number in (1, 2):
        folder = write_ductogram(tmp_path / "in" / f"P{number}", study=f"2.25.70{number}")
        write_view(folder / "IM5", label="again", study_instance_uid=f"2.25.70{number}")
    content = (folder / "IM5").read_bytes()
    (folder / "IM5").write_bytes(content[:200])
    (tmp_path / "in" / "broken.zip").write_bytes(b"PK\3\4" + bytes(40))
    output = ["-o", f"{tmp_path}/out", "--format", "png"] if command == "organise" else []
    arguments = [command, f"{tmp_path}/in", *output, "--study"]

    assert run([*arguments, "2.25.701"]) == 0
    said = "".join(capsys.readouterr())
    assert "broken.zip" not in said
    assert "IM5 (" not in said
    if output:
        assert len((tmp_path / "out" / "ledger.csv").read_text("utf-8").splitlines()) == 12

    assert run([*arguments, "2.25.702"]) == 1
    said = "".join(capsys.readouterr())
    assert "IM5" in said
    assert "broken.zip" not in said


def test_a_study_is_called_the_same_by_every_command(export, tmp_path, capsys):
    for phi in ("none", "minimal"):
        said = []
        for command in ("scan", "explain", "scan"):
            run([command, str(export), "--phi", phi])
            said += re.findall(r"(?:20260102|undated)-[0-9a-f]{16}", capsys.readouterr().out)
        assert len(said) == 3
        assert len(set(said)) == 1
        assert said[0].startswith("undated") is (phi == "none")


def test_sheet_draws_either_part_of_a_study_of_two_patients(export, tmp_path, capsys):
    other = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-901", birth_date="19500101")
    write_view(tmp_path / "more", label="other", person=other, study_instance_uid="2.25.900")
    names = ["sheet", str(export), str(tmp_path / "more"), "-o", str(tmp_path / "a.pdf")]

    for choice in ([], ["--study", "2.25.900"]):
        assert run([*names, *choice, "--phi", "full"]) == 2
        assert "--study: 2.25.900#1, 2.25.900#2)" in capsys.readouterr().err
    people = []
    for part in ("2.25.900#1", "2.25.900#2"):
        assert run([*names, "--study", part]) == 1
        text = PdfReader(tmp_path / "a.pdf").pages[0].extract_text()
        people += [name for name in ("SAMPLE-900", "SAMPLE-901") if name in text]
    assert people == ["SAMPLE-900", "SAMPLE-901"]
    assert run([*names, "--study", "2.25.900#3"]) == 2


def test_a_table_tells_the_parts_of_a_study_apart(export, tmp_path, capsys):
    other = Person(name="SAMPLE^YANKEE", patient_id="SAMPLE-901", birth_date="19500101")
    write_view(tmp_path / "IM1", label="other", person=other, study_instance_uid="2.25.900")

    for command in ("scan", "explain"):
        assert run([command, str(export), str(tmp_path), "--phi", "full"]) == 1

        text = capsys.readouterr().out
        assert (text.count("2.25.900#1\n"), text.count("2.25.900#2\n")) == (1, 1)
        assert run([command, str(export), str(tmp_path)]) == 1
        assert len(set(re.findall(r"(?:20260102|undated)-\w{16}", capsys.readouterr().out))) == 2


def test_sheet_that_cannot_be_written_is_said(export, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")

    assert run(["sheet", str(export), "-o", str(tmp_path / "file" / "a.pdf")]) == 4


def test_sheet_makes_no_folder_that_may_be_a_slip(export, tmp_path, capsys):
    assert run(["sheet", str(export), "-o", str(tmp_path / "typo" / "dir" / "a.png")]) == 4

    assert f"{tmp_path / 'typo' / 'dir'}: no such folder" in capsys.readouterr().err
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize("command", [(), *((name,) for name in COMMANDS)])
def test_help_is_on_standard_output(capsys, command):
    assert run([*command, "--help"]) == 0

    captured = capsys.readouterr()
    assert captured.out.startswith("Usage: ductdicom")
    assert captured.err == ""


def test_the_help_lists_every_command(capsys):
    run(["--help"])

    text = capsys.readouterr().out
    assert all(f"\n  {name} " in text for name in COMMANDS)
    assert "130 interrupted" in text


@pytest.mark.parametrize(
    "option",
    [
        *("--output", "--jobs", "--format", "--link", "--rules", "--decisions", "--config"),
        *("--phi", "--dry-run", "--force", "--all-studies", "--strict", "--files-from"),
        *("--log-json", "-o,", "-j,", "-n,", "-v,", "-q,"),
    ],
)
def test_the_main_job_has_the_option(capsys, option):
    run(["organise", "--help"])

    assert option in capsys.readouterr().out


def test_the_version_is_said(capsys):
    assert run(["--version"]) == 0

    assert __version__ in capsys.readouterr().out


@pytest.mark.parametrize(("command", "code"), [("explain", 0), ("check", 1), ("scan", 1)])
def test_a_reader_that_goes_away_hides_no_exit_code(export, tmp_path, command, code):
    names = [export]
    if code:  # beside the export, an image that was lost
        (tmp_path / "lost.dcm").touch()
        names.append(tmp_path)
    arguments = [sys.executable, "-m", "ductdicom", command, *names]

    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as done:
        done.stdout.close()
        logged = done.stderr.read()

    assert b"Traceback" not in logged
    assert b"Broken pipe" not in logged
    assert done.returncode == code


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("option", ["--version", "--help"])
def test_a_help_text_that_cannot_be_written_is_no_bug(option):
    with Path("/dev/full").open("wb") as device:
        done = subprocess.run(
            [sys.executable, "-m", "ductdicom", option],
            stdout=device,
            stderr=subprocess.PIPE,
            check=False,
            timeout=60,
        )

    assert done.returncode == 4
    assert b"standard output: No space left on device" in done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize(
    ("full", "code"),
    [pytest.param("stdout", 4, id="results"), pytest.param("stderr", 0, id="everything else")],
)
def test_only_results_that_cannot_be_written_are_a_failure(export, full, code):
    with Path("/dev/full").open("wb") as device:
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, full: device}
        done = subprocess.run(
            [sys.executable, "-m", "ductdicom", "scan", export], check=False, timeout=60, **streams
        )

    assert done.returncode == code
    if full == "stdout":
        assert b"could not be written to standard output" in done.stderr
        assert b"Traceback" not in done.stderr


@pytest.fixture
def own_export(export, tmp_path):
    """Return a copy that a test may change."""
    return Path(shutil.copytree(export, tmp_path / "export"))


def _break_pixels(path):
    """Leave a header that is whole, and a frame that nobody can decode."""
    label = path.name
    write_view(
        path, syntax=Syntax.JPEG_LOSSLESS, seed=99, label=label, study_instance_uid="2.25.900"
    )
    content = bytearray(path.read_bytes())
    content[-60:-10] = bytes(50)
    path.write_bytes(content)


def test_organise_names_the_files_that_need_a_person_and_check_finds_them_all(
    own_export, tmp_path, capsys
):
    for number in range(12):
        _break_pixels(own_export / f"broken-{number:02d}")

    assert run(["organise", str(own_export), "-o", str(tmp_path / "out"), "-j", "1"]) == 1
    said = capsys.readouterr().out
    assert f"  {own_export}/broken-00 (damaged-pixels)" in said
    assert said.count("(damaged-pixels)") == 10
    assert "and 2 more; ductdicom check --pixels INPUT... lists them" in said

    assert run(["check", str(own_export)]) == 0
    assert "damaged-pixels" not in capsys.readouterr().out

    assert run(["check", str(own_export), "--pixels", "-j", "1", "--json"]) == 1
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    broken = [item["where"] for item in found if item["code"] == "damaged-pixels"]
    assert broken == [f"{own_export}/broken-{number:02d}" for number in range(12)]


def test_check_decodes_what_no_sheet_shows(own_export, capsys):
    _break_pixels(own_export / "broken")
    for path in own_export.glob("IM*"):
        path.unlink()

    assert run(["check", str(own_export), "--pixels", "-j", "1"]) == 1
    assert "damaged-pixels" in capsys.readouterr().out


def test_check_with_pixels_finds_nothing_where_nothing_is_wrong(export, capsys):
    assert run(["check", str(export)]) == 0
    by_headers = capsys.readouterr().out

    assert run(["check", str(export), "--pixels", "-j", "1"]) == 0
    assert capsys.readouterr().out == by_headers


@pytest.fixture
def many(tmp_path):
    """Write twelve studies whose phases nobody told."""
    for number in range(12):
        write_ductogram(
            tmp_path / "many" / f"P{number}",
            study=f"2.25.70{number}",
            scenes=[("CC", "0900", None), ("ML", "0903", None)],
            person=Person(patient_id=f"SAMPLE-7{number}"),
            texts=Texts(study="GALACTOGRAM LEFT"),
        )
    return tmp_path / "many"


def test_a_run_ends_by_naming_the_studies_that_changed_and_those_for_review(many, tmp_path, capsys):
    output = tmp_path / "a folder"

    organise(many, output=output)

    said = capsys.readouterr().out
    records = read_records(output)
    assert {record["status"] for record in records} == {"review"}
    keys = [record["key"] for record in records]
    reasons = ", ".join(records[0]["review_reasons"])
    for title, why in (("new or changed", "new"), ("for review", reasons)):
        _, _, rest = said.partition(f"{title}: 12 studies\n")
        lines = rest.splitlines()[:11]
        assert [line.split()[0] for line in lines[:10]] == keys[:10]
        assert f"({why})" in lines[0]
        assert lines[10] == f"  and 2 more; ductdicom summary '{output}' lists them"
    # That command does list them.
    run(["summary", str(output)])
    listed = capsys.readouterr().out
    assert all(key in listed for key in keys)

    organise(many, output=output)
    said = capsys.readouterr().out
    assert "new or changed" not in said
    assert "for review: 12 studies" in said


def test_a_truncated_image_is_one_finding(own_export, tmp_path, capsys):
    image = own_export / "IM1"
    image.write_bytes(image.read_bytes()[:-1000])

    organise(own_export, output=tmp_path / "out", options=["--log-json"])

    captured = capsys.readouterr()
    assert "needs a person: 1 unreadable\n" in captured.out
    events = [json.loads(line) for line in captured.err.splitlines()]
    codes = [event["code"] for event in events if event["event"] == "finding"]
    assert codes.count("truncated") == 1
    assert "pixels-unreadable" not in codes
    card = (tmp_path / "out" / "index.html").read_text("utf-8")
    assert "unreadable-image" in card
    assert "pixels-unreadable" not in card

    run(["check", str(own_export), "--pixels", "-j", "1", "--json"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    codes = [item["code"] for item in found]
    assert (codes.count("truncated"), codes.count("pixels-unreadable")) == (1, 0)


def test_check_puts_together_what_is_found_of_one_study_under_one_code(tmp_path, capsys):
    for number in range(2):
        write_ductogram(tmp_path / f"P{number}", study=f"2.25.70{number}")
    run(["check", str(tmp_path), "--json"])
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    many = [item for item in found if item["code"] == "spacing-suspect"]
    assert len(many) > 2

    run(["check", str(tmp_path)])
    lines = [line for line in capsys.readouterr().out.splitlines() if "spacing-suspect" in line]
    assert len(lines) == 2
    assert all(sum(item["where"] in line for line in lines) == 1 for item in many)
    assert [line.split()[1] for line in lines] == [str(len(many) // 2)] * 2
