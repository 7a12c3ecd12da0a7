"""A spool that is filled as by a receiver, and commands over it in processes of their own."""

import json
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from exports import files_of, organise, read_records, same_key

from ductdicom.pacs.spool.intake import Intake
from ductdicom.pacs.spool.part import Room

OPTIONS = ("--quiet", "0.3", "-j", "1", "--format", "png", "--dpi", "72", "--cache", "")


def put(spool, *paths):
    """Place objects in a spool as a receiver does."""
    intake = Intake(spool, Room(), lambda _: None)
    for path in paths:
        part = intake.begin()
        part.write(Path(path).read_bytes())
        assert intake.take(part).refusal is None


class Started:
    """A command in a process of its own that writes how it is into a file."""

    def __init__(self, process, status_file):
        self.process, self._file = process, status_file
        self.said = self.printed = ""

    def status(self):
        try:
            return json.loads(self._file.read_text())
        except FileNotFoundError:
            return {}

    def wait_for(self, claim, seconds=40):
        for _ in range(seconds * 20):
            status = self.status()
            if status.get("pid") == self.process.pid and claim(status):
                return status
            try:
                self.process.wait(0.05)
                raise AssertionError(self.process.communicate())
            except subprocess.TimeoutExpired:
                pass
        raise AssertionError(status)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.printed, self.said = self.process.communicate(timeout=60)


@contextmanager
def started(name, spool, *options):
    """Run ``watch`` or ``receive`` over a spool; at the end of the block it is killed."""
    file = Path(spool).with_name(f"{name}-status.json")
    command = [sys.executable, "-m", "ductdicom", name, str(spool), *map(str, options)]
    with subprocess.Popen(
        [*command, "--status-file", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Started(process, file)
        finally:
            process.kill()


def watching(spool, output, *options):
    return started("watch", spool, "-o", output, *OPTIONS, *options)


def images_of(output):
    return {
        record["study_instance_uid"]: len(record["instances"]) for record in read_records(output)
    }


def assert_as_one_run(spool, output, once):
    """Hold an output folder against that of one run over the spool."""
    same_key(output, once)
    organise(spool.studies, output=once)
    assert files_of(output / "studies").keys() == files_of(once / "studies").keys()
    assert read_records(output) == read_records(once)
