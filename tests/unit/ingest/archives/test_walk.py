"""What is asked of an archive by name is found, and found quickly."""

import pytest
from streams import make_tar

from ductdicom.ingest.archives import tar
from ductdicom.ingest.archives.walk import read_all
from ductdicom.model.origin import Origin


@pytest.fixture
def passes(monkeypatch):
    """Count how often tar archives are gone through from their start."""
    counted = []
    go_through = tar.walk_tar

    def counting(*args):
        counted.append(args)
        return go_through(*args)

    monkeypatch.setattr(tar, "walk_tar", counting)
    return counted


def _members(folder, contents, *names):
    path = folder / "a.tar"
    path.write_bytes(make_tar(contents))
    return [Origin(file=str(path), source=path.name, member=name) for name in names]


def test_a_tar_that_is_asked_for_one_study_after_another_is_gone_through_once(tmp_path, passes):
    first, second = _members(tmp_path, {"1/IM1": b"one", "2/IM1": b"two"}, "1/IM1", "2/IM1")

    assert list(read_all([first])) == [(first, b"one")]
    assert list(read_all([second])) == [(second, b"two")]
    assert len(passes) == 1


def test_what_lies_in_a_tar_within_a_tar_is_found_by_its_name(tmp_path):
    inner = make_tar({"IM1": b"one", "IM2": b"two"})
    (member,) = _members(tmp_path, {"before": b"", "inner.tar": inner}, "inner.tar!/IM2")

    assert list(read_all([member])) == [(member, b"two")]
