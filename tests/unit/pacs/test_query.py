from datetime import date, time

import pytest
from pydicom.dataset import Dataset

from ductdicom.errors import UsageError
from ductdicom.pacs.pull.query import Days, StudyQuery, last_days, parse_days
from ductdicom.pacs.pull.run import Hours
from ductdicom.pacs.pull.worklist import read_worklist

FIRST, LAST = date(2026, 1, 1), date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "days", "written"),
    [
        pytest.param("20260131", Days(first=LAST, last=LAST), "20260131", id="a day"),
        pytest.param("2026-01-31", Days(first=LAST, last=LAST), "20260131", id="with hyphens"),
        pytest.param("20260101-20260131", Days(first=FIRST, last=LAST), "20260101-20260131",
                     id="days"),
        pytest.param("2026-01-01-2026-01-31", Days(first=FIRST, last=LAST), "20260101-20260131",
                     id="days with hyphens"),
        pytest.param("20260101-", Days(first=FIRST), "20260101-", id="from a day on"),
        pytest.param("-20260131", Days(last=LAST), "-20260131", id="up to a day"),
    ],
)  # fmt: skip
def test_days_are_read_and_asked_for_as_in_dicom(text, days, written):
    assert parse_days(text) == days
    assert str(days) == written


@pytest.mark.parametrize("text", ["", "-", "2026", "20260230", "20260131-20260101", "20260101-x"])
def test_what_are_no_days_is_refused(text):
    with pytest.raises(UsageError, match="is no date"):
        parse_days(text)


def test_the_last_day_of_last_night_is_today():
    assert last_days(1, LAST) == Days(first=date(2026, 1, 30), last=LAST)
    assert last_days(0, LAST) == Days(first=LAST, last=LAST)


def answer(**values):
    found = Dataset()
    for name, value in (
        {"StudyInstanceUID": "2.25.1", "ModalitiesInStudy": ["MG"]} | values
    ).items():
        setattr(found, name, value)
    return found


@pytest.mark.parametrize(
    ("values", "is_one"),
    [
        pytest.param({}, True, id="as asked"),
        pytest.param({"PatientID": "sample-1"}, False, id="an ID of other case"),
        pytest.param({"PatientID": "SAMPLE-10"}, False, id="an ID that begins so"),
        pytest.param({"StudyDate": "20260201"}, False, id="another day"),
        pytest.param({"StudyDate": None}, True, id="a day that is not known"),
        pytest.param({"ModalitiesInStudy": ["CT", "SR"]}, False, id="no mammography"),
        pytest.param({"ModalitiesInStudy": ["SR", "MG"]}, True, id="among others"),
        pytest.param({"ModalitiesInStudy": None}, True, id="a modality that is not told"),
        pytest.param({"StudyInstanceUID": "2.25.*"}, False, id="a UID that stands for others"),
        pytest.param({"StudyInstanceUID": None}, False, id="no UID"),
    ],
)
@pytest.mark.filterwarnings("ignore:Invalid value:UserWarning")
def test_an_answer_is_held_against_the_query(values, is_one):
    query = StudyQuery(days=Days(first=FIRST, last=LAST), patient_id="SAMPLE-1")

    given = answer(**({"PatientID": "SAMPLE-1", "StudyDate": "20260115"} | values))

    assert query.is_answered_by(given) is is_one


def test_an_archive_is_asked_broadly_as_it_may_match_names_in_a_way_of_its_own():
    asked = StudyQuery(days=Days(first=FIRST, last=LAST)).matching()

    assert asked == {"ModalitiesInStudy": "MG", "StudyDate": "20260101-20260131"}


@pytest.mark.parametrize(
    ("hours", "now", "is_time"),
    [
        ((19, 7), 18, False), ((19, 7), 19, True), ((19, 7), 23, True), ((19, 7), 3, True),
        ((19, 7), 7, False), ((8, 17), 12, True), ((8, 17), 17, False), ((8, 17), 7, False),
    ],
)  # fmt: skip
def test_hours_may_reach_across_midnight(hours, now, is_time):
    first, last = hours

    assert Hours(first=time(first), last=time(last)).holds(time(now)) is is_time


