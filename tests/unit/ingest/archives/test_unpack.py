import bz2
import gzip
import io
import lzma
import random
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streams import Counting

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives import unpack as unpacking
from ductdicom.ingest.archives.entry import Limits
from ductdicom.ingest.archives.unpack import BZIP2, GZIP, XZ, Unpacked

CONTENT = random.Random(1).randbytes(3000) * 30 + bytes(9999)
FORMATS = {"gzip": (GZIP, gzip.compress), "xz": (XZ, lzma.compress), "bzip2": (BZIP2, bz2.compress)}


def unpacked(packed, name="gzip", limits=None, most_points=1):
    return Unpacked(
        io.BytesIO(packed), FORMATS[name][0], len(packed), limits or Limits(), most_points
    )


def pack(name, streams=1, padding=0):
    step = -(-len(CONTENT) // streams)
    parts = (CONTENT[at : at + step] for at in range(0, len(CONTENT), step))
    return b"".join(FORMATS[name][1](part) + bytes(padding) for part in parts)


@pytest.fixture
def close_points(monkeypatch):
    """Remember places every few kilobytes."""
    monkeypatch.setattr(unpacking, "_SPACING_BYTES", 4000)
    monkeypatch.setattr(unpacking, "_PACKED_CHUNK_BYTES", 512)
    monkeypatch.setattr(unpacking, "_CHUNK_BYTES", 3000)


@pytest.mark.parametrize("most_points", [1, 4, 1000])
@pytest.mark.parametrize("streams", [1, 5])
@pytest.mark.parametrize("name", FORMATS)
def test_a_packed_stream_reads_like_a_file(close_points, name, streams, most_points):
    stream = unpacked(pack(name, streams, padding=8), name, most_points=most_points)
    chance = random.Random(2)

    for _ in range(60):
        position, size = chance.randrange(len(CONTENT) + 50), chance.randrange(5000)
        stream.seek(position)
        assert stream.read(size) == CONTENT[position : position + size]
        assert stream.tell() == min(position + size, max(position, len(CONTENT)))


def test_seeking_back_does_not_start_anew(close_points):
    file = Counting(gzip.compress(random.Random(4).randbytes(100_000)))
    stream = Unpacked(file, GZIP, len(file.getvalue()), Limits(), 1000)
    stream.read(100_000)
    once = file.count

    for position in range(99_000, 0, -1000):
        stream.seek(position)
        stream.read(1000)

    assert file.count < 8 * once  # from the start it would be 50 times


@pytest.mark.parametrize("name", FORMATS)
def test_a_stream_that_is_cut_is_damaged(name):
    stream = unpacked(pack(name)[:-1], name)

    with pytest.raises(EOFError):
        stream.read(len(CONTENT) + 1)


@pytest.mark.parametrize("name", FORMATS)
def test_what_follows_the_end_is_damage(name):
    stream = unpacked(pack(name) + b"something else", name)

    with pytest.raises(Exception, match=r"(?i)invalid|incorrect|not supported"):
        stream.read(len(CONTENT) + 1)


def test_too_much_is_refused_wherever_it_was_sought():
    stream = unpacked(gzip.compress(bytes(1 << 20)), limits=Limits(ratio=10, ratio_from_bytes=500))

    assert stream.read(500) == bytes(500)
    stream.seek(0)
    assert stream.read(500) == bytes(500)
    stream.seek(1 << 19)
    with pytest.raises(UnreadableError) as caught:
        stream.read(1)
    assert caught.value.reason == "archive-limit"


def test_a_fault_that_passes_leaves_nothing_behind():
    class Flaky(io.BytesIO):
        fails = True

        def read(self, size=-1, /):
            if self.fails and self.tell():
                raise OSError("a fault")
            return super().read(size)

    packed = gzip.compress(random.Random(3).randbytes(200_000))
    file = Flaky(packed)
    stream = Unpacked(file, GZIP, len(packed), Limits())
    with pytest.raises(OSError, match="a fault"):
        stream.read(200_000)
    file.fails = False

    assert stream.read(200_000) == gzip.decompress(packed)


@given(st.binary(max_size=300), st.sampled_from(sorted(FORMATS)))
def test_garbage_ends(content, name):
    with suppress(EOFError, OSError, lzma.LZMAError, zlib.error):
        unpacked(content, name).read(1000)
