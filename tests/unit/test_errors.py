import pickle

import pytest

from ductdicom import errors

CODES = {
    "DuctDicomError": 70,
    "UsageError": 2,
    "RulesError": 2,
    "MissingExtraError": 2,
    "InputError": 1,
    "NotDicomError": 1,
    "UnreadableError": 1,
    "DecodeError": 1,
    "NothingReadableError": 3,
    "OutputError": 4,
    "InUseError": 4,
    "RemoteError": 5,
}
WITH_REASON = {"InputError", "NotDicomError", "UnreadableError", "DecodeError"}


def _make(name):
    more = {"reason": "truncated"} if name in WITH_REASON else {}
    return getattr(errors, name)("is wrong: 7", path="a/b", hint="do this", **more)


def test_the_table_is_complete():
    found = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.DuctDicomError)
    }

    assert found == set(CODES)


@pytest.mark.parametrize(("name", "code"), CODES.items())
def test_each_error_has_its_exit_code(name, code):
    assert _make(name).exit_code == code


@pytest.mark.parametrize("name", CODES)
def test_an_error_says_where_what_and_what_to_do(name):
    assert str(_make(name)) == "a/b: is wrong: 7 (do this)"


@pytest.mark.parametrize("name", CODES)
def test_an_error_crosses_a_process_border_whole(name):
    error = _make(name)

    copy = pickle.loads(pickle.dumps(error))  # noqa: S301 - written two words earlier

    assert type(copy) is type(error)
    assert (str(copy), vars(copy)) == (str(error), vars(error))


def test_the_documentation_of_the_tree_names_every_error_and_code():
    for name, code in CODES.items():
        line = next(line for line in errors.__doc__.splitlines() if f" {name} " in f" {line} ")
        assert f" {code} " in line or " - " in line
