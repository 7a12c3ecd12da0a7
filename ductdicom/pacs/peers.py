"""Who is at the other end, and who we are: addresses, certificates, secrets.

A peer is written as administrators type it, ``AET@host:port``, or stands by name in the
configuration. No secret is part of either: it lies in a file or in the environment, or for DICOMweb
in the user's ``.netrc``.

References
----------
* DICOM PS3.5 6.2, value representation AE; PS3.8 9.1.1, ports; PS3.15 B.9, B.10 and BCP 195, TLS
"""

import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ductdicom.errors import UsageError
from ductdicom.reading import read_regular
from ductdicom.wording import suggestion

DEFAULT_TITLE = "DUCTDICOM"
_TITLE = r"(?P<title>[^@:\\\s](?:[^@:\\]{0,14}[^@:\\\s])?)"
_HOST = r"(?P<host>\[[0-9A-Fa-f:.]+\]|[^@:\s/\[\]]+)"
_ADDRESS = re.compile(rf"{_TITLE}@{_HOST}:(?P<port>\d{{1,5}})", re.ASCII)
_BIND = re.compile(rf"{_TITLE}(?:@{_HOST}?)?(?::(?P<port>\d{{1,5}}))?", re.ASCII)
_LARGEST_PORT = 65535
_MOST_SECRET_BYTES = 1 << 16
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_PATHS = ("tls_ca", "tls_cert", "tls_key", "password_file", "token_file")
_TEXTS = ("connect", "tls_name", "web", "user", "password_env", "token_env")
PEER_KEYS = {*_PATHS, *_TEXTS, "tls"}
_SECRETS = {"password", "token", "passwd", "secret"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Our own certificate with its key, whom we trust, and the name in the other's certificate.

    Paths of PEM files; without ``ca`` the system's certificate authorities are trusted. ``name``
    is the peer's host name where it is empty.
    """

    cert: Path | None = None
    key: Path | None = None
    ca: Path | None = None
    name: str = ""

    def as_client(self) -> ssl.SSLContext:
        """Return how we call: TLS 1.2 or newer, the other's certificate is checked.

        Raises
        ------
        UsageError
            A file cannot be used.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self.ca is None:
            context.load_default_certs()
        return self._prepared(context)

    def as_server(self) -> ssl.SSLContext:
        """Return how we are called: TLS 1.2 or newer, and only by who shows a certificate.

        Raises
        ------
        UsageError
            A file is missing or cannot be used.
        """
        if self.cert is None or self.key is None or self.ca is None:
            raise UsageError(
                "TLS needs a key, a certificate, and the authority that callers' certificates are "
                "signed by",
                hint="give --tls-key, --tls-cert and --tls-ca",
            )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.verify_mode = ssl.CERT_REQUIRED
        return self._prepared(context)

    def _prepared(self, context: ssl.SSLContext) -> ssl.SSLContext:
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            if self.ca is not None:
                context.load_verify_locations(self.ca)
            if self.cert is not None:
                context.load_cert_chain(self.cert, self.key, password=_refuse_to_ask)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            where = " or ".join(str(path) for path in (self.ca, self.cert, self.key) if path)
            raise UsageError(
                "certificates cannot be used: they or their key are not there, not in PEM, "
                "encrypted, or do not belong together",
                path=where,
            ) from error
        return context


def _refuse_to_ask() -> str:
    raise ValueError("the key is encrypted, and nobody is there to type")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebService:
    """A DICOMweb service: its root, and by what it knows us.

    Without user and token, ``.netrc`` may have both.
    """

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    @property
    def is_private(self) -> bool:
        """Whether nobody on the way reads what is sent: by TLS, or to this machine."""
        parts = urlsplit(self.url)
        return parts.scheme == "https" or parts.hostname in _LOOPBACK


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """An archive: how messages call it, and where it listens for DICOM, for DICOMweb or both.

    ``port`` is 0 where it is reached by DICOMweb alone.
    """

    name: str
    title: str = ""
    host: str = ""
    port: int = 0
    tls: Tls | None = None
    web: WebService | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSide:
    """Our own AE title, and where we listen; ``timeout_s`` is how long a silent peer is waited for.

    ``port`` None: we listen nowhere; 0: on any that is free. ``address`` empty: on all.
    """

    title: str = DEFAULT_TITLE
    address: str = ""
    port: int | None = None
    timeout_s: float = 60.0


def parse_bind(text: str) -> OwnSide:
    """Read our own side, ``AET[@address][:port]``.

    Raises
    ------
    UsageError
        It is none.
    """
    found = _BIND.fullmatch(text)
    if found is None or int(found["port"] or 0) > _LARGEST_PORT:
        raise UsageError(
            f"{text!r} is not our own side",
            hint="write AET@:11112 or AET@127.0.0.1:11112; an AE title has up to 16 characters",
        )
    port = None if found["port"] is None else int(found["port"])
    return OwnSide(title=found["title"], address=(found["host"] or "").strip("[]"), port=port)


def find_peer(text: str, tables: Mapping[str, object], folder: Path = Path()) -> Peer:
    """Return the peer that was named.

    Parameters
    ----------
    text
        ``AET@host:port``, the root of a DICOMweb service, or a name of the configuration.
    tables
        ``[peers]`` of the configuration, by name.
    folder
        Where paths in the configuration start.

    Raises
    ------
    UsageError
        There is no such peer, or its table is wrong.
    """
    if text.startswith(("http://", "https://")):
        return Peer(name=text, web=_web({"web": text}, folder, text))
    if "@" in text:
        return _addressed(text, text)
    if text not in tables:
        hint = suggestion(text, tables) if tables else "write AET@host:port, or give --config"
        raise UsageError(f"there is no peer {text!r} in the configuration", hint=hint)
    return _configured(text, tables[text], folder)


def _addressed(text: str, name: str, tls: Tls | None = None, web: WebService | None = None) -> Peer:
    found = _ADDRESS.fullmatch(text)
    if found is None or not 0 < int(found["port"]) <= _LARGEST_PORT:
        raise UsageError(
            f"{text!r} is no peer",
            hint="write AET@host:port, such as PACS@10.0.0.5:104; a title has up to 16 characters",
        )
    host, port = found["host"].strip("[]"), int(found["port"])
    return Peer(name=name, title=found["title"], host=host, port=port, tls=tls, web=web)


def _configured(name: str, table: object, folder: Path) -> Peer:
    where = f"[peers.{name}]"
    if not isinstance(table, Mapping):
        raise UsageError(f"{where} is no table", hint=f'write {where} and below it connect = "…"')
    for key, value in table.items():
        if key in _SECRETS:
            raise UsageError(
                f"{where} holds a secret, {key}",
                hint=f"put it into a file and write {key}_file, or name a variable in {key}_env",
            )
        if key not in PEER_KEYS:
            raise UsageError(f"unknown {key!r} in {where}", hint=suggestion(key, PEER_KEYS))
        if not isinstance(value, bool if key == "tls" else str):
            raise UsageError(f"{key} in {where} is neither text nor, of tls, true or false")
    web = _web(table, folder, where) if "web" in table else None
    if "connect" in table:
        return _addressed(table["connect"], name, _tls(table, folder), web)
    if web is None:
        raise UsageError(f"{where} has neither connect nor web")
    return Peer(name=name, tls=_tls(table, folder), web=web)


def _tls(table: Mapping[str, str], folder: Path) -> Tls | None:
    ca, cert, key = (folder / table[name] if name in table else None for name in _PATHS[:3])
    if not table.get("tls", ca or cert):
        return None
    return Tls(cert=cert, key=key, ca=ca, name=table.get("tls_name", ""))


def _web(table: Mapping[str, str], folder: Path, where: str) -> WebService:
    url = table["web"].rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"{where} has no address of a DICOMweb service", hint="write https://…")
    if parts.username or parts.password:
        raise UsageError(
            "an address holds a user or a password", hint="name a password_file, or use .netrc"
        )
    secrets = {name: _secret(name, table, folder) for name in ("password", "token")}
    found = WebService(url=url, user=table.get("user", ""), **secrets)
    if found.password and not found.user:
        raise UsageError(f"{where} has a password, and nobody whose it is", hint="set user = …")
    if any(secrets.values()) and not found.is_private:
        raise UsageError(f"a secret of {where} would travel in the clear", hint="use https://")
    return found


def _secret(name: str, table: Mapping[str, str], folder: Path) -> str:
    variable, file = table.get(f"{name}_env"), table.get(f"{name}_file")
    if variable is not None:
        text, where = os.environ.get(variable, ""), f"the variable {variable}"
    elif file is not None:
        path = folder / file
        try:
            text = read_regular(path, most_bytes=_MOST_SECRET_BYTES).decode("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"the {name} cannot be read from it", path=path) from error
        where = str(path)
    else:
        return ""
    text = text.strip()
    if not text:
        raise UsageError(f"{where} is empty, or not set, which holds a {name}")
    if not text.isprintable() or (name == "token" and not text.isascii()):
        raise UsageError(f"{where} holds no {name}: it is one line, and a token is ASCII")
    return text
