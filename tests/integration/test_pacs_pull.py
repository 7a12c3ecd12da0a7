"""Ductograms out of archives: Orthanc's, DCMTK's, and some that misbehave."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from time import monotonic

import pytest
from archives import HOST, dcmqrscp, free_ports, orthanc, store
from exports import organise, read_records, write_view
from lying import MG, Liar
from pydicom import dcmread
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind as Find,
)
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelGet as Get,
)
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelMove as Move,
)

from ductdicom.cli.application import run
from ductdicom.pacs.association import MOST_CONTEXTS
from ductdicom.pacs.pull.by_dicom import Way, query_contexts, stored_contexts
from ductdicom.pacs.syntaxes import BREAST
from ductdicom.phantom.files import Syntax
from ductdicom.phantom.spec import MAMMARY_DUCTOGRAM, Person, Texts

pytestmark = pytest.mark.integration

KILLS = 50  # in the slow test
A_FEW = 3
ALPHA = Person(name="SAMPLE^ALPHA", patient_id="SAMPLE-100", birth_date="19610203")
BETA = Person(name="SAMPLE^BETA", patient_id="SAMPLE-200", birth_date="19620203")
OTHER = Person(
    name="SAMPLE^GAMMA", patient_id="SAMPLE-100", issuer="OTHER HOSPITAL", birth_date="19700101"
)
NAMED, CODED, IN_SERIES, PLAIN, PRIOR, OLD, FOREIGN = (f"2.25.80{n}" for n in range(7))
DAYS = "20260301-20260331"
# Study, day, who, its texts and codes, and in which transfer syntaxes its images are stored.
STUDIES = {
    NAMED: (
        "20260310",
        ALPHA,
        {"texts": Texts(study="Galaktographie li")},
        (Syntax.JPEG_2000,) * 3,
    ),
    CODED: (
        "20260311",
        BETA,
        {"texts": Texts(study="MAMMO"), "procedure_codes": (MAMMARY_DUCTOGRAM,)},
        (Syntax.EXPLICIT, Syntax.JPEG_LOSSLESS),
    ),
    IN_SERIES: (
        "20260312",
        BETA,
        {"texts": Texts(study="MAMMO", series="Ductogram left")},
        (Syntax.EXPLICIT,),
    ),
    PLAIN: ("20260313", BETA, {"texts": Texts(study="Mammographie bds")}, (Syntax.EXPLICIT,)),
    PRIOR: (
        "20251201",
        ALPHA,
        {"texts": Texts(study="Mammographie")},
        (Syntax.RLE, Syntax.JPEG_LS),
    ),
    OLD: ("20200101", ALPHA, {"texts": Texts(study="Mammographie")}, (Syntax.EXPLICIT,)),
    FOREIGN: ("20251202", OTHER, {"texts": Texts(study="Mammographie")}, (Syntax.EXPLICIT,)),
}
FETCHED = {NAMED: 3, PRIOR: 2, CODED: 2, IN_SERIES: 1}
_SR = "1.2.840.10008.5.1.4.1.1.88"  # reports


def data_set(path):
    content = Path(path).read_bytes()
    return content[144 + int.from_bytes(content[140:144], "little") :]


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pull") / "export"
    for study, (day, person, spec, syntaxes) in STUDIES.items():
        for number, syntax in enumerate(syntaxes):
            write_view(
                folder / study / str(number),
                syntax=syntax,
                seed=number,
                label=f"{study}/{number}",
                sop_instance_uid=f"{study}.{number}",
                series_instance_uid=f"{study}.9",
                study_instance_uid=study,
                study_at=f"{day}085500",
                acquired_at=f"{day}090{number}00",
                accession_number=f"A{study[-3:]}",
                person=person,
                **spec,
            )
    return folder


@pytest.fixture(scope="module")
def archive(tmp_path_factory, export):
    with orthanc(tmp_path_factory.mktemp("pull-orthanc") / "orthanc") as found:
        assert store(found, *(p for p in sorted(export.rglob("*")) if p.is_file())) == 0
        yield found


def pull(archive, spool, *options, connect=None, bind=None):
    return run(
        [
            *("pull", "-c", connect or archive.address, "-b", bind or "DUCT", "--pause", "0"),
            *(
                "-o",
                str(spool),
                "--reserve",
                "0",
                "--timeout",
                "10",
                *(options or ("--date", DAYS)),
            ),
        ]
    )


def held(spool):
    found = {}
    for path in sorted((spool / "studies").glob("*/*.dcm")):
        found.setdefault(path.parent.name, []).append(path)
    return found


def assert_as_stored(spool, export, studies):
    found = held(spool)
    assert {study: len(paths) for study, paths in found.items()} == studies
    for study, paths in found.items():
        own = {data_set(path) for path in (export / study).iterdir()}
        assert {data_set(path) for path in paths} == own


# --- asked broadly, decided at home ---


def test_a_dry_run_prints_what_is_found_and_why(archive, capsys):
    code = run(["pull", "-c", archive.address, "-b", "DUCT", "--date", DAYS, "-n"])

    said = capsys.readouterr()
    rows = [line.split()[:3] for line in said.out.splitlines()[1:]]
    assert code == 0
    assert rows == [
        ["2026-03-10", "ductogram", "yes"],
        ["2025-12-01", "mammogram", "as"],
        ["2026-03-11", "ductogram", "yes"],
        ["2026-03-12", "ductogram", "yes"],
        ["2026-03-13", "mammogram", "no"],
    ]
    assert "procedure-name: Galaktographie li" in said.out
    assert "procedure-code: 18102001" in said.out
    assert "SAMPLE" not in said.out + said.err
    assert "2.25" not in said.out + said.err


def test_only_with_full_phi_the_table_says_who(archive, capsys):
    run(["pull", "-c", archive.address, "--date", DAYS, "-n", "--phi", "full"])

    said = capsys.readouterr().out
    assert "SAMPLE-100" in said
    assert NAMED in said


@pytest.mark.parametrize("way", ["get", "move", "web"])
def test_what_is_stored_comes_as_it_is_stored_with_priors_of_the_same_patient(
    archive, export, tmp_path, capsys, way
):
    connect = archive.url if way == "web" else archive.address
    bind = archive.bind if way == "move" else "DUCT"

    code = pull(
        archive, tmp_path / "spool", "--date", DAYS, "--via", way, connect=connect, bind=bind
    )

    said = capsys.readouterr()
    assert code == 0, said.err
    assert_as_stored(tmp_path / "spool", export, FETCHED)
    assert sorted(said.out.split("\n")[:-1]) == sorted(f"{k} {v}" for k, v in FETCHED.items())
    assert "SAMPLE" not in said.err
    run(["scan", str(tmp_path / "spool"), "--json"])
    records = list(map(json.loads, capsys.readouterr().out.splitlines()))
    kinds = {record["study_instance_uid"]: record["exam"]["kind"] for record in records}
    assert kinds == dict.fromkeys(FETCHED, "ductogram") | {PRIOR: "mammogram"}


def test_an_archive_that_knows_no_counts_and_ignores_modalities_will_do(export, tmp_path, capsys):
    named = write_view(
        tmp_path / "named",
        study_instance_uid="2.25.810",
        study_at="20260314085500",
        person=BETA,
        texts=Texts(study="Duktographie"),
    )
    with dcmqrscp(tmp_path / "qr") as archive:
        assert store(archive, named, export / PLAIN / "0") == 0
        code = pull(archive, tmp_path / "spool", "--date", DAYS)

    assert code == 0, capsys.readouterr().err
    assert set(held(tmp_path / "spool")) == {"2.25.810", PLAIN}  # which is of the same patient


def test_without_months_no_prior_is_fetched(archive, tmp_path):
    assert pull(archive, tmp_path / "spool", "--date", DAYS, "--priors", "0") == 0
    assert set(held(tmp_path / "spool")) == {NAMED, CODED, IN_SERIES}


def test_a_worklist_names_what_is_fetched_whatever_it_is_called(archive, tmp_path, capsys):
    worklist = tmp_path / "list.csv"
    worklist.write_text(
        "Patient ID;Accession Number;Date;remark\n"
        f"SAMPLE-200;A{PLAIN[-3:]};2026-03-13;x\n;nothing;;\n;;;\n",
        encoding="utf-8-sig",
    )

    code = pull(archive, tmp_path / "spool", "--worklist", str(worklist), "--priors", "0")

    assert code == 1
    assert set(held(tmp_path / "spool")) == {PLAIN}
    assert "1 line of the worklist" in capsys.readouterr().err


# --- counted, and gone on with ---


def test_what_is_here_already_is_not_fetched_again(archive, tmp_path, capsys):
    spool = tmp_path / "spool"
    assert pull(archive, spool, "--date", "20260310") == 0
    before = {path: path.stat().st_mtime_ns for path in spool.rglob("*.dcm")}
    gone = spool / "studies" / NAMED / f"{NAMED}.1.dcm"
    gone.unlink()
    capsys.readouterr()

    assert pull(archive, spool, "--date", "20260310") == 0

    assert "1 object came" in capsys.readouterr().err
    after = {path: path.stat().st_mtime_ns for path in spool.rglob("*.dcm")}
    assert after.keys() == before.keys()
    assert {p for p in before if after[p] != before[p]} == {gone}


def test_a_limit_leaves_the_rest_for_the_next_run(archive, tmp_path, capsys):
    spool = tmp_path / "spool"
    assert pull(archive, spool, "--date", "20260310", "--limit", "1") == 0
    assert len(held(spool)) == 1
    assert "1 study left (limit)" in capsys.readouterr().err

    assert pull(archive, spool, "--date", "20260310", "--limit", "1") == 0
    assert len(held(spool)) == 2


def test_out_of_hours_nothing_is_fetched(archive, tmp_path, capsys, monkeypatch):
    assert pull(archive, tmp_path / "spool", "--date", DAYS, "--between", "00:00-00:00") == 0
    assert held(tmp_path / "spool") == {}
    assert "4 studies left (hours)" in capsys.readouterr().err


# --- archives that misbehave ---


@pytest.fixture
def files(export):
    return [export / CODED / "0", *_more(export)]


def _more(export):
    folder = export.parent / "more"
    return [
        write_view(
            folder / str(n),
            label=f"more/{n}",
            sop_instance_uid=f"{CODED}.9{n}",
            series_instance_uid=f"{CODED}.9",
            study_instance_uid=CODED,
            study_at="20260311085500",
            person=BETA,
            texts=Texts(study="DUCTOGRAM"),
            seed=n,
        )
        for n in range(3)
    ]


@pytest.fixture
def liar(files):
    def make(**lies):
        return Liar(files[1:], **lies)

    return make


def no_priors(*more):
    return ("--date", DAYS, "--priors", "0", *more)


def test_a_study_is_asked_for_three_times_at_most_and_what_is_missing_is_said(
    liar, tmp_path, capsys
):
    lying = liar(refuses={f"{CODED}.91"})
    with lying.listening(Find, Get) as archive:
        code = pull(archive, tmp_path / "spool", *no_priors())

    assert code == 1
    assert lying.asked.count("GET") == 3
    assert "MISSING 1 of 3 objects" in capsys.readouterr().err
    assert len(held(tmp_path / "spool")[CODED]) == 2


@pytest.mark.parametrize("form", ["-v", "--log-json"])
@pytest.mark.parametrize("lie", [{"refuses": {f"{CODED}.91"}}, {"drops": 9}, {"status": 0xC001}])
def test_no_log_names_a_patient_or_a_study(form, lie, liar, tmp_path, capsys, caplog):
    lying = liar(**lie)
    with lying.listening(Find, Get) as archive:
        pull(archive, tmp_path / "spool", *no_priors(form))

    said = capsys.readouterr()
    for word in ("SAMPLE", "2.25", "DUCTOGRAM", "19620203"):
        assert word not in said.err + caplog.text
    assert all(line.split()[0] == CODED for line in said.out.splitlines())


def test_where_one_object_keeps_an_archive_from_giving_the_study_the_others_come_by_name(
    liar, tmp_path, capsys
):
    # As a report does, of a class that its side does not propose.
    lying = liar(refuses={f"{CODED}.91"})
    lying.gives_all_or_none = True
    with lying.listening(Find, Get) as archive:
        assert pull(archive, tmp_path / "spool", *no_priors()) == 1

    said = capsys.readouterr().err
    assert len(held(tmp_path / "spool")[CODED]) == 2
    assert "MISSING 1 of 3 objects of the study of 2026-03-11: " in said
    assert "answered C-GET with 0xC000; C-MOVE needs -b AET@:port, and was not tried" in said


@pytest.mark.parametrize(
    ("phi", "name"),
    [("minimal", "the study of 2026-03-11"), ("none", "a study"),
     ("full", f"the study of 2026-03-11 {CODED}")],
)  # fmt: skip
def test_what_is_missing_is_named_as_far_as_a_log_may(phi, name, liar, tmp_path, capsys):
    lying = liar(refuses={f"{CODED}.91"})
    with lying.listening(Find, Get) as archive:
        pull(archive, tmp_path / "spool", *no_priors("--phi", phi))

    assert f"MISSING 1 of 3 objects of {name}\n" in capsys.readouterr().err


@pytest.mark.parametrize(("options", "fetched"), [((), False), (("--nameless",), True)])
def test_a_study_without_name_and_code_is_told_of_and_fetched_where_that_is_wished(
    options, fetched, liar, tmp_path, capsys
):
    lying = liar()
    lying.says["StudyDescription"] = ""
    with lying.listening(Find, Get) as archive:
        assert pull(archive, tmp_path / "spool", *no_priors(*options)) == 0

    assert (CODED in held(tmp_path / "spool")) == fetched
    assert ("1 study has neither name nor code" in capsys.readouterr().err) == (not fetched)


def test_an_archive_that_counts_more_than_it_has_ends_with_1(liar, tmp_path, capsys):
    lying = liar(count=5)
    with lying.listening(Find, Get) as archive:
        code = pull(archive, tmp_path / "spool", *no_priors())

    assert code == 1
    assert "MISSING 2 of 5 objects" in capsys.readouterr().err


def test_an_archive_that_counts_fewer_than_it_has_is_not_believed(liar, tmp_path):
    with liar(count=1).listening(Find, Get) as archive:
        assert pull(archive, tmp_path / "spool", *no_priors()) == 0

    assert len(held(tmp_path / "spool")[CODED]) == 3


def test_an_association_that_breaks_is_asked_for_again_and_only_what_is_missing_fetched(
    liar, tmp_path
):
    lying = liar(drops=1)
    with lying.listening(Find, Get) as archive:
        assert pull(archive, tmp_path / "spool", *no_priors()) == 0

    assert len(held(tmp_path / "spool")[CODED]) == 3
    assert lying.most_open == 1  # one association at a time
    assert lying.associations == 2


def test_an_archive_that_hangs_is_given_up(liar, tmp_path, capsys):
    lying = liar(hangs=True)
    with lying.listening(Find, Get) as archive:
        code = pull(archive, tmp_path / "spool", *no_priors("--timeout", "0.5"))

    assert code == 1
    assert "silent for too long" in capsys.readouterr().err


def test_an_interrupt_does_not_wait_for_an_archive_that_hangs(liar, tmp_path):
    lying = liar(hangs=True)
    with lying.listening(Find, Get) as archive:
        threading.Timer(0.7, os.kill, [os.getpid(), signal.SIGINT]).start()
        began = monotonic()
        code = pull(archive, tmp_path / "spool", *no_priors())

    assert code == 130
    assert monotonic() - began < 8


def test_a_status_that_says_all_went_well_is_not_believed(liar, tmp_path):
    lying = liar(refuses={f"{CODED}.9{n}" for n in range(3)})
    with lying.listening(Find, Get) as archive:
        assert pull(archive, tmp_path / "spool", *no_priors()) == 1


def test_an_archive_that_lets_nothing_be_fetched_ends_with_5(liar, tmp_path, capsys):
    with liar().listening(Find, Move, storage=False) as archive:  # C-MOVE, and we listen nowhere
        code = pull(archive, tmp_path / "spool", *no_priors())

    assert code == 5
    assert "offers neither C-GET nor C-MOVE" in capsys.readouterr().err


def test_where_c_get_brings_nothing_c_move_does(archive, export, tmp_path, monkeypatch):
    from ductdicom.pacs.pull import by_dicom  # noqa: PLC0415

    # As of an archive that accepts C-GET and then stores nothing over it.
    monkeypatch.setattr(by_dicom, "stored_contexts", lambda _: [])

    code = pull(archive, tmp_path / "spool", "--date", "20260310", bind=archive.bind)

    assert code == 0
    assert_as_stored(tmp_path / "spool", export, {NAMED: 3, PRIOR: 2})


def test_where_c_get_is_refused_c_move_brings_it(liar, tmp_path):
    (port,) = free_ports(1)
    lying = liar()
    lying.port = port
    with lying.listening(Find, Move) as archive:
        code = pull(archive, tmp_path / "spool", *no_priors(), bind=f"DUCT@{HOST}:{port}")

    assert code == 0
    assert lying.asked.count("MOVE") == 1
    assert "GET" not in lying.asked
    assert len(held(tmp_path / "spool")[CODED]) == 3


def test_an_archive_that_does_not_know_where_we_are_says_so(archive, liar, tmp_path, capsys):
    (port,) = free_ports(1)
    ours = {"bind": f"NOBODY@{HOST}:{port}"}
    # Orthanc has a status of its own for it, another one says it in the standard's words.
    assert pull(archive, tmp_path / "a", "--date", "20260312", "--via", "move", **ours) == 1
    assert "answered C-MOVE with 0xC000" in capsys.readouterr().err

    with liar().listening(Find, Move, storage=False) as other:
        assert pull(other, tmp_path / "b", *no_priors("--via", "move"), **ours) == 5
    assert "does not know where NOBODY is" in capsys.readouterr().err


def test_an_archive_that_cannot_be_reached_ends_with_5(tmp_path, capsys):
    (port,) = free_ports(1)
    assert run(["pull", "-c", f"A@{HOST}:{port}", "--date", DAYS, "-o", str(tmp_path / "s")]) == 5
    assert "cannot be reached" in capsys.readouterr().err


def test_an_archive_that_answers_about_another_patient_lends_no_prior(liar, tmp_path):
    lying = liar()
    lying.patient_id = "sample-200"
    worklist = tmp_path / "list.csv"
    worklist.write_text("patient_id\nSAMPLE-200\n", encoding="utf-8")
    with lying.listening(Find, Get) as archive:
        code = pull(archive, tmp_path / "spool", "--worklist", str(worklist))

    assert code == 1
    assert held(tmp_path / "spool") == {}


def test_the_last_day_is_yesterday_and_today(liar, tmp_path):
    lying = liar()
    with lying.listening(Find, Get) as archive:
        code = pull(archive, tmp_path / "spool", "--days", "1")

    today = date.today()  # noqa: DTZ011 - as an archive's dates
    assert code == 0
    assert lying.days == [f"{today - timedelta(days=1):%Y%m%d}-{today:%Y%m%d}"]


# --- C-GET's contexts ---


def test_each_transfer_syntax_has_a_context_of_its_own():
    contexts = stored_contexts(126)

    assert all(len(item.transfer_syntax) == 1 for item in contexts)
    assert len(contexts) == 126
    of_mg = [item.transfer_syntax[0] for item in contexts if item.abstract_syntax == MG]
    assert len(of_mg) == len(set(of_mg)) == 8


def test_what_stands_beside_mammograms_may_come_as_well():
    proposed = {item.abstract_syntax for item in stored_contexts(126)}

    basic_text, enhanced, comprehensive = (f"{_SR}.{number}" for number in ("11", "22", "33"))
    cad, dose = f"{_SR}.50", f"{_SR}.67"
    assert proposed >= {basic_text, enhanced, comprehensive, cad, dose}
    captures = {f"1.2.840.10008.5.1.4.1.1.7.{number}" for number in (1, 2, 3)}
    assert proposed >= captures | {"1.2.840.10008.5.1.4.1.1.104.1", "1.2.840.10008.5.1.4.1.1.6.1"}


def test_what_is_proposed_to_fetch_fits_into_one_association_with_all_that_a_study_holds():
    asked = query_contexts(tuple(Way))
    stored = stored_contexts(MOST_CONTEXTS - len(asked))

    assert len(asked) + len(stored) <= 128
    number = Counter(str(item.abstract_syntax) for item in stored)
    assert {uid: number[uid] for uid in BREAST} == dict.fromkeys(BREAST, 8)


# --- wrong usage ---


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param([], "give one of --date", id="no days"),
        pytest.param(["--date", DAYS, "--days", "1"], "give one of --date", id="two ways of them"),
        pytest.param(["--date", "2026"], "is no date", id="no date"),
        pytest.param(["--date", "20260331-20260301"], "is no date", id="days in no order"),
        pytest.param(["--days", "1", "--between", "19"], "are no hours", id="no hours"),
        pytest.param(["--days", "1", "--via", "move"], "where we listen", id="C-MOVE to nowhere"),
        pytest.param(["--days", "1", "--via", "web"], "has no DICOMweb", id="no DICOMweb"),
    ],
)
def test_wrong_usage_is_told_before_anybody_is_asked(options, said, tmp_path, capsys):
    code = run(["pull", "-c", f"A@{HOST}:1", "-o", str(tmp_path / "spool"), *options])

    assert code in {2, 5}
    assert said in capsys.readouterr().err


def test_somewhere_to_put_it_is_needed(capsys):
    assert run(["pull", "-c", f"A@{HOST}:1", "--days", "1"]) == 2
    assert "name a spool" in capsys.readouterr().err


# --- from the archive to the sheets ---


def test_samples_come_out_of_an_archive_and_are_drawn_as_from_a_folder(
    archive, samples, tmp_path, capsys
):
    sent = [p for name in ("textbook", "prior-scout") for p in (samples / name).rglob("*")]
    sent = [path for path in sent if path.is_file() and is_dicom(path)]
    before = {path: path.read_bytes() for path in sent}
    assert store(archive, *sent) == 0
    days = sorted({str(dcmread(path).StudyDate) for path in sent})

    code = pull(archive, tmp_path / "spool", "--date", f"{days[0]}-{days[-1]}", "--via", "web",
                connect=archive.url)  # fmt: skip
    assert code == 0, capsys.readouterr().err
    assert organise(tmp_path / "spool", output=tmp_path / "out") == 0
    assert organise(*{path.parent for path in sent}, output=tmp_path / "direct") == 0

    wanted = {record["study_instance_uid"]: record for record in read_records(tmp_path / "direct")}
    found = {record["study_instance_uid"]: record for record in read_records(tmp_path / "out")}
    assert {uid: decided(found[uid]) for uid in wanted} == {
        uid: decided(record) for uid, record in wanted.items()
    }
    assert {path: path.read_bytes() for path in sent} == before


def is_dicom(path):
    return path.read_bytes()[128:132] == b"DICM" and path.name != "DICOMDIR"


def decided(record):
    phases = {i["sop_instance_uid"]: i["phase"] for i in record["instances"]}
    return record["status"], record["exam"]["kind"], phases


# --- kill -9 ---


@pytest.mark.parametrize("kills", [A_FEW, pytest.param(KILLS, marks=pytest.mark.slow)])
@pytest.mark.parametrize("via", [pytest.param("web", marks=pytest.mark.slow), "get"])
def test_killed_at_any_moment_it_goes_on_where_it_was_and_holds_nothing_half(
    via, kills, archive, export, tmp_path
):
    chance = random.Random(kills)
    of_web = tmp_path / "web.toml"
    of_web.write_text(f'[peers.main]\nconnect = "{archive.address}"\nweb = "{archive.url}"\n')
    command = [
        *(sys.executable, "-m", "ductdicom", "pull", "-c", "main", "--config", of_web),
        *("-b", "DUCT", "--pause", "0.1", "--reserve", "0", "--date", DAYS, "--via", via),
    ]
    sources = {data_set(path) for path in export.rglob("*") if path.is_file()}
    spools, killed = [tmp_path / "spool-0"], 0
    for _ in range(kills):
        with subprocess.Popen(
            [*command, "-o", spools[-1]], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            try:
                process.wait(chance.uniform(0.5, 3))
            except subprocess.TimeoutExpired:
                process.kill()
                killed += 1
            said = process.communicate()[0]
        for line in said.splitlines():
            study, objects = line.split()
            assert len(held(spools[-1])[study]) == int(objects)
        assert {data_set(path) for path in spools[-1].glob("studies/*/*")} <= sources
        if process.returncode == 0:
            spools.append(tmp_path / f"spool-{len(spools)}")
    assert killed
    for spool in spools:
        assert subprocess.run([*command, "-o", spool], check=False).returncode == 0
        assert_as_stored(spool, export, FETCHED)
        assert list(spool.glob("incoming/*.part")) == []
