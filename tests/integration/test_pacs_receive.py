"""What is sent lands in the spool as it was sent; DCMTK sends, and peers that misbehave."""

import json
import logging
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import numpy as np
import pytest
from archives import HOST, program, store
from exports import write_view
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian
from pynetdicom import AE, build_context, dimse_messages
from pynetdicom import association as association_module
from pynetdicom.sop_class import Verification

from ductdicom.cli.application import run
from ductdicom.errors import OutputError, UsageError
from ductdicom.pacs.peers import OwnSide, Tls, parse_bind
from ductdicom.pacs.receive import Terms, receiving
from ductdicom.pacs.spool.folder import name_of, open_spool
from ductdicom.pacs.spool.part import Room
from ductdicom.phantom.files import Syntax

pytestmark = pytest.mark.integration

KILLS = 50  # in the slow test
A_FEW = 3
MG = "1.2.840.10008.5.1.4.1.1.1.2"
OWN = OwnSide(title="DUCT", address=HOST, port=0, timeout_s=10)
PRIVATE = "1.2.826.0.1.3680043.10.9999.1"


class Server:
    """A receiver in this process, its spool, and all that it said."""

    def __init__(self, spool, receiver):
        self.spool, self.receiver, self.port, self.title = spool, receiver, receiver.port, "DUCT"
        self.notices = []

    def look_until(self, event, seconds=10, count=1):
        """Return the first of some notices of a kind."""
        for _ in range(seconds * 20):
            self.notices += self.receiver.look()
            found = [notice for notice in self.notices if notice.event == event]
            if len(found) >= count:
                return found[0]
            threading.Event().wait(0.05)
        raise AssertionError(f"no {event}, only {[n.event for n in self.notices]}")

    def files(self):
        return sorted(
            path.relative_to(self.spool.path / "studies").as_posix()
            for path in (self.spool.path / "studies").rglob("*")
            if path.is_file()
        )


@contextmanager
def server(tmp_path, own=OWN, **terms):
    spool = open_spool(tmp_path / "spool")
    with receiving(spool, own, Terms(**({"quiet_s": 0.2} | terms))) as receiver:
        yield Server(spool, receiver)


def data_set(path):
    """Return the bytes behind the file meta."""
    content = Path(path).read_bytes()
    return content[144 + int.from_bytes(content[140:144], "little") :]


def association(port, *contexts, title="MODALITY", called="DUCT", **settings):
    entity = AE(title)
    for name, value in settings.items():
        setattr(entity, name, value)
    entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 10
    return entity.associate(HOST, port, list(contexts), ae_title=called)


# --- 1. transfer syntaxes ---


def test_what_is_stored_compressed_comes_compressed_byte_for_byte(tmp_path):
    syntaxes = [Syntax.JPEG_2000, Syntax.JPEG_LOSSLESS, Syntax.RLE, Syntax.EXPLICIT]
    sent = [
        write_view(tmp_path / str(n), syntax=syntax, label=str(n))
        for n, syntax in enumerate(syntaxes)
    ]
    with server(tmp_path) as here:
        assert store(here, *sent) == 0
        came = here.files()

    found = {data_set(tmp_path / "spool" / "studies" / name) for name in came}
    assert found == {data_set(path) for path in sent}
    meta = {
        str(dcmread(here.spool.path / "studies" / name).file_meta.TransferSyntaxUID)
        for name in came
    }
    assert meta == set(map(str, syntaxes))


def test_nobody_is_asked_to_compress(tmp_path):
    lossy = ["1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.91"]
    with server(tmp_path) as here:
        asked = association(here.port, build_context(MG, [*lossy, ImplicitVRLittleEndian]))
        deflating = association(here.port, build_context(MG))
        agreed = [one.accepted_contexts[0].transfer_syntax for one in (asked, deflating)]
        for one in (asked, deflating):
            one.release()

    assert agreed == [[ImplicitVRLittleEndian], [ExplicitVRLittleEndian]]


# --- 2. to 5. room ---


