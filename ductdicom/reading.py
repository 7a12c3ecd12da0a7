"""Files that are read whole: regular ones, no larger and no deeper than they may be."""

import errno
import os
import re
import stat
import tomllib
from io import BufferedReader
from pathlib import Path
from typing import Any

_MOST_BYTES = 1 << 28
# Each part of a key costs the parser as much as all before it.
_LONG_KEY = re.compile(r"(?<![^\s.=\[\]#,])(?:[^\s.=\[\]#,]++\s*+\.\s*+){100}")


def open_regular(path: Path, *, follow: bool = True) -> BufferedReader:
    """Open a regular file for reading; anything else might keep us waiting, or never end.

    Parameters
    ----------
    follow
        Whether a symbolic link is followed in the last place.

    Raises
    ------
    OSError
        It cannot be opened; ``EINVAL`` where it is no regular file, ``ELOOP`` where it is a link
        that is not to be followed.
    """
    if not follow and path.is_symlink():  # also where the system knows no O_NOFOLLOW
        raise OSError(errno.ELOOP, "is a link", str(path))
    flags = os.O_RDONLY
    for name in ("O_NONBLOCK", "O_BINARY", "O_CLOEXEC", *(() if follow else ("O_NOFOLLOW",))):
        flags |= getattr(os, name, 0)
    stream = os.fdopen(os.open(path, flags), "rb")
    if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
        stream.close()
        raise OSError(errno.EINVAL, "is no regular file", str(path))
    return stream


def read_regular(path: Path, *, most_bytes: int = _MOST_BYTES, follow: bool = True) -> bytes:
    """Read a regular file whole.

    Raises
    ------
    OSError
        As `open_regular`; ``EFBIG`` where it holds more than ``most_bytes``.
    """
    with open_regular(path, follow=follow) as stream:
        content = stream.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(errno.EFBIG, f"is larger than {most_bytes >> 20} MiB", str(path))
    return content


def load_toml(text: str) -> dict[str, Any]:
    """Parse a TOML text.

    Raises
    ------
    ValueError
        It is no TOML: of a kind of its own, `tomllib.TOMLDecodeError`, where that names the place;
        or it is nested without end.
    """
    if _LONG_KEY.search(text):
        raise ValueError("a key of more than 100 parts")
    try:
        return tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("brackets in brackets") from error
