"""Words that pages, files and messages have in common, and words that are kept back."""

import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from difflib import get_close_matches

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_STEP = 1000


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun: ``1 study``, ``2 studies``; without ``several``, with an s."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"


def size_in_words(size_bytes: int) -> str:
    """Return a size as people say it: ``1.2 MB``, which are a million bytes each."""
    size, unit = float(size_bytes), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.3g} {_UNITS[unit]}"


def suggestion(name: str, known: Collection[str]) -> str:
    """Return the known name that a wrong one is nearest to; all of them where none is near."""
    return nearest(name, known) or f"known are {', '.join(sorted(known))}"


def nearest(name: str, known: Collection[str]) -> str:
    """Ask for the known name that a wrong one is nearest to; nothing where none is near."""
    close = get_close_matches(name, known, n=1)
    return f"did you mean {close[0]!r}?" if close else ""


@contextmanager
def values_unsaid() -> Iterator[None]:
    """Keep back what pydicom warns of, which may quote a name or a number from a header."""
    with warnings.catch_warnings():
        # The place that it names for a warning may be one of ours.
        warnings.filterwarnings("ignore", category=UserWarning, module=r"(pydicom|ductdicom)(\.|$)")
        yield


def utc_now() -> str:
    """Return the time in UTC as ISO 8601, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def extra_hint(extra: str) -> str:
    """Say how an extra of this package is installed, in quotes that each shell has."""
    name = f'"ductdicom[{extra}]"'
    return f"pip install {name}, or pipx install --force {name}"
