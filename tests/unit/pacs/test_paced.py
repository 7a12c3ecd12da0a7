"""Who deals an answer out byte by byte is not waited for without an end."""

import socket
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic

import pytest
import requests

from ductdicom.errors import RemoteError
from ductdicom.pacs.paced import pace
from ductdicom.pacs.peers import Peer, WebService
from ductdicom.pacs.web import DicomWeb

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


@contextmanager
def dealing(at_once, byte_by_byte, every_s):
    """Let a server answer whoever comes with some bytes at once, and the rest one at a time."""
    ended = Event()
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            try:
                connection.sendall(at_once)
                for value in byte_by_byte:
                    if ended.wait(every_s):
                        return
                    connection.sendall(bytes([value]))
            except OSError:  # nobody listens any more
                return

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        ended.set()
        thread.join(5)
        listener.close()


BODY = b"[" + b" " * 998 + b"]"


@pytest.mark.parametrize(
    ("at_once", "byte_by_byte"),
    [
        pytest.param(b"", HEAD % len(BODY), id="its head"),
        pytest.param(HEAD % len(BODY), BODY, id="its body"),
    ],
)
def test_an_answer_that_drips_ends_in_a_time_out(at_once, byte_by_byte):
    began = monotonic()
    with dealing(at_once, byte_by_byte, 0.1) as url:
        peer = Peer(name="slow", web=WebService(url=url))
        with DicomWeb(peer, 0.5) as web, pytest.raises(RemoteError, match="cannot be reached"):
            web.ask("system")

    assert monotonic() - began < 5  # all of it would take minutes, if no other did


def test_a_large_answer_may_take_longer_than_the_time_out(monkeypatch):
    monkeypatch.setattr("ductdicom.pacs.paced._LEAST_BYTES_S", 100)
    with dealing(HEAD % 300 + b" " * 280, b" " * 20, 0.05) as url:
        session = requests.Session()
        pace(session)
        answer = session.get(url, timeout=0.3)  # it takes a second

    assert len(answer.content) == 300
