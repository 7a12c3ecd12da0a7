"""``ductdicom sample``: the synthetic sample studies."""

from pathlib import Path

import click

from ductdicom.cli.echo import allow_closed_output, say
from ductdicom.cli.progress import show_progress
from ductdicom.errors import UsageError
from ductdicom.phantom.exposure import SampleSize
from ductdicom.phantom.samples import writing_samples


@click.command()
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder to write to."
)
@click.option("--full-size", is_flag=True, help="Images as large as real ones, for benchmarks.")
def sample(output: Path, full_size: bool) -> int:
    """Write the synthetic sample studies; no patient is in them."""
    if output.is_dir() and any(output.iterdir()):
        raise UsageError("holds files already", path=output, hint="name an empty folder")
    size = SampleSize.FULL if full_size else SampleSize.STANDARD
    count = 0
    with show_progress(is_quiet=False, as_json=False) as progress:
        for count, _ in enumerate(writing_samples(output, size=size), start=1):
            progress("sample", count, None)
    allow_closed_output()
    say(f"{count} files in {output}")
    return 0
