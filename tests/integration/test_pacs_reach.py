"""Whether an archive is there: DCMTK's, Orthanc, and peers that refuse."""

import json
import socket
import threading
from contextlib import contextmanager, suppress

import pytest
from archives import HOST, dcmqrscp, free_ports, orthanc, peer
from lying import MG
from pydicom.dataset import Dataset
from pynetdicom import build_context, evt
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind as Find,
)
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelGet as Get,
)
from pynetdicom.sop_class import Verification

from ductdicom.cli.application import run
from ductdicom.cli.pacs import options
from ductdicom.export.dicom import IMPLEMENTATION_UID
from ductdicom.pacs.syntaxes import FETCHED

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    with orthanc(tmp_path_factory.mktemp("reach") / "orthanc") as found:
        yield found


def test_echo_says_what_was_agreed_on(archive, capsys):
    code = run(["echo", "-c", archive.address])

    said = capsys.readouterr().out
    assert code == 0
    assert "answered in" in said
    assert "implementation" in said
    assert "none, in the clear" in said


def test_echo_asks_dicomweb_for_nothing(archive, capsys):
    assert run(["echo", "-c", archive.url]) == 0
    assert "QIDO-RS" in capsys.readouterr().out


def test_a_doctor_says_what_an_archive_offers(archive, tmp_path, capsys):
    config = tmp_path / "site.toml"
    config.write_text(
        f'[peers.main]\nconnect = "{archive.address}"\nweb = "{archive.url}"\n', encoding="utf-8"
    )

    code = run(["doctor", "--peer", "main", "--config", str(config), "--json"])

    found = {item["name"]: item["found"] for item in json.loads(capsys.readouterr().out)}
    assert code == 0
    assert {found[name] for name in ("C-ECHO", "C-MOVE")} == {"offered"}
    assert found["C-FIND"] == "offered, and answers"
    assert found["C-GET"] == "offered, mammograms in 8 of 8 transfer syntaxes"
    assert found["storage commitment"] == "offered"
    assert "JPEG 2000" in found["store Digital Mammography X-Ray Image - For Presentation"]
    assert found["QIDO-RS"].startswith("answered")


def test_what_an_archive_does_not_offer_is_said_and_no_failure(tmp_path, capsys):
    with dcmqrscp(tmp_path) as other:
        code = run(["doctor", "--peer", other.address, "--json"])

    found = {item["name"]: item["found"] for item in json.loads(capsys.readouterr().out)}
    assert code == 0
    assert found["storage commitment"] == "not offered"


def test_where_nobody_listens_is_said_and_ends_with_5(capsys):
    (port,) = free_ports(1)

    assert run(["echo", "-c", f"PACS@{HOST}:{port}"]) == 5
    assert "cannot be reached" in capsys.readouterr().err
    assert run(["echo", "-c", f"http://{HOST}:{port}/dicom-web"]) == 5
    assert "cannot be reached" in capsys.readouterr().err
    assert run(["doctor", "--peer", f"PACS@{HOST}:{port}"]) == 5
    assert "cannot be reached" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        pytest.param({"require_called_aet": True}, "Called AE title", id="who it is"),
        pytest.param({"require_calling_aet": ["OTHER"]}, "Calling AE title", id="who we are"),
    ],
)
def test_who_rejects_us_says_why_and_that_ends_with_5(settings, said, capsys):
    with peer([build_context(Verification)], title="PEER", **settings) as archive:
        code = run(["echo", "-c", f"PACS@{HOST}:{archive.port}"])

    assert code == 5
    assert said in capsys.readouterr().err


def test_a_peer_hears_whose_implementation_calls():
    heard = []

    def note(event):
        caller = event.assoc.requestor
        heard.append((caller.implementation_class_uid, caller.implementation_version_name))

    with peer([build_context(Verification)], [(evt.EVT_ACCEPTED, note)]) as archive:
        assert run(["echo", "-c", archive.address]) == 0

    assert heard == [(IMPLEMENTATION_UID, "DUCTDICOM")]


def test_a_peer_that_knows_no_echo_has_accepted_nothing(capsys):
    with peer([build_context("1.2.840.10008.5.1.4.1.1.1.2")]) as archive:
        code = run(["echo", "-c", archive.address])

    assert code == 5
    assert "accepted nothing" in capsys.readouterr().err


def test_a_peer_that_says_nothing_is_not_waited_for_for_ever(capsys):
    with socket.create_server((HOST, 0)) as silent:
        port = silent.getsockname()[1]
        code = run(["echo", "-c", f"PACS@{HOST}:{port}", "--timeout", "0.3"])

    assert code == 5
    assert "did not answer in time" in capsys.readouterr().err


# --- peers that misbehave ---


def examined(peer_, capsys, *options):
    """Return the exit code of a doctor, and what it found by name."""
    capsys.readouterr()
    code = run(["doctor", "--peer", peer_, "--json", *options])
    said = capsys.readouterr()
    assert "Traceback" not in said.err
    return code, {item["name"]: item["found"] for item in json.loads(said.out)}


