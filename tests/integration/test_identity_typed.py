"""Whatever somebody typed, wherever: it comes out in no page, file name or stream."""

import base64
import io
import re
import unicodedata
import zlib
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from anyascii import anyascii
from exports import SCENES, organise, write_ductogram, write_view
from PIL import Image
from pydicom import Dataset, Sequence, dcmread
from pydicom.config import disable_value_validation
from pypdf import PdfReader

from ductdicom.cli.application import run
from ductdicom.identity.known import MASK
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration

PERSON = Person(name="X", patient_id="MRN-7731946", birth_date="19590713")
NAMED = {
    "PatientName": "Müller^Jane Li=山田^花子=やまだ^はなこ",
    "OtherPatientNames": "Quispe^Rosa",
    "PatientBirthName": "O'Hara^Jane",
    "PatientMotherBirthName": "Zwingli^Ruth",
    "OtherPatientIDs": "X99-881230",
    "AccessionNumber": "A5550123",
    "StudyID": "ST-440117",
    "ReferringPhysicianName": "Okonkwo^Chidi^^Dr",
    "PerformingPhysicianName": "Wu^Yi",
    "OperatorsName": "Kowalska^Ewa",
    "InstitutionName": "Sankt Florian Klinik Linz",
    "AdmissionID": "VISIT-90210",
    "ReviewerName": "Steinmetz^Ruth",
    "RequestingService": "Praxis Zimmermann",
    "PatientTelephoneNumbers": "+49 170 5558234",
}
# Who stands in sequences: a former name and order, an operator's code, an observer.
NESTED = {
    "OriginalAttributesSequence": {
        "ModifiedAttributesSequence": {
            "PatientName": "Falkenrath^Uta",
            "AccessionNumber": "AX998877",
        }
    },
    "OperatorIdentificationSequence": {
        "PersonIdentificationCodeSequence": {
            "CodeValue": "OP47123",
            "CodingSchemeDesignator": "99L",
            "CodeMeaning": "Richter, Gabi",
        }
    },
    "ActualHumanPerformersSequence": {"HumanPerformerName": "Weinhold^Ria"},
}
OTHER = Person(name="Brandstetter^Ilse", patient_id="BRA-661245", birth_date="19710203")
TYPED = (
    *(
        "INJECTION_MULLER_JANE",
        "MUELLER_X",
        "MÜLLER2",
        "Mu\u0308ller",
        "ＭＵＬＬＥＲ",
        "mueller/jane",
    ),
    *(
        "janemueller",
        "Muller,Jane",
        "M.U.L.L.E.R",
        "MULLERpost",
        "Li",
        "li_x",
        "山田花子",
        "山田様",
    ),
    *(
        "ヤマダ",
        "ﾔﾏﾀﾞ ﾊﾅｺ",
        "YAMADA",
        "やまだ",
        "MRN7731946",
        "0007731946",
        "773-1946",
        "ID:7731946",
    ),
    *("13.7.1959", "13-JUL-59", "07/13/59", "1959-07-13", "19590713", "July 13, 1959"),
    *("2.1.2026", "02-JAN-26", "01/02/26", "2026-01-02", "20260102", "2 January 2026"),
    *("QUISPE", "rosa_quispe", "OHARA", "O’Hara", "o hara", "Zwingli", "RUTH ZWINGLI"),
    *("X99881230", "881230", "A5550123", "A-555-0123", "acc 5550123", "ST440117", "90210 VISIT"),
    *("M?ller", "MÃ¼ller", "M ller", "M\ufffdller", "M ü l l e r", "M U E L L E R", "m.u.l.l.e.r"),
    *("Muell", "Мюллер", "13. července 1959", "13 липня 1959", "13. heinäkuuta 59", "13.071959"),
    *("1 3 0 7 1 9 5 9", "1338/04/21", "1959-194", "1959년 7월 13일", "昭和三十四年七月十三日"),
    *("2026-002", "二〇二六年一月二日", "1404/10/12", "115/01/02", "2. ledna 2026"),
    *("Falkenrath", "AX998877", "G. Richter", "OP47123", "Weinhold", "Steinmetz", "Zimmermann"),
    *("0170 5558234", "Brandstetter", "BRANDSTETTER_ILSE", "BRA661245", "661245"),
    *("OKONKWO", "Dr.Okonkwo", "chidi", "WU YI", "Kowalska-E", "ewa", "Sankt Florian", "FLORIAN"),
)
PLACES = (
    *("StudyDescription", "SeriesDescription", "ProtocolName", "ImageComments"),
    *("AcquisitionComments", "DerivationDescription", "AcquisitionDeviceProcessingDescription"),
    *("AcquisitionDeviceProcessingCode", "ContrastBolusRoute", "PaddleDescription"),
    *("RequestedProcedureDescription", "StudyComments"),
    *("PerformedProcedureStepDescription", "CommentsOnThePerformedProcedureStep"),
    "WindowCenterWidthExplanation",
)
CODED = ("BodyPartExamined", "ViewPosition", "FilterMaterial", "ContrastBolusIngredient")
# What must be nowhere: of each word a piece that every spelling of it holds.
HIDDEN = (
    *("muller", "mueller", "müller", "jane", "山田", "花子", "やまだ", "ヤマダ", "ﾔﾏﾀﾞ", "yamada"),
    *(
        "shantian",
        "hanako",
        "7731946",
        "773-1946",
        "7.1959",
        "-1959",
        "1959-",
        "jul-59",
        "07/13",
        "590713",
    ),
    *(
        "quispe",
        "rosa",
        "ohara",
        "o hara",
        "o’hara",
        "zwingli",
        "ruth",
        "881230",
        "5550123",
        "555-0123",
        "440117",
    ),
    *("?ller", "ã¼", "m ller", "m ü l", "m u e l", "m.u.l", "muell", "мюллер", "července", "липня"),
    *(
        "heinä",
        "071959",
        "1 3 0 7",
        "1338/",
        "-194",
        "1959년",
        "三十四年",
        "falken",
        "998877",
        "47123",
    ),
    *("richter", "weinhold", "steinmetz", "zimmermann", "5558234", "brandst", "661245", "ilse"),
    *("90210", "okonkwo", "chidi", "kowalska", "ewa ", "florian", "linz", "m.u.l.l"),
)
DATE = ("2026-", "1.2026", "202601", "january 2026", "2 jan", "02-jan", "01/02/26")
DATE += ("二〇二六", "1404/10", "115/01", "ledna")


