"""Small exports of tiny mammograms, and runs over them; written at test time."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
from pydicom import dcmread
from pydicom.uid import UltrasoundImageStorage
from record_schema import SCHEMA

from ductdicom.cli.application import run
from ductdicom.phantom.dataset import mammogram_dataset
from ductdicom.phantom.files import Syntax, write_object
from ductdicom.phantom.spec import Agent, Person, Texts

FILLED = Agent(agent="IOHEXOL 300", route="INTRADUCTAL", volume_ml=0.5)
PERSON = Person(name="SAMPLE^ZULU", patient_id="SAMPLE-900", birth_date="19610203")
GALACTOGRAM = Texts(study="GALACTOGRAM LEFT")
SCENES = (
    ("CC", "0900", None),
    ("ML", "0903", None),
    ("CC", "0921", FILLED),
    ("ML", "0924", FILLED),
)


def tiny_pixels(seed=0):
    values = np.random.default_rng(seed).integers(1500, 3500, (60, 40), dtype=np.uint16)
    values[:, 28:] = 0
    return values


def write_view(path, *, seed=0, pixels=None, syntax=Syntax.EXPLICIT, **spec):
    """Write one tiny mammogram; ``spec`` are fields of MammogramSpec."""
    values = {"label": str(path), "person": PERSON, "texts": GALACTOGRAM} | spec
    pixels = tiny_pixels(seed) if pixels is None else pixels
    return write_object(Path(path), mammogram_dataset(pixels, **values), syntax)


def write_ultrasound(path, *, day="20260102", study="2.25.990", **spec):
    """Write one tiny ultrasound image."""
    write_view(path, study_instance_uid=study, study_at=f"{day}100000", **spec)
    dataset = dcmread(path)
    dataset.Modality = "US"
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = UltrasoundImageStorage
    dataset.save_as(path)
    return Path(path)


def write_ductogram(folder, *, day="20260102", study="2.25.900", scenes=SCENES, **common):
    """Write CC and ML before, and CC and ML after the filling, as IM1 to IM4."""
    common = {"study_instance_uid": study, "study_at": f"{day}085500"} | common
    for number, (view, at, contrast) in enumerate(scenes, start=1):
        own = {
            "label": f"{study}/{number}",
            "view": view,
            "acquired_at": f"{day}{at}00",
            "contrast": contrast,
            "instance_number": number,
        }
        write_view(Path(folder) / f"IM{number}", seed=number, **(own | common))
    return Path(folder)


def organise(*inputs, output, options=(), formats="png"):
    """Run the command in this process and return its exit code."""
    return run(
        [
            *("organise", *map(str, inputs), "-o", str(output), "-j", "1"),
            *("--format", formats, "--dpi", "72", *options),
        ]
    )


def same_key(one, two):
    """Let a folder that is not there yet name studies and images as another one does."""
    (two / ".ductdicom").mkdir(parents=True)
    shutil.copy(one / ".ductdicom" / "key", two / ".ductdicom" / "key")


def read_records(output):
    """Return the records of all studies, each held against its JSON Schema."""
    lines = (Path(output) / "studies.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    for record in records:
        SCHEMA.validate(record)
    return records


def files_of(folder):
    """Return path, content and time of change of every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


def results_of(output):
    """Return what two runs over the same input have in common: all but when they ran.

    The summary and the work list are values without times, and the index says none; earlier runs'
    accounts are left out, as are hashes of what holds a time.
    """
    found = {
        name: content
        for name, (content, _) in files_of(output).items()
        if name not in OF_ONE_RUN and not name.startswith("runs/")
    }
    summary = json.loads(found.pop("summary.json"))
    worklist = list(csv.DictReader(found.pop("worklist.csv").decode("utf-8").splitlines()))
    for values, times in ((summary, ("seconds", "finished")), *((w, WHEN) for w in worklist)):
        for name in times:
            del values[name]
    index = _TIME_OF_RUN.sub(b"", found["index.html"])
    return found | {"summary.json": summary, "worklist.csv": worklist, "index.html": index}


# Settings name the cache, which is another folder for each of two runs that are compared.
OF_ONE_RUN = {f".ductdicom/{name}.json" for name in ("times", "written", "settings")}
WHEN = ("first_seen", "changed")
_TIME_OF_RUN = re.compile(rb"<time .*?</time>")


def decisions_of(record):
    """Return what was decided in a record, without where things lay and what they are called."""
    places = {"id", "source", "member", "bytes", "modified_ns", "key", "fingerprint", "sheets"}
    places |= {"department", "files", "file_bytes", "file_sha256"}
    instances = [
        {name: value for name, value in instance.items() if name not in places}
        for instance in sorted(record["instances"], key=lambda i: i["sop_instance_uid"])
    ]
    rest = {name: value for name, value in record.items() if name not in places}
    left_out = sorted(record["left_out"], key=lambda i: i["sop_instance_uid"])
    return rest | {"instances": instances, "left_out": left_out}
