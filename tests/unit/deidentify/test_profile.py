# The table of the profile is the standard's: as many actions of each kind, and those one knows.
from collections import Counter

import pytest
from pydicom.datadict import tag_for_keyword

from ductdicom.deidentify.profile import action_of, method_codes, read_profile


def test_the_table_has_as_many_actions_as_that_of_the_standard():
    found = Counter(read_profile().values())

    assert found == {
        "X": 415,
        "D": 93,
        "U": 55,
        "Z": 42,
        "X/D": 23,
        "X/Z": 11,
        "X/Z/D": 8,
        "Z/D": 6,
        "X/Z/U*": 2,
    }


@pytest.mark.parametrize(
    ("keyword", "action"),
    [
        ("PatientName", "Z"),
        ("PatientID", "Z/D"),
        ("PatientComments", "X"),
        ("StudyInstanceUID", "U"),
        ("ReferencedImageSequence", "X/Z/U*"),
        ("Rows", ""),
    ],
)
def test_an_attribute_has_the_action_of_the_standard(keyword, action):
    assert action_of(tag_for_keyword(keyword)) == action


@pytest.mark.parametrize("tag", [0x00451010, 0x50000010, 0x60023000, 0x60000010])
def test_private_elements_curves_and_overlays_are_removed(tag):
    assert action_of(tag) == "X"


def test_the_codes_say_what_was_done():
    plain = [item.CodeValue for item in method_codes(has_devices=False, is_blanked=False)]
    more = [item.CodeValue for item in method_codes(has_devices=True, is_blanked=True)]

    assert plain == ["113100", "113105", "113107", "113108"]
    assert set(more) - set(plain) == {"113101", "113109"}
