"""The sample studies: one examination each, told apart by another kind of evidence."""

from collections.abc import Callable, Iterator
from pathlib import Path

from ductdicom.phantom.exposure import SampleSize
from ductdicom.phantom.studies.mixed import write_inverse_right
from ductdicom.phantom.studies.plain import (
    write_clock_only,
    write_textbook,
    write_two_ducts,
    write_words_only,
)
from ductdicom.phantom.studies.special import (
    write_contrast_mammogram,
    write_deidentified,
    write_prior_scout,
)

SAMPLE_STUDIES: dict[str, Callable[[Path, SampleSize], Iterator[Path]]] = {
    "textbook": write_textbook,
    "words-only": write_words_only,
    "two-ducts": write_two_ducts,
    "prior-scout": write_prior_scout,
    "deidentified": write_deidentified,
    "contrast-mammogram": write_contrast_mammogram,
    "clock-only": write_clock_only,
    "inverse-right": write_inverse_right,
}


def write_samples(folder: Path, *, size: SampleSize = SampleSize.STANDARD) -> list[Path]:
    """Write all sample studies below ``folder``, one subfolder each; return the files in order.

    The same bytes each time on one machine; between machines floating-point arithmetic may move
    single pixels by one stored value.
    """
    return list(writing_samples(folder, size=size))


def writing_samples(folder: Path, *, size: SampleSize = SampleSize.STANDARD) -> Iterator[Path]:
    """Do what `write_samples` does, and yield each file when it is written."""
    for name, write in SAMPLE_STUDIES.items():
        yield from write(Path(folder) / name, size)
