import os
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ductdicom.cli.options import (
    CHOOSING,
    DECIDING,
    FAILING,
    PAGES,
    SAYING,
    WRITING,
    make_settings,
    quiet_option,
)
from ductdicom.errors import UsageError
from ductdicom.model.outcome import FailOn
from ductdicom.settings import Format, Link, Phi, Settings

ALL = [*CHOOSING, *WRITING, *PAGES, *DECIDING, *FAILING, *SAYING, quiet_option]


def settings_of(*arguments, environment=None, params=ALL, **given):
    found = []
    command = click.Command(
        "run", params=list(params), callback=lambda **_: found.append(make_settings(**given))
    )
    CliRunner().invoke(
        command, arguments, env=environment, standalone_mode=False, catch_exceptions=False
    )
    return found[0]


def written(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_defaults_are_those_of_the_documentation():
    settings = settings_of()

    assert settings == Settings()
    assert settings.format == (Format.PNG, Format.PDF, Format.HTML)
    assert settings.link is Link.NONE
    assert settings.phi is Phi.MINIMAL
    assert (settings.jobs, settings.processes) == (0, os.cpu_count())
    assert settings.output is None
    assert not any(
        (settings.dry_run, settings.force, settings.all_studies, settings.strict, settings.quiet)
    )


@pytest.mark.parametrize("params", [ALL, []], ids=["options", "a command without options"])
def test_the_environment_wins_over_the_file(tmp_path, params):
    config = written(tmp_path, 'phi = "none"\nlink = "copy"\njobs = 2\n')
    environment = {"DUCTDICOM_CONFIG": config, "DUCTDICOM_LINK": "symlink", "OTHER": "x"}

    settings = settings_of(environment=environment, params=params)

    assert (settings.phi, settings.link, settings.jobs) == (Phi.NONE, Link.SYMLINK, 2)


def test_the_command_line_wins_over_both(tmp_path):
    config = written(tmp_path, 'phi = "none"\n')
    environment = {"DUCTDICOM_PHI": "full"}

    given = settings_of("--phi", "minimal", "--config", config, environment=environment)
    known = settings_of("--config", config, environment=environment, phi=Phi.MINIMAL)

    assert given.phi is known.phi is Phi.MINIMAL


def test_an_option_that_was_not_given_leaves_room_for_the_others(tmp_path):
    config = written(tmp_path, "strict = true\n")

    assert settings_of("--config", config, strict=None).strict is True


@pytest.mark.parametrize("name", ["all-studies", "all_studies"])
def test_names_in_a_file_may_be_spelled_as_on_the_command_line(tmp_path, name):
    assert settings_of("--config", written(tmp_path, f"{name} = true\n")).all_studies is True


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("format", "pdf", (Format.PDF,), id="one format"),
        pytest.param("format", "PDF, png,pdf", (Format.PDF, Format.PNG), id="a list, once each"),
        pytest.param("jobs", "3", 3, id="a number"),
        pytest.param("jobs", "0", Settings().jobs, id="all processors"),
        pytest.param("force", "yes", True, id="yes"),
        pytest.param("force", "0", False, id="0"),
        pytest.param("output", "out", Path("out"), id="a path"),
        pytest.param("phi", "", Phi.MINIMAL, id="an empty variable says nothing"),
    ],
)
def test_values_are_given_their_type(name, value, expected):
    settings = settings_of(environment={f"DUCTDICOM_{name.upper()}": value})

    assert getattr(settings, name) == expected


def test_a_list_may_be_one_in_the_file(tmp_path):
    config = written(tmp_path, 'format = ["html", "dicom"]\n')

    assert settings_of("--config", config).format == (Format.HTML, Format.DICOM)


