from pathlib import Path

import pytest
from builders import make_instance, make_origin
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ductdicom.errors import UnreadableError
from ductdicom.export.output import OutputFolder
from ductdicom.model.instance import Patient
from ductdicom.model.outcome import Disposition, LedgerRow
from ductdicom.pipeline.gather import gather

JANE = Patient(patient_id="7", name="DOE^JANE")
JOAN = Patient(patient_id="8", name="ROE^JOAN")


def _instance(uid, name, **changes):
    return make_instance(uid, origin=make_origin(name), **changes)


def _by_content(contents):
    return lambda origin: contents[origin.source]


def test_instances_are_grouped_by_study():
    found = gather(
        [
            _instance("2.25.1", "a", study_instance_uid="2.25.91"),
            _instance("2.25.2", "b", study_instance_uid="2.25.90"),
            _instance("2.25.3", "c", study_instance_uid="2.25.91"),
        ],
        _by_content({}),
    )

    studies = {p.study.study_instance_uid: len(p.study.instances) for p in found.parts}
    assert studies == {"2.25.90": 1, "2.25.91": 2}


def test_the_same_bytes_twice_are_one_and_a_duplicate():
    found = gather(
        [_instance("2.25.1", "b"), _instance("2.25.1", "a")], _by_content({"a": "x", "b": "x"})
    )

    (part,) = found.parts
    (row,) = found.rows
    assert [i.origin.source for i in part.study.instances] == ["a"]
    assert (row.origin.source, row.disposition, row.reason) == (
        "b",
        Disposition.DUPLICATE,
        "same-bytes",
    )
    assert part.study.contested == frozenset()


def test_other_bytes_under_one_uid_are_both_kept_and_marked():
    found = gather(
        [_instance("2.25.1", "a"), _instance("2.25.1", "b")], _by_content({"a": "x", "b": "y"})
    )

    (part,) = found.parts
    assert found.rows == ()
    assert part.study.contested == {"a", "b"}


def test_a_file_that_can_no_longer_be_read_is_unreadable_and_no_copy():
    def refuse(origin):
        if origin.source == "a":
            raise UnreadableError("gone", reason="read-error")
        return "x"

    found = gather([_instance("2.25.1", "a"), _instance("2.25.1", "b")], refuse)

    (part,) = found.parts
    assert [i.origin.source for i in part.study.instances] == ["b"]
    assert [(row.disposition, row.reason) for row in found.rows] == [
        (Disposition.UNREADABLE, "read-error")
    ]


def test_a_file_is_hashed_only_where_its_uid_occurs_twice():
    def refuse(_origin):
        raise AssertionError("asked for no reason")

    gather([_instance("2.25.1", "a"), _instance("2.25.2", "b")], refuse)


def test_two_patients_under_one_study_are_parted():
    found = gather(
        [_instance("2.25.1", "a", patient=JANE), _instance("2.25.2", "b", patient=JOAN)],
        _by_content({}),
    )

    assert [(p.number, p.is_shared, len(p.study.instances)) for p in found.parts] == [
        (0, True, 1),
        (1, True, 1),
    ]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        pytest.param("patient_id", "EBDAC", id="number"),
        pytest.param("issuer", "EBDAC", id="issuer"),
        pytest.param("name", ["E^E", "B^B", "D^D", "A^A", "C^C"], id="name"),
        pytest.param("birth_date", ["19900101", "19300101", "19700101", "19500101"], id="birth"),
        pytest.param("sex", "MF", id="sex"),
        pytest.param("age", ["080Y", "020Y", "060Y", "040Y"], id="age"),
    ],
)
def test_several_patients_of_a_study_are_numbered_in_one_order(field, values):
    jane = Patient(patient_id="7", issuer="H", name="DOE^JANE")
    found = gather(
        [
            _instance(
                f"2.25.{study}.{value}",
                f"{study}/{value}",
                study_instance_uid=f"2.25.9{study}",
                patient=replace(jane, **({"name": f"DOE^JANE^{study}"} | {field: value})),
            )
            for study in range(8)
            for value in values
        ],
        _by_content({}),
    )

    who = [getattr(part.study.instances[0].patient, field) for part in found.parts]
    assert who == sorted(values) * 8


