import errno
import json
import os
import platform
import subprocess
import sys
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ductdicom.encoding import json_text
from ductdicom.errors import InUseError, OutputError, UsageError
from ductdicom.export import output as folder
from ductdicom.export.output import (
    OutputFolder,
    encode_json,
    find_output,
    open_output,
    safe_component,
    write_whole,
)
from ductdicom.settings import Phi

ONE = OutputFolder(path=Path(), key=b"1" * 32)
TWO = OutputFolder(path=Path(), key=b"2" * 32)


def test_a_study_has_the_same_name_in_one_folder_and_another_elsewhere():
    day = date(2026, 1, 2)

    assert ONE.study_name("1.2.3", day) == ONE.study_name("1.2.3", day)
    assert ONE.study_name("1.2.3", day) != TWO.study_name("1.2.3", day)
    assert ONE.study_name("1.2.3", day) != ONE.study_name("1.2.4", day)
    assert ONE.study_name("1.2.3", day, "SAMPLE-1") != ONE.study_name("1.2.3", day)


def test_a_name_begins_with_the_date_and_says_nothing_of_the_uid():
    assert ONE.study_name("1.2.3", date(2026, 1, 2)).startswith("20260102-")
    assert ONE.study_name("1.2.3", None).startswith("undated-")
    assert "1.2.3" not in ONE.study_name("1.2.3", None)


def test_a_pseudonym_is_a_patients_own_in_one_folder():
    assert ONE.pseudonym("7") == ONE.pseudonym("7") != ONE.pseudonym("8")
    assert ONE.pseudonym("7") != TWO.pseudonym("7")


def test_the_key_is_made_once_and_for_the_owner_alone(tmp_path):
    with open_output(tmp_path / "out") as first:
        pass
    with open_output(tmp_path / "out") as second:
        assert second.key == first.key
    mode = (tmp_path / "out" / ".ductdicom" / "key").stat().st_mode
    assert mode & 0o077 == 0


def test_one_run_holds_the_folder(tmp_path):
    with (
        open_output(tmp_path),
        pytest.raises(OutputError, match=rf"in use by another run, process {os.getpid()} on \S"),
        open_output(tmp_path),
    ):
        pass


def _letting_go(path, *, is_brief):
    """Hold a folder; returns what is called by who waits for it, and what that was told."""
    holder = ExitStack()
    holder.enter_context(open_output(path, is_brief=is_brief))
    told = []

    def waiting(seconds, most):
        told.append((seconds, most))
        holder.close()

    return holder, waiting, told


def test_who_holds_the_folder_for_a_moment_is_waited_for_and_it_is_said(tmp_path):
    holder, waiting, told = _letting_go(tmp_path, is_brief=True)

    with holder, open_output(tmp_path, waiting=waiting):
        assert told == [(0, 60)]
        with pytest.raises(InUseError), open_output(tmp_path):
            pass


def test_who_does_not_wait_is_refused_at_once(tmp_path):
    holder, _, _ = _letting_go(tmp_path, is_brief=True)
    with holder, pytest.raises(InUseError, match="for a moment"), open_output(tmp_path):
        pass


def test_two_runs_do_not_wait_for_one_another(tmp_path):
    holder, waiting, told = _letting_go(tmp_path, is_brief=False)
    refused = pytest.raises(InUseError, match="in use by another run, process")
    with holder, refused, open_output(tmp_path, waiting=waiting):
        pass
    assert told == []


def test_nobody_is_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(folder, "_MOST_WAIT_S", 0.2)
    told = []
    with (
        open_output(tmp_path, is_brief=True),
        pytest.raises(InUseError),
        open_output(tmp_path, waiting=lambda *said: told.append(said)),
    ):
        pass
    assert len(told) == 1


def test_a_lock_that_names_nobody_still_holds(tmp_path):
    with open_output(tmp_path):
        (tmp_path / ".ductdicom" / "lock").write_bytes(b"\xff\0\n")
        with pytest.raises(OutputError, match="in use by another run"), open_output(tmp_path):
            pass


def test_signing_the_lock_changes_no_time(tmp_path):
    lock = tmp_path / ".ductdicom" / "lock"
    with open_output(tmp_path):
        pass
    os.utime(lock, ns=(1, 1))

    with open_output(tmp_path):
        assert lock.stat().st_mtime_ns == 1


@pytest.mark.parametrize("name", [".ductdicom", ".ductdicom/lock", ".ductdicom/key", "studies"])
def test_nothing_is_opened_through_a_link(tmp_path, name):
    outside = tmp_path / "outside"
    if "/" in name:
        outside.write_bytes(b"somebody's")
    else:
        outside.mkdir()
    link = tmp_path / "out" / name
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)

    with (
        pytest.raises(OutputError, match="is a link") as refused,
        open_output(tmp_path / "out"),
    ):
        pass

    assert refused.value.path == link
    assert (outside.read_bytes() if "/" in name else list(outside.iterdir())) in (b"somebody's", [])


