"""What is on the disk if the power goes: only what was flushed, and names of what is whole."""

import os
import sys
from pathlib import Path

import pytest
from exports import organise, write_ductogram

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform != "linux", reason="asks the system for a descriptor's path"),
]


@pytest.fixture
def events(monkeypatch):
    """Return the list of what was flushed, renamed and removed, in its order."""
    happened = []
    fsync, replace, unlink = os.fsync, Path.replace, Path.unlink

    def watch_fsync(descriptor):
        happened.append(("flush", str(Path(f"/proc/self/fd/{descriptor}").readlink())))
        fsync(descriptor)

    def watch_replace(self, target):
        happened.append(("rename", str(self), str(target)))
        return replace(self, target)

    def watch_unlink(self, **options):
        if self.exists():
            happened.append(("remove", str(self)))
        return unlink(self, **options)

    monkeypatch.setattr(os, "fsync", watch_fsync)
    monkeypatch.setattr(Path, "replace", watch_replace)
    monkeypatch.setattr(Path, "unlink", watch_unlink)
    return happened


@pytest.mark.parametrize("run", ["first", "again"])
def test_every_file_is_flushed_before_and_its_folder_after_it_has_its_name(tmp_path, events, run):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"
    options = ["--link", "copy"]
    if run == "again":
        organise(export, output=output, options=options)
        options.append("--force")
        events.clear()

    assert organise(export, output=output, options=options) == 0

    renames = [number for number, event in enumerate(events) if event[0] == "rename"]
    assert renames
    for number in renames:
        _, temporary, target = events[number]
        assert events[number - 1] == ("flush", temporary)
        assert events[number + 1] == ("flush", str(Path(target).parent))


@pytest.mark.parametrize("run", ["first", "again"])
def test_a_record_is_there_only_while_all_it_speaks_of_is_there(tmp_path, events, run):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"
    if run == "again":
        organise(export, output=output)
        events.clear()
        organise(export, output=output, options=["--link", "copy", "--dpi", "80"])
    else:
        organise(export, output=output, options=["--link", "copy"])

    (record,) = map(str, output.glob("studies/*/study.json"))
    folder = str(Path(record).parent)
    changes = [event for event in events if event[-1].startswith(f"{folder}/")]
    names = [event[-1] for event in changes if event[0] != "flush"]
    listed = f"{folder}/.unfinished.json"  # as long as there is no record
    assert (names[0], names[-1]) == (listed, listed)
    names = [name for name in names if name != listed]
    assert names[-1] == record
    if run == "again":
        assert names[0] == record  # removed first
        assert ("remove", record) in events
