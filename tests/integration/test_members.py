"""What one study reads from archives: each archive once, and only what is asked for."""

import io
import tarfile
import zipfile

import pytest
from streams import list_members

from ductdicom.errors import UnreadableError
from ductdicom.model.origin import Origin
from ductdicom.pipeline.drawing import originals as members
from ductdicom.pipeline.drawing.originals import Members

pytestmark = pytest.mark.integration

CONTENTS = {f"IM{number}": bytes([number]) * 1000 for number in range(6)}


def packed(path, contents):
    """Write an archive by its suffix, and return the origins of its members by name."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in contents.items():
                archive.writestr(name, content)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for name, content in contents.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    origin = Origin(file=str(path), source=path.name, size_bytes=path.stat().st_size)
    found = [item for item in list_members(origin) if isinstance(item, Origin)]
    return {item.member: item for item in found}


@pytest.fixture
def passes(monkeypatch):
    """Count how often archives are gone through."""
    counted = []
    go_through = members.read_all

    def counting(origins):
        counted.append(origins)
        return go_through(origins)

    monkeypatch.setattr(members, "read_all", counting)
    return counted


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz"])
def test_an_archive_is_gone_through_once(tmp_path, passes, name):
    origins = packed(tmp_path / name, CONTENTS)
    reader = Members(reversed(origins.values()))

    assert {name: reader.source(origin) for name, origin in origins.items()} == CONTENTS
    assert {name: reader.content(origin) for name, origin in origins.items()} == CONTENTS
    assert len(passes) == 1


def test_a_file_is_mapped_and_no_archive_gone_through(tmp_path, passes):
    path = tmp_path / "IM1"
    path.write_bytes(b"pixels")
    origin = Origin(file=str(path), source="IM1")
    reader = Members([origin])

    assert bytes(reader.source(origin)) == b"pixels"
    assert reader.content(origin) == b"pixels"
    assert not passes


def test_what_is_too_much_to_hold_is_read_when_it_is_asked_for(tmp_path):
    origins = packed(tmp_path / "a.tar.gz", CONTENTS)
    reader = Members(origins.values(), most_bytes=2500)

    assert {name: reader.content(origin) for name, origin in origins.items()} == CONTENTS


def test_a_damaged_member_costs_only_itself(tmp_path):
    path = tmp_path / "a.zip"
    origins = packed(path, CONTENTS)
    content = path.read_bytes()
    path.write_bytes(content.replace(CONTENTS["IM2"], b"?" * 1000))
    reader = Members(origins.values())

    for name, origin in origins.items():
        if name == "IM2":
            with pytest.raises(UnreadableError):
                reader.content(origin)
        else:
            assert reader.content(origin) == CONTENTS[name]


def test_only_what_is_wanted_is_opened(tmp_path, monkeypatch):
    inner = tmp_path / "inner.zip"
    packed(inner, CONTENTS)
    others = {"other.zip": inner.read_bytes(), "inner.zip": inner.read_bytes(), **CONTENTS}
    origins = packed(tmp_path / "outer.zip", others)
    opened = []
    open_entry = zipfile.ZipFile.open

    def watching(archive, info, *args):
        opened.append(info.filename)
        return open_entry(archive, info, *args)

    monkeypatch.setattr(zipfile.ZipFile, "open", watching)

    assert Members().content(origins["inner.zip!/IM3"]) == CONTENTS["IM3"]
    assert opened == ["inner.zip", "IM3"]
