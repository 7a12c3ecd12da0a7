"""Inputs that become other objects between the reading of their headers and the drawing."""

import csv
import os
import sys
import zipfile

import pytest
from exports import organise, read_records, write_ductogram, write_view

import ductdicom.pipeline.run as pipeline
from ductdicom.export import originals
from ductdicom.pipeline.drawing import tiles

pytestmark = pytest.mark.integration


@pytest.fixture
def export(tmp_path):
    return write_ductogram(tmp_path / "export")


@pytest.fixture
def before_drawing(monkeypatch):
    """Return a function that lets something happen once, when all headers have been read."""

    def arrange(happens):
        plan_jobs = pipeline.plan_jobs
        waiting = [happens]

        def plan(*args):
            if waiting:
                waiting.pop()()
            return plan_jobs(*args)

        monkeypatch.setattr(pipeline, "plan_jobs", plan)

    return arrange


def exchange(one, other):
    aside = one.with_name("aside")
    one.rename(aside)
    other.rename(one)
    aside.rename(other)


def pack(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in members:
            archive.writestr(name, file)
    return path


def reasons(output):
    with (output / "ledger.csv").open(newline="", encoding="utf-8") as ledger:
        return {row["member"] or row["source"]: row["reason"] for row in csv.DictReader(ledger)}


@pytest.mark.parametrize("link", ["none", "copy", "hardlink", "symlink"])
def test_an_image_is_not_drawn_in_the_place_of_another(export, tmp_path, before_drawing, link):
    before_drawing(lambda: exchange(export / "IM1", export / "IM3"))
    output = tmp_path / "out"

    assert organise(export, output=output, options=["--link", link]) == 1

    (record,) = read_records(output)
    changed = {source for source, reason in reasons(output).items() if reason == "changed"}
    assert {source.rpartition("/")[2] for source in changed} == {"IM1", "IM3"}
    assert record["status"] == "review"
    if link != "none":
        laid = sorted(path.parent.name for path in output.rglob("studies/*/*/*.dcm"))
        assert laid == ["post", "pre"]


def test_what_was_judged_is_what_is_drawn(export, tmp_path, monkeypatch):
    """A file that is replaced after it was opened is drawn as it was."""
    read_image = tiles.read_image

    def replace_and_read(content, *, label, **meant):
        other = write_view(tmp_path / "other", seed=9)
        other.replace(label)
        return read_image(content, label=label, **meant)

    assert organise(export, output=tmp_path / "before") == 0
    monkeypatch.setattr(tiles, "read_image", replace_and_read)

    assert organise(export, output=tmp_path / "after") == 0

    before, after = (next((tmp_path / name).rglob("sheet-1.png")) for name in ("before", "after"))
    assert after.read_bytes() == before.read_bytes()


@pytest.mark.parametrize("link", ["hardlink", "symlink"])
def test_what_was_judged_is_what_is_laid_down(export, tmp_path, monkeypatch, link):
    require_unchanged = originals.require_unchanged
    exchanges = [lambda: exchange(export / "IM1", export / "IM3")]

    def exchange_once_judged(instance, stream):
        require_unchanged(instance, stream)
        if exchanges:
            exchanges.pop()()

    monkeypatch.setattr(originals, "require_unchanged", exchange_once_judged)
    output = tmp_path / "out"

    assert organise(export, output=output, options=["--link", link]) == 1

    problems = read_records(output)[0]["problems"]
    unread = [p["message"] for p in problems if p["code"] == "original-unreadable"]
    assert [message.partition(":")[0] for message in unread] == ["changed", "changed"]
    laid = sorted(path.parent.name for path in output.rglob("studies/*/*/*.dcm"))
    assert laid == ["post", "pre"]


def test_the_next_run_draws_what_is_there_then(export, tmp_path, before_drawing):
    before_drawing(lambda: exchange(export / "IM1", export / "IM3"))
    assert organise(export, output=tmp_path / "out") == 1

    assert organise(export, output=tmp_path / "out") == 0
    assert read_records(tmp_path / "out")[0]["status"] == "paired"


def test_an_archive_that_is_replaced_lends_no_image_to_another_name(tmp_path, before_drawing):
    files = sorted(write_ductogram(tmp_path / "export").iterdir())
    contents = [file.read_bytes() for file in files]
    names = [file.name for file in files]
    packed = pack(tmp_path / "cd.zip", zip(names, contents, strict=True))
    before_drawing(lambda: pack(packed, zip(names, reversed(contents), strict=True)))

    assert organise(packed, output=tmp_path / "out") == 1
    assert {reasons(tmp_path / "out")[name] for name in names} == {"changed"}


@pytest.mark.skipif(sys.platform == "win32", reason="no FIFOs")
def test_what_is_no_file_any_more_holds_nothing_up(export, tmp_path, before_drawing):
    def become_a_queue():
        (export / "IM3").unlink()
        os.mkfifo(export / "IM3")

    before_drawing(become_a_queue)

    assert organise(export, output=tmp_path / "out") == 1
    assert "missing" in reasons(tmp_path / "out").values()
