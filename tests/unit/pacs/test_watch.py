"""What is organised when: a clock that is turned by hand, and runs that only take notes."""

import os
from types import SimpleNamespace

import pytest

from ductdicom.errors import NothingReadableError, OutputError, RemoteError
from ductdicom.pacs.peers import find_peer
from ductdicom.pacs.spool.folder import open_spool
from ductdicom.pacs.spool.intake import Intake
from ductdicom.pacs.spool.part import Room
from ductdicom.pacs.spool.waiting import Waiting
from ductdicom.pacs.watch.feed import OrthancFeed, as_orthanc
from ductdicom.pacs.watch.run import Attempt, Watcher
from ductdicom.pacs.watch.settling import LONGEST_S, Settling
from ductdicom.pacs.watch.state import FeedPlace, WatchState, read_state, write_state
from ductdicom.settings import Phi, Settings

QUIET_S = 60


class Clock:
    """A clock that stands still between two turns of it."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now

    def turn(self, seconds):
        self.now += seconds


class Bench:
    """A watch over an empty spool, with a run that notes its inputs and does what it is told."""

    def __init__(self, tmp_path, **options):
        self.clock, self.runs, self.outcome = Clock(), [], report()
        self.spool = open_spool(tmp_path / "spool")
        self.settings = Settings(output=tmp_path / "OUT")
        self.options = options
        self.restart()

    def restart(self, **settings):
        """Start another watch, as after a kill."""
        chosen = Settings(output=self.settings.output, **settings)
        self.watcher = Watcher(
            settings=chosen,
            output=chosen.output,
            settling=Settling(self.spool, QUIET_S, self.clock),
            organise=self._organise,
            clock=self.clock,
            **self.options,
        )

    def _organise(self, inputs, _settings):
        self.runs.append([os.path.basename(name) for name in inputs])  # noqa: PTH119 - of a text
        if isinstance(self.outcome, Exception):
            raise self.outcome
        return self.outcome

    def come(self, study, name="1"):
        """Let an object come."""
        folder = self.spool.study(study)
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.dcm").touch()
        # The file system's clock may stand still between two objects of a test.
        times = folder.stat().st_mtime_ns + 1 + len(list(folder.iterdir()))
        os.utime(folder, ns=(times, times))

    def settle(self):
        """Look now, and when all that is seen now is quiet."""
        notices = self.watcher.look()
        self.clock.turn(QUIET_S)
        return notices + self.watcher.look()


def report(**fields):
    values = {"studies": (), "exit_code": 0, "causes": {}, "notices": ()} | fields
    return SimpleNamespace(**values)


def test_a_study_is_organised_once_it_is_quiet_and_not_before(tmp_path):
    bench = Bench(tmp_path)
    bench.come("1.2")
    bench.watcher.look()
    bench.clock.turn(QUIET_S - 1)
    bench.watcher.look()
    assert bench.runs == []
    bench.come("1.2", "2")
    bench.watcher.look()
    bench.clock.turn(QUIET_S - 1)
    bench.watcher.look()
    assert bench.runs == []  # the second object began it anew
    bench.clock.turn(1)
    bench.watcher.look()

    assert bench.runs == [["1.2"]]


def test_a_late_object_organises_its_study_again_and_an_unchanged_one_costs_nothing(tmp_path):
    bench = Bench(tmp_path)
    bench.come("1.2")
    bench.come("1.3")
    bench.settle()
    bench.settle()
    bench.come("1.2", "late")
    bench.settle()

    assert [sorted(run) for run in bench.runs] == [["1.2", "1.3"], ["1.2"]]


def test_who_comes_after_a_kill_does_what_is_left_and_no_more(tmp_path):
    bench = Bench(tmp_path)
    bench.come("1.2")
    bench.settle()
    bench.come("1.3")
    bench.restart()
    bench.settle()

    assert bench.runs == [["1.2"], ["1.3"]]


@pytest.mark.parametrize("changed", [{"dpi": 100}, {"phi": Phi.NONE}, {"all_studies": True}])
def test_with_other_options_all_is_organised_again(changed, tmp_path):
    bench = Bench(tmp_path)
    bench.come("1.2")
    bench.settle()
    bench.restart(**changed)
    bench.settle()

    assert bench.runs == [["1.2"], ["1.2"]]


def test_with_other_rules_all_is_organised_again(tmp_path):
    rules = tmp_path / "rules.toml"
    rules.write_text("")
    bench = Bench(tmp_path)
    bench.come("1.2")
    bench.restart(rules=rules)
    bench.settle()
    rules.write_text("# other")
    bench.restart(rules=rules)
    bench.settle()

    assert len(bench.runs) == 2


def test_what_a_receiver_waits_for_is_waited_for_but_not_for_ever(tmp_path):
    bench = Bench(tmp_path)
    receiving = Waiting(bench.spool.incoming, QUIET_S)
    receiving.arrived("1.2", None)
    bench.come("1.2")
    bench.settle()
    assert bench.runs == []  # the receiver may have been killed since
    bench.clock.turn(LONGEST_S - QUIET_S)
    bench.watcher.look()
    assert bench.runs == [["1.2"]]


def test_who_is_asked_to_end_begins_no_run(tmp_path):
    bench = Bench(tmp_path, is_ending=lambda: True)
    bench.come("1.2")
    bench.settle()

    assert bench.runs == []


def test_a_run_that_failed_is_tried_again_after_pauses_that_grow_and_said_once(tmp_path):
    bench = Bench(tmp_path)
    bench.outcome = OutputError("is in use by another run")
    bench.come("1.2")
    said = bench.settle()
    assert [notice.event for notice in said] == ["failing"]
    assert bench.watcher.exit_code == 4
    assert bench.watcher.status()["state"] == "failing"
    tried = []
    for second in range(200):
        bench.clock.turn(1)
        before = len(bench.runs)
        assert bench.watcher.look() == []
        tried += [second + 1] * (len(bench.runs) - before)
    bench.outcome = report()
    bench.clock.turn(60)
    bench.watcher.look()

    assert tried == [1, 3, 7, 15, 31, 63, 123, 183]
    assert bench.watcher.exit_code == 0
    assert bench.watcher.status()["state"] == "watching"
    bench.watcher.look()
    assert bench.watcher.status()["waiting"] == 0


def test_another_failure_is_said_again():
    attempt = Attempt(clock := Clock())
    texts = iter(["one", "one", "two"])

    def fail():
        raise RemoteError(next(texts))

    said = []
    for _ in range(3):
        said.append(attempt.make(fail))
        clock.turn(60)
    assert said == [True, False, True]


def test_what_needs_a_person_stands_in_the_exit_code(tmp_path):
    bench = Bench(tmp_path)
    bench.outcome = report(exit_code=1, causes={"unreadable": 2})
    bench.come("1.2")
    (notice,) = bench.settle()
    assert notice.event == "needs-a-person"
    assert notice.values["why"] == "2 unreadable"
    bench.outcome = report()
    bench.come("1.3")
    bench.settle()

    assert bench.watcher.exit_code == 1


def test_a_study_of_which_nothing_can_be_read_is_said_and_holds_up_no_other(tmp_path):
    bench = Bench(tmp_path)
    bench.outcome = NothingReadableError("none of 1 inputs")
    bench.come("1.2")
    (notice,) = bench.settle()
    bench.outcome = report()
    bench.come("1.3")
    bench.settle()

    assert (notice.event, notice.level) == ("unreadable", "error")
    assert bench.runs == [["1.2"], ["1.3"]]


def test_many_studies_are_more_than_one_run_the_oldest_first(tmp_path):
    bench = Bench(tmp_path)
    for number in range(20):
        folder = bench.spool.study(f"1.{number}")
        folder.mkdir()
        os.utime(folder, ns=(10**18 - number, 10**18 - number))
    bench.settle()
    bench.watcher.look()

    assert [len(run) for run in bench.runs] == [16, 4]
    assert bench.runs[0][0] == "1.19"


def test_studies_that_left_the_spool_are_forgotten(tmp_path):
    bench = Bench(tmp_path)
    bench.come("1.2")
    bench.settle()
    for path in (*bench.spool.study("1.2").iterdir(),):
        path.unlink()
    bench.spool.study("1.2").rmdir()
    bench.come("1.3")
    bench.settle()

    assert read_state(bench.settings.output, bench.settings).studies.keys() == {"1.3"}


class Feed:
    """A feed that has things to tell, or does not answer."""

    def __init__(self, *pages):
        self.pages, self.asked = list(pages), []

    def read(self, place):
        self.asked.append(place.last)
        page = self.pages.pop(0) if self.pages else []
        if isinstance(page, Exception):
            raise page
        for number, name in page:
            yield FeedPlace(last=number), name


def test_a_study_of_a_feed_is_complete_and_waits_for_nothing(tmp_path):
    feed = Feed([(5, "1.2"), (7, "")])
    bench = Bench(tmp_path, feed=feed)
    bench.come("1.2")
    bench.come("1.3")
    bench.watcher.look()

    assert bench.runs == [["1.2"]]
    assert read_state(bench.settings.output, bench.settings).feed.last == 7


def test_a_feed_is_gone_on_with_where_it_was_after_a_kill(tmp_path):
    bench = Bench(tmp_path, feed=Feed([(5, "")]))
    bench.watcher.look()
    bench.options["feed"] = again = Feed([])
    bench.restart()
    bench.watcher.look()

    assert again.asked == [5]


def test_a_feed_that_does_not_answer_stops_nothing_else_and_is_asked_again(tmp_path):
    feed = Feed(RemoteError("refused: HTTP 401"), [(5, "")])
    bench = Bench(tmp_path, feed=feed)
    bench.come("1.2")
    notices = bench.watcher.look()
    assert [notice.event for notice in notices] == ["failing"]
    assert bench.watcher.exit_code == 5
    bench.clock.turn(QUIET_S)
    bench.watcher.look()

    assert bench.runs == [["1.2"]]
    assert bench.watcher.exit_code == 0


class OfOrthanc:
    """Pages of changes as Orthanc gives them; it holds no study any more."""

    def __init__(self, *pages):
        self.pages, self.asked = dict(pages), []

    def ask(self, path):
        self.asked.append(path)
        if not path.startswith("changes"):
            return {} if path == "system" else None
        return self.pages[int(path.split("since=")[1].split("&")[0])]


def changes(*numbers, kind, last, is_done):
    listed = [{"ChangeType": kind, "ID": f"id-{n}", "Seq": n} for n in numbers]
    return {"Changes": listed, "Last": last, "Done": is_done}


def test_changes_are_read_page_by_page_and_only_stable_studies_are_looked_at(tmp_path):
    web = OfOrthanc(
        (0, changes(1, 2, kind="NewInstance", last=2, is_done=False)),
        (2, changes(3, 4, kind="StableStudy", last=4, is_done=False)),
        (4, changes(5, kind="StablePatient", last=5, is_done=True)),
    )
    feed = OrthancFeed(web, "u", Intake(open_spool(tmp_path), Room(), lambda _: None))

    places = [place.last for place, _ in feed.read(FeedPlace())]

    assert places == [2, 4, 5]
    assert [path for path in web.asked if "series" in path] == [
        "studies/id-3/series",
        "studies/id-4/series",
    ]


def test_what_is_kept_and_damaged_is_done_again(tmp_path):
    settings = Settings(output=tmp_path)
    write_state(tmp_path, WatchState(studies={"1.2": "5"}))
    assert read_state(tmp_path, settings).studies == {}  # done under other options
    (tmp_path / ".ductdicom" / "watch.json").write_text("{")

    assert read_state(tmp_path, settings) == WatchState(
        made_by=read_state(tmp_path, settings).made_by
    )


def test_orthanc_is_called_by_its_own_address_or_that_of_its_dicomweb():
    for text in ("http://localhost:8042", "http://localhost:8042/dicom-web"):
        assert as_orthanc(find_peer(text, {})).web.url == "http://localhost:8042"
    with pytest.raises(RemoteError, match="no address of the web"):
        as_orthanc(find_peer("PACS@localhost:104", {}))
