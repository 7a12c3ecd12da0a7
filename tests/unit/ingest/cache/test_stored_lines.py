import sqlite3

import pytest

from ductdicom.ingest.cache import stored_lines as module
from ductdicom.ingest.cache.stored_lines import LINES_TABLE, Lines


@pytest.fixture
def connection():
    opened = sqlite3.connect(":memory:")
    opened.executescript(LINES_TABLE)
    yield opened
    opened.close()


def count(connection):
    return connection.execute("SELECT count(*) FROM lines").fetchone()[0]


def test_equal_lines_are_kept_once(connection):
    one, two = Lines(), Lines()

    digests = {one.keep(connection, "a"), one.keep(connection, "a"), two.keep(connection, "a")}

    assert len(digests) == 1
    assert count(connection) == 1


def test_equal_lines_come_back_as_one_object(connection):
    digest = Lines().keep(connection, "a line")
    lines = Lines()

    first = lines.read(connection, {digest})[digest]

    assert first == "a line"
    assert lines.read(connection, {digest})[digest] is first


def test_a_line_that_is_not_there_is_left_out(connection):
    assert b"x" * 16 not in Lines().read(connection, {b"x" * 16})


def test_however_many_are_asked_for_all_come(connection):
    written = Lines()
    digests = {written.keep(connection, str(number)): str(number) for number in range(2000)}

    assert Lines().read(connection, set(digests)) == digests


def test_what_is_remembered_is_bounded_and_nothing_is_lost(connection, monkeypatch):
    monkeypatch.setattr(module, "_MOST_CHARACTERS", 10)
    lines = Lines()
    first = lines.keep(connection, "0123456789 the first")
    second = lines.keep(connection, "the second")

    assert lines.read(connection, {second}).keys() == {second}
    assert lines.read(connection, {first})[first] == "0123456789 the first"