@contextmanager
def answering(content, *, is_held=False):
    """Run a server that sends some bytes to whoever calls, and hangs up, or does not."""
    held = []

    def serve():
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                connection.settimeout(5)
                connection.recv(1 << 16)  # else its end would be a reset
                connection.sendall(content)
                held.append(connection)
                if not is_held:
                    held.pop().close()

    with socket.create_server((HOST, 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
        for connection in held:
            connection.close()


@pytest.mark.parametrize(
    ("content", "is_held"),
    [
        pytest.param(b"", True, id="says nothing"),
        pytest.param(b"", False, id="hangs up"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", False, id="is no archive"),
        pytest.param(b"\x02\x00\xff\xff\xff\xff" + bytes(100), True, id="never ends its answer"),
    ],
)
def test_what_does_not_speak_dicom_is_said_and_ends_with_5(content, is_held, capsys):
    with answering(content, is_held=is_held) as port:
        code, found = examined(f"PACS@{HOST}:{port}", capsys, "--timeout", "0.5")
        assert run(["echo", "-c", f"PACS@{HOST}:{port}", "--timeout", "0.5"]) == 5

    assert code == 5
    assert "does not speak DICOM to us" in found["DICOM"]


def _rude(*statuses):
    def find(_event):
        for status in statuses:
            answer = Dataset()
            answer.QueryRetrieveLevel, answer.StudyInstanceUID = "STUDY", "2.25.999"
            yield status, answer if status == 0xFF00 else None

    return find


def _aborting(event):
    event.assoc.abort()
    yield 0x0000, None


@pytest.mark.parametrize(
    ("find", "said"),
    [
        pytest.param(_rude(0x0000), "offered, and answers", id="as it should"),
        pytest.param(_rude(0xA700), "but answered with status 0xA700", id="refuses"),
        pytest.param(_rude(*[0xFF00] * 500), "studies that nobody asked for", id="says all it has"),
        pytest.param(_aborting, "but answered with nothing", id="breaks off"),
    ],
)
def test_what_an_archive_makes_of_a_query_is_said(find, said, capsys):
    with peer([build_context(Find)], [(evt.EVT_C_FIND, find)]) as archive:
        code, found = examined(archive.address, capsys)

    assert code == 0
    assert said in found["C-FIND"]
    assert found["C-GET"] == "not offered"


@pytest.mark.parametrize(
    ("has_role", "said"),
    [(True, "mammograms in 8 of 8"), (False, "lets nothing come over it")],
)
def test_c_get_over_which_nothing_may_come_is_told_from_one_that_brings(has_role, said, capsys):
    stored = build_context(MG, list(FETCHED))
    if has_role:
        stored.scu_role = stored.scp_role = True
    with peer([build_context(Get), stored]) as archive:
        code, found = examined(archive.address, capsys)

    assert code == 0
    assert said in found["C-GET"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        pytest.param(b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "HTTP 401", id="who are we"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n<html>", "what is no DICOMweb", id="a sign-in page"),
        pytest.param(b"220 mail\r\n", "cannot be reached by DICOMweb", id="no web"),
    ],
)
def test_a_web_that_is_no_dicomweb_is_said_beside_a_dicom_that_is(answer, said, tmp_path, capsys):
    config = tmp_path / "site.toml"
    with peer([build_context(Verification)]) as archive, answering(answer) as port:
        url = f"http://{HOST}:{port}/dicom-web"
        config.write_text(f'[peers.main]\nconnect = "{archive.address}"\nweb = "{url}"\n')
        code, found = examined("main", capsys, "--config", str(config))

    assert code == 5
    assert found["C-ECHO"] == "offered"
    assert said in found["QIDO-RS"]


def test_a_name_that_is_no_peer_is_wrong_usage(tmp_path, capsys):
    config = tmp_path / "site.toml"
    config.write_text('[peers.main]\nconnect = "PACS@h:104"\n[pacs]\nbind = "DUCT@:0"\n')

    assert run(["echo", "-c", "mein", "--config", str(config)]) == 2
    assert "did you mean 'main'" in capsys.readouterr().err


def test_an_unknown_option_of_the_configuration_is_wrong_usage(tmp_path, capsys):
    config = tmp_path / "site.toml"
    config.write_text('[pacs]\nbnid = "DUCT@:0"\n')

    assert run(["echo", "-c", "A@h:1", "--config", str(config)]) == 2
    assert "did you mean 'bind'" in capsys.readouterr().err


def test_an_option_of_the_configuration_is_called_as_on_the_command_line(tmp_path, capsys):
    config = tmp_path / "site.toml"
    config.write_text('[pacs]\ndate = "never"\nsop-class = ["1.2"]\ncommitments = "OUT"\n')

    assert run(["pull", "-c", "A@h:1", "-n", "--config", str(config)]) == 2
    assert "'never'" in capsys.readouterr().err


def test_a_run_passes_over_what_the_configuration_says_of_archives(tmp_path, samples, capsys):
    config = tmp_path / "site.toml"
    config.write_text('jobs = 1\n[peers.main]\nconnect = "PACS@h:104"\n[pacs]\nbind = "DUCT"\n')

    assert run(["scan", str(samples / "textbook"), "--config", str(config)]) == 0


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["echo", "-c", "A@h:1"], id="echo"),
        pytest.param(["doctor", "--peer", "A@h:1"], id="doctor"),
        pytest.param(["receive", "spool", "-b", "A@:0"], id="receive"),
        pytest.param(["pull", "-c", "A@h:1", "--days", "1", "-n"], id="pull"),
    ],
)
def test_without_the_extra_it_is_said_what_to_install(command, monkeypatch, capsys):
    monkeypatch.setattr(options, "find_spec", lambda _: None)

    assert run(command) == 2
    assert 'pipx install --force "ductdicom[pacs]"' in capsys.readouterr().err