def test_the_folder_itself_may_be_a_link_that_somebody_named(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "real")

    with open_output(tmp_path / "out"):
        assert (tmp_path / "real" / ".ductdicom" / "key").is_file()


def test_a_lock_that_is_another_name_of_a_file_leaves_that_as_it_is(tmp_path):
    (tmp_path / "file").write_bytes(b"somebody's")
    (tmp_path / "out" / ".ductdicom").mkdir(parents=True)
    os.link(tmp_path / "file", tmp_path / "out" / ".ductdicom" / "lock")

    with open_output(tmp_path / "out"):
        pass

    assert (tmp_path / "file").read_bytes() == b"somebody's"


@pytest.mark.parametrize("place", ["studies/KEY/pre", "studies/KEY"])
def test_leftovers_are_not_sought_through_a_link(tmp_path, place):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ".part-1-any").write_bytes(b"somebody's")
    link = tmp_path / "out" / place
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)

    with open_output(tmp_path / "out"):
        pass

    assert (outside / ".part-1-any").exists()


def test_a_readers_file_that_is_named_like_a_leftover_stays(tmp_path):
    own = tmp_path / "studies" / "KEY" / ".part-list.txt"
    own.parent.mkdir(parents=True)
    own.write_bytes(b"somebody's")

    with open_output(tmp_path):
        pass

    assert own.exists()


def test_a_file_system_without_permissions_will_do(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "chmod", refuse)

    with open_output(tmp_path / "out") as output:
        assert output.key


@pytest.mark.parametrize("reason", ["EINVAL", "ENOSYS", "ENOTSUP"])
def test_a_file_system_that_cannot_be_asked_to_flush_will_do(tmp_path, monkeypatch, reason):
    def refuse(_descriptor):
        raise OSError(getattr(errno, reason), "not here")

    monkeypatch.setattr(os, "fsync", refuse)

    assert write_whole(tmp_path / "a", b"one")
    assert (tmp_path / "a").read_bytes() == b"one"


def test_a_file_that_could_not_be_flushed_is_not_written(tmp_path, monkeypatch):
    def fail(_descriptor):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "fsync", fail)

    with pytest.raises(OutputError, match="Input/output error"):
        write_whole(tmp_path / "a", b"one")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def no_locks(monkeypatch, request):
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_args):
        raise OSError(getattr(errno, request.param), "no locks here")

    monkeypatch.setattr(fcntl, "flock", refuse)


@pytest.mark.parametrize("no_locks", ["ENOSYS", "ENOLCK", "ENOTSUP"], indirect=True)
def test_a_file_stands_for_the_lock_where_the_file_system_has_none(tmp_path, no_locks):
    stand_in = tmp_path / ".ductdicom" / "lock-file"

    with open_output(tmp_path) as output:
        assert not output.has_locks
        assert stand_in.read_text() == f"process {os.getpid()} on {platform.node()}"
        with (
            pytest.raises(OutputError, match=rf"in use by another run, process {os.getpid()} on"),
            open_output(tmp_path),
        ):
            pass
        assert stand_in.exists()

    assert not stand_in.exists()


@pytest.mark.parametrize(
    ("holder", "is_taken_over"),
    [
        pytest.param("process {gone} on {here}", True, id="a process that is no more"),
        pytest.param("process {gone} on elsewhere", False, id="of another computer"),
        pytest.param("process {own} on {here}", False, id="a process that runs"),
        pytest.param("", False, id="nobody's"),
        pytest.param("process 99999999999999999999 on {here}", False, id="no number of a process"),
    ],
)
@pytest.mark.parametrize("no_locks", ["ENOSYS"], indirect=True)
def test_only_the_file_of_a_dead_process_is_taken_over(tmp_path, no_locks, holder, is_taken_over):
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    stand_in = tmp_path / ".ductdicom" / "lock-file"
    stand_in.parent.mkdir()
    stand_in.write_text(holder.format(gone=ended.pid, own=os.getpid(), here=platform.node()))

    if is_taken_over:
        with open_output(tmp_path):
            pass
        assert not stand_in.exists()
    else:
        with pytest.raises(OutputError, match="lock-file"), open_output(tmp_path):
            pass
        assert stand_in.exists()


def test_a_lock_that_cannot_be_taken_is_not_called_in_use(tmp_path, monkeypatch):
    fcntl = pytest.importorskip("fcntl")

    def refuse(*_args):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(fcntl, "flock", refuse)

    with pytest.raises(OutputError, match="Input/output error"), open_output(tmp_path):
        pass


