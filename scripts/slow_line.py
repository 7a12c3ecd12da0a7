"""A line of so many bits a second, for a browser that is told to take it: a SOCKS proxy.

Chromium's own way of slowing a page down does not reach what its workers fetch.
"""

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread
from time import monotonic, sleep

_PIECE_BYTES = 1 << 14
_VERSION, _GRANTED, _IPV4 = 5, 0, 1


class _Line:
    """What is sent over it takes its time, whoever sends."""

    def __init__(self, bits_per_second: float) -> None:
        self._bytes_per_second = bits_per_second / 8
        self._free_at = 0.0
        self._lock = Lock()

    def wait(self, size: int) -> None:
        """Wait until a piece has gone through."""
        with self._lock:
            self._free_at = max(self._free_at, monotonic()) + size / self._bytes_per_second
            left = self._free_at - monotonic()
        if left > 0:
            sleep(left)


@contextmanager
def slow_line(bits_per_second: float) -> Iterator[str]:
    """Serve a proxy on this machine; yields its address as a browser is told it.

    References
    ----------
    * RFC 1928, SOCKS Protocol Version 5: connections alone
    """
    line = _Line(bits_per_second)
    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=_serve, args=(server, line), daemon=True).start()
        yield f"socks5://127.0.0.1:{server.getsockname()[1]}"


def _serve(server: socket.socket, line: _Line) -> None:
    with suppress(OSError):  # it is closed at last
        while True:
            client, _ = server.accept()
            Thread(target=_connect, args=(client, line), daemon=True).start()


def _connect(client: socket.socket, line: _Line) -> None:
    with client, suppress(OSError):
        _, methods = client.recv(2)
        client.recv(methods)
        client.sendall(bytes([_VERSION, 0]))
        _, _, _, kind = client.recv(4)
        if kind == _IPV4:
            name = socket.inet_ntoa(client.recv(4))
        else:  # by name, as Chromium asks for whatever it asks for
            name = client.recv(client.recv(1)[0]).decode("ascii")
        (port,) = struct.unpack("!H", client.recv(2))
        with socket.create_connection((name, port)) as far:
            client.sendall(bytes([_VERSION, _GRANTED, 0, _IPV4]) + bytes(6))
            back = Thread(target=_pump, args=(client, far, None), daemon=True)
            back.start()
            _pump(far, client, line)
            back.join()


def _pump(source: socket.socket, target: socket.socket, line: _Line | None) -> None:
    with suppress(OSError):
        while piece := source.recv(_PIECE_BYTES):
            if line:
                line.wait(len(piece))
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
