"""Everything that stands in place of an identity: keyed hashes, all from one secret.

The same key gives the same pseudonyms, UIDs and shifts again; with another one nothing of them is
alike. Times of one patient are all shifted by the same, so that what lies between them stays exact.

References
----------
* DICOM PS3.15 E.3.6, Retain Longitudinal Temporal Information With Modified Dates Option
* DICOM PS3.5 B.2, UIDs derived from UUIDs; 6.2, the forms of DA, TM and DT
"""

import hashlib
import hmac
import os
import re
import secrets
import stat
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from ductdicom.errors import OutputError, UsageError
from ductdicom.export.output import write_whole
from ductdicom.ingest.headers.clock import parse_date, parse_time
from ductdicom.reading import read_regular

_KEY_BYTES = 32
_MOST_KEY_BYTES = 200
_STANDARD_ROOT = "1.2.840.10008."
_MOST_DAYS = 3650
_MOST_MINUTES = 600
_PSEUDONYM_DIGITS = 10
_UID = re.compile(r"[0-9]+(\.[0-9]+)*", re.ASCII)
_FRACTION = re.compile(r"\.\d{1,6}", re.ASCII)
_FIRST_YEAR = 1900
_ANY_DAY = date(2000, 1, 1)
_MOMENT = re.compile(r"(\d{8})(\d{2,6}(?:\.\d{1,6})?)?([+-]\d{4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much earlier all times of a patient are told."""

    days: int
    minutes: int

    def day(self, day: str) -> str:
        """Return a DA whose time is not known; empty where it is none."""
        return self.moment(day, "")[0]

    def time(self, time: str) -> str:
        """Return a TM whose day is not known; empty where it is none."""
        return self.moment("", time)[1]

    def moment(self, day: str, time: str) -> tuple[str, str]:
        """Return a DA and a TM, moved as one instant where both are known.

        A fraction of a second stays as it is.
        """
        on, at = parse_date(day), parse_time(time)
        if on is not None and on.year < _FIRST_YEAR:  # a dummy
            on = None
        if at is None:
            return f"{on - timedelta(days=self.days):%Y%m%d}" if on else "", ""
        moved = datetime.combine(on or _ANY_DAY, at)
        moved -= timedelta(days=self.days, minutes=self.minutes)
        fraction = _FRACTION.search(time.strip())
        said = f"{moved:%H%M%S}{fraction[0] if fraction else ''}"
        return f"{moved:%Y%m%d}" if on else "", said

    def date_time(self, text: str) -> str:
        """Return a DT, its zone as it was; empty where it is not known to the day."""
        found = _MOMENT.fullmatch(text.strip())
        if found is None:
            return ""
        day, time = self.moment(found[1], found[2] or "")
        return f"{day}{time}{found[3] or ''}" if day else ""


@dataclass(frozen=True, slots=True)
class Key:
    """A secret of 32 bytes, and all that is made of it."""

    secret: bytes

    def _hash(self, what: str, *texts: str) -> bytes:
        message = "\0".join((what, *texts)).encode("utf-8", "surrogatepass")
        return hmac.new(self.secret, message, hashlib.sha256).digest()

    @property
    def name(self) -> str:
        """What tells exports with one key from those with another; says nothing of the key."""
        return self._hash("name").hex()[:12]

    def pseudonym(self, patient: str) -> str:
        """Return what a patient is called: a letter and digits, of which some differ."""
        number = int.from_bytes(self._hash("patient", patient)[:8], "big")
        return f"P{number % 10**_PSEUDONYM_DIGITS:0{_PSEUDONYM_DIGITS}}"

    def short(self, what: str, text: str) -> str:
        """Return a name of eight digits, as of a study."""
        return self._hash(what, text).hex()[:8]

    def uid(self, uid: str) -> str:
        """Return what stands for a UID: itself for what the standard defines, else one of ours."""
        text = uid.strip(" \0")
        if not text or (text.startswith(_STANDARD_ROOT) and _UID.fullmatch(text)):
            return text
        return f"2.25.{int.from_bytes(self._hash('uid', text)[:16], 'big')}"

    def shift(self, patient: str) -> Shift:
        """Return by how much a patient's times are moved: 1 to 3650 days and up to ten hours."""
        found = self._hash("shift", patient)
        days = 1 + int.from_bytes(found[:8], "big") % _MOST_DAYS
        return Shift(days, int.from_bytes(found[8:16], "big") % _MOST_MINUTES)

    def fold(self, patient: str, folds: int) -> int:
        """Return in which of so many parts all images of a patient are, from 0."""
        return int.from_bytes(self._hash("fold", patient)[:8], "big") % folds


def read_key(path: Path) -> Key:
    """Read a key, which nobody else may read.

    Raises
    ------
    UsageError
        It is no key, or others than its owner may read it.
    OutputError
        It cannot be read.
    """
    try:
        mode = path.stat().st_mode
        text = read_regular(path, most_bytes=_MOST_KEY_BYTES)
    except OSError as error:
        raise OutputError(f"key cannot be read: {error.strerror}", path=path) from error
    if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise UsageError("others may read this key", path=path, hint="chmod 600")
    try:
        secret = bytes.fromhex(text.decode("ascii"))
    except ValueError:
        secret = b""
    if len(secret) != _KEY_BYTES:
        hint = "64 hexadecimal digits are one; name a file that is not there to have one made"
        raise UsageError("is no key", path=path, hint=hint)
    return Key(secret)


def read_or_make_key(path: Path) -> Key:
    """Read a key, or make one where there is none."""
    if not os.path.lexists(path):
        write_whole(path, f"{secrets.token_hex(_KEY_BYTES)}\n".encode(), mode=0o600)
    return read_key(path)
