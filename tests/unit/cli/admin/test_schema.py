import json

import pytest
from jsonschema import Draft202012Validator

from ductdicom.cli.application import run


def test_the_schema_is_a_schema_and_names_itself(capsys):
    assert run(["schema"]) == 0

    schema = json.loads(capsys.readouterr().out)
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == "ductdicom.study/1"


@pytest.mark.parametrize("record", [{}, {"schema": "ductdicom.study/2"}, {"status": "paired"}])
def test_what_is_no_record_breaks_the_schema(capsys, record):
    run(["schema"])

    assert not Draft202012Validator(json.loads(capsys.readouterr().out)).is_valid(record)


def test_every_field_says_what_it_means(capsys):
    run(["schema"])

    parts = json.loads(capsys.readouterr().out)["$defs"].values()
    assert all(
        field["description"] for part in parts for field in part.get("properties", {}).values()
    )