def test_a_full_disk_is_answered_with_a700_and_smaller_objects_are_taken_later(tmp_path):
    probe = ["unshare", "-m", "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    if not shutil.which("unshare") or subprocess.run(probe, check=False).returncode:
        pytest.skip("mounting is not allowed here")
    large = write_view(tmp_path / "large", pixels=np.full((2000, 1000), 7, np.uint16))
    small = write_view(tmp_path / "small", label="small")
    (tmp_path / "disk").mkdir()
    mount = f"mount -t tmpfs -o size=3m tmpfs {tmp_path / 'disk'} && exec "
    with started(tmp_path, spool=tmp_path / "disk/spool", before=mount) as here:
        assert send_one(here.port, large) == 0xA700
        here.wait_for(lambda status: status["state"] == "full")  # though no reserve was asked for
        assert send_one(here.port, small) == 0x0000
        here.wait_for(lambda status: status["state"] == "listening")
        here.stop()

    assert here.process.returncode == 1
    assert "REFUSED what MODALITY@127.0.0.1 sends: no-room" in here.said
    assert here.status()["objects"] == {"new": 1, "no-room": 1}
    assert here.status()["last_refused"]


def test_below_the_reserve_nothing_is_written(tmp_path):
    path = write_view(tmp_path / "one")
    with server(tmp_path, limits=Room(reserve_bytes=1 << 60)) as here:
        assert send_one(here.port, path) == 0xA700
        here.look_until("refused")

        assert list(here.spool.incoming.glob("*.part")) == []
    assert here.files() == []


def test_an_object_larger_than_agreed_is_refused_and_the_association_goes_on(tmp_path):
    large = write_view(tmp_path / "large", pixels=np.full((600, 400), 7, np.uint16))
    small = write_view(tmp_path / "small", label="small")
    with server(tmp_path, limits=Room(largest_bytes=100_000)) as here:
        sender = association(here.port, build_context(MG))
        answers = [sender.send_c_store(dcmread(path)).Status for path in (large, small)]
        sender.release()
        refused = here.look_until("refused")

    assert answers == [0xA700, 0x0000]
    assert refused.level == "error"
    assert refused.values["why"] == "too-large"


def test_a_sender_that_heeds_no_refusal_is_told_of_in_log_status_and_exit_code(tmp_path):
    paths = [write_view(tmp_path / str(n), label=str(n)) for n in range(3)]
    with started(tmp_path, "--reserve", "1000000TB") as here:
        assert store(here, *paths) == 0  # which says nothing
        here.wait_for(lambda status: status.get("objects") == {"no-room": 3})
        state = here.status()
        here.stop()

    assert state["state"] == "full"
    assert state["exit_code"] == here.process.returncode == 1
    assert here.said.count("REFUSED") == 1  # once for one caller


def test_part_files_lie_on_the_file_system_of_the_spool(tmp_path):
    path = write_view(tmp_path / "one")
    with server(tmp_path) as here:
        part = here.receiver.intake.begin()
        assert Path(part.name).parent == here.spool.incoming
        part.close()
        assert hasattr(dimse_messages, "NamedTemporaryFile")
        assert send_one(here.port, path) == 0
    assert [p.name for p in here.spool.incoming.iterdir()] == [".ductdicom-spool"]


# --- 3. on the disk before Success ---


def test_an_object_is_on_the_disk_before_success_is_answered(tmp_path, monkeypatch):
    done, link = watch_syncs(monkeypatch), os.link
    monkeypatch.setattr(os, "link", lambda *a: done.append("link") or link(*a))
    path = write_view(tmp_path / "one", study_instance_uid="2.25.900")
    with server(tmp_path) as here:
        assert send_one(here.port, path) == 0
        then = list(done)

    assert then[0].endswith(".part")
    assert then[1:] == ["studies", "link", "2.25.900"]


def watch_syncs(monkeypatch):
    """Return a list of the names of what is brought to the disk."""
    done, sync = [], os.fsync

    def fsync(descriptor):
        done.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
        return sync(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    return done


def test_what_is_there_already_is_on_the_disk_before_success_is_answered(tmp_path, monkeypatch):
    path = write_view(tmp_path / "one", study_instance_uid="2.25.900")
    with server(tmp_path) as killed:
        send_one(killed.port, path)  # as by one that was killed before it brought the names there
    done = watch_syncs(monkeypatch)
    with server(tmp_path) as here:
        assert send_one(here.port, path) == 0
        then = list(done)

    assert here.receiver.intake.counts == {"same-bytes": 1}
    assert then[1:] == ["studies", "2.25.900"]


def test_what_cannot_be_brought_to_the_disk_is_no_success(tmp_path, monkeypatch):
    def fail(_descriptor):
        raise OSError(5, "Input/output error")

    path = write_view(tmp_path / "one")
    with server(tmp_path) as here, monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        assert send_one(here.port, path) == 0xA700
        assert here.look_until("refused").values["why"] == "unwritable"
    assert here.files() == []


def test_killed_in_the_middle_nothing_that_was_answered_is_lost(tmp_path):
    paths = [write_view(tmp_path / str(n), label=str(n)) for n in range(6)]
    with started(tmp_path) as here:
        sender = association(here.port, build_context(MG))
        datasets = [dcmread(path) for path in paths]
        answered = {d.SOPInstanceUID for d in datasets if sender.send_c_store(d).Status == 0}
        here.process.kill()
        here.process.wait()

    held = list(here.spool.rglob("studies/*/*.dcm"))
    assert len(answered) == len(paths)
    assert {path.stem for path in held} == answered
    assert {data_set(path) for path in held} == {data_set(path) for path in paths}


@pytest.mark.parametrize("kills", [A_FEW, pytest.param(KILLS, marks=pytest.mark.slow)])
def test_killed_at_random_nothing_that_was_answered_is_lost(kills, tmp_path):
    chance = random.Random(kills)
    answered = {}
    for number in range(kills):
        with started(tmp_path) as here:
            sender = association(here.port, build_context(MG))
            killer = threading.Timer(chance.uniform(0.0, 0.4), here.process.kill)
            for count in range(200):
                if count == number % 3:  # so that some are answered, however slow a machine is
                    killer.start()
                label = f"{number}/{count}"
                path = write_view(tmp_path / "one", label=label, seed=count)
                dataset = dcmread(path)
                try:
                    status = sender.send_c_store(dataset).get("Status")
                except RuntimeError:  # the association is no more
                    break
                if status == 0:
                    answered[dataset.SOPInstanceUID] = data_set(path)
            killer.join()
            here.process.wait()

    held = {path.stem: data_set(path) for path in here.spool.rglob("studies/*/*.dcm")}
    assert len(answered) >= sum(number % 3 for number in range(kills))
    assert answered.items() <= held.items()


# --- 6. and 7. who may call ---


def test_only_who_calls_us_by_our_name_is_let_in(tmp_path):
    with server(tmp_path) as here:
        refused = association(here.port, build_context(Verification), called="OTHER")
        notice = here.look_until("rejected")

    assert refused.is_rejected
    assert notice.values == {"peer": f"MODALITY@{HOST}", "why": "Called AE title not recognised"}


def test_only_listed_titles_may_call(tmp_path):
    with server(tmp_path, accept=("MAMMO1", "PACS")) as here:
        listed = association(here.port, build_context(Verification), title="MAMMO1")
        assert listed.is_established
        listed.release()
        assert association(here.port, build_context(Verification)).is_rejected
        assert here.look_until("rejected").values["why"] == "Calling AE title not recognised"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """Return a folder with an authority, and a server's and a client's certificate of it."""
    folder, openssl = tmp_path_factory.mktemp("tls"), program("openssl")

    def call(*arguments):
        subprocess.run([openssl, *arguments], cwd=folder, check=True, capture_output=True)

    for name in ("ca", "other"):
        call(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key"),
            *("-out", f"{name}.pem", "-subj", f"/CN={name}", "-days", "2"),
        )
    (folder / "names").write_text("subjectAltName=IP:127.0.0.1")
    for name in ("server", "client"):
        call(
            *("req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key"),
            *("-out", f"{name}.csr", "-subj", f"/CN={name}"),
        )
        call(
            *("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key"),
            *("-CAcreateserial", "-out", f"{name}.pem", "-days", "2", "-extfile", "names"),
        )
    return folder


def test_tls_lets_in_who_shows_a_certificate_of_ours_and_nobody_else(tmp_path, certificates):
    of = certificates.joinpath
    tls = Tls(cert=of("server.pem"), key=of("server.key"), ca=of("ca.pem"))
    path = write_view(tmp_path / "one")
    command = [program("storescu"), "-to", "5", "-aec", "DUCT"]
    secured = ["+tls", str(of("client.key")), str(of("client.pem")), "+cf", str(of("ca.pem"))]
    stranger = ["+tls", str(of("other.key")), str(of("other.pem")), "+cf", str(of("ca.pem"))]
    with server(tmp_path, tls=tls) as here:
        where = [HOST, str(here.port), str(path)]
        codes = [
            subprocess.run(
                [*command, *options, *where], check=False, capture_output=True, timeout=30
            ).returncode
            for options in ([], ["+tla", "+cf", str(of("ca.pem"))], stranger, secured)
        ]
        assert here.look_until("rejected").values["why"].startswith("no TLS")

    assert [code != 0 for code in codes] == [True, True, True, False]
    assert len(here.files()) == 1


def test_an_archive_is_called_by_tls_with_our_certificate_if_its_own_is_trusted(
    tmp_path, certificates, capsys
):
    of = certificates.joinpath
    tls = Tls(cert=of("server.pem"), key=of("server.key"), ca=of("ca.pem"))
    config = tmp_path / "site.toml"
    with server(tmp_path, tls=tls) as here:
        connect = f'connect = "DUCT@{HOST}:{here.port}"'
        ours = f'tls_cert = "{of("client.pem")}"\ntls_key = "{of("client.key")}"'
        codes = {}
        for name, lines in {
            "trusted": f'{ours}\ntls_ca = "{of("ca.pem")}"',
            "distrusted": f'{ours}\ntls_ca = "{of("other.pem")}"',
            "another": f'{ours}\ntls_ca = "{of("ca.pem")}"\ntls_name = "pacs.example.org"',
            "anonymous": f'tls_ca = "{of("ca.pem")}"',
            "clear": "",
        }.items():
            config.write_text(f"[peers.main]\n{connect}\n{lines}\n", encoding="utf-8")
            codes[name] = run(["echo", "-c", "main", "--config", str(config), "--timeout", "5"])

    assert codes == {
        "trusted": 0, "distrusted": 5, "another": 5, "anonymous": 5, "clear": 5,
    }  # fmt: skip
    assert "TLSv1." in capsys.readouterr().out


def test_tls_older_than_1_2_is_not_spoken(tmp_path, certificates):
    of = certificates.joinpath
    tls = Tls(cert=of("server.pem"), key=of("server.key"), ca=of("ca.pem"))

    assert tls.as_server().minimum_version == ssl.TLSVersion.TLSv1_2
    assert tls.as_client().minimum_version == ssl.TLSVersion.TLSv1_2
    with (
        pytest.raises(UsageError, match="certificates cannot be used"),
        server(tmp_path, tls=Tls(cert=of("client.pem"), key=of("server.key"), ca=of("ca.pem"))),
    ):
        pass
    with pytest.raises(UsageError, match="give --tls-key"):
        Tls(cert=of("server.pem"), key=of("server.key")).as_server()


def test_who_begins_tls_and_stops_holds_up_nobody(tmp_path, certificates):
    of = certificates.joinpath
    tls = Tls(cert=of("server.pem"), key=of("server.key"), ca=of("ca.pem"))
    path = write_view(tmp_path / "one")
    secured = ["+tls", str(of("client.key")), str(of("client.pem")), "+cf", str(of("ca.pem"))]
    with server(tmp_path, tls=tls) as here, socket.create_connection((HOST, here.port)):
        command = [program("storescu"), *secured, "-aec", "DUCT", HOST, str(here.port), str(path)]
        assert subprocess.run(command, check=False, timeout=30).returncode == 0


# --- 8. the end of a study ---


def test_a_study_is_quiet_once_its_sender_has_hung_up_and_a_while_has_passed(tmp_path):
    path = write_view(tmp_path / "one", study_instance_uid="2.25.901")
    with server(tmp_path, quiet_s=0.2) as here:
        sender = association(here.port, build_context(MG))
        sender.send_c_store(dcmread(path))
        threading.Event().wait(0.4)
        assert here.receiver.look() == []  # it holds the line: more may come
        assert here.receiver.busy == ["2.25.901"]
        sender.release()
        notice = here.look_until("study-quiet")

        assert here.receiver.busy == []
    assert notice.values == {"study": "2.25.901", "objects": 1}


def test_one_association_an_image_makes_no_end_of_a_study(tmp_path):
    paths = [write_view(tmp_path / str(n), label=str(n)) for n in range(3)]
    with server(tmp_path, quiet_s=0.5) as here:
        for path in paths:
            send_one(here.port, path)
        notice = here.look_until("study-quiet")
        assert notice.values["objects"] == 3

        late = write_view(tmp_path / "late", label="late")
        here.notices.clear()
        send_one(here.port, late)
        assert here.look_until("study-quiet").values["objects"] == 4


def test_a_study_that_was_not_complete_when_it_was_killed_is_waited_for_again(tmp_path):
    path = write_view(tmp_path / "one", study_instance_uid="2.25.900")
    with started(tmp_path, "--quiet", "600", "--reserve", "0") as here:
        send_one(here.port, path)
        here.process.kill()
        here.process.wait()
    with started(tmp_path) as here:
        here.wait_for(lambda status: not status["busy"])
        here.stop()
    assert here.printed == "2.25.900 1\n"  # what lies there, whoever received it
    assert list((here.spool / "incoming" / "due").iterdir()) == []  # it is not told again


# --- 9. and 10. names ---


def test_the_same_object_again_is_taken_and_nothing_is_written(tmp_path):
    path = write_view(tmp_path / "one")
    with server(tmp_path) as here:
        assert send_one(here.port, path) == 0
        before = {p: p.stat().st_mtime_ns for p in here.spool.path.rglob("*.dcm")}
        assert send_one(here.port, path) == 0
        assert {p: p.stat().st_mtime_ns for p in here.spool.path.rglob("*.dcm")} == before
    assert here.receiver.intake.counts == {"new": 1, "same-bytes": 1}


def test_other_bytes_with_the_same_uid_are_kept_beside(tmp_path):
    one = write_view(tmp_path / "one", sop_instance_uid="2.25.77", study_instance_uid="2.25.7")
    two = write_view(
        tmp_path / "two", sop_instance_uid="2.25.77", study_instance_uid="2.25.7", seed=5
    )
    with server(tmp_path) as here:
        assert [send_one(here.port, path) for path in (one, two, two, one)] == [0, 0, 0, 0]
        here.look_until("kept-beside")

        assert here.files() == ["2.25.7/2.25.77-2.dcm", "2.25.7/2.25.77.dcm"]
        assert here.spool.held("2.25.7") == {"2.25.77"}
    code = run(["check", str(tmp_path / "spool"), "--json"])
    assert code == 1


@pytest.mark.parametrize("uid", ["..", ".", "1..2", "../../x", "1.2/3", "", "1" * 65, "1.2\0"])
def test_a_uid_that_is_none_is_no_path(uid):
    name = name_of(uid)

    assert name.isalnum()
    assert name.startswith("x")
    assert name == name_of(uid)


def test_an_object_with_a_hostile_uid_stays_in_the_spool(tmp_path):
    path = write_view(tmp_path / "one", study_instance_uid="2.25.1")
    dataset = dcmread(path)
    with pytest.warns(UserWarning, match="Invalid value"):
        dataset.StudyInstanceUID = "../../../evil"
    with server(tmp_path) as here:
        sender = association(here.port, build_context(MG))
        assert sender.send_c_store(dataset).Status == 0
        sender.release()
        told = here.look_until("study-quiet").values["study"]
    (found,) = here.files()
    assert found.startswith("x")
    assert found.split("/")[0] == told  # a shell may read it


def test_a_data_set_that_is_not_what_it_was_announced_as_is_refused(tmp_path, monkeypatch):
    dataset = dcmread(write_view(tmp_path / "one"))
    with server(tmp_path) as here:
        sender = association(here.port, build_context(MG))
        kind = dimse_messages.C_STORE_RQ
        announcing = _announcing(kind.primitive_to_message, "2.25.4711")
        with monkeypatch.context() as patch:
            patch.setattr(kind, "primitive_to_message", announcing)
            status = sender.send_c_store(dataset).Status
        sender.release()
        assert here.look_until("refused").values["why"] == "uid-mismatch"

    assert status == 0xA900
    assert here.files() == []


def _announcing(original, uid):
    def announce(self, primitive):
        primitive.AffectedSOPInstanceUID = uid
        return original(self, primitive)

    return announce


def test_what_is_no_data_set_is_refused(tmp_path):
    with server(tmp_path) as here:
        part = here.receiver.intake.begin()
        part.write(b"\0" * 400)
        arrival = here.receiver.intake.take(part)

    assert str(arrival.refusal) == "unreadable"


def take(here, content):
    part = here.receiver.intake.begin()
    part.write(content)
    return here.receiver.intake.take(part).refusal


@pytest.mark.parametrize("syntax", [Syntax.EXPLICIT, Syntax.JPEG_LOSSLESS])
def test_what_breaks_off_within_its_pixels_is_refused(syntax, tmp_path):
    content = write_view(tmp_path / "one", syntax=syntax).read_bytes()
    with server(tmp_path) as here:
        assert str(take(here, content[:-100])) == "unreadable"
        assert here.files() == []
        assert take(here, content) is None


def test_a_sender_is_told_that_the_pixels_broke_off(tmp_path, monkeypatch):
    dataset = dcmread(write_view(tmp_path / "one"))
    with server(tmp_path) as here:
        sender = association(here.port, build_context(MG))
        encode = association_module.encode
        with monkeypatch.context() as patch:
            patch.setattr(association_module, "encode", lambda *a, **k: encode(*a, **k)[:-100])
            assert sender.send_c_store(dataset).Status == 0xC000
        assert sender.send_c_store(dataset).Status == 0x0000
        sender.release()


def test_pixels_that_never_were_as_many_as_the_rows_say_are_taken_as_they_were_sent(tmp_path):
    path = write_view(tmp_path / "one")
    dataset = dcmread(path)
    dataset.Rows *= 2
    dataset.save_as(path)
    with server(tmp_path) as here:
        assert take(here, path.read_bytes()) is None


# --- 11. limits ---


def test_more_callers_than_agreed_are_rejected(tmp_path):
    with server(tmp_path, associations=2) as here:
        first = [association(here.port, build_context(Verification)) for _ in range(2)]
        third = association(here.port, build_context(Verification))
        assert [one.is_established for one in (*first, third)] == [True, True, False]
        assert third.is_rejected
        for one in first:
            one.release()


def test_a_silent_caller_holds_no_place(tmp_path):
    own = OwnSide(title="DUCT", address=HOST, port=0, timeout_s=0.5)
    with server(tmp_path, own, associations=1) as here:
        silent = association(here.port, build_context(Verification))
        assert here.look_until("broken-off", seconds=5)
        assert association(here.port, build_context(Verification)).is_established
        assert not silent.is_established


def _connected(here, count):
    return [socket.create_connection((HOST, here.port)) for _ in range(count)]


def test_connections_that_ask_for_nothing_hold_no_place_and_are_named(tmp_path):
    own = OwnSide(title="DUCT", address=HOST, port=0, timeout_s=4)
    with server(tmp_path, own, associations=1) as here:
        for connection in _connected(here, 6):
            connection.close()
        idle = _connected(here, 6)
        caller = association(here.port, build_context(Verification))
        assert caller.is_established
        assert here.receiver.associations == 1
        caller.release()
        here.look_until("association")
        here.look_until("rejected", count=6)
        for connection in idle:
            connection.close()

    # On a slow machine some who hung up are looked at only after the time that others may wait.
    told = [n for n in here.notices if n.event in {"rejected", "no-request"}]
    said = {n.values["why"] for n in told if n.event == "rejected"}
    assert len(told) == 12
    assert all(re.fullmatch(r"said nothing for \d+ s", words) for words in said)
    assert {n.values["peer"] for n in here.notices if n.event in {"rejected", "no-request"}} == {
        HOST
    }


def test_connections_that_ask_for_nothing_do_not_hold_up_the_end(tmp_path):
    with server(tmp_path) as here:
        idle = _connected(here, 3)
        association(here.port, build_context(Verification)).release()
        began = monotonic()
    assert monotonic() - began < 5
    for connection in idle:
        connection.close()


def test_what_stops_in_the_middle_leaves_nothing_behind(tmp_path):
    dataset = dcmread(write_view(tmp_path / "one", pixels=np.full((600, 400), 7, np.uint16)))
    with server(tmp_path) as here:
        sender = association(here.port, build_context(MG))
        sent = sender.dul.socket.send

        def drop(content):
            if len(content) > 5000:
                sent(content[:9000])
                sender.dul.socket.socket.close()
            else:
                sent(content)

        sender.dul.socket.send = drop
        sender.send_c_store(dataset)
        here.look_until("broken-off")
        here.receiver.look()

        assert list(here.spool.incoming.glob("*.part")) == []
    assert here.files() == []


@pytest.mark.parametrize("size", [200, pytest.param(1000, marks=pytest.mark.slow)])
def test_memory_does_not_grow_with_the_object(size, tmp_path):
    path = write_view(tmp_path / "one", sop_instance_uid="2.25.5", pixels=np.zeros((8, 4), "u2"))
    head, size = path.read_bytes()[:-68], size << 20
    assert path.read_bytes()[-64:] == bytes(64)
    with path.open("wb") as stream:
        stream.write(head + size.to_bytes(4, "little"))
        stream.truncate(stream.tell() + size)
    with started(tmp_path) as here:
        command = [program("storescu"), "-aec", "DUCT", HOST, str(here.port), str(path)]
        assert subprocess.run(command, check=False, timeout=300).returncode == 0
        peak_kb = peak_of(here.process.pid)
        here.stop()

    (came,) = here.spool.rglob("2.25.5.dcm")
    assert came.stat().st_size > size
    for each in (came, path):
        each.unlink()  # they are large
    assert 20_000 < peak_kb < 150_000


def peak_of(process):
    lines = Path(f"/proc/{process}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def test_a_pdu_larger_than_agreed_is_not_held_in_memory(tmp_path):
    with server(tmp_path) as here:
        sender = association(here.port, build_context(MG))
        sender.dul.socket.socket.sendall(b"\x04\x00" + (1 << 30).to_bytes(4, "big") + b"\0" * 100)
        here.look_until("broken-off")


def test_whatever_bytes_come_the_next_caller_is_served_and_nothing_is_printed(tmp_path, capfd):
    chance = random.Random(1)
    path = write_view(tmp_path / "one")
    own = OwnSide(title="DUCT", address=HOST, port=0, timeout_s=1)
    with server(tmp_path, own) as here:
        for content in (b"GET / HTTP/1.1\r\n\r\n", b"", b"\x04\0\0\0\0\x10" + bytes(16)):
            with socket.create_connection((HOST, here.port)) as connection:
                connection.sendall(content)
        for _ in range(12):
            sender = association(here.port, build_context(MG), maximum_associations=99)
            sender.dul.socket.send = _damaging(sender.dul.socket.send, chance)
            sender.dimse_timeout = 0.2
            sender.send_c_store(dcmread(path))
            sender.abort()

        assert send_one(here.port, path) == 0
        here.receiver.look()
        assert list(here.spool.incoming.glob("*.part")) == []
    assert capfd.readouterr() == ("", "")


def _damaging(send, chance):
    """Change some bytes of each message's command."""

    def damage(content):
        changed = bytearray(content)
        if content[0] == 4:  # P-DATA-TF
            for _ in range(chance.randint(1, 4)):
                changed[chance.randrange(12, min(len(changed), 200))] = chance.randrange(256)
        send(bytes(changed))

    return damage


# --- 12. private classes, and what is logged ---


def test_a_private_class_is_taken_on_request_alone(tmp_path):
    dataset = dcmread(write_view(tmp_path / "one"))
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = PRIVATE
    for terms, expected in (({}, False), ({"sop_classes": (PRIVATE,)}, True)):
        with server(tmp_path, **terms) as here:
            sender = association(here.port, build_context(PRIVATE), build_context(Verification))
            accepted = {item.abstract_syntax for item in sender.accepted_contexts}
            assert (PRIVATE in accepted) is expected
            if expected:
                assert sender.send_c_store(dataset).Status == 0
            sender.release()
    assert len(here.files()) == 1


def test_no_log_names_a_patient(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    path = write_view(tmp_path / "one")
    label = str(tmp_path / "one")
    other = write_view(tmp_path / "two", seed=3, label=label)
    with started(tmp_path, "--log-json", "-v", "--reserve", "0") as here:
        for each in (path, other):
            send_one(here.port, each)
        here.stop()
    with server(tmp_path / "b") as again:
        send_one(again.port, path)

    said = here.said + json.dumps(here.status()) + caplog.text
    assert "SAMPLE" not in said
    assert "kept-beside" in said


# --- the command ---


class Started:
    """`ductdicom receive` in a process of its own."""

    title = "DUCT"

    def __init__(self, process, spool, status_file):
        self.process, self.spool, self._file = process, spool, status_file
        self.said = self.printed = ""
        self.port = self.wait_for(lambda status: "port" in status)["port"]

    def status(self):
        return json.loads(self._file.read_text()) if self._file.exists() else {}

    def wait_for(self, claim, seconds=20):
        for _ in range(seconds * 20):
            status = self.status()
            if claim(status):
                return status
            try:
                self.process.wait(0.05)
                raise AssertionError(self.process.communicate())
            except subprocess.TimeoutExpired:
                pass
        raise AssertionError(status)

    def stop(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        self.printed, self.said = self.process.communicate(timeout=30)


@contextmanager
def started(tmp_path, *options, spool=None, before="exec "):
    spool = spool or tmp_path / "spool"
    status = spool.with_name(f"{spool.name}-status.json") if before == "exec " else None
    status = status or tmp_path / "status.json"
    status.unlink(missing_ok=True)
    command = [sys.executable, "-m", "ductdicom", "receive", str(spool), "-b", f"DUCT@{HOST}:0"]
    command += ["--status-file", str(status), *("--quiet", "0.3"), *(options or ("--reserve", "0"))]
    shell = ["unshare", "-m"] if before != "exec " else []
    process = subprocess.Popen(
        [*shell, "sh", "-c", f'{before}"$@"', "sh", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Started(process, spool, status)
        finally:
            process.kill()


def send_one(port, path):
    """Store one object over an association of its own, and return the status."""
    dataset = dcmread(path)
    sender = association(port, build_context(MG, dataset.file_meta.TransferSyntaxUID))
    status = sender.send_c_store(dataset).get("Status")
    sender.release()
    return status


def test_a_complete_study_is_a_line_for_whoever_listens(tmp_path):
    path = write_view(tmp_path / "one", study_instance_uid="2.25.900")
    with started(tmp_path) as here:
        send_one(here.port, path)
        here.wait_for(lambda status: status["objects"] and not status["busy"])
        here.stop()

    assert here.printed == "2.25.900 1\n"
    assert here.process.returncode == 0
    assert here.status()["state"] == "stopped"
    assert here.status()["objects"] == {"new": 1}


def test_asked_to_end_it_finishes_what_is_under_way(tmp_path):
    dataset = dcmread(write_view(tmp_path / "one", pixels=np.full((3000, 2000), 7, np.uint16)))
    with started(tmp_path) as here:
        sender = association(here.port, build_context(MG))
        sent, parts = sender.dul.socket.send, []

        def slowly(content):
            parts.append(len(content))
            if len(parts) == 20:  # of 46, in the middle of the object
                here.process.send_signal(signal.SIGTERM)
            sent(content)

        sender.dul.socket.send = slowly
        status = sender.send_c_store(dataset)
        sender.release()
        here.printed, here.said = here.process.communicate(timeout=30)

    assert status.Status == 0
    assert len(list(here.spool.rglob("studies/*/*.dcm"))) == 1
    assert here.process.returncode == 0


@pytest.mark.parametrize(("bind", "host"), [("DUCT@:0", "127.0.0.1"), ("DUCT@[::1]:0", "[::1]")])
def test_it_listens_on_all_addresses_or_the_one_that_is_named(bind, host, tmp_path):
    if host == "[::1]" and not socket.has_ipv6:
        pytest.skip("there is no IPv6 here")
    with server(tmp_path, parse_bind(bind)) as here:
        assert run(["echo", "-c", f"DUCT@{host}:{here.port}"]) == 0


def test_where_somebody_listens_already_is_wrong_usage(tmp_path, capsys):
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        assert run(["receive", str(tmp_path / "spool"), "-b", f"DUCT@{HOST}:{port}"]) == 2
    assert "cannot listen on" in capsys.readouterr().err
    assert run(["receive", str(tmp_path / "spool"), "-b", "DUCT"]) == 2


def test_a_spool_that_cannot_be_one_ends_with_4(tmp_path, capsys):
    (tmp_path / "file").write_text("")

    assert run(["receive", str(tmp_path / "file"), "-b", f"DUCT@{HOST}:0"]) == 4
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / "studies").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OutputError, match="is a link"):
        open_spool(tmp_path / "link")


def test_a_run_over_a_spool_reads_whole_objects_alone(tmp_path, capsys):
    path = write_view(tmp_path / "one")
    with server(tmp_path) as here:
        send_one(here.port, path)
        part = here.receiver.intake.begin()
        part.write(path.read_bytes())
        part.sync()
        run(["scan", str(here.spool.path), "--json"])
        part.close()
    (record,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert len(record["instances"]) == 1


def test_what_a_dead_process_was_receiving_is_cleared_away_and_what_a_living_one_is_stays(
    tmp_path,
):
    spool = open_spool(tmp_path / "spool")
    host = next(spool.part_names()).name.split("-")[0]
    dead = subprocess.run(["true"], check=True)
    assert dead.returncode == 0
    with subprocess.Popen(["true"]) as process:
        process.wait()
    parts = [
        spool.incoming / name
        for name in (f"{host}-{process.pid}-0.part", f"{host}-{os.getppid()}-0.part", "x-1-0.part")
    ]
    for part in parts:
        part.touch()

    open_spool(tmp_path / "spool")

    assert [part.exists() for part in parts] == [False, True, True]


def test_without_hard_links_an_object_is_placed_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    one = write_view(tmp_path / "one", sop_instance_uid="2.25.77", study_instance_uid="2.25.7")
    two = write_view(
        tmp_path / "two", sop_instance_uid="2.25.77", study_instance_uid="2.25.7", seed=5
    )
    with server(tmp_path) as here:
        assert [send_one(here.port, path) for path in (one, one, two)] == [0, 0, 0]
    assert here.files() == ["2.25.7/2.25.77-2.dcm", "2.25.7/2.25.77.dcm"]
