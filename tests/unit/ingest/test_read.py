import signal
import threading
from contextlib import suppress

import pytest

from ductdicom.errors import UnreadableError
from ductdicom.ingest.read import deadline

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no alarm")


def spin():
    while True:
        pass


def test_what_does_not_end_is_ended():
    with pytest.raises(UnreadableError) as caught, deadline(0.05):
        spin()

    assert caught.value.reason == "header-limit"


def spin_stubbornly(times):
    """Go on after so many attempts to end it, as a library does that catches everything."""
    for _ in range(times):
        with suppress(UnreadableError):
            spin()
    spin()


def test_a_library_that_catches_it_is_asked_again():
    with pytest.raises(UnreadableError), deadline(0.05):
        spin_stubbornly(2)


def test_nothing_is_left_of_it():
    before = signal.getsignal(signal.SIGALRM)

    with deadline(60):
        pass

    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


def test_an_alarm_of_somebody_else_is_left_alone():
    before = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        with deadline(0.01):
            assert signal.getsignal(signal.SIGALRM) == before
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def test_another_thread_goes_without_it():
    ended = []

    def work():
        with deadline(0.01):
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert ended
