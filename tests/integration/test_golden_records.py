"""Records against their golden files: not one word or number changes unnoticed."""

import json

import pytest
from golden.records import GOLDEN_RECORDS, ROOT, SAMPLES, lines, path

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(
        not (ROOT / SAMPLES).is_dir(), reason="sample_data is no part of the source archive"
    ),
]


@pytest.mark.parametrize("name", GOLDEN_RECORDS)
def test_records_are_the_golden_ones(name, tmp_path):
    expected = path(name).read_text(encoding="utf-8").splitlines()
    made = lines(name, tmp_path)

    assert list(map(json.loads, made)) == list(map(json.loads, expected))  # tells what differs
    assert made == expected
