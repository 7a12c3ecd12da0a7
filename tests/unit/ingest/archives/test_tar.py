"""Archives that are read from again and again are gone through once."""

import gzip
import io
import lzma
import random

import pytest
from streams import Counting, make_tar

from ductdicom.errors import UnreadableError
from ductdicom.ingest.archives.entry import Limits
from ductdicom.ingest.archives.tar import KeptTar

CONTENTS = {f"{n // 4}/IM{n % 4}": random.Random(n).randbytes(70_000) for n in range(40)}
STUDIES = [[f"{study}/IM{number}" for number in range(4)] for study in range(10)]
KINDS = {"tar": bytes, "tar.gz": gzip.compress, "tar.xz": lzma.compress}


def keep(content, kind="tar.gz"):
    file = Counting(content)
    return file, KeptTar(file, kind, len(content), Limits())


def find(kept, file, names):
    return {entry.name: entry.open().read(entry.size_bytes) for entry in kept.find(file, names)}


@pytest.mark.parametrize("kind", KINDS)
def test_studies_in_their_order_cost_one_pass(kind):
    content = KINDS[kind](make_tar(CONTENTS))
    file, kept = keep(content, kind)

    for names in STUDIES:
        assert find(kept, file, names) == {name: CONTENTS[name] for name in names}
    assert file.count <= 1.2 * len(content)


@pytest.mark.parametrize("kind", ["tar", "tar.gz"])
def test_studies_that_are_mixed_cost_little_more(kind, monkeypatch):
    monkeypatch.setattr("ductdicom.ingest.archives.unpack._SPACING_BYTES", 50_000)
    names = list(CONTENTS)
    random.Random(5).shuffle(names)
    content = KINDS[kind](make_tar({name: CONTENTS[name] for name in names}))
    file, kept = keep(content, kind)

    for study in STUDIES:
        assert find(kept, file, study) == {name: CONTENTS[name] for name in study}
    assert file.count <= 4 * len(content)


def test_the_file_may_be_opened_anew_each_time():
    content = gzip.compress(make_tar(CONTENTS))
    file, kept = keep(content)
    find(kept, file, STUDIES[5])
    file.close()

    assert find(kept, io.BytesIO(content), STUDIES[2])["2/IM3"] == CONTENTS["2/IM3"]
    assert find(kept, io.BytesIO(content), STUDIES[9])["9/IM0"] == CONTENTS["9/IM0"]


def test_equal_names_are_told_apart_wherever_the_search_begins():
    one, two = make_tar({"a": b"one", "b": b""}), make_tar({"a": b"two"})
    file, kept = keep(one.rstrip(b"\0").ljust(3 * 512, b"\0") + two, "tar")

    assert find(kept, file, ["a"]) == {"a": b"one"}
    assert find(kept, file, ["a#2"]) == {"a#2": b"two"}
    assert find(kept, file, ["a", "a#2"]) == {"a": b"one", "a#2": b"two"}


def test_an_entry_that_is_not_there_is_looked_for_once():
    file, kept = keep(gzip.compress(make_tar(CONTENTS)))

    assert find(kept, file, ["nowhere", "3/IM1"]) == {"3/IM1": CONTENTS["3/IM1"]}
    assert find(kept, file, ["nowhere", "3/IM1"]) == {"3/IM1": CONTENTS["3/IM1"]}


def test_what_lies_before_the_damage_can_be_read():
    content = gzip.compress(make_tar(CONTENTS))
    file, kept = keep(content[: len(content) // 2])

    assert find(kept, file, STUDIES[1])["1/IM0"] == CONTENTS["1/IM0"]
    with pytest.raises(UnreadableError):
        find(kept, file, STUDIES[8])
