"""What goes on beside a watch: the status file while a run is under way, and sending."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from ductdicom.errors import OutputError
from ductdicom.pacs.health import beating
from ductdicom.pacs.watch.aside import Aside


def test_it_says_that_it_lives_while_it_is_busy():
    has_beaten = threading.Event()

    with beating(has_beaten.set):
        assert has_beaten.wait(10)


def test_what_cannot_be_written_is_an_error_of_who_is_busy():
    has_failed = threading.Event()

    def fail():
        has_failed.set()
        raise OutputError("no room")

    with beating(fail) as require_written:
        assert has_failed.wait(10)
        with pytest.raises(OutputError, match="no room"):
            _call_until_it_raises(require_written)


def _call_until_it_raises(check):
    while True:
        check()


def test_what_is_done_aside_holds_nothing_up_and_is_waited_for_in_the_end():
    may_end, is_done = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as executor:
        aside = Aside(executor)
        aside.start(lambda: may_end.wait(10) and is_done.set())
        assert aside.is_busy()
        may_end.set()
        aside.finish()

    assert is_done.is_set()
    assert not aside.is_busy()


def test_an_error_aside_is_raised_once_where_it_is_asked_after():
    with ThreadPoolExecutor(1) as executor:
        aside = Aside(executor)
        aside.start(lambda: 1 / 0)

        with pytest.raises(ZeroDivisionError):
            aside.finish()
        assert not aside.is_busy()
