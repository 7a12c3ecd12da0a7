import signal
import sys
import threading
from contextlib import nullcontext

import pytest

from ductdicom.pipeline.interrupts import Interrupts, ended_politely

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="raises signals of POSIX")


def test_an_interrupt_waits_until_it_may_stop_something():
    done = []

    with Interrupts() as interrupts:
        signal.raise_signal(signal.SIGINT)
        done.append("a part that must not be stopped")
        with pytest.raises(KeyboardInterrupt), interrupts.may_stop():
            done.append("never begun")

    assert interrupts.came
    assert done == ["a part that must not be stopped"]


def _interrupt_within(part):
    with part:
        signal.raise_signal(signal.SIGINT)
        pytest.fail("went on")


def test_an_interrupt_stops_what_may_be_stopped():
    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        _interrupt_within(interrupts.may_stop())


def test_a_part_within_a_part_may_be_stopped_to_its_end():
    def nested():
        with interrupts.may_stop():
            with interrupts.may_stop():
                pass
            _interrupt_within(nullcontext())

    with Interrupts() as interrupts, pytest.raises(KeyboardInterrupt):
        nested()


def test_handlers_are_as_before_afterwards():
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]

    with ended_politely(), Interrupts():
        assert signal.getsignal(signal.SIGTERM) is not before[1]

    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before


def test_who_has_a_handler_of_their_own_keeps_it(monkeypatch):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with ended_politely(), Interrupts() as interrupts:
            signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)

    assert not interrupts.came


def test_a_request_to_end_is_an_interrupt():
    with ended_politely(), pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGTERM)


def test_a_hangup_that_is_ignored_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        with ended_politely():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_another_thread_changes_no_handler():
    failures = []

    def work():
        try:
            with ended_politely(), Interrupts() as interrupts, interrupts.may_stop():
                pass
        except ValueError as error:  # what the standard library raises there
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert not failures
