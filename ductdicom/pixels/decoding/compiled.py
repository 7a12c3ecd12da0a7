"""Errors of compiled code that it cannot raise itself."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def nothing_ignored() -> Iterator[None]:
    """Raise what a compiled decoder can only report as ignored.

    Its result would be whatever was in memory before.
    """
    ignored: list[BaseException] = []

    def remember(report: "sys.UnraisableHookArgs") -> None:
        if report.exc_value is not None:
            ignored.append(report.exc_value)

    before, sys.unraisablehook = sys.unraisablehook, remember
    try:
        yield
    finally:
        sys.unraisablehook = before
    if ignored:
        raise ignored[0]
