"""Whatever the bytes, a file comes out as something, and nothing else happens."""

import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import dicom_bytes as make
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ductdicom.ingest.archives.entry import Limits
from ductdicom.ingest.cache.lines import pack, unpack
from ductdicom.ingest.scan import scan_inputs
from ductdicom.model.instance import Instance
from ductdicom.model.outcome import Disposition, LedgerRow

pytestmark = pytest.mark.integration

CODE = {"CodeValue": "1", "CodingSchemeDesignator": "99X", "CodeMeaning": "meaning"}
LIMITS = Limits(member_bytes=1 << 20, members=50, ratio_from_bytes=1 << 20, nested_bytes=1 << 20)


def _tar(names):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, content in names.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def _zip(names, kind=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", kind) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return stream.getvalue()


def _seeds():
    image = make.make_dicom(pixels=bytes(24), ViewCodeSequence=CODE, StudyDescription="text")
    members = {"a/IM1": image, "b/IM2": image[:200], "c.txt": b"text"}
    directory = make.make_dicom(
        SOPClassUID="1.2.840.10008.1.3.10",
        DirectoryRecordSequence=[{"ReferencedFileID": ["A", "IM1"]}],
    )
    return [
        image,
        make.make_dicom(syntax=make.IMPLICIT, ViewCodeSequence=CODE),
        make.make_dicom(syntax=make.BIG_ENDIAN, ViewCodeSequence=CODE),
        make.make_dicom(syntax=make.DEFLATED, ViewCodeSequence=CODE),
        image[132:],
        directory,
        _zip(members),
        _zip(members, zipfile.ZIP_LZMA),
        _zip({"inner.zip": _zip(members), "inner.tar": _tar(members)}),
        _tar(members),
        gzip.compress(_tar(members)),
        lzma.compress(_tar(members)),
    ]


SEEDS = _seeds()
NAMES = ("image", "a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2", "DICOMDIR")
CHANGES = st.lists(
    st.tuples(st.integers(0, 1 << 16), st.one_of(st.binary(max_size=8), st.integers(0, 64))),
    max_size=8,
)


def _mutate(content, changes):
    """Overwrite by bytes, or take as many out as a number says."""
    changed = bytearray(content)
    for place, change in changes:
        position = place % max(len(changed), 1)
        if isinstance(change, bytes):
            changed[position : position + len(change)] = change
        else:
            del changed[position : position + change]
    return bytes(changed)


@settings(
    max_examples=1500,
    deadline=10_000,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.sampled_from(range(len(SEEDS))), st.sampled_from(NAMES), CHANGES)
def test_any_bytes_under_any_name_come_out_once(tmp_path, number, name, changes):
    path = tmp_path / name
    path.write_bytes(_mutate(SEEDS[number], changes))
    try:
        found = list(scan_inputs([str(tmp_path / name)], limits=LIMITS))
    finally:
        path.unlink()

    own = [i for i in found if isinstance(i, Instance | LedgerRow) and i.origin.member is None]
    assert len(own) == 1
    labels = [item.origin.label for item in found if isinstance(item, Instance | LedgerRow)]
    assert len(set(labels)) == len(labels)
    for item in found:
        if isinstance(item, LedgerRow) and item.disposition is not Disposition.CONTAINER:
            assert item.reason
        assert unpack(pack(item), own[0].origin) == item
    assert not list(Path(tmp_path).iterdir())
