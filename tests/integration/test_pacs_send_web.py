"""Sheets into an archive by STOW-RS, of which an answer may hide what failed."""

import json
import re
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pydicom
import pytest
from exports import organise, write_ductogram
from pydicom.filebase import DicomBytesIO

from ductdicom.errors import RemoteError
from ductdicom.pacs.peers import Peer, WebService
from ductdicom.pacs.send.by_web import WebStore
from ductdicom.pacs.send.run import Sender, SendWish
from ductdicom.pacs.send.store import Answer
from ductdicom.pacs.web import DicomWeb

pytestmark = pytest.mark.integration


def item(uid, **reasons):
    found = {"00081155": {"vr": "UI", "Value": [uid]}}
    tags = {"failure": "00081197", "warning": "00081196"}
    for name, value in reasons.items():
        found[tags[name]] = {"vr": "US", "Value": [value]}
    return found


def stored(uid, **reasons):
    return {"00081199": {"vr": "SQ", "Value": [item(uid, **reasons)]}}


def failed(uid, reason):
    return {"00081198": {"vr": "SQ", "Value": [item(uid, failure=reason)]}}


@pytest.fixture
def service():
    """Return a server that keeps what is stored; the test chooses what it says of each."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            content = self.rfile.read(int(self.headers["Content-Length"]))
            mark = re.search(r"boundary=(\S+)", self.headers["Content-Type"])[1].encode()
            part = content.split(b"--" + mark)[1].partition(b"\r\n\r\n")[2][:-2]
            data = pydicom.dcmread(DicomBytesIO(part))
            server.paths.append(self.path)
            server.kept.setdefault(str(data.SOPInstanceUID), []).append(part)
            self._answer(*server.say(str(data.SOPInstanceUID)))

        def do_GET(self):
            if "/series?" in self.path:  # what is there of another output folder
                server.asked.append(self.path)
                self._answer(200, [])
                return
            server.paths.append(self.path)
            self._answer(200, [{"00080018": item(uid)["00081155"]} for uid in server.found])

        def _answer(self, status, answer):
            content = b"" if answer is None else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/dicom+json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.paths, server.asked, server.kept, server.found = [], [], {}, []
    server.say = lambda uid: (200, stored(uid))
    Thread(target=server.serve_forever, daemon=True).start()
    web = WebService(url=f"http://127.0.0.1:{server.server_address[1]}/dicom-web")
    server.peer = Peer(name="web", web=web)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stow")
    organise(write_ductogram(folder / "export"), output=folder / "out")
    return folder / "out"


@pytest.fixture
def out(drawn):
    yield drawn
    (drawn / ".ductdicom" / "sent.jsonl").unlink(missing_ok=True)


def deliver(out, service):
    paused = []
    sender = Sender(out, "P", SendWish(pauses_s=(1.0, 5.0), pause=paused.append))
    with DicomWeb(service.peer, 5.0) as web:
        return sender.send(WebStore(web), lambda _: None), paused


def statuses(sending):
    return [reply.status for study in sending.studies for _, reply in study.replies]


def test_each_object_is_a_request_into_its_study(out, service):
    sending, paused = deliver(out, service)

    assert sending.exit_code == 0
    assert paused == []
    assert set(service.paths) == {"/dicom-web/studies/2.25.900"}
    assert len(service.paths) == len(service.kept) == sending.count(Answer.STORED)
    again, _ = deliver(out, service)
    assert again.count(Answer.STORED) == 0
    assert len(service.asked) == 1


@pytest.mark.parametrize("code", [200, 202, 409])
@pytest.mark.parametrize("reason", [0x0110, 0xA900, 0xC000, 0x0122])
def test_what_failed_is_told_by_the_answer_and_not_by_http(out, service, code, reason):
    service.say = lambda uid: (code, failed(uid, reason))

    sending, _ = deliver(out, service)

    assert sending.exit_code == 5
    assert sending.count(Answer.STORED) == 0
    assert set(statuses(sending)) == {f"0x{reason:04X}"}


def test_one_that_failed_does_not_keep_the_others_from_being_sent(out, service):
    def say(uid):
        return (409, failed(uid, 0xC000)) if len(service.kept) == 1 else (200, stored(uid))

    service.say = say

    sending, _ = deliver(out, service)

    assert sending.count(Answer.REFUSED) == 1
    assert sending.count(Answer.STORED) == len(service.kept) - 1


def test_a_failure_of_which_the_answer_does_not_say_whose_it_is_counts(out, service):
    service.say = lambda _: (202, {"0008119A": {"vr": "SQ", "Value": [item("", failure=0xA710)]}})

    sending, paused = deliver(out, service)

    assert sending.exit_code == 5
    assert paused == [1.0, 5.0]


def test_a_warning_is_stored(out, service):
    service.say = lambda uid: (202, stored(uid, warning=0xB007))

    sending, _ = deliver(out, service)

    assert sending.exit_code == 0
    assert set(statuses(sending)) == {"0xB007"}


def test_what_is_there_already_is_stored(out, service):
    service.say = lambda uid: (409, failed(uid, 0x0111))

    assert deliver(out, service)[0].exit_code == 0


@pytest.mark.parametrize(
    "first", [(503, None), (502, None), (504, None), (429, None), (507, None), (409, 0xA700)]
)
def test_a_service_that_cannot_now_is_asked_again(out, service, first):
    def say(uid):
        if len(service.paths) > 2:
            return 200, stored(uid)
        return first[0], None if first[1] is None else failed(uid, first[1])

    service.say = say

    sending, paused = deliver(out, service)

    assert sending.exit_code == 0
    assert paused == [1.0, 5.0]


@pytest.mark.parametrize("is_there", [True, False])
def test_where_the_answer_says_nothing_it_is_asked_whether_the_object_is_there(
    out, service, is_there
):
    def say(uid):
        service.found = [uid] if is_there else ["2.25.1"]
        return 200, None

    service.say = say

    sending, _ = deliver(out, service)

    assert sending.exit_code == (0 if is_there else 5)


@pytest.mark.parametrize("code", [400, 409, 413, 415, 500])
def test_a_refusal_without_words_is_one(out, service, code):
    service.say = lambda _: (code, None)

    sending, _ = deliver(out, service)

    assert set(statuses(sending)) == {f"HTTP {code}"}
    assert sending.exit_code == 5


@pytest.mark.parametrize("code", [401, 403, 404])
def test_who_does_not_let_us_in_is_asked_once(out, service, code):
    service.say = lambda _: (code, None)

    with pytest.raises(RemoteError, match=f"HTTP {code}"):
        deliver(out, service)

    assert len(service.paths) == 1
