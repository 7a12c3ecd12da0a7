import signal
import threading
from contextlib import suppress

import dicom_bytes as make
import pytest

from ductdicom.errors import UnreadableError
from ductdicom.ingest.read import deadline, read_files

DIRECTORY = make.make_dicom(
    SOPClassUID="1.2.840.10008.1.3.10",
    DirectoryRecordSequence=[{"ReferencedFileID": ["IM1"]}],
)


@pytest.mark.parametrize(
    ("content", "is_lasting"),
    [
        pytest.param(make.make_dicom(), True, id="an image"),
        pytest.param(b"no image", True, id="something else"),
        pytest.param(b"", True, id="an empty file"),
        pytest.param(DIRECTORY, False, id="a directory: what it lists may come later"),
        pytest.param(None, False, id="gone: it may come again"),
    ],
)
def test_what_a_file_is_lasts_where_it_is_told_by_the_file_alone(tmp_path, content, is_lasting):
    path = tmp_path / "IM"
    if content is not None:
        path.write_bytes(content)

    (read,) = read_files([str(path)])

    assert read.is_lasting is is_lasting


@pytest.fixture
def alarm():
    """Take the alarm from whoever has set it, for as long as a test lasts."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("this system has no alarm")
    before = signal.setitimer(signal.ITIMER_REAL, 0)
    yield
    signal.setitimer(signal.ITIMER_REAL, *before)


def spin():
    while True:
        pass


@pytest.mark.usefixtures("alarm")
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


@pytest.mark.usefixtures("alarm")
def test_a_library_that_catches_it_is_asked_again():
    with pytest.raises(UnreadableError), deadline(0.05):
        spin_stubbornly(2)


@pytest.mark.usefixtures("alarm")
def test_nothing_is_left_of_it():
    before = signal.getsignal(signal.SIGALRM)

    with deadline(60):
        pass

    assert signal.getsignal(signal.SIGALRM) == before
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.usefixtures("alarm")
def test_an_alarm_of_somebody_else_is_left_alone():
    before = signal.getsignal(signal.SIGALRM)
    signal.setitimer(signal.ITIMER_REAL, 60)
    try:
        with deadline(0.01):
            assert signal.getsignal(signal.SIGALRM) == before
            assert signal.getitimer(signal.ITIMER_REAL)[0] > 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


@pytest.mark.usefixtures("alarm")
def test_another_thread_goes_without_it():
    ended = []

    def work():
        with deadline(0.01):
            ended.append(True)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert ended
