import os
import signal
import sys
from functools import partial

import pytest

from ductdicom.errors import UsageError
from ductdicom.pipeline.executors import LatePool, SerialExecutor, WorkerPool, make_executor


def test_one_worker_is_this_process_only_if_it_may_be():
    assert isinstance(make_executor(1, in_process=True), SerialExecutor)
    assert isinstance(make_executor(2, in_process=True), WorkerPool)
    with make_executor(1) as executor:
        assert executor.submit(os.getpid).result() != os.getpid()


def test_the_serial_executor_keeps_the_interface():
    with SerialExecutor() as executor:
        assert list(executor.map(divmod, [7, 9], [2, 4])) == [(3, 1), (2, 1)]
        assert executor.submit(sum, [1, 2]).result() == 3


def test_what_a_task_raises_is_raised_at_once():
    with pytest.raises(ZeroDivisionError):
        SerialExecutor().submit(divmod, 1, 0)


def test_a_task_may_be_a_function_with_some_of_its_arguments():
    with WorkerPool(1) as executor:
        assert executor.submit(partial(divmod, 7), 2).result() == (3, 1)


def test_few_tasks_start_no_process_and_more_do():
    with LatePool(WorkerPool(2)) as executor:
        places = [future.result() for future in [executor.submit(os.getpid) for _ in range(9)]]

    assert places[:4] == [os.getpid()] * 4
    assert os.getpid() not in places[4:]


def test_a_late_pool_of_one_is_this_process():
    with LatePool(make_executor(1, in_process=True)) as executor:
        assert {executor.submit(os.getpid).result() for _ in range(9)} == {os.getpid()}


@pytest.mark.skipif(sys.platform == "win32", reason="there are no signal masks on Windows")
def test_workers_hold_interrupts_back_and_this_process_does_not():
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])

    with make_executor(2) as executor:
        masks = [
            future.result()
            for future in [
                executor.submit(signal.pthread_sigmask, signal.SIG_BLOCK, []) for _ in range(3)
            ]
        ]

    assert all(signal.SIGINT in mask for mask in masks)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before


def test_the_first_task_goes_to_the_process_that_has_loaded_what_it_needs():
    with WorkerPool(2) as executor:
        executor.begin(load_nothing)
        first = executor.submit(os.getpid).result(timeout=60)
        assert executor.submit(os.getpid).result(timeout=60) == first


def load_nothing():
    """Stands for what takes long to load."""


def test_what_cannot_be_loaded_is_said_with_the_first_task():
    with WorkerPool(1) as executor:
        executor.begin(load_what_is_missing)
        with pytest.raises(ImportError, match="no such library"):
            executor.submit(os.getpid)


def load_what_is_missing():
    """Stands for a library that is not installed."""
    raise ImportError("no such library")


def test_a_run_from_a_folder_that_its_user_may_not_enter_is_refused_in_words(monkeypatch):
    def refuse(_folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "chdir", refuse)

    with pytest.raises(UsageError, match="may not be entered") as refused:
        make_executor(2)

    assert refused.value.hint == "go to another one first, as with cd /"
