import json
import tomllib
from importlib import metadata
from pathlib import Path

import pytest

from ductdicom.cli.application import run

PROJECT = Path(__file__).resolve().parents[4] / "pyproject.toml"
FOR_DEVELOPERS = {"dev", "docs", "fuzz", "release"}


@pytest.mark.skipif(not PROJECT.is_file(), reason="the project's file is not there")
def test_every_extra_that_a_user_may_want_is_listed(capsys):
    project = tomllib.loads(PROJECT.read_text("utf-8"))["project"]

    assert run(["doctor", "--json"]) == 0

    found = [item for item in json.loads(capsys.readouterr().out) if item["subject"] == "extra"]
    assert {item["name"] for item in found} == (
        project["optional-dependencies"].keys() - FOR_DEVELOPERS
    )


def test_a_library_without_metadata_is_there_all_the_same(monkeypatch, capsys):
    def refuse(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", refuse)

    assert run(["doctor", "--json"]) == 0

    found = [item for item in json.loads(capsys.readouterr().out) if item["subject"] == "library"]
    assert {item["found"] for item in found} == {"unknown"}
