"""Secrets towards archives: where they come from, and where they never stand."""

import base64
import json
import subprocess
import sys
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import click
import pytest
from archives import HOST
from exports import organise, write_ductogram
from pacs_watching import watching

from ductdicom.cli.application import COMMANDS, application, run
from ductdicom.errors import UsageError
from ductdicom.pacs.peers import Peer, WebService, find_peer
from ductdicom.pacs.web import DicomWeb

pytestmark = pytest.mark.integration

SECRET = "open-sesame-7"  # noqa: S105 - a test's
FORMS = (SECRET, base64.b64encode(f"duct:{SECRET}".encode()).decode())
PASSWORD = f"Basic {FORMS[1]}"
TOKEN = f"Bearer {SECRET}"


class Service:
    """A service that notes who calls, and answers with all that it heard, as some do."""

    def __init__(self, status, *, location=""):
        self.status, self.location, self.heard = status, location, []

    @contextmanager
    def listening(self):
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.rfile.read(int(self.headers["Content-Length"] or 0))
                service.heard.append(self.headers["Authorization"])
                said = str(self.headers["Authorization"])
                self.send_response(service.status, said)
                if service.location:
                    self.send_header("Location", service.location)
                self.end_headers()
                self.wfile.write(json.dumps({"error": said}).encode())

            do_POST = do_GET  # noqa: N815 - named as the library wants it

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer((HOST, 0), Handler)
        thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield f"http://{HOST}:{server.server_address[1]}/dicom-web"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()


def configured(tmp_path, url, *lines):
    path = tmp_path / "site.toml"
    path.write_text("\n".join(["[peers.main]", f'web = "{url}"', *lines]), encoding="utf-8")
    return str(path)


@pytest.fixture
def patch():
    """Change the environment for a test, and change it back before it is looked at."""
    with pytest.MonkeyPatch.context() as found:
        yield found


def in_a_file(tmp_path, _patch):
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return ('user = "duct"', 'password_file = "secret"'), PASSWORD


def in_a_variable(_tmp_path, patch):
    patch.setenv("PACS_PASSWORD", SECRET)
    return ('user = "duct"', 'password_env = "PACS_PASSWORD"'), PASSWORD


def as_a_token(tmp_path, _patch):
    (tmp_path / "secret").write_text(SECRET)
    return ('token_file = "secret"',), TOKEN


def in_netrc(tmp_path, patch):
    path = tmp_path / "netrc"
    path.write_text(f"machine {HOST} login duct password {SECRET}\n")
    path.chmod(0o600)
    patch.setenv("NETRC", str(path))
    return (), PASSWORD


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("secrets")
    assert organise(write_ductogram(folder / "export"), output=folder / "out") == 0
    return folder / "out"


@pytest.mark.parametrize("status", [401, 500])
@pytest.mark.parametrize("place", [in_a_file, in_a_variable, as_a_token, in_netrc])
def test_a_secret_is_said_to_the_service_and_stands_nowhere_else(
    place, status, out, tmp_path, patch, capfd
):
    lines, authorization = place(tmp_path, patch)
    service = Service(status)
    with service.listening() as url:
        config = ("--config", configured(tmp_path, url, *lines))
        spool = tmp_path / "spool"
        codes = [
            run(["echo", "-c", "main", *config]),
            run(["doctor", "--peer", "main", *config]),
            run(["pull", "-c", "main", "--days", "1", "-o", str(spool), "-v", *config]),
            run(["pull", "-c", "main", "--days", "1", "-n", "--log-json", *config]),
            run(["send", str(out), "-c", "main", "-v", *config]),
        ]

    assert codes == [5] * 5
    assert service.heard
    assert set(service.heard) == {authorization}
    said = capfd.readouterr()
    written = b"".join(path.read_bytes() for path in all_files(out, spool))
    for form in FORMS:
        assert form not in said.out + said.err
        assert form.encode() not in written


def all_files(*folders):
    return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="command lines stand in /proc")
