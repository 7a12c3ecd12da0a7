"""A limit on how long an answer by HTTP may take, however it is dealt out.

The time-out of a socket begins anew with each byte, so that who gives a byte a second is waited for
without an end.
"""

import io
import socket
from http.client import HTTPResponse
from time import monotonic
from typing import Any

import requests
from requests.adapters import HTTPAdapter

_LEAST_BYTES_S = 10_000  # heuristic: a tenth of a slow line


class _Paced(io.RawIOBase):
    """What comes over a socket: all that came until now took no longer than it may."""

    def __init__(self, raw: io.RawIOBase, timeout_s: float | None) -> None:
        super().__init__()
        self._raw, self._timeout_s = raw, timeout_s
        self._began, self._bytes = monotonic(), 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self._timeout_s is not None:
            allowed_s = self._timeout_s + self._bytes / _LEAST_BYTES_S
            if monotonic() - self._began > allowed_s:
                raise TimeoutError("the answer comes too slowly")
        count = self._raw.readinto(buffer)
        self._bytes += count or 0
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Answer(HTTPResponse):
    def __init__(self, sock: socket.socket, *options: Any, **named: Any) -> None:
        super().__init__(sock, *options, **named)
        self.fp = io.BufferedReader(_Paced(self.fp.detach(), sock.gettimeout()))


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *options: Any, **named: Any) -> None:
        super().init_poolmanager(*options, **named)
        manager: Any = self.poolmanager
        manager.pool_classes_by_scheme = {
            scheme: _paced(pool) for scheme, pool in manager.pool_classes_by_scheme.items()
        }


def _paced(pool: Any) -> Any:
    """Return a kind of pool whose connections are answered by `_Answer`."""
    connection = type("Connection", (pool.ConnectionCls,), {"response_class": _Answer})
    return type("Pool", (pool,), {"ConnectionCls": connection})


def pace(session: requests.Session) -> None:
    """Let each answer of a session take its time-out, and a second more for each 10 kB.

    What comes more slowly ends as what is silent does, in a time-out.
    """
    for scheme in ("http://", "https://"):
        session.mount(scheme, _Adapter())
