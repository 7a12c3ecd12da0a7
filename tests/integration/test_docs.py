import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import click
import pytest
from archives import peer
from click.testing import CliRunner
from pynetdicom import build_context
from pynetdicom.sop_class import Verification

from ductdicom import __version__, errors
from ductdicom.classify.engine import Thresholds
from ductdicom.classify.rules import describe_rules
from ductdicom.cli.application import INTERRUPTED, application, run
from ductdicom.cli.options import make_settings
from ductdicom.export.tables import LEDGER_COLUMNS
from ductdicom.model.call import Confidence, ExamKind, Kind
from ductdicom.model.outcome import (
    PASSING_REASONS,
    Disposition,
    LeftOutReason,
    Note,
    ProblemCode,
    ReviewReason,
    Status,
)
from ductdicom.pacs.peers import PEER_KEYS
from ductdicom.sheet.captions import BADGES
from ductdicom.vocabulary.terms import load_vocabulary

pytestmark = pytest.mark.integration

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    if "site" not in page.relative_to(ROOT).parts
)
_LINK = re.compile(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)")
_TYPED = {"", "sh", "console", "powershell"}
_BEFORE = {"", "$ ", "sudo "}
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def commands(command=application, path=("ductdicom",)):
    yield path, command
    for name, below in below_of(command).items():
        yield from commands(below, (*path, name))


def below_of(command):
    if not isinstance(command, click.Group):
        return {}
    context = click.Context(command)
    names = command.list_commands(context)
    return {name: command.get_command(context, name) for name in names}


def typed_commands():
    """Yield each command line of a page as its words, without those that only describe one."""
    for page in PAGES:
        for language, block in _BLOCK.findall(page.read_text(encoding="utf-8")):
            for line in block.splitlines():
                before, found, rest = line.partition("ductdicom ")
                if language in _TYPED and found and before in _BEFORE:
                    words = shlex.split(re.split(r" \| | && ", rest)[0], comments=True)
                    yield pytest.param(words, id=f"{page.name}: {line.strip()}")


ALL = list(commands())


def test_what_is_made_from_the_code_is_as_the_code_has_it():
    done = subprocess.run(
        [sys.executable, "scripts/make_docs.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("path", "command"), ALL, ids=[" ".join(path) for path, _ in ALL])
def test_every_command_and_option_has_help_and_stands_in_the_manual(path, command):
    page = text_of(f"docs/man/{'-'.join(path)}.1").replace("\\-", "-")

    assert command.help
    for option in command.params:
        if isinstance(option, click.Option):
            assert option.help, option.name
            assert f"\\fB{option.opts[0]}\\fR" in page


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_to_files_that_are_there(page):
    links = _LINK.findall(page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("words", list(typed_commands()))
def test_a_command_in_the_docs_can_be_typed(words):
    command = application
    while words and words[0] in below_of(command):
        command = below_of(command)[words[0]]
        words = words[1:]

    known = {name for option in command.params for name in option.opts} | {"--help", "--version"}

    assert command is not application or words[0].startswith("-")
    assert [word for word in words if word.startswith("-") and word not in known] == []


def test_every_exit_code_of_an_error_has_a_meaning_and_a_remedy():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    codes = {kind.exit_code for kind in kinds if issubclass(kind, errors.DuctDicomError)}
    page = text_of("docs/reference/exit-codes.md")
    table = {int(code) for code in re.findall(r"^\| (\d+) \| \S.* \| \S.* \|$", page, re.MULTILINE)}

    assert codes | {0, INTERRUPTED} == table


def test_every_rule_and_number_is_explained():
    page = text_of("docs/explanation/how-it-decides.md")

    names = [*describe_rules()] + [item.name for item in fields(Thresholds)]

    assert [name for name in names if f"| `{name}` |" not in page] == []


@pytest.mark.parametrize(
    "words",
    [
        pytest.param(Kind, id="kinds"),
        pytest.param(ExamKind, id="exams"),
        pytest.param(Status, id="states"),
        pytest.param(Disposition, id="dispositions"),
        pytest.param(Confidence, id="confidences"),
        pytest.param(LEDGER_COLUMNS, id="ledger columns"),
    ],
)
def test_every_word_of_the_records_is_explained(words):
    page = text_of("docs/reference/records.md")

    assert [word for word in words if str(word) not in page] == []


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        pytest.param("Why a study is for review", set(ReviewReason), id="review"),
        pytest.param("Problems", set(ProblemCode), id="problems"),
        pytest.param("Why an image stands in no row", set(LeftOutReason), id="left out"),
        pytest.param("What a tile or a row is marked with", set(Note), id="notes"),
    ],
)
def test_every_code_has_a_cause_and_a_remedy(title, codes):
    assert codes_of(title) == codes


def test_every_reason_why_something_cannot_be_read_has_a_cause_and_a_remedy():
    # Of files that are no DICOM, and of archives that were read, nothing needs to be said.
    others = {"no-dicom-magic", "dicomdir", *Disposition}
    raised = set()
    for room in ("ingest", "pixels", "pipeline/drawing"):
        for module in (ROOT / "ductdicom" / room).rglob("*.py"):
            raised |= set(re.findall(r'reason="([a-z-]+)"', module.read_text(encoding="utf-8")))
    assert len(raised) > 15

    assert (raised | PASSING_REASONS) - others - {"special-file"} <= codes_of(
        "Why an input cannot be read"
    )


def test_every_word_that_a_tile_is_marked_with_is_the_one_of_the_sheet():
    page = text_of("docs/reference/codes.md")

    assert [note for note, badge in BADGES.items() if f"| `{note}` | {badge} |" not in page] == []


def codes_of(title):
    """Return the codes of a table, after a look whether each has a cause and a remedy."""
    section = text_of("docs/reference/codes.md").partition(f"## {title}\n")[2]
    rows = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert all(cell.strip() for row in rows for cell in row.split("|")[1:4])
    return {word for row in rows for word in re.findall(r"`([a-z-]+)`", row.split("|")[1])}


def test_the_rules_file_of_the_docs_can_be_used(tmp_path):
    blocks = dict(_BLOCK.findall(text_of("docs/how-to/site-rules.md")))
    path = tmp_path / "site.toml"
    path.write_text(blocks["toml"], encoding="utf-8")

    vocabulary = load_vocabulary(path)

    assert set(vocabulary.rule_settings) <= set(describe_rules())
    assert "Milchgangskontrast" in vocabulary.phrases("ductography", "de")
    Thresholds.from_mapping(vocabulary.thresholds)


def test_the_library_s_example_runs(tmp_path, monkeypatch, capsys):
    blocks = dict(_BLOCK.findall(text_of("docs/reference/api.md")))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export").symlink_to(ROOT / "sample_data" / "deidentified")

    exec(blocks["python"], {})  # noqa: S102 - the page's own words

    assert capsys.readouterr().out.splitlines()[-1] in {"0", "1"}
    assert (tmp_path / "sheets" / "index.html").is_file()


def test_every_word_of_an_archive_s_table_is_explained():
    section = text_of("docs/reference/settings.md").partition("## Of an archive\n")[2]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]

    assert set(re.findall(r"`(\w+)`", " ".join(rows))) >= PEER_KEYS


