"""How a command ends that cannot even start; 0 and 1 are results, and scripts trust them."""

import json
import subprocess
import sys

import pytest
from exports import write_ductogram

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="limits and folders of POSIX"),
]

HEAVY = {"PIL", "imagecodecs", "jinja2", "numpy", "pydicom", "reportlab", "rich", "simplejpeg"}
_COMMAND = "import sys; from ductdicom.__main__ import main; sys.argv[0] = 'ductdicom'; main()"


def start(*arguments, before="", setup="", encoding="utf-8"):
    """Run a command after some Python in its process, or some words of a shell before it."""
    line = ["-c", f"{before}\n{_COMMAND}", *arguments]
    words = ["sh", "-c", f'{setup} exec "$0" "$@"', sys.executable, *line]
    return subprocess.run(words, capture_output=True, encoding=encoding, timeout=120, check=False)


def test_a_working_folder_that_is_gone_is_said(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()

    ended = start("--version", setup=f"cd '{gone}'; rmdir '{gone}';")

    assert ended.returncode == 2
    assert ended.stderr == "ductdicom: the working folder is gone: change to another\n"


def test_a_library_that_is_missing_is_no_result():
    ended = start("organise", "export", before="import sys; sys.modules['msgspec'] = None")

    assert ended.returncode == 70
    assert "msgspec" in ended.stderr


def test_too_few_files_are_no_bug(tmp_path, samples):
    ended = start("organise", str(samples), "-o", str(tmp_path / "out"), setup="ulimit -n 10;")

    assert ended.returncode == 4
    assert "Too many open files" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("name", [".reportlab_mods", ".reportlab_settings"])
def test_a_file_in_the_home_folder_is_not_run(tmp_path, name):
    (tmp_path / name).write_text("print('these words')")

    ended = start("organise", "--help", setup=f"export HOME='{tmp_path}';")

    assert ended.returncode == 0
    assert "these words" not in ended.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["--version"], id="--version"),
        pytest.param(["--help"], id="--help"),
        pytest.param(["rules"], id="rules"),
        pytest.param(["rules", "test", "nach KM"], id="rules test"),
        pytest.param(["scan", "{samples}/textbook"], id="scan"),
    ],
)
def test_a_command_loads_what_it_needs(samples, arguments):
    arguments = [item.format(samples=samples) for item in arguments]
    said = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr))"

    ended = start(*arguments, before=said)

    assert ended.returncode == 0
    assert "click" in ended.stderr.split()
    assert HEAVY.isdisjoint(ended.stderr.split())


def test_a_home_that_is_no_folder_stops_nothing(tmp_path, samples):
    home = tmp_path / "home"
    home.touch()

    ended = start("scan", str(samples), setup=f"export HOME='{home}';")

    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    "encoding", ["cp1252", *(pytest.param(n, marks=pytest.mark.slow) for n in ("cp437", "latin-1"))]
)
def test_characters_that_an_encoding_lacks_end_no_command(tmp_path, encoding):
    export = write_ductogram(tmp_path / "Łódź 造影")
    setup = f"export PYTHONIOENCODING={encoding};"

    told = start("rules", "test", "造影後", setup=setup, encoding=encoding)
    records = start("scan", "--json", "--phi", "full", str(export), setup=setup, encoding=encoding)

    assert (told.returncode, records.returncode) == (0, 0)
    assert "\\u9020" in told.stdout
    assert json.loads(records.stdout.splitlines()[0])["instances"][0]["source"].startswith(
        str(export)
    )


@pytest.mark.parametrize(
    "closed",
    [
        *(pytest.param(one, marks=pytest.mark.slow) for one in ("<&-", ">&-", "2>&-")),
        "<&- >&- 2>&-",
    ],
)
@pytest.mark.parametrize("jobs", [pytest.param("1", marks=pytest.mark.slow), "2"])
def test_a_service_may_start_us_with_closed_descriptors(tmp_path, closed, jobs):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"

    ended = start(
        *("organise", str(export), "-o", str(output), "-j", jobs, "--format", "png"),
        setup=f"exec {closed};",
    )

    assert ended.returncode == 0
    assert list(output.rglob("sheet-1.png"))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        pytest.param(("scan", "{export}"), 4, id="scan"),
        pytest.param(("scan", "--json", "{export}"), 4, id="records", marks=pytest.mark.slow),
        pytest.param(("explain", "{export}"), 4, id="explain", marks=pytest.mark.slow),
        pytest.param(("check", "{export}"), 4, id="check", marks=pytest.mark.slow),
        pytest.param(("schema",), 4, id="schema"),
        pytest.param(("organise", "{export}", "-o", "{out}", "-n"), 4, id="plan"),
        pytest.param(("sheet", "{export}", "-o", "{sheet}"), 0, id="sheet"),
    ],
)
def test_results_that_nobody_could_hear_are_no_success(tmp_path, arguments, code):
    export = write_ductogram(tmp_path / "export")
    places = {"export": export, "out": tmp_path / "out", "sheet": tmp_path / "sheet.png"}

    ended = start(*(word.format(**places) for word in arguments), setup="exec >&-;")

    assert ended.returncode == code
    assert ("could not be written to standard output" in ended.stderr) == (code == 4)
    assert "Traceback" not in ended.stderr
    assert "Exception" not in ended.stderr
