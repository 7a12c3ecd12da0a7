"""The errors a caller may want to catch, and the exit code each one means.

::

    DuctDicomError                 70  a bug, if nothing more specific was raised
    ├── UsageError                  2  wrong options or configuration
    │   └── RulesError              2  a site's rules file is wrong
    ├── InputError                  1  one input that cannot be used; the batch goes on
    │   ├── NotDicomError           -  the input is no DICOM object
    │   ├── UnreadableError         1  it is DICOM, but cannot be read
    │   └── DecodeError             1  the header was read, the pixels cannot be
    ├── NothingReadableError        3  no DICOM object in any input
    ├── OutputError                 4  a result could not be written
    │   └── InUseError              4  another run holds the output folder
    ├── RemoteError                 5  an archive or PACS refused
    └── MissingExtraError           2  an optional package is not installed
"""

from pathlib import Path
from traceback import extract_tb
from typing import ClassVar

INTERRUPTED = 130  # exit code of a run that was interrupted; it is no error
_PLACES = 4  # where it went wrong, and who called


class DuctDicomError(Exception):
    """Root of all errors of this package.

    Parameters
    ----------
    message
        What is wrong, with the value; no capital, no full stop, no identity of a patient.
    path
        The file or folder it is about.
    hint
        What to do about it.
    """

    exit_code: ClassVar[int] = 70

    def __init__(self, message: str, *, path: Path | str | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.hint = hint

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}{self.args[0]}{hint}"

    def __reduce__(self) -> tuple[object, ...]:
        # Errors cross process borders, and keyword-only arguments do not pickle by themselves.
        return (_rebuild, (type(self), self.args[0], self.__dict__))


def _rebuild(kind: type[DuctDicomError], message: str, state: dict[str, object]) -> DuctDicomError:
    error = kind.__new__(kind)
    Exception.__init__(error, message)
    error.__dict__.update(state)
    return error


def place_of(error: Exception) -> str:
    """Say what a bug is and where, without the error's own words, which may quote a header."""
    places = [
        f"{Path(frame.filename).name}:{frame.lineno}" for frame in extract_tb(error.__traceback__)
    ]
    return f"{type(error).__name__} at {' '.join(places[-_PLACES:])}"


class UsageError(DuctDicomError):
    """Wrong options, or a configuration that makes no sense."""

    exit_code = 2


class RulesError(UsageError):
    """A rules file that cannot be used; names the line and what would be right."""


class MissingExtraError(UsageError):
    """An optional package is needed and not installed; the hint names the extra."""


class InputError(DuctDicomError):
    """One input that cannot be used.

    Parameters
    ----------
    reason
        Short stable word with hyphens, as in the ledger (``truncated``, ``no-pixel-data``).
    """

    exit_code = 1

    def __init__(
        self, message: str, *, reason: str, path: Path | str | None = None, hint: str = ""
    ) -> None:
        super().__init__(message, path=path, hint=hint)
        self.reason = reason


class NotDicomError(InputError):
    """The input is no DICOM object."""


class UnreadableError(InputError):
    """The input is a DICOM object or an archive, and cannot be read."""


class DecodeError(InputError):
    """The header could be read, the pixels cannot be."""


class NothingReadableError(DuctDicomError):
    """None of the inputs held a DICOM object that could be read."""

    exit_code = 3


class OutputError(DuctDicomError):
    """A result could not be written."""

    exit_code = 4


class InUseError(OutputError):
    """Another run holds the output folder; ``patience_s`` is for how long it may be waited for."""

    def __init__(
        self, message: str, *, path: Path | str | None = None, hint: str = "", patience_s: float = 0
    ) -> None:
        super().__init__(message, path=path, hint=hint)
        self.patience_s = patience_s


class RemoteError(DuctDicomError):
    """An archive or PACS refused."""

    exit_code = 5
