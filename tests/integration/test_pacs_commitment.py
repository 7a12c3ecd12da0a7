"""An archive is asked to keep what it stored, and reports at once, later, or never."""

import json
import shutil
import socket
import threading
from functools import partial

import pytest
from archives import HOST, free_ports
from exports import organise, read_records, write_ductogram
from pydicom.dataset import Dataset
from pynetdicom import AE, build_context, build_role, evt
from pynetdicom.dimse_messages import N_ACTION_RSP
from pynetdicom.sop_class import (
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
    Verification,
)
from sending import Keeper

from ductdicom.cli.application import run
from ductdicom.cli.pacs.sending import opened_store
from ductdicom.errors import RemoteError
from ductdicom.pacs.peers import OwnSide, find_peer
from ductdicom.pacs.receive import Terms, receiving
from ductdicom.pacs.send.commitment import Reports, ask_commitment
from ductdicom.pacs.send.run import SendWish
from ductdicom.pacs.spool.folder import open_spool
from ductdicom.pacs.watch.delivery import Delivery

pytestmark = pytest.mark.integration


class Committing(Keeper):
    """A peer that commits itself to what it kept, and says so ``on`` the same association, on a
    ``new`` one to a port of ours, or ``never``."""

    def __init__(self, on="same", *, port=0, lost=(), status=0, has_role=True, **wrong):
        super().__init__(**wrong)
        self.on, self.port, self.lost, self.status = on, port, lost, status
        self.has_role = has_role
        self.requests, self.answers = [], []
        self.threads = []

    def contexts(self):
        return [build_context(StorageCommitmentPushModel), build_context(Verification)]

    def handlers(self):
        return [(evt.EVT_N_ACTION, self.action), (evt.EVT_DIMSE_SENT, self.sent)]

    def action(self, event):
        self.requests.append(event.action_information)
        return self.status, None

    def sent(self, event):
        """Report once the request is answered, and not before."""
        if isinstance(event.message, N_ACTION_RSP) and self.status == 0:
            work = {"same": self.on_same, "new": self.on_new, "never": lambda _: None}[self.on]
            self.threads.append(threading.Thread(target=work, args=(event.assoc,)))
            self.threads[-1].start()

    def report(self, request=None):
        request = self.requests[-1] if request is None else request
        found = Dataset()
        found.TransactionUID = request.TransactionUID
        found.ReferencedSOPSequence, failed = [], []
        for number, item in enumerate(request.ReferencedSOPSequence):
            if number in self.lost:
                item.FailureReason = 0x0112
                failed.append(item)
            else:
                found.ReferencedSOPSequence.append(item)
        if failed:
            found.FailedSOPSequence = failed
        return found, 2 if failed else 1

    def tell(self, association, report=None):
        data, kind = report or self.report()
        status, _ = association.send_n_event_report(
            data, kind, StorageCommitmentPushModel, StorageCommitmentPushModelInstance
        )
        self.answers.append(status.get("Status"))

    def on_same(self, association):
        self.tell(association)

    def on_new(self, _association=None, report=None):
        entity = AE("PEER")
        entity.acse_timeout = entity.dimse_timeout = 5
        roles = [build_role(StorageCommitmentPushModel, scp_role=True)] if self.has_role else []
        caller = entity.associate(
            HOST,
            self.port,
            contexts=[build_context(StorageCommitmentPushModel)],
            ext_neg=roles,
            ae_title="DUCT",
        )
        assert caller.is_established
        self.tell(caller, report)
        caller.release()

    def listening(self):
        return super().listening(more=self.contexts(), handlers=self.handlers())

    def wait(self):
        for thread in self.threads:
            thread.join(10)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory):
    folder = tmp_path_factory.mktemp("commit")
    organise(write_ductogram(folder / "export"), output=folder / "out")
    return folder / "out"


@pytest.fixture
def out(drawn, tmp_path):
    return shutil.copytree(drawn, tmp_path / "out")


def journal(out, event):
    lines = (out / ".ductdicom" / "sent.jsonl").read_text(encoding="utf-8").splitlines()
    return [line for line in map(json.loads, lines) if line["event"] == event]


def commit(out, archive, *options, bind="DUCT", wait=10):
    common = ["--commit", "--wait", str(wait), "--timeout", "5", *options]
    return run(["send", str(out), "-c", archive.address, "-b", bind, *common])


def bound(port):
    return f"DUCT@{HOST}:{port}"


def committed(out):
    return {uid for line in journal(out, "commitment-reported") for uid in line["committed"]}


