"""Large entries lie in a temporary file and not in memory, whatever packs them."""

import io
import os
import shutil
import tempfile
import tracemalloc
import zipfile
from mmap import mmap

import pytest
from streams import make_tar

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives import content as contents
from ductdicom.ingest.archives.content import read_content
from ductdicom.ingest.archives.walk import open_origin, read_bytes, read_one
from ductdicom.model.origin import Origin

LARGE = 1 << 20
OBJECT = bytes(range(256)) * (24 * LARGE // 256)


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    """Return the folder for temporary files; entries beyond a megabyte are large."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr(contents, "LARGE_BYTES", LARGE)
    return folder


def _zip(members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            archive.writestr(name, member)
    return packed.getvalue()


def _packed(folder, kind):
    """Return a member of an archive."""
    name = f"a.{kind}"
    content = {
        "zip": lambda: _zip({"STACK": OBJECT}),
        "tar": lambda: make_tar({"STACK": OBJECT}),
        "tar.gz": lambda: make_tar({"STACK": OBJECT}, "w:gz"),
        "nested.zip": lambda: _zip({"b.zip": _zip({"STACK": OBJECT})}),
    }[kind]()
    path = folder / name
    path.write_bytes(content)
    member = "b.zip!/STACK" if kind == "nested.zip" else "STACK"
    return Origin(file=str(path), source=name, member=member, size_bytes=len(OBJECT))


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.gz", "nested.zip"])
def test_a_large_member_is_never_held_whole(tmp_path, kind):
    origin = _packed(tmp_path, kind)
    tracemalloc.start()
    try:
        found = read_one(origin)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert isinstance(found, mmap)
    assert found[:] == OBJECT
    assert peak < len(OBJECT) / 2  # of which a few megabytes are to seek back in
    assert read_bytes(origin) == OBJECT
    with open_origin(origin) as stream:
        assert stream.read() == OBJECT


@pytest.mark.skipif(os.name == "nt", reason="there the file is removed when it is closed")
def test_its_file_has_no_name_that_a_killed_process_could_leave(tmp_path, temporary):
    found = read_one(_packed(tmp_path, "zip"))

    assert isinstance(found, mmap)
    assert not list(temporary.iterdir())


def test_a_small_member_is_held_in_memory():
    assert read_content(io.BytesIO(b"plain view"), 10) == b"plain view"


def test_a_member_that_finds_no_room_on_the_disk_is_held_in_memory(tmp_path, monkeypatch):
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=LARGE))

    assert read_one(_packed(tmp_path, "zip")) == OBJECT


def test_a_disk_that_fills_up_meanwhile_is_told(monkeypatch):
    class Full(io.BytesIO):
        def write(self, _):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: Full())
    with pytest.raises(UnreadableError) as caught:
        read_content(io.BytesIO(OBJECT), len(OBJECT))

    assert caught.value.reason == "io-error"
    assert "TMPDIR" in caught.value.hint


def test_what_says_to_be_large_and_is_empty_is_empty():
    assert read_content(io.BytesIO(), 2 * LARGE) == b""