def worklist(tmp_path, text):
    path = tmp_path / "list.csv"
    path.write_bytes(text.encode("utf-8"))
    return path


def test_a_worklist_is_read_as_departments_write_it(tmp_path):
    head = "\ufeffStudyDate;PatientID;Accession Number\r\n"
    text = f"{head}2026-01-31;SAMPLE-1;\r\n;;A 7\r\n;;\r\n;;A 7\r\n"

    assert read_worklist(worklist(tmp_path, text)) == (
        StudyQuery(days=Days(first=LAST, last=LAST), patient_id="SAMPLE-1"),
        StudyQuery(accession_number="A 7"),
    )


@pytest.mark.parametrize(
    ("text", "patient_id"),
    [
        pytest.param("patient_id,name\nA-1,x\n", "A-1", id="an unknown column is passed over"),
        pytest.param("name,Patient-ID\n,A-1\n", "A-1", id="a name is read by its letters"),
        pytest.param("patient_id\tdate\nA-1\t\n", "A-1", id="tabs"),
        pytest.param('"patient_id";"name"\n"A;1";"B"\n', "A;1", id="a delimiter in quotes"),
        pytest.param('patient_id,name\n"A ""1""",x\n', 'A "1"', id="quotes in quotes"),
        pytest.param('name,patient_id\n"two\nlines",A-1\n', "A-1", id="a value of two lines"),
        pytest.param("sep=;\r\npatient_id;date\r\nA-1;\r\n", "A-1", id="a delimiter that is told"),
        pytest.param('patient_id\n"=""0012"""\n', "0012", id="zeros that a spreadsheet keeps"),
        pytest.param("patient_id\n 0012 \n", "0012", id="blanks around it"),
        pytest.param("patient_id,name\nA-1\n", "A-1", id="fewer values than columns"),
        pytest.param("patient_id\nA-1,,\n", "A-1", id="delimiters at the end"),
        pytest.param("patient_id\rA-1\r", "A-1", id="lines as on old computers"),
        pytest.param("patient_id\nÄ-1\n", "Ä-1", id="letters of a language"),
    ],
)
def test_odd_forms_of_a_worklist_are_read(text, patient_id, tmp_path):
    (query,) = read_worklist(worklist(tmp_path, text))

    assert query.patient_id == patient_id


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("", "no column that is known", id="nothing"),
        pytest.param("\ufeffsep=;\n", "no column that is known", id="a delimiter alone"),
        pytest.param('patient_id\n"A-1\nA-2\n', "line 3: worklist is no CSV", id="open quotes"),
        pytest.param(f"patient_id\n{'A' * 200_000}\n", "no CSV", id="a value without an end"),
        pytest.param(
            "patient_id,name\nA,Doe, Jane\n", "line 2: more values", id="a value too many"
        ),
        pytest.param("date,patient_id,study_date\n", "several columns of study_date", id="twice"),
        pytest.param("name,birth\nx,y\n", "no column that is known", id="other columns"),
        pytest.param("patient_id,date\nSAMPLE-1,yesterday\n", "line 2: 'yesterday'", id="no date"),
        pytest.param("patient_id\nSAMPLE*\n", "line 2: a patient_id that", id="a wildcard"),
        pytest.param("patient_id\nA\\B\n", "would match others", id="several values"),
        pytest.param("patient_id,date\n,2026-01-31\n", "neither a patient ID", id="a day alone"),
    ],
)
def test_a_line_that_says_nothing_is_refused_with_its_number(text, said, tmp_path):
    with pytest.raises(UsageError, match=said.replace("*", r"\*")):
        read_worklist(worklist(tmp_path, text))


def test_a_worklist_that_is_not_there_or_no_text_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_worklist(tmp_path / "gone.csv")
    (tmp_path / "list.csv").write_bytes(b"patient_id\n\xff\n")
    with pytest.raises(UsageError, match="not in UTF-8"):
        read_worklist(tmp_path / "list.csv")
