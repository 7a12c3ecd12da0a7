import sqlite3

import pytest

from ductdicom.ingest.cache import cache as module
from ductdicom.ingest.cache.cache import TABLES, Catalogue, SharedLines
from ductdicom.model.origin import Origin


@pytest.fixture
def connection():
    opened = sqlite3.connect(":memory:")
    opened.executescript(TABLES)
    yield opened
    opened.close()


def count(connection):
    return connection.execute("SELECT count(*) FROM lines").fetchone()[0]


def test_equal_lines_are_kept_once(connection):
    one, two = SharedLines(), SharedLines()

    digests = {one.keep(connection, b"a"), one.keep(connection, b"a"), two.keep(connection, b"a")}

    assert len(digests) == 1
    assert count(connection) == 1


def test_equal_lines_come_back_as_one_object(connection):
    digest = SharedLines().keep(connection, b"a line")
    lines = SharedLines()

    first = lines.read(connection, {digest})[digest]

    assert first == b"a line"
    assert lines.read(connection, {digest})[digest] is first


def test_a_line_that_is_not_there_is_left_out(connection):
    assert b"x" * 16 not in SharedLines().read(connection, {b"x" * 16})


def test_however_many_are_asked_for_all_come(connection):
    written = SharedLines()
    digests = {written.keep(connection, b"%d" % number): b"%d" % number for number in range(2000)}

    assert SharedLines().read(connection, set(digests)) == digests


def test_what_is_remembered_is_bounded_and_nothing_is_lost(connection, monkeypatch):
    monkeypatch.setattr(module, "_MOST_BYTES", 10)
    lines = SharedLines()
    first = lines.keep(connection, b"0123456789 the first")
    second = lines.keep(connection, b"the second")

    assert lines.read(connection, {second}).keys() == {second}
    assert lines.read(connection, {first})[first] == b"0123456789 the first"


def test_a_change_of_any_reader_makes_the_cache_anew():
    names = {f"{path.parent.name}/{path.name}" for path in module.version_sources()}

    assert {"ingest/scan.py", "archives/zip.py", "cache/lines.py", "headers/values.py"} <= names


@pytest.mark.parametrize("name", ["size_bytes", "modified_ns", "file_number"])
@pytest.mark.parametrize("number", [2**63, -(2**40), 2**64 - 1, 2**80])
def test_a_file_of_any_size_time_and_number_is_found_again(tmp_path, name, number):
    file = Origin(file="/IM1", source="IM1", **{name: number})
    changed = Origin(file="/IM1", source="IM1", **{name: number + 1})
    with Catalogue(tmp_path / "headers.sqlite") as catalogue:
        catalogue.keep([(file, ((b"own",),))])

        assert catalogue.find([file, changed]) == [[(b"own",)], None]