def test_parts_of_a_study_are_named_by_their_number():
    instances = [_instance("2.25.1", "a", patient=JANE), _instance("2.25.2", "b", patient=JOAN)]

    both, one = gather(instances, _by_content({})), gather(instances[:1], _by_content({}))

    uid = instances[0].study_instance_uid
    assert [part.name for part in both.parts] == [f"{uid}#1", f"{uid}#2"]
    assert [part.name for part in one.parts] == [uid]


def test_a_header_without_a_patient_stays_with_the_others():
    found = gather(
        [_instance("2.25.1", "a", patient=JANE), _instance("2.25.2", "b", patient=Patient())],
        _by_content({}),
    )

    assert [part.is_shared for part in found.parts] == [False]


@pytest.mark.parametrize(
    "between",
    [
        pytest.param(Patient(), id="nobody"),
        pytest.param(Patient(birth_date="19600101"), id="a birth date alone"),
    ],
)
def test_a_header_that_fits_two_patients_does_not_make_them_one(between):
    patients = {"a": JANE, "b": between, "c": JOAN}

    found = gather(
        [_instance(f"2.25.{name}", name, patient=who) for name, who in patients.items()],
        _by_content({}),
    )

    who = [{i.patient for i in part.study.instances} for part in found.parts]
    assert who == [{between, JANE}, {JOAN}]


def test_rows_of_other_inputs_are_passed_on():
    row = LedgerRow(origin=make_origin("x.txt"), disposition=Disposition.NOT_DICOM)

    assert gather([row], _by_content({})).rows == (row,)


ITEMS = st.lists(
    st.tuples(
        st.sampled_from(["2.25.1", "2.25.2", "2.25.3"]),
        st.sampled_from(["2.25.90", "2.25.91"]),
        st.sampled_from([JANE, JOAN, Patient()]),
        st.sampled_from("xy"),
    ),
    max_size=9,
)


@given(ITEMS, st.randoms(use_true_random=False))
def test_nothing_is_lost_and_the_order_does_not_matter(items, random):
    contents = {f"F{number}": item[3] for number, item in enumerate(items)}
    instances = [
        _instance(uid, f"F{number}", study_instance_uid=study, patient=patient)
        for number, (uid, study, patient, _) in enumerate(items)
    ]

    found = gather(instances, _by_content(contents))
    again = gather(random.sample(instances, len(instances)), _by_content(contents))

    sources = [i.origin.source for part in found.parts for i in part.study.instances]
    sources += [row.origin.source for row in found.rows]
    assert sorted(sources) == sorted(contents)
    assert not any({JANE, JOAN} <= {i.patient for i in p.study.instances} for p in found.parts)
    assert found.parts == again.parts
    assert sorted(found.rows, key=str) == sorted(again.rows, key=str)


@pytest.mark.parametrize("number", [0, 1])
def test_few_inputs_need_no_special_case(number):
    assert len(gather([_instance("2.25.1", "a")][:number], _by_content({})).parts) == number


def _ids(contents, key=b"k" * 32):
    name = OutputFolder(path=Path(), key=key).image_name
    images = [_instance("2.25.1", place) for place in contents] + [_instance("2.25.2", "z")]
    found = gather(images, _by_content(contents), name)
    return [i.id for part in found.parts for i in part.study.instances]


def test_an_image_has_an_id_of_its_uid_that_only_the_folders_key_makes():
    ids = _ids({"a": "x"})

    assert len(set(ids)) == 2
    assert all(len(id_) == 12 for id_ in ids)
    assert _ids({"a": "y"}) == ids
    assert not set(_ids({"a": "x"}, key=b"l" * 32)) & set(ids)


def test_where_others_share_its_uid_the_id_of_an_image_is_also_of_its_bytes():
    first, second, other = _ids({"a": "x", "b": "y"})

    assert len({first, second, *_ids({"a": "x"})}) == 4
    assert _ids({"b": "x", "a": "y"}) == [second, first, other]