def test_a_folder_that_cannot_be_listed_is_an_error_of_ours(tmp_path, monkeypatch):
    (tmp_path / "studies").mkdir()

    def refuse(*_args):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "scandir", refuse)

    with pytest.raises(OutputError, match="Input/output error"), open_output(tmp_path):
        pass


def test_a_file_with_the_same_content_is_left_alone(tmp_path):
    path = tmp_path / "a" / "b"

    assert write_whole(path, b"one") is True
    before = path.stat()
    assert write_whole(path, b"one") is False
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    assert write_whole(path, b"two") is True
    assert path.read_bytes() == b"two"


@pytest.mark.parametrize("moment", [(Path, "replace"), (os, "open")], ids=["replace", "open"])
def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch, moment):
    path = tmp_path / "a"
    write_whole(path, b"one")

    def fail(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(*moment, fail)
        with pytest.raises(OutputError, match="No space left"):
            write_whole(path, b"a longer text")

    assert path.read_bytes() == b"one"
    assert [item.name for item in tmp_path.iterdir()] == ["a"]


def test_an_interrupt_during_a_write_leaves_nothing_half_made(tmp_path, monkeypatch):
    def interrupt(*_args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            write_whole(tmp_path / "a", b"one")

    assert list(tmp_path.iterdir()) == []


def test_json_keeps_the_order_and_any_text():
    value = {"b": "Ümläut", "a": "\ud800"}

    content = encode_json(value)

    assert content.endswith(b"\n")
    assert list(json.loads(content)) == ["b", "a"]
    assert "Ümläut" in content.decode("utf-8")


@pytest.mark.parametrize("indent", [0, 2])
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53)
        | st.floats(-1e9, 1e9).map(lambda number: round(number, 3)) | st.text(),
        lambda values: st.lists(values, max_size=3)
        | st.dictionaries(st.text(max_size=3), values, max_size=3),
        max_leaves=6,
    )
)  # fmt: skip
def test_json_is_written_as_by_pythons_own_encoder(indent, value):
    text = json.dumps(value, ensure_ascii=False, indent=indent or None)

    assert json_text(value, indent=indent) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("A-1.b_2", "A-1.b_2", id="safe already"),
        pytest.param("Müller", "Muller", id="accents"),
        pytest.param("../../etc/passwd", "etc_passwd", id="no way up"),
        pytest.param("a:b\\c|d", "a_b_c_d", id="signs of other systems"),
        pytest.param("CON", "CON_", id="a device of Windows"),
        pytest.param("nul.txt", "nul.txt_", id="a device with a suffix"),
        pytest.param("", "unnamed", id="nothing"),
        pytest.param("造影", "unnamed", id="nothing left"),
        pytest.param("x" * 200, "x" * 80, id="too long"),
    ],
)
def test_safe_component(text, expected):
    assert safe_component(text) == expected


@given(st.text())
def test_any_text_becomes_one_harmless_component(text):
    name = safe_component(text)

    assert 0 < len(name) <= 81
    assert name.isascii()
    assert name[0] not in ".-"
    assert name[-1] not in ". "
    assert not set(name) & set('/\\:*?"<>| \0')
    assert safe_component(name) == name


def test_a_folder_keeps_how_much_identity_its_first_run_allowed(tmp_path):
    with open_output(tmp_path, Phi.NONE):
        pass

    for phi in (Phi.MINIMAL, Phi.FULL):
        with pytest.raises(UsageError, match=r"was made with --phi none \(take another"):  # noqa: SIM117
            with open_output(tmp_path, phi):
                pass
        with pytest.raises(UsageError, match="was made with --phi none"):
            find_output(tmp_path, phi)
    with open_output(tmp_path, Phi.NONE) as output:
        assert output.phi is Phi.NONE
    assert find_output(tmp_path, Phi.NONE) == output


def test_a_folder_that_says_something_else_is_damaged(tmp_path):
    with open_output(tmp_path):
        pass
    (tmp_path / ".ductdicom" / "phi").write_text("some")

    with pytest.raises(OutputError, match="is damaged"):
        find_output(tmp_path)


def test_a_folder_is_found_with_what_its_first_run_allowed(tmp_path):
    with open_output(tmp_path, Phi.NONE):
        pass

    assert find_output(tmp_path).phi is Phi.NONE


def test_a_folder_that_does_not_say_takes_the_next_runs_word(tmp_path):
    with open_output(tmp_path):
        pass
    (tmp_path / ".ductdicom" / "phi").unlink()

    with open_output(tmp_path, Phi.FULL):
        pass

    assert (tmp_path / ".ductdicom" / "phi").read_text() == "full\n"
