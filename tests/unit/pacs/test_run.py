from datetime import date, datetime, time
from time import monotonic

import pytest
from exports import write_view

from ductdicom.errors import OutputError, RemoteError
from ductdicom.model.instance import Patient
from ductdicom.pacs.pull.choose import Choice
from ductdicom.pacs.pull.query import NoWayError, StudyQuery
from ductdicom.pacs.pull.run import Hours, Wish, fetch_all
from ductdicom.pacs.spool.folder import open_spool
from ductdicom.pacs.spool.intake import Intake
from ductdicom.pacs.spool.part import Room


class Shelf:
    """An archive of tiny objects, which says and gives what it is told to."""

    is_silent = False

    def __init__(self, intake, folder, studies, errors=()):
        self.intake, self.folder, self.studies = intake, folder, studies
        self.errors, self.fetched, self.turned = list(errors), [], 0

    def images(self, study_uid):
        return {} if self.is_silent else self.all_of(study_uid)

    def all_of(self, study_uid):
        return {f"{study_uid}.{n}": f"{study_uid}.9" for n in range(self.studies[study_uid])}

    def fetch(self, study_uid, images):
        self.fetched.append((study_uid, images and len(images)))
        if self.errors:
            raise self.errors.pop(0)
        for uid in [uid for _, uid in images] if images else self.all_of(study_uid):
            self.put(study_uid, uid)

    def put(self, study_uid, uid):
        part = self.intake.begin()
        path = write_view(
            self.folder / uid, label=uid, sop_instance_uid=uid, study_instance_uid=study_uid
        )
        part.write(path.read_bytes())
        self.intake.take(part)

    def has_other_way(self):
        self.turned += 1
        return False


@pytest.fixture
def shelf(tmp_path):
    def make(studies, errors=(), room=None):
        intake = Intake(open_spool(tmp_path / "spool"), room or Room(), lambda _: None)
        return Shelf(intake, tmp_path / "objects", studies, errors)

    return make


def pull(shelf, *, now=None, numbers=None, **wish):
    choices = [
        Choice(
            study_uid=uid,
            day=date(2026, 1, 2),
            patient=Patient(),
            accession_number="",
            number=(numbers or {}).get(uid),
            exam="ductogram",
            why="",
            is_wanted=True,
        )
        for uid in shelf.studies
    ]
    told = []
    options = {"now": now} if now else {}
    given = Wish(**({"queries": (StudyQuery(),), "pause_s": 0} | wish))
    return fetch_all(shelf, shelf.intake, choices, given, tell=told.append, **options), told


def test_a_study_that_is_whole_is_asked_for_once(shelf):
    archive = shelf({"2.25.1": 3})

    pulled, told = pull(archive)

    assert [(study.held, study.expected, study.came) for study in told] == [(3, 3, 3)]
    assert archive.fetched == [("2.25.1", None)]
    assert pulled.left == 0


def test_what_is_here_already_is_not_asked_for(shelf):
    archive = shelf({"2.25.1": 3})
    archive.put("2.25.1", "2.25.1.0")

    pull(archive)
    pull(archive)

    assert archive.fetched == [("2.25.1", 2)]  # the two that were missing, by name


def test_refusals_are_answered_by_asking_again_twice(shelf):
    archive = shelf({"2.25.1": 1}, [RemoteError("no")] * 2)
    _, (study,) = pull(archive)
    assert study.is_whole

    archive = shelf({"2.25.2": 1}, [RemoteError("no")] * 3)
    _, (study,) = pull(archive)
    assert (study.is_whole, study.error, len(archive.fetched)) == (False, "no", 3)


def test_where_nothing_helps_it_ends_at_once(shelf):
    archive = shelf({"2.25.1": 1}, [NoWayError("no way")])

    with pytest.raises(NoWayError):
        pull(archive)

    assert len(archive.fetched) == 1


def test_where_nothing_comes_another_way_is_tried(shelf):
    archive = shelf({"2.25.1": 1}, [RemoteError("no")])

    pull(archive)

    assert archive.turned == 1


def test_without_room_nothing_more_is_asked_for(shelf):
    archive = shelf({"2.25.1": 1, "2.25.2": 1}, room=Room(reserve_bytes=1 << 60))

    with pytest.raises(OutputError, match="no-room"):
        pull(archive)

    assert len(archive.fetched) == 1


def test_a_limit_counts_what_is_fetched_not_what_is_here(shelf):
    archive = shelf({"2.25.1": 1, "2.25.2": 1, "2.25.3": 1})
    archive.put("2.25.1", "2.25.1.0")

    pulled, told = pull(archive, limit=1)

    assert [study.came for study in told] == [0, 1]
    assert (pulled.left, pulled.end) == (1, "limit")


def test_between_two_studies_that_are_fetched_there_is_a_pause(shelf):
    archive = shelf({"2.25.1": 1, "2.25.2": 1, "2.25.3": 1})
    archive.put("2.25.1", "2.25.1.0")  # which is not fetched

    began = monotonic()
    pull(archive, pause_s=0.1)
    one = monotonic() - began
    began = monotonic()
    pull(archive, pause_s=100)  # all is here now

    assert one >= 0.1
    assert monotonic() - began < 50


def test_when_the_hours_are_over_the_study_under_way_is_the_last(shelf):
    archive = shelf({"2.25.1": 1, "2.25.2": 1})
    clock = iter([datetime(2026, 1, 2, 6, 59), datetime(2026, 1, 2, 7, 0)])  # noqa: DTZ001

    hours = Hours(first=time(19), last=time(7))
    pulled, told = pull(archive, now=lambda: next(clock), between=hours)

    assert [study.came for study in told] == [1]
    assert (pulled.left, pulled.end) == (1, "hours")


def test_an_archive_that_tells_nothing_of_its_objects_is_asked_once_each_time(shelf):
    archive = shelf({"2.25.1": 2})
    archive.is_silent = True
    archive.put("2.25.1", "2.25.1.0")

    _, (study,) = pull(archive)

    assert (study.held, study.came, study.is_whole) == (2, 1, True)
    assert archive.fetched == [("2.25.1", None)]


def test_a_study_of_which_nothing_comes_is_missing_whatever_the_archive_tells(shelf):
    archive = shelf({"2.25.1": 0})

    _, (study,) = pull(archive)

    assert not study.is_whole
    assert len(archive.fetched) == 3


def test_an_object_that_the_archive_has_no_more_makes_up_for_none_that_is_missing(shelf):
    archive = shelf({"2.25.1": 1}, [RemoteError("no")] * 3)
    archive.put("2.25.1", "2.25.1.77")

    _, (study,) = pull(archive)

    assert (study.held, study.expected, study.missing, study.is_whole) == (1, 1, 1, False)
