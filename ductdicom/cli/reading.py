"""Reading and deciding with progress, for the commands that write no output folder."""

from collections.abc import Sequence

from ductdicom.cli.progress import show_progress
from ductdicom.pipeline.read import Scan, scan
from ductdicom.settings import Settings


def read_inputs(names: Sequence[str], settings: Settings) -> Scan:
    """Read and decide; large exports show on standard error that something is being done."""
    with show_progress(is_quiet=settings.quiet, as_json=False) as progress:
        return scan(names, settings, progress=progress)