def test_a_watch_shows_its_secret_to_nobody_who_lists_processes_or_reads_its_files(tmp_path):
    (tmp_path / "secret").write_text(SECRET)
    service = Service(500)
    with service.listening() as url:
        config = configured(tmp_path, url, 'user = "duct"', 'password_file = "secret"')
        options = ("--config", config, "--orthanc", "main", "--send", "main")
        with watching(tmp_path / "spool", tmp_path / "OUT", *options) as here:
            here.wait_for(lambda status: status["state"] == "failing")
            listed = command_lines()
            here.stop()

    assert PASSWORD in service.heard
    written = b"".join(
        path.read_bytes() for path in all_files(tmp_path / "spool", tmp_path / "OUT")
    )
    for form in FORMS:
        assert form not in here.said + here.printed + json.dumps(here.status())
        assert form.encode() not in listed + written


def command_lines():
    found = b""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            found += path.read_bytes()
    return found


def test_no_command_takes_a_secret_as_an_option():
    context = click.Context(application)
    commands = [name for name, (module, _) in COMMANDS.items() if module.startswith("pacs.")]
    names = {
        option.name
        for name in (*commands, "doctor")
        for option in application.get_command(context, name).params
    }

    assert len(commands) == 5
    assert not [n for n in names if any(word in n for word in ("passw", "token", "secret"))]


@pytest.mark.parametrize("port_too", [False, True])
def test_who_is_sent_to_another_place_says_nothing_there(port_too, tmp_path, patch):
    in_netrc(tmp_path, patch)  # which names that place, too
    elsewhere = Service(401)
    with elsewhere.listening() as there:
        first = Service(302, location=there if port_too else there.replace(HOST, "localhost"))
        with first.listening() as url:
            (tmp_path / "secret").write_text(SECRET)
            config = configured(tmp_path, url, 'token_file = "secret"')
            assert run(["echo", "-c", "main", "--config", config]) == 5

    assert first.heard == [TOKEN]
    assert elsewhere.heard == [None]


def test_netrc_is_not_read_for_who_is_called_in_the_clear(patch, tmp_path):
    path = tmp_path / "netrc"
    path.write_text(f"default login duct password {SECRET}\n")
    patch.setenv("NETRC", str(path))
    sent = []
    for url in ("http://pacs.example.org/dicom-web", "https://pacs.example.org/dicom-web"):
        with DicomWeb(Peer(name="main", web=WebService(url=url)), 5) as web:
            session = web._session  # noqa: SLF001 - nothing is to be sent
            patch.setattr(session, "send", lambda request, **_: sent.append(request))
            session.get(url)

    assert ["Authorization" in request.headers for request in sent] == [False, True]


@pytest.mark.parametrize(
    ("table", "said"),
    [
        pytest.param({"password": SECRET}, "holds a secret, password", id="in the configuration"),
        pytest.param({"passwort": SECRET}, "unknown 'passwort'", id="under another name"),
        pytest.param({"web": f"https://duct:{SECRET}@h/"}, "a user or a password", id="in a URL"),
        pytest.param({"password_file": "many"}, "it is one line", id="several lines"),
        pytest.param({"token_file": "letters"}, "a token is ASCII", id="letters in a token"),
        pytest.param({"password_file": "none"}, "is empty", id="an empty file"),
        pytest.param({"password_env": "PACS_NONE"}, "not set", id="no variable"),
    ],
)
def test_an_error_about_a_secret_does_not_say_it(table, said, tmp_path, patch):
    patch.delenv("PACS_NONE", raising=False)
    (tmp_path / "many").write_text(f"{SECRET}\n{SECRET}\n")
    (tmp_path / "letters").write_text(f"{SECRET}ä", encoding="utf-8")
    (tmp_path / "none").write_text("\n")

    with pytest.raises(UsageError, match=said) as caught:
        find_peer("main", {"main": {"web": "https://h/", **table}}, tmp_path)

    assert SECRET not in str(caught.value)


def test_an_address_with_a_password_on_a_command_line_is_refused_without_saying_it():
    command = [sys.executable, "-m", "ductdicom", "echo", "-c", f"https://duct:{SECRET}@h/x"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert done.returncode == 2
    assert SECRET not in done.stdout + done.stderr
