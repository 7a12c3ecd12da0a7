"""Measures a batch on a cluster of this machine beside as many processes of its own.

``bench.py --cluster`` prints it. The scheduler and two workers of one thread run before either
begins; the processor's time of a run on them is theirs and that of the process that leads it.
"""

import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from time import process_time

from bench_files import ROOT
from bench_large import make_studies
from bench_whole import OURS, Aim, Spent, held_to_most, spent_by
from distributed import Client

from ductdicom.pipeline.cluster.worker import THRESHOLD

HEAD = ("run", "s", "times", "processor s", "times", "the same files")
_WORKERS = 2
_MOST = 1.15
_SETTINGS: Mapping[str, Mapping[str, str]] = {
    f"cluster, {THRESHOLD} set": {THRESHOLD: str(1 << 30)},
    "cluster, as it comes": {},
}


def compare_cluster(studies: int) -> tuple[list[tuple[str, ...]], list[Aim]]:
    """Return rows of `HEAD`, and whether a cluster costs no more than it should."""
    sys.path.insert(0, str(ROOT / "tests"))
    results_of = import_module("exports").results_of
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_studies(folder / "export", studies, part=1)
        own = _spent(folder, "own", "-j", str(_WORKERS))
        rows: list[tuple[str, ...]] = [
            (f"-j {_WORKERS}", f"{own.wall:.1f}", "1.00", f"{own.processor:.1f}", "1.00", "")
        ]
        aims: list[Aim] = []
        for number, (what, environment) in enumerate(_SETTINGS.items()):
            output = f"cluster {number}"
            spent = _on_cluster(folder, output, environment)
            wall, processor = spent.wall / own.wall, spent.processor / own.processor
            same = "yes" if results_of(folder / output) == results_of(folder / "own") else "NO"
            figures = (f"{spent.wall:.1f}", f"{wall:.2f}", f"{spent.processor:.1f}")
            rows.append((what, *figures, f"{processor:.2f}", same))
            if environment:
                aims.append(held_to_most("a cluster over -j 2, in wall time", wall, _MOST))
                aims.append(held_to_most("the same, in processor's time", processor, _MOST))
    return rows, aims


def _on_cluster(folder: Path, output: str, environment: Mapping[str, str]) -> Spent:
    place = folder / f"{output} place"
    place.mkdir()
    import_module("exports").same_key(folder / "own", folder / output)
    started = import_module("clusters").started
    with (
        started(place, _WORKERS, environment) as cluster,
        Client(cluster.scheduler_address) as client,
    ):
        client.wait_for_workers(_WORKERS)
        before = sum(_processor_s(client))
        spent = _spent(folder, output, "--cluster", cluster.scheduler_address)
        there = sum(_processor_s(client)) - before
    return Spent(spent.wall, spent.processor + there)


def _processor_s(client: Client) -> Iterator[float]:
    yield from client.run(process_time).values()
    yield client.run_on_scheduler(process_time)


def _spent(folder: Path, output: str, *options: str) -> Spent:
    command = (*OURS, "organise", str(folder / "export"), "-o", str(folder / output))
    return spent_by((*command, "--format", "png", "-q", *options), folder / f"cache {output}")
