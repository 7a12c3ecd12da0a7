"""What a person typed into descriptions does not reach a page."""

import pytest
from builders import make_instance

from ductdicom.model.instance import Patient
from ductdicom.pipeline.masking import identity_words, mask_text
from ductdicom.settings import Phi

PATIENT = Patient(patient_id="PID-1", name="DOE^JANE", birth_date="19700131")
INSTANCE = make_instance(patient=PATIENT, accession_number="ACC77")


@pytest.mark.parametrize(
    ("phi", "shown"),
    [
        pytest.param(Phi.NONE, "*** *** *** post inj *** ***", id="none hides all of it"),
        pytest.param(Phi.MINIMAL, "*** *** PID-1 post inj *** ***", id="minimal shows the ID"),
        pytest.param(
            Phi.FULL, "Doe, Jane PID-1 post inj ACC77 1970-01-31".replace(",", ""), id="full"
        ),
    ],
)
def test_identity_in_a_description_is_masked(phi, shown):
    words = identity_words([INSTANCE], phi)

    masked = mask_text("Doe Jane PID-1 post inj ACC77 1970-01-31", words)

    assert shown == masked


def test_only_whole_words_are_masked():
    words = identity_words([make_instance(patient=Patient(name="GRAM^ANN"))], Phi.NONE)

    assert mask_text("GALACTOGRAM annual", words) == "GALACTOGRAM annual"


def test_short_names_are_left_alone():
    words = identity_words([make_instance(patient=Patient(name="LI^CC"))], Phi.NONE)

    assert words == frozenset()