@pytest.mark.parametrize(
    ("line", "right"),
    [
        pytest.param("format = 'gif'", "'png', 'pdf', 'html', 'dicom'", id="format"),
        pytest.param("link = 'hard'", "'copy', 'hardlink', 'symlink', 'none'", id="link"),
        pytest.param("phi = 'some'", "'none', 'minimal', 'full'", id="phi"),
        pytest.param("jobs = 'many'", "integer", id="jobs"),
        pytest.param("jobs = -1", "0<=x<=1024", id="a negative number"),
        pytest.param("jobs = true", "integer", id="a flag for a number"),
        pytest.param("force = 'perhaps'", "true", id="flag"),
        pytest.param("output = ''", "path is empty", id="an empty path"),
    ],
)
def test_a_wrong_value_is_said_with_its_place_and_with_what_would_be_right(tmp_path, line, right):
    name, _, value = line.replace("'", "").partition(" = ")
    with pytest.raises(UsageError) as in_file:
        settings_of("--config", written(tmp_path, line))
    assert f"run.toml: {name}: " in str(in_file.value)
    assert right in str(in_file.value)

    if value:
        with pytest.raises(UsageError) as in_environment:
            settings_of(environment={f"DUCTDICOM_{name.upper()}": value})
        assert f"DUCTDICOM_{name.upper()}: " in str(in_environment.value)

    if name != "force":
        with pytest.raises(click.BadParameter) as typed:
            settings_of(f"--{name}", value)
        assert right in str(typed.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("formats = 'png'\n", "did you mean 'format'?", id="an unknown name"),
        pytest.param("format = \n", "TOML", id="no TOML"),
    ],
)
def test_a_wrong_file_is_said(tmp_path, text, words):
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        settings_of("--config", written(tmp_path, text))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("jobs = " + "[" * 100_000, id="lists"),
        pytest.param(".".join(["jobs"] * 100_000) + " = 1", id="keys"),
        pytest.param("jobs = " + "9" * 5000, id="digits"),
    ],
)
def test_a_file_without_end_is_said(tmp_path, text):
    with pytest.raises(UsageError, match="TOML"):
        settings_of("--config", written(tmp_path, text))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="POSIX")
def test_what_is_no_file_is_said(tmp_path):
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match="cannot be read"):
            settings_of("--config", str(path))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        settings_of("--config", str(tmp_path / "absent.toml"))


def test_paths_in_a_file_are_relative_to_it(tmp_path, monkeypatch):
    other = tmp_path / "elsewhere"
    other.mkdir()
    monkeypatch.chdir(other)
    text = f"""
        output = "out"
        rules = "../site.toml"
        cache = ""
        decisions = ["{tmp_path}/d.csv", "e.csv"]
    """

    settings = settings_of("--config", os.path.relpath(written(tmp_path, text)))

    assert settings.output.resolve() == tmp_path / "out"
    assert settings.rules.resolve() == tmp_path.parent / "site.toml"
    first, second = settings.decisions
    assert (first, second.resolve()) == (tmp_path / "d.csv", tmp_path / "e.csv")
    assert settings.cache == Path(os.devnull)


@pytest.mark.parametrize(
    ("arguments", "failures"),
    [
        ([], {FailOn.CONFLICT, FailOn.UNREADABLE}),
        (["--fail-on", "none"], set()),
        (["--fail-on", "review"], {FailOn.REVIEW}),
        (["--fail-on", "conflict, review"], {FailOn.CONFLICT, FailOn.REVIEW}),
        (["--strict"], set(FailOn)),
        (["--strict", "--fail-on", "none"], set(FailOn)),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, list) else "",
)
def test_what_ends_a_run_with_1_can_be_chosen(arguments, failures):
    assert settings_of(*arguments).failures == failures


@pytest.mark.parametrize("value", ["none,review", "doubt", ""])
def test_what_ends_no_run_is_refused(value):
    with pytest.raises(click.BadParameter):
        settings_of("--fail-on", value)


def test_an_unknown_variable_is_said():
    with pytest.raises(UsageError, match="environment"):
        settings_of(environment={"DUCTDICOM_FORMATS": "png"})


def test_every_setting_has_an_option():
    given = {"is_list"}  # which follows from how inputs are named
    assert {option.name for option in ALL} | given == {*Settings.__dataclass_fields__, "config"}