def _edit(path, texts):
    """Type texts into all places of a header, and into the meaning of a code and a LUT."""
    dataset = dcmread(path)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    for keyword, value in NAMED.items():
        setattr(dataset, keyword, value)
    for keyword in PLACES:
        setattr(dataset, keyword, next(texts)[:60])
    for keyword in CODED:
        setattr(dataset, keyword, next(text for text in texts if text.isascii()))
    for keyword, items in NESTED.items():
        setattr(dataset, keyword, Sequence([_nested(items)]))
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "99L", next(texts)
    dataset.ProcedureCodeSequence = Sequence([code])
    if path.name in {"IM1", "IM3"}:
        table = Dataset()
        table.LUTDescriptor, table.LUTExplanation = [4096, 0, 12], next(texts)
        table.LUTData = np.arange(4096, dtype="<u2").tobytes()
        dataset.VOILUTSequence = Sequence([table])
    dataset.WindowCenter, dataset.WindowWidth = 2000, 4000
    dataset.save_as(path)


def _nested(values):
    """Return an item of a sequence; what is not a text in it is a further one."""
    item = Dataset()
    for keyword, value in values.items():
        setattr(item, keyword, value if isinstance(value, str) else Sequence([_nested(value)]))
    return item


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """Return ductograms of one patient in which every spelling was typed into several places."""
    folder = tmp_path_factory.mktemp("typed") / "Jane_MULLER 7731946" / "13.07.59"
    for shift in range(3):
        texts = cycle((*TYPED[shift * 17 :], *TYPED[: shift * 17]))
        study = {"study": f"2.25.77{shift}", "person": PERSON}
        write_ductogram(folder / f"{shift}", scenes=SCENES, **study)
        with disable_value_validation():  # nor do people
            for path in sorted((folder / f"{shift}").iterdir()):
                _edit(path, texts)
    plain = {"texts": Texts(study="MAMMOGRAM"), "study_instance_uid": "2.25.778"}
    write_view(folder / "other", label="o", person=OTHER, **plain)
    write_view(folder / "named", label="n", person=PERSON, study_instance_uid="2.25.779")
    (folder / "cut").write_bytes((folder / "named").read_bytes()[:-900])
    (folder / "named").unlink()
    return folder


FOR_THE_DEPARTMENT = {
    *("ledger.csv", "studies.jsonl", "summary.json", "worklist.csv", "decisions.json"),
    *("runs", "decisions", ".ductdicom"),
}


