import json
import re

import pytest

from ductdicom.classify.phase.image_rules import RULES
from ductdicom.cli.application import run


def printed_lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_list_has_each_rule_with_its_attribute_and_source(capsys):
    assert run(["rules", "--json"]) == 0

    found = printed_lines(capsys)
    assert set(RULES) <= {item["name"] for item in found}
    assert all(item["attribute"] and item["reference"] and item["description"] for item in found)


def test_the_list_is_readable(capsys):
    assert run(["rules"]) == 0

    assert "contrast-agent  (phase, explicit)" in capsys.readouterr().out


def test_a_rule_that_a_site_switched_off_is_said_to_be_off(capsys, tmp_path):
    rules = tmp_path / "site.toml"
    rules.write_text("[rules.image-text]\nenabled = false\n", encoding="utf-8")

    assert run(["rules", "--rules", str(rules), "--json"]) == 0

    off = [item["name"] for item in printed_lines(capsys) if not item["is_enabled"]]
    assert off == ["image-text"]


@pytest.mark.parametrize(
    ("text", "place", "name", "value"),
    [
        pytest.param(
            "Galaktographie li nach KM", "in_any_study", "ductography", True, id="the name"
        ),
        pytest.param("Galaktographie li nach KM", "in_any_study", "phase", "post", id="the phase"),
        pytest.param("Galaktographie li nach KM", "in_any_study", "laterality", "L", id="the side"),
        pytest.param("POST 2", "in_any_study", "phase", None, id="a bare post says nothing"),
        pytest.param("POST 2", "in_a_ductography", "phase", "post", id="but in a ductography"),
        pytest.param("IOHEXOL", "as_contrast", "agent", "agent", id="an agent"),
        pytest.param("INTRADUCTAL", "as_contrast", "route", "intraductal", id="a route"),
    ],
)
def test_a_phrase_is_explained(capsys, text, place, name, value):
    assert run(["rules", "test", text, "--json"]) == 0

    assert printed_lines(capsys)[0][place][name] == value


def test_a_phrase_is_explained_to_a_person(capsys):
    assert run(["rules", "test", "Galaktographie li nach KM"]) == 0

    out = capsys.readouterr().out
    assert re.search(r"phase +post +post", out)
    assert "as Contrast/Bolus Agent" in out


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["rules", "--rules", "SITE", "--json", "test", "milkogram"], id="before"),
        pytest.param(["rules", "test", "milkogram", "--rules", "SITE", "--json"], id="behind"),
        pytest.param(["rules", "--rules", "SITE", "test", "milkogram", "--json"], id="apart"),
    ],
)
def test_options_count_before_and_behind_the_command(capsys, tmp_path, arguments):
    rules = tmp_path / "site.toml"
    rules.write_text('[add.en]\nductography = ["milkogram"]\n', encoding="utf-8")

    assert run([str(rules) if word == "SITE" else word for word in arguments]) == 0

    assert printed_lines(capsys)[0]["in_any_study"]["ductography"] is True


def test_rules_that_diff_would_not_use_are_refused(capsys):
    assert run(["rules", "--rules", "old.toml", "diff", "new.toml", "out"]) == 2

    assert "NEW.toml" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], ["test", "KM"]])
@pytest.mark.parametrize(
    ("name", "said"),
    [
        pytest.param("label-splits", "cannot be switched off", id="one that compares images"),
        pytest.param("contrast-agnt", "unknown rule", id="none"),
    ],
)
def test_a_rule_that_cannot_be_switched_is_refused_by_each_command(
    capsys, tmp_path, command, name, said
):
    rules = tmp_path / "site.toml"
    rules.write_text(f"[rules.{name}]\nenabled = false\n", encoding="utf-8")

    assert run(["rules", "--rules", str(rules), *command]) == 2

    assert said in capsys.readouterr().err


def test_rules_that_make_no_sense_are_wrong_usage(capsys, tmp_path):
    rules = tmp_path / "site.toml"
    rules.write_text("[rulez]\n", encoding="utf-8")

    assert run(["rules", "--rules", str(rules)]) == 2

    assert "line 1" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("after scout", "scout phase: pre_weak"),
        ("LT CONTRAST", "as label filled filled"),
        ("KM 0", "as label – –"),
        ("KM 2", "may be later yes yes"),
        ("造影後", "造影 contrast"),
        ("POST-CONTRAST", "contrast contrast"),
        ("w/o KM", "w/o negation"),
        ("before_and after KM", "before_and after phase: both_of"),
    ],
)
def test_a_text_is_explained_as_a_phase_and_as_a_label(capsys, text, line):
    assert run(["rules", "test", text]) == 0

    assert line in [" ".join(row.split()) for row in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_text_says_nothing(capsys, text):
    assert run(["rules", "test", text]) == 0

    assert capsys.readouterr().out == "the text is empty: it says nothing\n"
