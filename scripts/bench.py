"""Print how fast headers are read and sheets are drawn, and how often the engine is right.

    python scripts/bench.py                  the two speeds
    python scripts/bench.py --scan --files 20000
    python scripts/bench.py --start          processor time of commands that do little, and scans
                                             of 4000 headers beside other programs
    python scripts/bench.py --memory         200 000 files of a kilobyte: takes minutes
    python scripts/bench.py --sheets         also for images of full size and in each
                                             transfer syntax: takes minutes
    python scripts/bench.py --batch          60 studies, beside the least that they could take
    python scripts/bench.py --large          10 000 studies: takes half an hour
    python scripts/bench.py --cluster        200 studies on a cluster of this machine, beside -j 2
    python scripts/bench.py --pages          how well the samples' pages use their paper
    python scripts/bench.py --index          the index of 5000 studies in a browser
    python scripts/bench.py --pacs           objects received a second: takes minutes
    python scripts/bench.py --review         the review in a browser: takes minutes
    python scripts/bench.py --accuracy       the confusion matrix of the labelled corpus

Figures of this machine, no assertions. Everything is made in a temporary folder.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from time import perf_counter

import bench_batch
import bench_index as bench_indices
import bench_large
import bench_pacs
import bench_pages
import bench_review as bench_reviews
import bench_scan as bench_headers
import bench_sheets
import bench_start
import bench_whole

from ductdicom.phantom.exposure import SampleSize
from ductdicom.phantom.samples import SAMPLE_STUDIES, write_samples
from ductdicom.pipeline.run import organise
from ductdicom.settings import Format, Settings

ROOT = Path(__file__).resolve().parent.parent
_CLUSTER_STUDIES = 200
_MANY = (50_000, 100_000, 200_000)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table, numbers to the right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        first, *others = (
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        print("  ".join((first, *others)))
    print()


def seconds(work: Callable[[], object]) -> float:
    """Return how long a piece of work takes."""
    started = perf_counter()
    work()
    return perf_counter() - started


def bench_scan(count: int, jobs: int) -> None:
    """Print files scanned per second, beside other programs, with a warm cache."""
    print(f"{count} mammograms of 160 elements, warm cache; times: {jobs} workers over that one")
    print_table(bench_headers.HEAD, list(bench_headers.compare_scans(count, jobs)))


def bench_starts(count: int) -> None:
    """Print what it takes to start, beside the least that it could take, and whole scans."""
    print("processor time, user and system, the median of some runs")
    print_table(bench_start.HEAD, list(bench_start.compare_starts()))
    print("whole processes in turns, the median of some runs; times: over ours")
    rows, aims = bench_whole.compare_scans(count)
    print_table(bench_whole.HEAD, rows)
    print_table(bench_whole.AIMS_HEAD, aims)


def bench_memory(jobs: int) -> None:
    """Print time and memory of scanning exports of growing size."""
    rows = list(bench_headers.measure_memory(jobs, _MANY))
    print(f"scanned and gathered into studies by {jobs} workers; peak memory of the main process")
    print_table(bench_headers.MEMORY_HEAD, rows)


def bench_samples(jobs: int, *, full_size: bool) -> None:
    """Print seconds a sheet, with all work from the inputs to the written files."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        export = Path(name) / "export"
        size = SampleSize.FULL if full_size else SampleSize.STANDARD
        files = write_samples(export, size=size)
        formats = ((Format.PNG,), (Format.PDF,), (Format.HTML,), tuple(Format))
        for chosen in formats:
            output = Path(name) / "-".join(chosen)
            settings = Settings(output=output, format=chosen, jobs=jobs)
            work = partial(organise, [str(export)], settings)
            spent = seconds(work)
            count = len(list(output.glob("studies/*/thumbnail.png")))
            again = seconds(work)
            figures = (spent, spent / count, again)
            rows.append((", ".join(chosen), *(f"{figure:.2f}" for figure in figures)))
    print(f"{count} sheets of {len(files)} files, {size} samples, {jobs} jobs")
    print_table(("formats", "s", "s/sheet", "s again"), rows)


def bench_syntaxes() -> None:
    """Print what one sheet of four full-size images takes in each transfer syntax."""
    print(bench_sheets.TITLE)
    print_table(bench_sheets.HEAD, list(bench_sheets.compare_sheets()))
    print("one study, whole processes in turns, the median of some runs; times: over organise")
    rows, aims = bench_whole.compare_one_study()
    print_table(bench_whole.HEAD, rows)
    print_table(bench_whole.AIMS_HEAD, aims)


def bench_batches() -> None:
    """Print what a batch takes, beside the least that reading, decoding and packing take."""
    rows, aims = bench_batch.compare_batch()
    print("processor time; the floor decodes each image once and packs one page a study")
    print_table(bench_batch.HEAD, rows)
    print_table(bench_whole.AIMS_HEAD, aims)


