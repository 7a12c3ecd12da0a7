from functools import partial

import pytest
from builders import make_instance, make_origin
from msgspec.structs import replace
from sheets import lay_out, make_image

from ductdicom.identity.known import Identity, identify_person
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Disposition, LedgerRow, Problem, ProblemCode
from ductdicom.pipeline.gather import PatientStudy
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.masking import identify_strangers
from ductdicom.pipeline.naming import Naming
from ductdicom.pipeline.unread import Concern, note_unread
from ductdicom.settings import Phi
from ductdicom.vocabulary.terms import load_vocabulary


def _study(uid, *places):
    images = []
    for number, place in enumerate(places, start=1):
        image = make_image(number)
        instance = make_instance(f"{uid}.{number}", origin=make_origin(place))
        images.append(replace(image, instance=replace(instance, study_instance_uid=uid)))
    call, pairing, _ = lay_out(images, dpi=20)
    study = replace(call.study, study_instance_uid=uid)
    part = PatientStudy(study=study, number=0, is_shared=False)
    return Judged(part=part, call=call, pairing=pairing)


def _row(place, *, member=None, uid="", disposition=Disposition.UNREADABLE):
    origin = Origin(file="f", source=place, member=member)
    return LedgerRow(
        origin=origin, disposition=disposition, reason="io-error", study_instance_uid=uid
    )


def nobody(_paths, _read):
    return Identity()


PLAIN = Naming(phi=Phi.MINIMAL)
ONE, TWO = ("cd/one/IM1", "cd/one/IM2"), ("cd/two/IM1", "cd/two/deep/IM2")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        pytest.param(_row("cd/one/IM9"), [("IM9",), ()], id="in the folder of one"),
        pytest.param(_row("cd/two/deep/IM9"), [(), ("IM9",)], id="in a folder of the other"),
        pytest.param(_row("cd/two/closed"), [(), ("closed",)], id="a folder beside its images"),
        pytest.param(_row("cd/IM9"), [(), ()], id="above both"),
        pytest.param(_row("cd/three/IM9"), [(), ()], id="elsewhere"),
        pytest.param(_row("x/IM9", uid="2.25.2"), [(), ("IM9",)], id="it says so itself"),
        pytest.param(_row("cd/one/a.zip", member="IM9"), [(), ()], id="in an archive"),
        pytest.param(
            _row("cd/one/IM9", disposition=Disposition.NOT_DICOM), [(), ()], id="no DICOM at all"
        ),
    ],
)
def test_a_file_belongs_to_the_study_that_alone_lies_there(row, expected):
    judged = [_study("2.25.1", *ONE), _study("2.25.2", *TWO)]

    assert [study.call.unread for study in note_unread(judged, [row], PLAIN, nobody)] == expected


def test_a_folder_of_two_studies_tells_nothing():
    judged = [_study("2.25.1", "cd/IM1"), _study("2.25.2", "cd/IM2")]

    noted = note_unread(judged, [_row("cd/IM9")], PLAIN, nobody)

    assert [study.call.unread for study in noted] == [(), ()]


@pytest.mark.parametrize(
    ("row", "is_said"),
    [
        pytest.param(_row("cd/one/IM9"), True, id="beside its images"),
        pytest.param(_row("cd/IM9"), True, id="beside those of both"),
        pytest.param(_row("cd/two/IM9"), False, id="beside those of the other"),
        pytest.param(_row("x/IM9"), False, id="elsewhere"),
        pytest.param(_row("x/IM9", uid="2.25.1"), True, id="it says so itself"),
        pytest.param(_row("cd/one/IM9", uid="2.25.2"), False, id="it says of the other"),
        pytest.param(
            _row("cd/one/IM9", disposition=Disposition.NOT_DICOM), False, id="no DICOM at all"
        ),
    ],
)
def test_of_one_study_what_may_be_of_it_is_spoken_of(row, is_said):
    judged = [_study("2.25.1", *ONE, "cd/IM5"), _study("2.25.2", *TWO, "cd/IM6")]

    assert bool(Concern(judged[:1], judged).labels([row])) == is_said


@pytest.mark.parametrize(
    ("about", "is_said"),
    [
        pytest.param({}, True, id="the run"),
        pytest.param({"studies": ("20260101-b",)}, False, id="a study that was held back"),
        pytest.param({"origin": make_origin("cd/DICOMDIR")}, True, id="a directory above it"),
        pytest.param({"origin": make_origin("cd/two/DICOMDIR")}, False, id="that of another"),
        pytest.param({"sop_instance_uid": "1.2.3"}, False, id="an image of another"),
    ],
)
def test_of_one_study_a_problem_of_another_is_not_said(about, is_said):
    judged = [_study("2.25.1", *ONE), _study("2.25.2", *TWO)]
    problem = Problem(code=ProblemCode.MISSING_FROM_DICOMDIR, message="", **about)

    assert bool(Concern(judged[:1], judged).problems([problem])) == is_said


def test_what_could_not_be_read_is_one_problem_however_much_it_is():
    rows = [_row(f"cd/one/F{number:02d}") for number in range(12)]

    (study,) = note_unread([_study("2.25.1", *ONE)], rows, PLAIN, nobody)

    (problem,) = [item for item in study.call.problems if item.code == "file-unreadable"]
    assert problem.message.startswith("12 files could not be read and may belong to the study: ")
    assert "F00 (io-error), F01 (io-error)" in problem.message
    assert problem.message.endswith("F09 (io-error), 2 more")
    assert len(study.call.unread) == 12


@pytest.mark.parametrize(("phi", "is_named"), [("none", 0), ("minimal", 0), ("full", 1)])
def test_a_files_name_names_nobody(phi, is_named):
    identity = identify_person(["SMITH^JANE"], is_name=lambda _: True)
    naming = Naming(phi=Phi(phi), people=identity)

    (study,) = note_unread(
        [_study("2.25.1", *ONE)], [_row("cd/one/SMITH_JANE_7.dcm")], naming, nobody
    )

    said = f"{study.call.unread} {study.call.problems}"
    assert ("SMITH" in said) == is_named


def test_a_word_that_only_another_studys_files_have_is_masked_whatever_else_is_read():
    strangers_of = partial(identify_strangers, vocabulary=load_vocabulary())
    row, one = _row("cd/one/Ostermeier.dcm"), _study("2.25.1", *ONE)
    other = _study("2.25.2", "cd/two/Ostermeier/IM1")

    alone, both = (
        note_unread(judged, [row], PLAIN, strangers_of)[0] for judged in ([one], [one, other])
    )

    assert alone.call.unread == both.call.unread == ("■■■.dcm",)
