import json

import pytest
from jsonschema import Draft202012Validator

from ductdicom.cli.admin.schema import SCHEMAS
from ductdicom.cli.application import run


@pytest.mark.parametrize("words", [[], *([name] for name in SCHEMAS)], ids=" ".join)
def test_each_schema_is_a_schema_and_names_itself(capsys, words):
    assert run(["schema", *words]) == 0

    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"ductdicom.{words[0] if words else 'study'}/1"


def test_a_record_that_there_is_not_is_wrong_usage(capsys):
    assert run(["schema", "stduy"]) == 2
    assert "study" in capsys.readouterr().err


@pytest.mark.parametrize("record", [{}, {"schema": "ductdicom.study/2"}, {"status": "paired"}])
def test_what_is_no_record_breaks_the_schema(capsys, record):
    run(["schema"])

    assert not Draft202012Validator(json.loads(capsys.readouterr().out)).is_valid(record)


@pytest.mark.parametrize("record", ["study", "summary"])
def test_every_field_says_what_it_means(capsys, record):
    run(["schema", record])

    parts = json.loads(capsys.readouterr().out)["$defs"].values()
    assert all(
        field["description"] for part in parts for field in part.get("properties", {}).values()
    )
