"""Runs in processes of their own that are asked to end."""

import os
import subprocess
import sys


def stop_after_first(export, output, options, stop):
    """Start a run, and stop it when its first study is finished.

    Parameters
    ----------
    stop
        Is given the process, which leads a group of its own.

    Returns
    -------
    The exit code, and what was said on standard error.
    """
    run = subprocess.Popen(
        [sys.executable, "-m", "ductdicom", "organise", export, "-o", output, *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with run:
        try:
            while run.poll() is None and not list(output.glob("studies/*/study.json")):
                os.sched_yield()
            stop(run.pid)
            _, said = run.communicate(timeout=60)
        finally:
            run.kill()
    return run.returncode, said
