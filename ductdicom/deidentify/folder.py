"""The folder of an export: nothing in it that was not looked at, nothing left of an earlier one."""

import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from ductdicom.deidentify.accounts import LABELS_NAME, findings_in, with_findings
from ductdicom.deidentify.keyed import Key
from ductdicom.errors import OutputError, UsageError
from ductdicom.export.output import encode_json, refuse_links, saying, write_whole
from ductdicom.reading import read_regular

MANIFEST = "export.json"
SCHEMA = "ductdicom.export/1"
_POSSIBLE = re.compile(
    r"(?:(?:images|previews|sheets)/P\d{10}/[0-9a-f]{8}/[A-Za-z0-9][\w.-]*"
    r"|PT\d{6}(?:/[A-Z]{2}\d{6}){3}|DICOMDIR"
    r"|labels\.csv|dataset\.json|ledger\.csv|index\.html|README\.md|export\.json)",
    re.ASCII,
)
_TEMPORARY = re.compile(r"\.part-\d+-.+")


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What an export says of itself.

    ``key`` tells exports with one key from those with another. ``state`` is ``unfinished``,
    ``incomplete``, ``unreviewed`` or ``reviewed``, this by whom ``reviewed_by`` names; ``digest``
    is a hash of all other files.
    """

    schema: str = SCHEMA
    key: str
    state: str
    reviewed_by: str = ""
    digest: str = ""


class ExportFolder:
    """Writes an export into a folder that is new, or holds an earlier one with the same key.

    Raises
    ------
    UsageError
        It holds something else, or an export with another key.
    """

    def __init__(self, path: Path, key: Key) -> None:
        self.path = path
        self._key = key
        self._written: dict[str, str] = {}
        self.before = self._read()
        self.findings = self._findings()
        self._lay = self._lying_digest() if self.before and self.before.digest else ""
        with saying(path, "cannot be written to", hint="choose another folder"):
            path.mkdir(parents=True, exist_ok=True)
        for name in self._files():
            if _TEMPORARY.fullmatch(name.rpartition("/")[2]):
                self.remove(name)
            elif not _POSSIBLE.fullmatch(name):
                raise UsageError("is no file of an export", path=path / name, hint="move it away")
        self._say(Manifest(key=key.name, state="unfinished"))

    def _read(self) -> Manifest | None:
        """Return what an earlier export in the folder says of itself."""
        refuse_links(self.path / MANIFEST, below=self.path)
        try:
            found = msgspec.json.decode(read_regular(self.path / MANIFEST), type=Manifest)
        except FileNotFoundError:
            if self.path.is_dir() and any(self.path.iterdir()):
                hint = "name a new folder for the export"
                raise UsageError("is no empty folder", path=self.path, hint=hint) from None
            return None
        except (OSError, ValueError) as error:
            raise UsageError("cannot be read", path=self.path / MANIFEST) from error
        if found.key != self._key.name:
            hint = "name another folder, or the --key that it was made with"
            raise UsageError("was made with another key", path=self.path, hint=hint)
        return found

    def _findings(self) -> dict[str, str]:
        path = self.path / LABELS_NAME
        refuse_links(path, below=self.path)
        return findings_in(path.read_bytes()) if path.is_file() else {}

    def _lying_digest(self) -> str:
        """Return the digest of the files that lie there, whatever was written into findings."""
        digests: dict[str, str] = {}
        same: dict[tuple[int, int], str] = {}
        for name in self._files():
            if name != MANIFEST:
                status = (self.path / name).stat()
                place = status.st_dev, status.st_ino
                if place not in same:
                    same[place] = _digest(name, (self.path / name).read_bytes())
                digests[name] = same[place]
        return _digest_of_all(digests)

    def _files(self) -> Iterator[str]:
        for folder, folders, names in os.walk(self.path):
            for name in (*folders, *names):
                place = Path(folder, name)
                if place.is_symlink() or name in names:
                    refuse_links(place, below=self.path)
                    yield place.relative_to(self.path).as_posix()

    def write(self, name: str, content: bytes) -> None:
        """Write a file that was looked at, whole or not at all."""
        path = self.path / name
        if not _POSSIBLE.fullmatch(name):
            raise OutputError("is no name of a file of an export", path=path)
        refuse_links(path.parent, below=self.path)
        write_whole(path, content)
        self._written[name] = _digest(name, content)

    def link(self, name: str, same: str) -> None:
        """Give a file that was written a second name."""
        path = self.path / name
        refuse_links(path, below=self.path)
        content = (self.path / same).read_bytes()
        if not path.exists() or not path.samefile(self.path / same):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.unlink(missing_ok=True)
            try:
                os.link(self.path / same, path)
            except OSError:  # the file system has no such links
                write_whole(path, content)
        self._written[name] = self._written[same]

    def remove(self, name: str) -> None:
        """Remove a file of an earlier export, and folders that are empty then."""
        path = self.path / name
        with saying(path, "could not be removed"):
            path.unlink(missing_ok=True)
            for folder in path.relative_to(self.path).parents:
                place = self.path / folder
                if folder.parts and place.is_dir() and not any(place.iterdir()):
                    place.rmdir()

    def finish(self, *, is_complete: bool, reviewed_by: str = "") -> Manifest:
        """Remove what an earlier export left, and say what this one is.

        Parameters
        ----------
        reviewed_by
            Who looked at the export that lies here; counts only where this one is the same, and
            nobody changed anything in it but findings.
        """
        for name in list(self._files()):
            if name not in self._written and name != MANIFEST:
                self.remove(name)
        digest = _digest_of_all(self._written)
        was = self.before
        is_same = was is not None and was.digest == digest == self._lay
        who = reviewed_by or (was.reviewed_by if was is not None else "")
        if not is_complete:
            who, state = "", "incomplete"
        elif is_same and who:
            state = "reviewed"
        else:
            who, state = "", "unreviewed"
        found = Manifest(key=self._key.name, state=state, reviewed_by=who, digest=digest)
        self._say(found)
        return found

    def _say(self, manifest: Manifest) -> None:
        write_whole(self.path / MANIFEST, encode_json(manifest, indent=2))


def _digest(name: str, content: bytes) -> str:
    """Return a hash of a file, of a labels table without its findings."""
    if name == LABELS_NAME:
        content = with_findings(content, {})
    return hashlib.sha256(content).hexdigest()


def _digest_of_all(digests: Mapping[str, str]) -> str:
    return hashlib.sha256(encode_json(sorted(digests.items()))).hexdigest()