def _leaving(folder: Path):
    """Yield the files that may leave the department, and all that they say."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        is_apart = relative.parts[0] in FOR_THE_DEPARTMENT
        if path.is_file() and not is_apart and path.name != "study.json":
            yield str(relative), _said(path)


def _said(path: Path) -> str:
    content = path.read_bytes()
    if path.suffix == ".pdf":
        reader = PdfReader(path)
        streams = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
        inflated = [_inflated(stream) for stream in streams]
        drawn = "\n".join(page.extract_text() for page in reader.pages)
        return f"{drawn}\n{reader.metadata}\n{reader.outline}\n{inflated}"
    if path.suffix == ".png":
        return str(Image.open(io.BytesIO(content)).info)
    if path.suffix == ".dcm":
        dataset = dcmread(path)
        del dataset.PixelData
        return f"{dataset}\n{dataset.file_meta}"
    return re.sub(r"data:image/png;base64,[^\"]*", _info, content.decode("utf-8"))


def _info(found: re.Match[str]) -> str:
    return str(Image.open(io.BytesIO(base64.b64decode(found[0].partition(",")[2]))).info)


def _inflated(stream: bytes) -> bytes:
    """Return a stream's words; a picture's pixels say none."""
    try:
        content = zlib.decompressobj().decompress(stream)
    except zlib.error:
        return b""
    return content if content.isascii() else b""


_HASHES = re.compile(r"(?<![0-9a-z])(?:[0-9a-f]{12,}|[0-9]{15,})(?![0-9a-z])")


def _found(text: str, words) -> list[str]:
    """Return the words that a text holds in any case and width, also as a page transliterates."""
    plain = unicodedata.normalize("NFKC", _HASHES.sub("", text)).casefold()
    spelled = anyascii(plain).casefold()
    joined = re.sub(r"\s*\n\s*", " ", plain)
    return [word for word in words if word in plain or word in joined or word in spelled]


@pytest.fixture(scope="module", params=["none", "minimal"])
def organised(request, export, tmp_path_factory):
    """Return the mode, the output folder of a run in all formats, and what the run said."""
    output = tmp_path_factory.mktemp("out") / "out"
    said = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("click.echo", lambda text="", **_: said.append(str(text)))
        options = ["--phi", request.param, "--log-json", "-v"]
        organise(export, output=output, formats="png,pdf,html,dicom", options=options)
    # When the run was says nothing of the study.
    return request.param, output, re.sub(r'"time": "[^"]*"', "", "\n".join(said))


def _words(phi):
    return HIDDEN + DATE if phi == "none" else HIDDEN


def test_no_file_that_may_leave_the_department_says_who_it_is(organised):
    phi, output, _ = organised
    allowed = {"7731946", "661245"} if phi == "minimal" else set()

    leaving = dict(_leaving(output))

    assert {name.rpartition(".")[2] for name in leaving} == {"html", "png", "pdf", "dcm"}
    for name, text in leaving.items():
        assert (name, set(_found(f"{name}\n{text}", _words(phi))) - allowed) == (name, set())
    sheets = [text for name, text in leaving.items() if name.endswith(".pdf")]
    assert sum(MASK in text for text in sheets) == 3
    assert not any(re.search(r"2[.]25[.]77", text) for text in sheets)


def test_no_stream_says_who_it_is(organised, export, tmp_path, capfd):
    phi, _, logged = organised
    assert logged.count('"finding"') > 3
    assert _found(logged, _words(phi)) == []
    target = str(tmp_path / "sheet.png")
    commands = (
        *(["scan"], ["scan", "--json"], ["explain"], ["explain", "--json"]),
        *(["check"], ["check", "--json"], ["check", "--pixels"], ["sheet", "-o", target]),
    )
    for command in commands:
        run([*command, str(export), "--phi", phi, "-j", "1"])

        said = "".join(capfd.readouterr())
        shown = set(_found(said, _words(phi)))
        assert (command, shown) == (command, set())


@pytest.mark.parametrize("phi", ["none", "minimal"])
@pytest.mark.parametrize(
    "words",
    [
        pytest.param(["scan", "MISSING"], id="an input that is not there"),
        pytest.param(["organise", "EXPORT", "MISSING", "-o", "OUT"], id="a second one"),
        pytest.param(["organise", "EXPORT", "-o", "EXPORT"], id="input and output at once"),
        pytest.param(["organise", "EMPTY", "-o", "OUT"], id="nothing that could be read"),
        pytest.param(
            ["sheet", "EXPORT", "-o", "NAMED.png"], id="a folder in the place of the file"
        ),
        pytest.param(["organise", "EXPORT", "-o", "NAMED", "-n"], id="a plan for such a folder"),
    ],
)
def test_no_message_of_a_run_that_ends_says_whom_a_path_names(words, phi, export, tmp_path, capfd):
    empty = tmp_path / "Jane_Mueller"
    empty.mkdir()
    (tmp_path / "Jane_Mueller.png").mkdir()
    places = {
        "EXPORT": export,
        "MISSING": empty / "gone_Mueller",
        "EMPTY": empty,
        "OUT": tmp_path / "out",
        "NAMED": tmp_path / "Mueller_Jane" / "out",
        "NAMED.png": tmp_path / "Jane_Mueller.png",
    }

    run([str(places.get(word, word)) for word in words] + ["--phi", phi, "-j", "1"])

    said = "".join(capfd.readouterr())
    assert said
    assert _found(said, HIDDEN) == []


def test_the_records_hold_no_text_that_names_anybody(organised, export):
    phi, output, _ = organised
    allowed = {"7731946", "661245"} if phi == "minimal" else set()
    for path in (*output.rglob("study.json"), output / "studies.jsonl"):
        text = path.read_text("utf-8").replace(str(export), "export")
        text = re.sub(r'"(study_date|acquired_at|key|accession_number)": "[^"]*"', "", text)
        shown = set(_found(re.sub(r'"patient_ids": \[[^\]]*\]', "", text), HIDDEN))
        assert (path.name, shown - allowed) == (path.name, set())


def test_what_is_masked_leaves_the_rest_of_the_page_readable(organised):
    _, output, _ = organised

    texts = [text for name, text in _leaving(output) if name.endswith(".pdf")]
    texts = [text for text in texts if "every image of the study (4)" in text]

    assert len(texts) == 3
    for text in texts:
        for word in ("L CC", "L ML", "PRE", "POST"):
            assert word in text
