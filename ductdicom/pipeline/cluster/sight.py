"""What every worker of a cluster must see as this process does: inputs, and the output folder."""

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ductdicom.errors import DuctDicomError, OutputError, UsageError
from ductdicom.export.output import STATE_FOLDER, OutputFolder
from ductdicom.model.value import Value

_MOST_FOLDERS = 100  # that are looked into for a file
_PATIENCE_S = 5.0


class Landmark(Value, frozen=True, kw_only=True):
    """A place that is there, and by which a worker tells that it sees the same files.

    Attributes
    ----------
    path
        As this process opens it, absolute.
    called
        As it may be said.
    size_bytes
        Of a file that was named; None for a folder, and for what lies in one.
    """

    path: str
    called: str
    size_bytes: int | None = None

    @property
    def is_seen(self) -> bool:
        """Whether it is here, and may be read."""
        try:
            found = os.stat(self.path)  # noqa: PTH116 - a string, many times
        except OSError:
            return False
        is_same = self.size_bytes is None or self.size_bytes == found.st_size
        return is_same and os.access(self.path, os.R_OK)


class Mark(Value, frozen=True, kw_only=True):
    """A file that a run leaves in its output folder for the workers to find.

    A folder of the same name on the worker's own disk does not have it.
    """

    path: str
    folder: str
    content: str

    @classmethod
    def leave(cls, output: OutputFolder) -> "Mark":
        """Write the file; what a dead run left is removed by the next one.

        Raises
        ------
        OutputError
            It cannot be written.
        """
        content = secrets.token_hex()
        place = output.path.absolute() / STATE_FOLDER / f".part-{os.getpid()}-mark"
        try:
            place.write_text(content, encoding="ascii")
        except OSError as error:
            message = f"cannot be written to: {error.strerror}"
            raise OutputError(message, path=output.path) from error
        return cls(path=str(place), folder=str(output.path), content=content)

    def remove(self) -> None:
        """Remove the file."""
        with suppress(OSError):
            Path(self.path).unlink()

    def fault(self) -> str:
        """Say what keeps this process from writing where the file lies, nothing if it may."""
        place = Path(self.path)
        own = place.with_name(f"{place.name}-{secrets.token_hex(8)}")
        try:
            if place.read_text(encoding="ascii") != self.content:
                return "sees another folder"
        except (OSError, ValueError):
            return "cannot see what this run wrote to it"
        try:
            own.write_text("", encoding="ascii")
            own.unlink()
        except OSError:
            return "may not write to it"
        return ""


class Sight(Value, frozen=True, kw_only=True):
    """Everything that a worker must see.

    Attributes
    ----------
    folder
        The one from which names were typed.
    patience_s
        Seconds after which what was written here is seen elsewhere over a network's file system.
    """

    folder: str
    landmarks: tuple[Landmark, ...] = ()
    mark: Mark | None = None
    patience_s: float = _PATIENCE_S

    def fault(self, who: str) -> DuctDicomError | None:
        """Return the error of a process that does not see all of it.

        Parameters
        ----------
        who
            What the process is called.
        """
        for landmark in self.landmarks:
            if not landmark.is_seen:
                return UsageError(
                    f"{who} cannot read it, or sees another one",
                    path=landmark.called,
                    hint="every worker needs the inputs at the same path, as the same user",
                )
        found = "" if self.mark is None else self.mark.fault()
        if self.mark is None or not found:
            return None
        hint = "every worker needs the output folder at the same path, as the same user"
        return OutputError(f"{who} {found}", path=self.mark.folder, hint=hint)


def landmarks_of(inputs: Sequence[str], called: Sequence[str]) -> tuple[Landmark, ...]:
    """Return by what the inputs are told: of many in one folder one, and a file in each folder.

    Parameters
    ----------
    inputs
        As they were typed; those that cannot be read here are none of a worker's business.
    called
        What each may be called.
    """
    folder = Path.cwd()
    found: dict[Path, Landmark] = {}
    for typed, name in zip(inputs, called, strict=True):
        place = folder / typed
        if place.is_dir():
            found[place] = Landmark(path=str(place), called=name)
            inside = next(_files(place), None)
            if inside is not None:
                found[inside] = Landmark(path=str(inside), called=name)
        elif place.is_file() and place.parent not in found:
            size = place.stat().st_size
            found[place.parent] = Landmark(path=str(place), called=name, size_bytes=size)
    return tuple(landmark for landmark in found.values() if landmark.is_seen)


def _files(folder: Path) -> Iterator[Path]:
    """Yield files below a folder, as they come."""
    for _, (path, _, names) in zip(range(_MOST_FOLDERS), os.walk(folder), strict=False):
        for name in names:
            yield Path(path, name)