def test_a_report_on_the_same_association_is_taken(out, capsys):
    peer = Committing("same")
    with peer.listening() as archive:
        assert commit(out, archive) == 0
        peer.wait()

    assert peer.answers == [0]
    assert committed(out) == set(peer.kept)
    assert journal(out, "commitment-asked")[0]["peer"] == archive.address
    assert "not reported" not in capsys.readouterr().err


@pytest.mark.parametrize("has_role", [True, False])
def test_a_report_on_a_new_association_is_taken_where_we_listen(out, has_role):
    (port,) = free_ports(1)
    peer = Committing("new", port=port, has_role=has_role)
    with peer.listening() as archive:
        assert commit(out, archive, bind=bound(port)) == 0
        peer.wait()

    assert peer.answers == [0]
    assert committed(out) == set(peer.kept)


def test_what_is_committed_is_not_asked_for_again(out):
    peer = Committing("same")
    with peer.listening() as archive:
        commit(out, archive)
        peer.wait()
        assert commit(out, archive) == 0

    assert len(peer.requests) == 1


def test_what_was_sent_without_it_is_asked_for_by_a_later_run(out):
    peer = Committing("same")
    with peer.listening() as archive:
        assert run(["send", str(out), "-c", archive.address]) == 0
        assert commit(out, archive) == 0
        peer.wait()

    assert committed(out) == set(peer.kept)
    assert all(len(copies) == 1 for copies in peer.kept.values())


def test_where_another_listens_at_our_port_it_is_said_that_it_must_take_reports(out, capsys):
    with Committing("never").listening() as archive, socket.create_server((HOST, 0)) as taken:
        bind = bound(taken.getsockname()[1])
        assert commit(out, archive, bind=bind, wait=0) == 0

    assert "another program listens at our port" in capsys.readouterr().err


def test_an_address_that_is_not_of_this_machine_is_wrong_usage(out, capsys):
    with Committing("never").listening() as archive:
        assert commit(out, archive, bind="DUCT@192.0.2.1:11112", wait=0) == 2

    assert "192.0.2.1, port 11112" in capsys.readouterr().err


def test_a_report_after_the_run_is_no_failure_and_a_receiver_takes_it(out, tmp_path, capsys):
    peer = Committing("never")
    with peer.listening() as archive:
        assert commit(out, archive, wait=0) == 0
        assert "not reported yet" in capsys.readouterr().err
        spool, terms = open_spool(tmp_path / "spool"), Terms(reports=Reports(out).take)
        with receiving(spool, OwnSide(title="DUCT", address=HOST, port=0), terms) as receiver:
            peer.port = receiver.port
            peer.on_new()
        assert peer.answers == [0]
        assert commit(out, archive, wait=0) == 0

    assert committed(out) == set(peer.kept)
    assert len(peer.requests) == 1


def test_a_report_of_an_earlier_run_comes_to_a_later_one(out, capsys):
    (port,) = free_ports(1)
    peer = Committing("never", port=port)
    with peer.listening() as archive:
        assert commit(out, archive, wait=0) == 0
        first = peer.report()
        peer.on = "new"
        peer.report = lambda: first
        capsys.readouterr()
        assert commit(out, archive, bind=bound(port)) == 0
        peer.wait()

    assert peer.answers == [0]
    assert committed(out) == set(peer.kept)
    assert "not reported" not in capsys.readouterr().err


def test_where_a_receiver_listens_at_our_port_it_takes_the_report(out, tmp_path):
    spool, terms = open_spool(tmp_path / "spool"), Terms(reports=Reports(out).take)
    own = OwnSide(title="DUCT", address=HOST, port=0)
    with receiving(spool, own, terms) as receiver:
        peer = Committing("new", port=receiver.port)
        with peer.listening() as archive:
            assert commit(out, archive, bind=bound(receiver.port)) == 0
            peer.wait()

    assert committed(out) == set(peer.kept)


def test_what_the_archive_lost_is_said_and_asked_for_again(out, capsys):
    peer = Committing("same", lost={0})
    with peer.listening() as archive:
        assert commit(out, archive) == 5
        peer.wait()
        said = capsys.readouterr().err
        assert "FAILED 1: 0x0112 (it does not have what it stored: send --force" in said
        assert f", of {read_records(out)[0]['key']}" in said
        peer.lost = ()
        assert commit(out, archive) == 0
        peer.wait()

    assert len(peer.requests[1].ReferencedSOPSequence) == 1
    assert committed(out) == set(peer.kept)


def test_an_archive_that_does_not_offer_it_is_named_and_has_the_objects(out, capsys):
    keeper = Keeper()
    with keeper.listening(more=[build_context(Verification)]) as archive:
        assert commit(out, archive) == 5

    assert keeper.kept
    assert "not offered" in capsys.readouterr().err
    assert not journal(out, "commitment-asked")


