"""Whoever saves decisions may be killed at any moment: what was reported saved is there, whole."""

import random
import subprocess
import sys

import pytest

from ductdicom.decisions.files import read_decisions
from ductdicom.decisions.journal import read_journal

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX systems do"),
]
KILLS = 12
MOST_SAVED = 60  # before a kill
# Saves without end, and says of each decision that it is saved once it is.
SAVING = """
import sys
from itertools import count
from pathlib import Path
from ductdicom.decisions.event import Event
from ductdicom.decisions.journal import add
from ductdicom.model.call import Phase
output, seed = Path(sys.argv[1]), sys.argv[2]
for number in count():
    at = f"2026-01-03T{number // 3600 % 24:02}:{number // 60 % 60:02}:{number % 60:02}"
    event = Event(sop_instance_uid=f"1.{seed}.{number}", phase=Phase.PRE, by="AB", at=at)
    add(output, [event])
    print(event.digest, flush=True)
"""


def _save_until_killed(output, seed, most):
    """Return the hashes of the decisions that were reported saved before the process was killed."""
    command = [sys.executable, "-c", SAVING, str(output), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as saving:
        try:
            said = "".join(saving.stdout.readline() for _ in range(most))
        finally:
            saving.kill()
        said += saving.stdout.read()
    return set(said.rpartition("\n")[0].split())  # the last line may be half of one


def test_no_decision_that_was_reported_saved_is_lost_and_none_is_half(tmp_path):
    moments = random.Random(15)
    saved = set()
    for seed in range(KILLS):
        saved |= _save_until_killed(tmp_path, seed, moments.randint(1, MOST_SAVED))

        journal = read_journal(tmp_path)
        assert journal.broken == ()
        assert saved <= {event.digest for event in journal.events}
    assert len(saved) > KILLS
    for path in (tmp_path / "decisions").glob("*.json"):
        (event,) = read_decisions(path)
        assert event.id in path.name
