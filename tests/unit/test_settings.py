from dataclasses import fields
from pathlib import Path

import pytest

from ductdicom.errors import UsageError
from ductdicom.settings import Format, Link, Phi, Settings, load_settings


def _write(tmp_path, text):
    path = tmp_path / "run.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_defaults_are_those_of_the_documentation():
    settings = load_settings({})

    assert settings.format == (Format.PNG, Format.PDF, Format.HTML)
    assert settings.link is Link.NONE
    assert settings.phi is Phi.MINIMAL
    assert settings.jobs >= 1
    assert settings.output is None
    assert not any(
        (settings.dry_run, settings.force, settings.all_studies, settings.strict, settings.quiet)
    )


def test_the_command_line_wins_then_the_environment_then_the_file(tmp_path):
    config = _write(tmp_path, 'phi = "none"\nlink = "copy"\njobs = 2\n')
    environment = {"DUCTDICOM_PHI": "full", "DUCTDICOM_LINK": "symlink", "OTHER": "x"}

    settings = load_settings({"phi": "minimal"}, config=config, environment=environment)

    assert (settings.phi, settings.link, settings.jobs) == (Phi.MINIMAL, Link.SYMLINK, 2)


def test_an_option_that_was_not_given_leaves_room_for_the_others(tmp_path):
    config = _write(tmp_path, "strict = true\n")

    assert load_settings({"strict": None}, config=config).strict is True


@pytest.mark.parametrize("name", ["all-studies", "all_studies"])
def test_names_in_a_file_may_be_spelled_as_on_the_command_line(tmp_path, name):
    assert load_settings({}, config=_write(tmp_path, f"{name} = true\n")).all_studies is True


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        pytest.param("format", "pdf", (Format.PDF,), id="one format"),
        pytest.param("format", "PDF, png,pdf", (Format.PDF, Format.PNG), id="a list, once each"),
        pytest.param("format", ["html", "dicom"], (Format.HTML, Format.DICOM), id="a TOML list"),
        pytest.param("jobs", "3", 3, id="a number as text"),
        pytest.param("force", "yes", True, id="yes"),
        pytest.param("force", "0", False, id="0"),
        pytest.param("output", "out", Path("out"), id="a path"),
    ],
)
def test_values_are_given_their_type(name, value, expected):
    assert getattr(load_settings({name: value}), name) == expected


def test_no_number_of_workers_means_all_processors():
    assert load_settings({"jobs": 0}).jobs == Settings().jobs


@pytest.mark.parametrize(
    ("given", "right"),
    [
        pytest.param({"format": "gif"}, "png, pdf, html, dicom", id="format"),
        pytest.param({"link": "hard"}, "copy, hardlink, symlink, none", id="link"),
        pytest.param({"phi": "some"}, "none, minimal, full", id="phi"),
        pytest.param({"jobs": "many"}, "a whole number", id="jobs"),
        pytest.param({"jobs": -1}, "a whole number", id="a negative number"),
        pytest.param({"jobs": True}, "a whole number", id="a flag for a number"),
        pytest.param({"force": "perhaps"}, "true or false", id="flag"),
        pytest.param({"output": ""}, "path", id="an empty path"),
    ],
)
def test_a_wrong_value_is_said_with_what_would_be_right(given, right):
    with pytest.raises(UsageError) as caught:
        load_settings(given)

    (name, value), *_ = given.items()
    assert name in str(caught.value)
    assert repr(value) in str(caught.value)
    assert right in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        pytest.param("formats = 'png'\n", "did you mean 'format'?", id="an unknown name"),
        pytest.param("format = \n", "TOML", id="no TOML"),
        pytest.param("format = 'gif'\n", "run.toml", id="a wrong value names its file"),
    ],
)
def test_a_wrong_file_is_said(tmp_path, text, words):
    with pytest.raises(UsageError, match=words.replace("?", r"\?")):
        load_settings({}, config=_write(tmp_path, text))


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        load_settings({}, config=tmp_path / "absent.toml")


def test_an_unknown_variable_is_said():
    with pytest.raises(UsageError, match="environment"):
        load_settings({}, environment={"DUCTDICOM_FORMATS": "png"})


def test_an_empty_variable_says_nothing():
    assert load_settings({}, environment={"DUCTDICOM_PHI": ""}).phi is Phi.MINIMAL


@pytest.mark.parametrize(
    "name",
    [
        *("output", "jobs", "format", "link", "rules", "decisions", "phi", "dry_run", "force"),
        *("all_studies", "strict", "verbose", "quiet", "log_json"),
    ],
)
def test_every_option_of_the_command_line_may_stand_in_a_file(name):
    assert name in {item.name for item in fields(Settings)}