def bench_many_studies(studies: int, jobs: int) -> None:
    """Print how memory and time grow with the studies of a run."""
    print(f"generated studies of four small images, PNG, {jobs} workers")
    rows, aims = bench_large.measure_large(studies, jobs)
    print_table(bench_large.HEAD, rows)
    print_table(bench_whole.AIMS_HEAD, aims)


def bench_cluster() -> None:
    """Print what a cluster of this machine takes beside as many worker processes."""
    import bench_cluster as bench_clusters  # noqa: PLC0415 - needs an extra

    rows, aims = bench_clusters.compare_cluster(_CLUSTER_STUDIES)
    print(f"{_CLUSTER_STUDIES} studies like the textbook sample, PNG, two workers of one thread")
    print_table(bench_clusters.HEAD, rows)
    print_table(bench_whole.AIMS_HEAD, aims)


def bench_sample_pages() -> None:
    """Print how much of each sample's pages is tissue, how large it is, and bytes."""
    rows: list[tuple[str, ...]] = []
    with tempfile.TemporaryDirectory() as name:
        for sample, write in SAMPLE_STUDIES.items():
            export, output = Path(name) / "export" / sample, Path(name) / "out" / sample
            list(write(export, SampleSize.STANDARD))
            organise([str(export)], Settings(output=output, jobs=1))
            rows += bench_pages.measure_pages(output, sample)
    print("A4; a share of the page, times of life size on paper, and the whole files")
    print_table(bench_pages.HEAD, rows)


def bench_receivers() -> None:
    """Print what is received a second, beside other programs, and whether the goals are met."""
    print("sent by DCMTK's storescu over the loopback; peak memory of the receiver's main process")
    figures = list(bench_pacs.compare_receivers())
    print_table(bench_pacs.HEAD, [figure.row for figure in figures])
    print("\n".join(bench_pacs.held_to_goals(figures, bench_pacs.time_to_sheet())))


def bench_review() -> None:
    """Print how long whoever reviews waits, beside the longest that he should."""
    print("a study of four images of 4096 x 3328 pixels over the loopback; seconds")
    print_table(bench_reviews.HEAD, [bench_reviews.GOALS, *bench_reviews.measure_review()])


def bench_index() -> None:
    """Print how long whoever opens the index waits, beside the longest that he should."""
    print("the index of many studies, without thumbnails, from a folder; milliseconds")
    print_table(bench_indices.HEAD, [bench_indices.GOALS, *bench_indices.measure_index()])


def bench_accuracy() -> None:
    """Print what the engine says of the labelled corpus."""
    sys.path.insert(0, str(ROOT / "tests"))
    from corpus import accuracy  # noqa: PLC0415 - it lies with the tests, which the path now has

    print("\n".join(accuracy.report()))


_OTHERS = {
    "cluster": bench_cluster,
    "pages": bench_sample_pages,
    "index": bench_index,
    "pacs": bench_receivers,
    "review": bench_review,
    "accuracy": bench_accuracy,
}


def main() -> int:
    """Run what was asked for; without an option the two speeds."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--scan", action="store_true", help="files scanned per second")
    parser.add_argument("--start", action="store_true", help="processor time of small commands")
    parser.add_argument("--memory", action="store_true", help="memory over many files")
    parser.add_argument("--sheets", action="store_true", help="seconds per sheet, both sizes")
    parser.add_argument("--batch", action="store_true", help="60 studies beside their floor")
    parser.add_argument("--large", action="store_true", help="memory and time over many studies")
    parser.add_argument("--cluster", action="store_true", help="a cluster beside -j 2")
    parser.add_argument("--pages", action="store_true", help="how pages use their paper")
    parser.add_argument("--index", action="store_true", help="the index in a browser")
    parser.add_argument("--pacs", action="store_true", help="objects received per second")
    parser.add_argument("--review", action="store_true", help="the review in a browser")
    parser.add_argument("--accuracy", action="store_true", help="the labelled corpus")
    parser.add_argument("--files", type=int, default=4000, help="files to scan (%(default)s)")
    parser.add_argument("--studies", type=int, default=10_000, help="for --large (%(default)s)")
    parser.add_argument("--jobs", type=int, default=2, help="worker processes (%(default)s)")
    chosen = parser.parse_args()
    parts = ("scan", "start", "memory", "sheets", "batch", "large", *_OTHERS)
    named = [getattr(chosen, name) for name in parts]
    is_default = not any(named)
    if chosen.scan or is_default:
        bench_scan(chosen.files, chosen.jobs)
    if chosen.sheets or is_default:
        bench_samples(chosen.jobs, full_size=False)
    if chosen.sheets:
        bench_samples(chosen.jobs, full_size=True)
        bench_syntaxes()
    if chosen.start:
        bench_starts(chosen.files)
    if chosen.batch:
        bench_batches()
    if chosen.large:
        bench_many_studies(chosen.studies, chosen.jobs)
    if chosen.memory:
        bench_memory(chosen.jobs)
    for name, work in _OTHERS.items():
        if getattr(chosen, name):
            work()
    return 0


if __name__ == "__main__":
    sys.exit(main())
