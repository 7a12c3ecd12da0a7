# One key: the same gives the same, another nothing alike, and what lies between times stays exact.
import os
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.deidentify.keyed import Key, read_or_make_key
from ductdicom.errors import UsageError

KEY, OTHER = Key(b"k" * 32), Key(b"o" * 32)
MOMENTS = st.datetimes(*map(datetime.fromisoformat, ("1950-01-01", "2030-01-01")))


def parsed(day, time):
    return datetime.fromisoformat(f"{day}T{time}")


@given(first=MOMENTS, second=MOMENTS, patient=st.text())
def test_what_lies_between_two_times_of_a_patient_stays(first, second, patient):
    shift = KEY.shift(patient)

    one, two = (parsed(*shift.moment(f"{at:%Y%m%d}", f"{at:%H%M%S.%f}")) for at in (first, second))

    assert two - one == second - first
    assert timedelta(days=1) <= first - one <= timedelta(days=3651)


@given(at=MOMENTS)
def test_a_date_time_moves_as_a_date_with_its_time(at):
    shift = KEY.shift("a")

    assert shift.date_time(f"{at:%Y%m%d%H%M%S.%f}+0100") == (
        "".join(shift.moment(f"{at:%Y%m%d}", f"{at:%H%M%S.%f}")) + "+0100"
    )


@pytest.mark.parametrize("day", ["", "00010101", "20261340", "MEIER", "2026"])
def test_what_is_no_day_is_not_told(day):
    assert KEY.shift("a").moment(day, "")[0] == ""


@pytest.mark.parametrize("time", ["", "MEIER", "250000", "9"])
def test_what_is_no_time_is_not_told(time):
    assert KEY.shift("a").moment("20260102", time)[1] == ""


@given(uid=st.from_regex(r"[1-9]\d{0,5}(\.[1-9]\d{0,5}){1,8}", fullmatch=True))
def test_a_uid_of_the_standard_stays_and_any_other_is_one_of_ours(uid):
    mapped = KEY.uid(uid)

    assert mapped == KEY.uid(uid + "\0")
    if uid.startswith("1.2.840.10008."):
        assert mapped == uid
    else:
        assert mapped.startswith("2.25.")
        assert len(mapped) <= 64
        assert mapped not in {uid, OTHER.uid(uid)}


def test_a_name_is_no_uid_of_the_standard():
    assert "MEIER" not in KEY.uid("1.2.840.10008.MEIER")


def test_patients_of_one_id_and_two_issuers_are_two():
    assert KEY.pseudonym("a\0" + "1") != KEY.pseudonym("b\0" + "1")
    assert KEY.pseudonym("a") != OTHER.pseudonym("a")
    assert KEY.shift("a") != OTHER.shift("a")


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "key"

    made = read_or_make_key(path)

    assert read_or_make_key(path) == made
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_key_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "key"
    read_or_make_key(path)
    path.chmod(0o644)

    with pytest.raises(UsageError, match="others may read"):
        read_or_make_key(path)


def test_a_file_that_is_no_key_is_refused(tmp_path):
    path = tmp_path / "key"
    path.write_text("secret")
    path.chmod(0o600)

    with pytest.raises(UsageError, match="no key"):
        read_or_make_key(path)
