from dataclasses import dataclass, replace
from datetime import date, time

import builders
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.ingest.cache.codec import decoder, encoder, maker, schema_of
from ductdicom.model.call import Kind
from ductdicom.model.instance import Contrast, Instance, Reference, Text
from ductdicom.model.origin import Origin

TEXTS = st.text(max_size=5) | st.none()
NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.none()


@given(
    st.builds(
        Contrast,
        agent=TEXTS,
        volume_ml=NUMBERS,
        started_at=st.times() | st.none(),
        is_administered=st.booleans() | st.none(),
        agent_codes=st.none() | st.just(()),
    ),
    st.tuples(st.text(max_size=5)) | st.none() | st.just(()),
    st.dates() | st.none(),
)
def test_what_was_written_reads_back(contrast, image_type, study_date):
    instance = builders.make_instance(
        contrast=contrast,
        image_type=image_type,
        study_date=study_date,
        references=(Reference(sop_instance_uid="2.25.1", purpose="x"),),
        modifiers=(builders.MAGNIFICATION,),
        series_text="é造\ud800",
        at="10:21",
    )

    assert decoder(Instance)(encoder(Instance)(instance)) == instance


def test_types_come_back_as_they_were():
    instance = builders.make_instance(at="10:21", series_text="x")

    actual = decoder(Instance)(encoder(Instance)(instance))

    assert isinstance(actual.texts[0], Text)
    assert actual.texts[0].level is instance.texts[0].level
    assert type(actual.clock.acquired_on) is date
    assert type(actual.clock.acquired_time) is time
    assert isinstance(actual.origin, Origin)


def test_a_new_field_changes_the_schema():
    @dataclass(frozen=True, kw_only=True)
    class Value:
        name: str

    @dataclass(frozen=True, kw_only=True)
    class Longer:
        name: str
        size: int = 0

    Longer.__name__ = "Value"

    assert schema_of(Value) != schema_of(Longer)


def test_the_schema_reaches_nested_values():
    assert "sop_instance_uid" in schema_of(Instance)
    assert "purpose" in schema_of(Instance)


@pytest.mark.parametrize("text", ["", "[", "[]", "{}", "[1]", "null"])
def test_damaged_text_is_an_error_of_the_expected_kinds(text):
    with pytest.raises((ValueError, TypeError, KeyError, IndexError)):
        decoder(Reference)(text)


def test_what_is_no_value_of_the_model_is_refused():
    with pytest.raises(TypeError):
        encoder(Instance)(replace(builders.make_instance(), modality=object()))


def test_an_enumeration_is_written_as_its_word():
    @dataclass(frozen=True, kw_only=True)
    class Value:
        kind: Kind

    assert encoder(Value)(Value(kind=Kind.VIEW)) == '["view"]'


def test_a_value_is_made_of_groups_of_its_fields():
    make = maker(Reference, ("purpose", "sop_instance_uid"))

    assert make(("x",), ["2.25.1"]) == Reference(sop_instance_uid="2.25.1", purpose="x")


def test_every_field_must_be_named():
    with pytest.raises(TypeError, match="fields of Reference"):
        maker(Reference, ("purpose",))


@pytest.mark.parametrize("text", ['["2.25.1"]', '["2.25.1","x","y"]'])
def test_a_text_of_other_fields_is_refused(text):
    with pytest.raises(ValueError, match="not whole"):
        decoder(Reference)(text)
