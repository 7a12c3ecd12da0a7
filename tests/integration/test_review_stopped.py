"""A review that is ended at any moment: what it has answered for is there."""

import signal
from itertools import cycle
from pathlib import Path
from threading import Timer

import httpx
import pytest
from review_client import served

from ductdicom.decisions.journal import read_journal
from ductdicom.pipeline.again.redo import redo
from ductdicom.pipeline.earlier.known import read_known
from ductdicom.pipeline.run import organise
from ductdicom.settings import Format, Settings

pytest.importorskip("uvicorn", reason="the extra review is not installed")

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not SAMPLES.is_dir(), reason="sample_data is no part of the source archive"),
]


@pytest.fixture
def output(tmp_path):
    settings = Settings(output=tmp_path / "out", jobs=1, format=(Format.HTML,))
    organise([str(SAMPLES / "clock-only")], settings, in_process=True)
    return tmp_path / "out"


def _save_until_it_ends(address, key, images, limit):
    """Save decisions one after another; return the IDs of those that were answered for."""
    saved = []
    root = address.partition("/?")[0]
    try:
        with httpx.Client(base_url=root, timeout=30) as client:
            client.get(address.removeprefix(root))
            page = f"/studies/{key}"
            for image, phase in zip(cycle(images), cycle(["pre", "post", "unknown"])):
                seen = client.get(f"{page}/sheet.html").headers["etag"]
                content = {
                    "schema": "ductdicom.decisions/1",
                    "decisions": [{"image": image, "phase": phase, "by": "AB"}],
                }
                headers = {"If-Match": seen, "Origin": root}
                answer = client.post(f"{page}/decisions", json=content, headers=headers)
                saved += answer.json().get("saved", [])
                if len(saved) == limit:
                    break
    except httpx.TransportError:
        pass
    return saved


@pytest.mark.parametrize(
    "after_ms", [20, 260, *(pytest.param(n, marks=pytest.mark.slow) for n in (90, 170, 400))]
)
def test_who_is_killed_while_saving_loses_at_most_what_was_not_answered_for(output, after_ms):
    (record,) = read_known(output).records.values()
    images = [image.id for image in record.instances]
    with served(output) as (process, address):
        _save_until_it_ends(address, record.key, images, limit=1)
        killing = Timer(after_ms / 1000, process.kill)
        killing.start()
        saved = _save_until_it_ends(address, record.key, images, limit=None)
        killing.join()

    journal = read_journal(output)
    ids = [event.id for event in journal.events]
    assert journal.broken == ()
    assert set(saved) <= set(ids)
    assert len(ids) <= 1 + len(saved) + 1
    redo(output, [record.key])  # the folder is as usable as before
    (after,) = read_known(output).records.values()
    assert any(image.decided for image in after.instances)


def test_a_review_that_is_told_to_end_ends_in_order(output):
    with served(output) as (process, address):
        httpx.get(address, timeout=30)  # before it answers it is a command that is interrupted
        process.send_signal(signal.SIGINT)

        assert process.wait(30) == 0
