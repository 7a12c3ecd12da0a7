"""Archives in this process that can be told what to do wrong, by DICOM and by DICOMweb."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from archives import HOST, peer
from pydicom import dcmread
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt

MG = "1.2.840.10008.5.1.4.1.1.1.2"
_MARK = "mark"


class Liar:
    """An archive in this process that can be told what to do wrong."""

    port = 0  # where it sends what is to be moved; 0: it does not know us
    gives_all_or_none = False  # of what is asked for, if it refuses one of it

    def __init__(self, files, *, count=None, refuses=(), status=0x0000, drops=0, hangs=False):
        self.files = files
        self.count, self.refuses, self.status = count, refuses, status
        self.drops, self.hangs = drops, hangs
        self.says, self.days = {}, []
        self.asked, self.patient_id, self.go_on = [], None, threading.Event()
        self.associations, self.open, self.most_open = 0, 0, 0

    def find(self, event):
        level = event.identifier.QueryRetrieveLevel
        self.asked.append(level)
        self.days += [event.identifier.StudyDate] if level == "STUDY" else []
        first = dcmread(self.files[0])
        answer = Dataset()
        answer.QueryRetrieveLevel = level
        answer.StudyInstanceUID = first.StudyInstanceUID
        if level == "STUDY":
            for name in ("StudyDate", "StudyDescription", "PatientName", "PatientBirthDate"):
                setattr(answer, name, first[name].value)
            answer.PatientID = self.patient_id or first.PatientID
            answer.ModalitiesInStudy = ["MG"]
            for name, value in self.says.items():
                setattr(answer, name, value)
            if self.count is not None:
                answer.NumberOfStudyRelatedInstances = str(self.count)
            yield 0xFF00, answer
        elif level == "SERIES":
            answer.SeriesInstanceUID, answer.Modality = first.SeriesInstanceUID, "MG"
            yield 0xFF00, answer
        else:
            for path in self.files:
                image = Dataset()
                image.QueryRetrieveLevel, image.SOPInstanceUID = level, dcmread(path).SOPInstanceUID
                yield 0xFF00, image

    def get(self, event):
        self.asked.append("GET")
        if self.hangs:
            self.go_on.wait(20)
            return
        wanted = event.identifier.get("SOPInstanceUID")
        wanted = [wanted] if isinstance(wanted, str) else wanted
        chosen = [dcmread(path) for path in self.files]
        chosen = [d for d in chosen if not wanted or d.SOPInstanceUID in wanted]
        sent = [d for d in chosen if d.SOPInstanceUID not in self.refuses]
        if self.gives_all_or_none and len(sent) < len(chosen):
            yield len(chosen)
            yield 0xC000, None
            return
        yield len(sent)
        for number, dataset in enumerate(sent):
            if self.drops and number == 1:
                self.drops -= 1
                event.assoc.abort()
                return
            yield 0xFF00, dataset
        if self.status:
            yield self.status, None

    def move(self, _event):
        self.asked.append("MOVE")
        if not self.port:
            yield None, None
            return
        yield HOST, self.port, {"contexts": [build_context(MG)]}
        yield len(self.files)
        for path in self.files:
            yield 0xFF00, dcmread(path)

    @contextmanager
    def listening(self, *models, storage=True):
        contexts = [build_context(model) for model in models]
        handlers = [
            (evt.EVT_C_FIND, self.find),
            (evt.EVT_C_GET, self.get),
            (evt.EVT_C_MOVE, self.move),
            (evt.EVT_ACCEPTED, lambda _: self._count(1)),
            (evt.EVT_CONN_CLOSE, lambda _: self._count(-1)),
        ]
        if storage:
            stored = build_context(MG)
            stored.scu_role = stored.scp_role = True
            contexts.append(stored)
        with peer(contexts, handlers) as archive:
            yield archive
            self.go_on.set()

    def _count(self, change):
        self.associations += change > 0
        self.open += change
        self.most_open = max(self.most_open, self.open)


class WebLiar:
    """A DICOMweb service of some files of one study, which can be told what to do wrong.

    Attributes
    ----------
    count
        How many objects it says that the study has; None for as many as there are.
    refuses
        Objects that it does not give, though it lists them.
    status
        What it answers to whoever fetches.
    drops
        How many of its answers break off in the middle of their second object.
    hangs
        Whether it says nothing to whoever fetches.
    """

    def __init__(self, files, *, count=None, refuses=(), status=200, drops=0, hangs=False):
        self.files = {str(dcmread(path).SOPInstanceUID): path for path in files}
        self.count, self.refuses, self.status = count, set(refuses), status
        self.drops, self.hangs = drops, hangs
        self.search_status, self.fetched, self.go_on = 200, [], threading.Event()
        self.names = {"Study": ["StudyDescription"], "Series": []}

    @contextmanager
    def listening(self):
        server = ThreadingHTTPServer((HOST, 0), self._handler())
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}/dicom-web"
        finally:
            self.go_on.set()
            server.shutdown()
            server.server_close()
            thread.join()

    def _handler(liar):  # noqa: N805 - the handler has a self of its own
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                if "application/dicom+json" in self.headers["Accept"]:
                    kind, content = "application/dicom+json", liar._search(self.path)
                    self._answer(liar.search_status, kind, content)
                    return
                liar.fetched.append(self.path.partition("/studies/")[2].count("/") // 2)
                if liar.hangs:
                    liar.go_on.wait(20)
                kind = f'multipart/related; type="application/dicom"; boundary={_MARK}'
                self._answer(liar.status, kind, liar._objects(self.path))

            def _answer(self, status, kind, content):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        return Handler

    def _search(self, path):
        path = path.partition("?")[0]
        first = dcmread(next(iter(self.files.values())))
        answer = Dataset()
        answer.StudyInstanceUID = first.StudyInstanceUID
        if path.endswith("/studies"):
            for name in ("StudyDate", *self.names["Study"], "PatientID", "PatientName"):
                setattr(answer, name, first[name].value)
            answer.ModalitiesInStudy = ["MG"]
            if self.count is not None:
                answer.NumberOfStudyRelatedInstances = str(self.count)
            return json.dumps([answer.to_json_dict()]).encode()
        if path.endswith("/series"):
            for name in self.names["Series"]:
                setattr(answer, name, first[name].value)
            answer.SeriesInstanceUID, answer.Modality = first.SeriesInstanceUID, "MG"
            return json.dumps([answer.to_json_dict()]).encode()
        answers = []
        for uid in self.files:
            image = Dataset()
            image.SOPInstanceUID, image.SeriesInstanceUID = uid, first.SeriesInstanceUID
            answers.append(image.to_json_dict())
        return json.dumps(answers).encode()

    def _objects(self, path):
        asked = path.rpartition("/instances/")[2] if "/instances/" in path else None
        chosen = [uid for uid in self.files if asked in {None, uid} and uid not in self.refuses]
        head = f"\r\n--{_MARK}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        parts = [head + self.files[uid].read_bytes() for uid in chosen]
        if self.drops and len(parts) > 1:
            self.drops -= 1
            return parts[0] + parts[1][:500]
        return b"".join(parts) + f"\r\n--{_MARK}--\r\n".encode()
