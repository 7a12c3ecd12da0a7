"""The golden records: what is said of the samples and of some studies of the corpus."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from corpus.accuracy import make_corpus
from exports import organise, read_records
from msgspec import to_builtins

from ductdicom.export.records import study_record
from ductdicom.model.result import StudyResult
from ductdicom.pipeline.gather import gather
from ductdicom.pipeline.judge import judge, make_engine
from ductdicom.pipeline.read import decided, scan
from ductdicom.settings import Settings

FOLDER = Path(__file__).parent
ROOT = FOLDER.parents[1]
SAMPLES = "sample_data"
TOPICS = (
    *("textbook", "words: comments", "two ducts", "both breasts", "contralateral", "nothing"),
    *("two stations", "volume of the vial", "none everywhere", "broken characters"),
    *("word against tag", "laterality conflict", "tag against word", "over midnight"),
    *("twins by reference", "quality control", "dual energy", "tomosynthesis", "companions"),
)
# What is another one in each output folder, with each version, or on each machine.
PASSING = frozenset(
    {"key", "fingerprint", "file_bytes", "file_sha256", "bytes", "modified_ns", "root", "content"}
)


def scanned(_folder):
    """Return the records of all samples."""
    with _in_root():
        studies = decided(scan([SAMPLES], Settings(jobs=1)), Settings()).studies
    return [to_builtins(study_record(study)) for study in studies]


def drawn(folder):
    """Return the record of a sample with its sheets."""
    with _in_root():
        organise(f"{SAMPLES}/textbook", output=folder / "out", formats="png,html")
    records = read_records(folder / "out")
    for instance in (instance for record in records for instance in record["instances"]):
        del instance["id"]  # another one in each output folder
    return records


def decided_of_corpus(_folder):
    """Return the records of the first study of each of some topics of the labelled corpus."""
    engine = make_engine(Settings())
    records = []
    for case in _first_of_topics():
        parts = gather(case.study.instances, lambda origin: origin.label).parts
        records += [
            to_builtins(study_record(StudyResult(key=None, call=study.call, pairing=study.pairing)))
            for study in judge(parts, engine, all_studies=True)
        ]
    return records


GOLDEN_RECORDS = {"samples": scanned, "drawn": drawn, "corpus": decided_of_corpus}


def lines(name, folder):
    """Make the records of a golden file and return them as its lines."""
    made = map(_lasting, GOLDEN_RECORDS[name](folder))
    return [json.dumps(record, ensure_ascii=False) for record in made]


def _lasting(value):
    if isinstance(value, dict):
        return {name: _lasting(item) for name, item in value.items() if name not in PASSING}
    return [_lasting(item) for item in value] if isinstance(value, list | tuple) else value


def path(name):
    return FOLDER / f"{name}.jsonl"


def _first_of_topics():
    cases = make_corpus()
    return [next(case for case in cases if case.topic == topic) for topic in TOPICS]


@contextmanager
def _in_root() -> Iterator[None]:
    """Stand where sources have the same names on every machine."""
    before = Path.cwd()
    os.chdir(ROOT)
    try:
        yield
    finally:
        os.chdir(before)
