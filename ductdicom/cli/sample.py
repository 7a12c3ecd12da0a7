"""``ductdicom sample``: the synthetic sample studies."""

from pathlib import Path

import click

from ductdicom.cli.echo import say
from ductdicom.phantom.exposure import SampleSize
from ductdicom.phantom.studies import write_samples


@click.command()
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder to write to."
)
@click.option("--full-size", is_flag=True, help="Images as large as real ones, for benchmarks.")
def sample(output: Path, full_size: bool) -> int:
    """Write the synthetic sample studies; no patient is in them."""
    size = SampleSize.FULL if full_size else SampleSize.STANDARD
    paths = write_samples(output, size=size)
    say(f"{len(paths)} files in {output}")
    return 0
