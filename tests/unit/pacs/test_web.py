import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.errors import RemoteError
from ductdicom.pacs.peers import Peer, WebService
from ductdicom.pacs.web import DicomWeb, split_parts

MARK = b"a-boundary"


def body(parts):
    head = b"Content-Type: application/dicom\r\n\r\n"
    return b"".join(b"--" + MARK + b"\r\n" + head + part + b"\r\n" for part in parts) + (
        b"--" + MARK + b"--\r\n"
    )


def cut(content, places):
    edges = sorted({0, len(content), *(place % (len(content) + 1) for place in places)})
    return [content[start:end] for start, end in pairwise(edges)]


def whole_parts(chunks):
    found, part = [], b""
    for piece in split_parts(iter(chunks), MARK):
        if piece is None:
            found.append(part)
            part = b""
        else:
            part += piece
    return found


# What looks like a boundary and is none is part of an object.
CONTENT = st.binary(max_size=60) | st.sampled_from([b"", b"\r\n--a-bound", b"--a-boundary", b"\r"])


@given(st.lists(CONTENT, max_size=4), st.lists(st.integers(0, 10_000), max_size=8))
def test_parts_come_out_as_they_were_wherever_the_body_is_cut(parts, places):
    assert parts == whole_parts(cut(body(parts), places))


def test_text_before_the_first_part_and_behind_the_last_is_no_part():
    assert whole_parts([b"preamble\r\n" + body([b"abc"]) + b"epilogue"]) == [b"abc"]


@pytest.mark.parametrize("length", [0, 30, 60, 90, 108])
def test_a_body_that_ends_in_the_middle_is_no_answer(length):
    with pytest.raises(RemoteError, match="ended in the middle"):
        whole_parts([body([b"abcdef", b"ghijkl"])[:length]])


@pytest.fixture
def service():
    """Return a server whose answers are chosen by the test, and a peer that is it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            server.asked.append((url.path, dict(parse_qsl(url.query)), self.headers))
            status, kind, content = server.answer(url.path, dict(parse_qsl(url.query)))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked = []
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def web(service, **options):
    url = f"http://127.0.0.1:{service.server_address[1]}/dicom-web"
    return DicomWeb(Peer(name="main", web=WebService(url=url, **options)), 5)


def studies(*numbers):
    return json.dumps(
        [{"0020000D": {"vr": "UI", "Value": [f"2.25.{number}"]}} for number in numbers]
    ).encode()


def found(service, **options):
    with web(service, **options) as client:
        return [str(item.StudyInstanceUID) for item in client.search({"PatientID": "A*"}, ())]


def test_pages_are_asked_for_until_one_brings_nothing_new(service):
    pages = {"0": studies(1, 2), "2": studies(3), "3": b"[]"}
    service.answer = lambda _, query: (200, "application/dicom+json", pages[query["offset"]])

    assert found(service) == ["2.25.1", "2.25.2", "2.25.3"]


def test_a_server_that_ignores_where_a_page_starts_is_asked_twice(service):
    service.answer = lambda *_: (200, "application/dicom+json", studies(1, 2))

    assert found(service) == ["2.25.1", "2.25.2"]
    assert len(service.asked) == 2


def test_no_content_is_an_answer(service):
    service.answer = lambda *_: (204, "application/dicom+json", b"")

    assert found(service) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param((401, "text/plain", b""), "HTTP 401 .who are we", id="who are we"),
        pytest.param((404, "text/plain", b""), "is the path right", id="a wrong path"),
        pytest.param((500, "text/plain", b""), "HTTP 500", id="a failure"),
        pytest.param((200, "text/html", b"<html>"), "what is no DICOMweb", id="a sign-in page"),
    ],
)
def test_a_refusal_says_what_may_be_done(service, answer, said):
    service.answer = lambda *_: answer

    with pytest.raises(RemoteError, match=said):
        found(service)


def test_a_token_and_a_password_say_who_we_are(service):
    service.answer = lambda *_: (204, "text/plain", b"")
    found(service, token="abc")  # noqa: S106
    found(service, user="duct", password="pw")  # noqa: S106

    said = [headers["Authorization"] for _, _, headers in service.asked]
    assert said == ["Bearer abc", f"Basic {base64.b64encode(b'duct:pw').decode()}"]


def test_objects_are_asked_for_as_they_are_stored(service):
    kind = f'multipart/related; type="application/dicom"; boundary={MARK.decode()}'
    service.answer = lambda *_: (200, kind, body([b"one", b"two"]))

    with web(service) as client:
        pieces = list(client.retrieve("studies/2.25.1"))

    assert pieces == [b"one", None, b"two", None]
    (path, _, headers) = service.asked[0]
    assert path == "/dicom-web/studies/2.25.1"
    assert "transfer-syntax=*" in headers["Accept"]


def test_an_answer_that_breaks_off_is_no_object(service):
    kind = f'multipart/related; type="application/dicom"; boundary={MARK.decode()}'
    service.answer = lambda *_: (200, kind, body([b"one", b"two"])[:-30])

    with web(service) as client, pytest.raises(RemoteError, match="ended in the middle"):
        list(client.retrieve("studies/2.25.1"))
