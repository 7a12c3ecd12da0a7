"""The server itself: where it listens, and who it is told to let in."""

import ctypes
import os
import re
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from ductdicom.errors import UsageError
from ductdicom.export.output import require_output
from ductdicom.review.access import Access
from ductdicom.review.app import make_app

_GRACE_S = 5  # for what is being saved when the server is ended
_MOST_AT_ONCE = 200
_MOST_THREADS = 4
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 4 << 20
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9a-z-]+")
_OF_BROWSERS = frozenset(
    {"authorization", "cache-control", "connection", "cookie", "date", "dnt", "expect", "forwarded"}
    | {"from", "host", "keep-alive", "last-event-id", "origin", "pragma", "priority", "range"}
    | {"referer", "te", "trailer", "transfer-encoding", "upgrade", "upgrade-insecure-requests"}
    | {"user-agent", "via", "x-requested-with"}
)
_BEGIN_OF_BROWSERS = (
    *("accept", "access-control-", "content-", "if-", "proxy-", "sec-"),
    *("x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"),
)


def serve(
    output: Path,
    access: Access,
    *,
    host: str,
    port: int,
    is_read_only: bool,
    announce: Callable[[str], None],
) -> None:
    """Serve an output folder until somebody ends it.

    Parameters
    ----------
    access
        Who may ask; where no proxy signs people in, only this computer is listened to.
    host
        An address of this computer, or ``localhost``.
    port
        0: any that is free.
    announce
        Is told the address to open, once it is listened to.

    Raises
    ------
    UsageError
        OUT is no output folder, the port is taken, or the address is none of this computer.
    """
    folder = require_output(output)
    _tune()
    with _listen(host, port) as listening:
        name, found = listening.getsockname()[:2]
        shown = f"[{name}]" if ":" in name else name
        hosts = frozenset(f"{one}:{found}" for one in (shown, "localhost", "127.0.0.1", "[::1]"))
        own = replace(access, hosts=hosts, cookie_name=f"ductdicom-{found}")
        token = "" if access.user_header else f"?token={own.token}"
        config = uvicorn.Config(
            make_app(folder, own, is_read_only=is_read_only, is_warm=True),
            access_log=False,  # it would name studies
            lifespan="off",
            limit_concurrency=_MOST_AT_ONCE,
            log_level="critical",  # an error's own words may quote a header
            proxy_headers=False,  # who asks is whoever is connected
            server_header=False,
            timeout_graceful_shutdown=_GRACE_S,
            ws="none",
        )
        announce(f"http://{shown}:{found}/{token}")
        with suppress(KeyboardInterrupt):  # how it is ended
            uvicorn.Server(config).run(sockets=[listening])


def _tune() -> None:
    """Let JPEG 2000 be decoded by several threads, here and where sheets are drawn.

    And let the system have the memory of an image back once that is let go of: the GNU C library
    keeps blocks of up to 32 MB for itself, once one of them was let go of.

    References
    ----------
    * OpenJPEG, OPJ_NUM_THREADS; mallopt(3), M_MMAP_THRESHOLD
    """
    os.environ.setdefault("OPJ_NUM_THREADS", str(min(_MOST_THREADS, os.cpu_count() or 1)))
    if sys.platform == "linux":
        with suppress(AttributeError):  # other C libraries have no such thing
            ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


def require_proxy(user_header: str, trusted_proxy: str) -> None:
    """Refuse a proxy that is no single address, and a header that does not come from it alone.

    References
    ----------
    * RFC 9110 5.1: what a header may be called
    """
    try:
        is_one = not ip_address(trusted_proxy).is_unspecified
    except ValueError:
        is_one = False
    if not is_one:
        raise UsageError(
            f"{trusted_proxy!r} is no address of one computer",
            path="--trusted-proxy",
            hint="name the address from which the proxy asks, as 10.0.0.9",
        )
    name = user_header.lower()
    if not _HEADER.fullmatch(name) or name in _OF_BROWSERS or name.startswith(_BEGIN_OF_BROWSERS):
        raise UsageError(
            f"{user_header!r} is no header that a proxy alone sets",
            path="--user-header",
            hint="name the one in which it says who has signed in, as X-Remote-User",
        )


def is_loopback(host: str) -> bool:
    """Tell whether an address is heard by this computer alone."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, number)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
            listening.listen()  # whoever opens the address at once waits, and is not refused
        except OSError:
            listening.close()
            raise
    except OSError as error:
        message = f"cannot listen at {host}, port {port}: {error.strerror}"
        raise UsageError(
            message, hint="another --port, or --port 0 for any that is free"
        ) from error
    return listening