def test_an_option_in_a_file_and_in_the_environment_is_the_one_of_the_docs(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text("all-studies = true\n", encoding="utf-8")
    found = []
    command = click.Command("run", callback=lambda: found.append(make_settings()))

    for variables in (
        {"DUCTDICOM_CONFIG": str(path)},
        {"DUCTDICOM_ALL_STUDIES": "1", "DUCTDICOM_JOBS": "4"},
    ):
        CliRunner().invoke(command, env=variables, catch_exceptions=False)

    assert [settings.all_studies for settings in found] == [True, True]
    assert found[1].jobs == 4


def test_systemd_takes_the_units_of_the_docs(tmp_path):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    units = [text for kind, text in _BLOCK.findall(text_of("docs/how-to/pacs.md")) if kind == "ini"]
    assert len(units) == 2
    for number, unit in enumerate(units):
        path = tmp_path / f"unit-{number}.service"
        # What it starts is not installed there.
        path.write_text(unit.replace("/usr/local/bin/ductdicom ", "/bin/true "))
        found = subprocess.run(
            ["systemd-analyze", "verify", path], check=False, capture_output=True, text=True
        )
        assert (found.returncode, found.stderr) == (0, "")


def test_the_configuration_of_the_set_up_can_be_used(tmp_path, capsys):
    page = text_of("docs/how-to/pacs-setup.md")
    blocks = [text for kind, text in _BLOCK.findall(page) if kind == "toml"]
    with peer([build_context(Verification)], title="PACS") as archive:
        config = tmp_path / "site.toml"
        config.write_text(blocks[0].replace("PACS@pacs.example.org:104", archive.address))
        assert run(["echo", "-c", "main", "--config", str(config)]) == 0
    # All of it is known to a watch as well, which finds nothing wrong but the peer that is none.
    watch = ["watch", str(tmp_path / "spool"), "--config", str(config), "--send", "none"]
    assert run(watch) == 2
    assert "there is no peer 'none'" in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff")
def test_the_manual_is_one_that_man_can_show():
    pages = sorted((ROOT / "docs" / "man").glob("*.1"))
    done = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", *pages], capture_output=True, text=True, check=True
    )

    assert done.stderr == ""
    assert "--files-from" in re.sub(r"\x1b\[[0-9;]*m|.\x08", "", done.stdout)


def test_the_version_stands_in_the_changelog():
    assert __version__ in text_of("CHANGELOG.md")