def test_an_archive_that_refuses_the_request_is_named(out, capsys):
    peer = Committing("never", status=0x0110)
    with peer.listening() as archive:
        assert commit(out, archive) == 5
    assert "0x0110" in capsys.readouterr().err


def test_a_report_that_nobody_asked_for_is_refused(out, tmp_path):
    peer = Committing("never")
    with peer.listening() as archive:
        commit(out, archive, wait=0)
        spool, terms = open_spool(tmp_path / "spool"), Terms(reports=Reports(out).take)
        with receiving(spool, OwnSide(title="DUCT", address=HOST, port=0), terms) as receiver:
            peer.port = receiver.port
            strange, kind = peer.report()
            asked = strange.TransactionUID
            strange.TransactionUID = "2.25.1"
            peer.on_new(report=(strange, kind))
            del strange.TransactionUID
            peer.on_new(report=(strange, kind))
            strange.TransactionUID = asked
            strange.ReferencedSOPSequence[0].ReferencedSOPInstanceUID = "2.25.2"
            peer.on_new(report=(strange, kind))

    assert peer.answers == [0x0110, 0x0110, 0]
    assert committed(out) < set(peer.kept)
    assert "2.25.2" not in committed(out)


def test_a_receiver_that_was_not_told_of_it_takes_no_reports(tmp_path):
    own = OwnSide(title="DUCT", address=HOST, port=0)
    with receiving(open_spool(tmp_path / "spool"), own, Terms()) as receiver:
        caller = AE("PEER").associate(
            HOST,
            receiver.port,
            contexts=[build_context(StorageCommitmentPushModel), build_context(Verification)],
            ae_title="DUCT",
        )
        accepted = [str(item.abstract_syntax) for item in caller.accepted_contexts]
        caller.release()

    assert accepted == [str(Verification)]


def test_commitments_of_what_is_no_output_folder_are_refused(tmp_path, capsys):
    code = run(["receive", str(tmp_path), "-b", "DUCT@127.0.0.1:0", "--commitments", str(tmp_path)])
    assert code == 2
    assert "no output folder" in capsys.readouterr().err


# --- of a watch ---


def delivery(out, archive, wait_s=5.0):
    peer, own = find_peer(archive.address, {}), OwnSide(timeout_s=5)
    return Delivery(
        output=out,
        peer=archive.address,
        wish=SendWish(pauses_s=()),
        opened=partial(opened_store, peer, own, is_web=False),
        ask_commitment=partial(ask_commitment, peer, own, wait_s=wait_s),
    )


def deliver(work):
    notices = []
    work.make(notices.append, lambda: False)
    return [notice.event for notice in notices]


def test_a_watch_asks_for_what_it_sent_and_not_again_for_what_is_kept(out):
    peer = Committing("same")
    with peer.listening() as archive:
        work = delivery(out, archive)
        assert deliver(work) == ["sent", "committed"]
        peer.wait()
        assert work.status()["uncommitted"] == 0
        assert deliver(delivery(out, archive)) == []

    assert committed(out) == set(peer.kept)
    assert len(peer.requests) == 1


def test_what_was_not_reported_yet_a_watch_counts_and_asks_for_the_next_time(out):
    peer = Committing("never")
    with peer.listening() as archive:
        work = delivery(out, archive, wait_s=0)
        deliver(work)
        assert work.status()["uncommitted"] == len(peer.kept)
        assert not work.unkept
        peer.on = "same"
        work = delivery(out, archive)
        assert deliver(work) == ["committed"]
        peer.wait()

    assert work.uncommitted == 0


def test_what_the_archive_will_not_keep_a_watch_says(out):
    peer = Committing("same", lost=(0,))
    with peer.listening() as archive:
        work = delivery(out, archive)
        assert deliver(work) == ["sent", "committed", "not-committed"]
        peer.wait()

    assert (work.uncommitted, work.unkept) == (1, 1)


def test_a_watch_fails_and_tries_again_where_commitment_is_not_offered(out):
    keeper = Keeper()
    with keeper.listening() as archive:
        work = delivery(out, archive)
        with pytest.raises(RemoteError):
            deliver(work)

    assert work.is_due
    assert work.uncommitted == len(keeper.kept) > 0


def test_a_watch_that_sends_by_dicomweb_alone_cannot_ask(tmp_path, capsys):
    options = ("--send", "http://127.0.0.1:1/dicom-web", "--commit", "--format", "png")

    assert run(["watch", str(tmp_path / "spool"), "-o", str(tmp_path / "OUT"), *options]) == 2
    assert "DICOMweb alone" in capsys.readouterr().err
