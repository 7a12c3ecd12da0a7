# The schema of a file of decisions, beside what is read of one.
import json
from typing import get_args

import pytest
from jsonschema import Draft202012Validator, ValidationError

from ductdicom.cli.admin.schema import SCHEMAS
from ductdicom.decisions.event import Event
from ductdicom.decisions.form import DecisionEntry, View
from ductdicom.language.codes import VIEW_GROUPS

HEAD = {"schema": "ductdicom.decisions/1"}


@pytest.fixture(scope="module")
def schema():
    return Draft202012Validator(json.loads(SCHEMAS["decisions"]()))


def test_it_has_the_fields_that_are_read_and_no_other():
    assert {*DecisionEntry.__struct_fields__} == {*Event.__struct_fields__, "id"}


def test_it_has_the_views_that_are_read():
    assert set(get_args(View)) == set(VIEW_GROUPS)


@pytest.mark.parametrize(
    "decision",
    [
        {"image": "97fda9f35d82", "phase": "pre", "view": "CC", "exclude": False, "by": "AB"},
        {"study": "20260126-b497cc995b24bcf6", "verdict": "reopened", "undoes": ["0a1b2c"]},
        {"sop_instance_uid": "1.2", "phase": None, "laterality": "L"},
    ],
)
def test_what_is_read_keeps_to_it(schema, decision):
    schema.validate({**HEAD, "decisions": [decision]})


@pytest.mark.parametrize(
    "wrong",
    [{"phase": "before"}, {"view": "AP"}, {"exclude": "perhaps"}, {"phsae": "pre"}],
)
def test_what_is_refused_breaks_it(schema, wrong):
    with pytest.raises(ValidationError):
        schema.validate({**HEAD, "decisions": [{"image": "97fda9f35d82", **wrong}]})
