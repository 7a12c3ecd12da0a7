"""Who the patient is stands in no log, message, path or name of a file."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from exports import SCENES, files_of, organise, write_ductogram, write_ultrasound
from pydicom import Dataset, Sequence, dcmread
from pypdf import PdfReader

from ductdicom.cli.application import run
from ductdicom.identity.known import MASK
from ductdicom.phantom.spec import Person, Texts

pytestmark = pytest.mark.integration

WORDS = (
    *("zulu", "quebec", "pid-77001", "77001", "19610203", "19610299", "1961-02-03", "3.2.61"),
    "acc-4711",
)
TYPED = "GALACTOGRAM LEFT Zulu PID-77001 born 1961-02-03 ACC-4711"


def _edit(path, **attributes):
    dataset = dcmread(path)
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    dataset.save_as(path)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    """Return studies of one patient, whole and broken in many ways, with identity in texts."""
    folder = tmp_path_factory.mktemp("identity") / "Quebec_ZULU-77001 3.2.61"
    person = Person(name="ZULU^QUEBEC", patient_id="PID-77001", birth_date="19610203")
    texts = Texts(study=TYPED, series="Zulu post KM")
    for number in range(1, 5):
        study = {"study": f"2.25.88{number}", "day": f"2026010{number}"}
        write_ductogram(folder / f"{number}", person=person, texts=texts, **study)
    for path in folder.glob("*/*"):
        _edit(path, AccessionNumber="ACC-4711")
    whole = (folder / "1" / "IM1").read_bytes()
    name = whole.index(b"ZULU^QUEBEC")
    broken = {
        "cut-in-the-name": whole[: name + 6],
        "cut-in-the-pixels": whole[:-2000],
        "no-date": whole.replace(b"19610203", b"19610299").replace(b"1961-02-03", b"1961-02-99"),
        "name-as-a-number": whole[: name - 4] + b"DS" + whole[name - 2 :],
        "name-of-an-unknown-kind": whole[: name - 4] + b"XX" + whole[name - 2 :],
        "ID-as-rows": whole.replace(b"\x28\0\x10\0US\x02\0", b"\x28\0\x10\0LO\x0a\0PID-7700"),
    }
    for title, content in broken.items():
        changed = content.replace(b"2.25.881", f"2.25.{900 + len(title)}".encode()[:8])
        (folder / title).write_bytes(changed)
    (folder / "missing").write_bytes((folder / "1" / "IM1").read_bytes()[:1000])
    _edit(folder / "2" / "IM3", ImageLaterality="R", Rows=9999)
    _edit(folder / "3" / "IM3", PatientName="OTHER^QUEBEC", PatientID="PID-77002")
    (folder / "3" / "copy").write_bytes((folder / "3" / "IM1").read_bytes() + bytes(20))
    return folder


def _commands(export, output):
    main = ["organise", export, "-o", output, "-j", "1", "--format", "png,html,pdf,dicom"]
    small = ["--dpi", "72"]
    return {
        "organise": [*main, *small, "--cache", f"{output}-cache", "--link", "copy"],
        "organise -v": [*main, *small, "-v", "--force"],
        "organise --log-json": [*main, *small, "--log-json", "--force"],
        "organise --dry-run": [*main, "--dry-run"],
        "scan": ["scan", export],
        "scan --json": ["scan", export, "--json"],
        "explain": ["explain", export],
        "explain --json": ["explain", export, "--json"],
        "check": ["check", export],
        "check --json": ["check", export, "--json"],
        "sheet": ["sheet", f"{export}/2", "-o", f"{output}.png"],
        "sheet of many": ["sheet", export, "-o", f"{output}.png"],
        "rules diff": ["rules", "diff", "", output],
    }


NAMES = tuple(_commands("", ""))


def _named(text):
    return [word for word in WORDS if word in text.casefold()]


@pytest.mark.parametrize("phi", ["none", "minimal"])
def test_no_command_says_who_the_patient_is(export, tmp_path, capfd, monkeypatch, phi):
    rules = tmp_path / "rules.toml"
    rules.write_text("[rules.contrast-agent]\nenabled = false\n", encoding="utf-8")
    codes = {}
    for name, arguments in _commands(str(export), str(tmp_path / "out")).items():
        with monkeypatch.context() as environment:
            environment.setenv("DUCTDICOM_PHI", phi)
            codes[name] = run([argument or str(rules) for argument in arguments])

        said = capfd.readouterr()
        assert (name, _named(said.out)) == (name, [])
        assert (name, _named(said.err)) == (name, [])
        if phi == "none":
            assert (name, re.findall("2026-?010[1-4]", said.out + said.err)) == (name, [])
        if phi == "none" or "json" not in name or "log" in name:
            assert (name, re.findall(r"2[.]25[.]\d+", said.out + said.err)) == (name, [])
    below = [path.relative_to(tmp_path) for path in tmp_path.rglob("*")]
    assert len(below) > 40
    assert [str(path) for path in below if _named(str(path))] == []
    assert 70 not in codes.values()
    assert codes["rules diff"] == 0
    assert codes["organise"] == codes["check"] == 1


@pytest.mark.parametrize("phi", ["none", "minimal"])
def test_records_and_the_index_hold_no_more_than_sheets_may(export, tmp_path, phi):
    output = tmp_path / "out"
    main = ["organise", str(export), "-o", str(output), "-j", "1", "--format", "html"]

    run([*main, "--phi", phi, "--dpi", "72", "-q"])

    texts = {
        path: re.sub(OF_THE_DEPARTMENT, "", path.read_text("utf-8").replace(str(export), "export"))
        for path in _texts(output)
    }
    allowed = {"pid-77001", "77001"} if phi == "minimal" else set()
    for path, text in texts.items():
        shown = allowed if path.suffix == ".html" else set()
        assert (path, set(_named(text)) - shown) == (path, set())
    records = [json.loads(line) for line in texts[output / "studies.jsonl"].splitlines()]
    values = {item["value"] for record in records for item in record["exam"]["evidence"]}
    assert any(MASK in value for value in values)


def _texts(folder: Path):
    kinds = {".json", ".jsonl", ".csv", ".html"}
    return [p for p in folder.rglob("*") if p.suffix in kinds and p.name != "worklist.csv"]


# Pictures in base64 hold every word of four letters somewhere; what they show is tested apart.
OF_THE_DEPARTMENT = re.compile(
    r'"patient_ids": \[[^]]*\],|"accession_number": [^,]*,|"identity": \[[^]]*\],'
    r"|data:image/png;base64,[A-Za-z0-9+/=]*"
)


OF_OTHERS = {
    "InstitutionName": "PLANT CLINIC",
    "InstitutionAddress": "PLANT STREET",
    "InstitutionalDepartmentName": "PLANT WARD",
    "StationName": "PLANTSTATION",
    "ReferringPhysicianName": "PLANT^REFERRER",
    "PerformingPhysicianName": "PLANT^PERFORMER",
    "OperatorsName": "PLANT^OPERATOR",
    "AccessionNumber": "PLANT-ACC",
    "StudyID": "PLANT-STUDY",
    "OtherPatientNames": "PLANT^MAIDEN",
    "PatientAddress": "PLANT LANE",
    "PatientBirthName": "PLANT^BIRTH",
    "PatientComments": "PLANT COMMENT",
    "PatientName": "PLANT^NAME",
    "PatientBirthDate": "19590607",
    "AdmissionID": "PLANT-ADM",
    "DeviceSerialNumber": "PLANT-SERIAL",
}


def _plant(folder):
    for path in sorted(write_ductogram(folder).iterdir()):
        order = Dataset()
        order.AccessionNumber = order.RequestedProcedureID = "PLANT-ORDER"
        other = Dataset()
        other.PatientID = "PLANT-OTHER"
        sequences = {
            "RequestAttributesSequence": Sequence([order]),
            "OtherPatientIDsSequence": Sequence([other]),
        }
        _edit(path, IssuerOfPatientID="ISSUER-7", **OF_OTHERS, **sequences)
    return folder


@pytest.mark.parametrize(
    ("phi", "shown"),
    [
        pytest.param("none", [], id="none"),
        pytest.param("minimal", [b"20260102", b"ISSUER-7", b"SAMPLE-900"], id="minimal"),
    ],
)
def test_the_dicom_sheet_holds_the_id_its_issuer_and_the_date_or_none(tmp_path, phi, shown):
    export, sheet = _plant(tmp_path / "export"), tmp_path / "sheet.dcm"

    assert run(["sheet", str(export), "-o", str(sheet), "--dpi", "72", "--phi", phi]) == 0

    content = sheet.read_bytes()
    words = (b"20260102", b"ISSUER-7", b"SAMPLE-900", b"PLANT", b"19590607")
    assert [word for word in words if word in content] == shown


def test_the_pseudonym_of_a_single_sheet_does_not_follow_from_the_id(tmp_path):
    export, sheet = write_ductogram(tmp_path / "export"), tmp_path / "sheet.dcm"
    found = set()
    for _ in range(2):
        run(["sheet", str(export), "-o", str(sheet), "--dpi", "72", "--phi", "none"])
        found.add(str(dcmread(sheet).PatientID))

    assert len(found) == 2


def test_explanations_of_windows_and_luts_are_masked(tmp_path):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"
    table = Dataset()
    table.LUTDescriptor = [4096, 0, 12]
    table.LUTExplanation = "SAMPLE_ZULU soft"
    table.LUTData = np.arange(4096, dtype="<u2").tobytes()
    for path in export.iterdir():
        window = {"WindowCenterWidthExplanation": "ZULU 1961-02-03", "WindowCenter": 2000}
        _edit(path, WindowWidth=4000, **window)
    for name in ("IM1", "IM3"):
        _edit(export / name, VOILUTSequence=Sequence([table]))

    assert run(["organise", str(export), "-o", str(output), "-j", "1", "--format", "html"]) == 0

    (sheet,) = output.glob("studies/*/sheet.html")
    assert f"lut 1: {MASK} soft" in sheet.read_text("utf-8")
    assert f"window 1: {MASK} {MASK}" in sheet.read_text("utf-8")
    for path in (sheet, sheet.with_name("study.json")):
        assert "zulu" not in path.read_text("utf-8").casefold()


def _page_texts(folder: Path):
    """Return all that may leave the department of a run's files, as text."""
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_dir() or relative.parts[0] in FOR_THE_DEPARTMENT or path.name == "study.json":
            continue
        yield relative, f"{relative}\n{_text_of(path)}"


FOR_THE_DEPARTMENT = {
    *("ledger.csv", "studies.jsonl", "worklist.csv", "summary.json", "runs", ".ductdicom")
}


def _text_of(path: Path):
    """Return what a file says: PDF as it is drawn and as it is written, pixels left out."""
    content = path.read_bytes()
    if path.suffix == ".pdf":
        reader = PdfReader(path)
        drawn = [page.extract_text() for page in reader.pages]
        return "\n".join([*drawn, str(reader.metadata), str(reader.outline)])
    if path.suffix == ".png":
        return "\n".join(str(c) for kind, c in _png_chunks(content) if kind != b"IDAT")
    if path.suffix == ".dcm":
        dataset = dcmread(path)
        del dataset.PixelData
        return str(dataset) + str(dataset.file_meta)
    return re.sub(r"data:image/png;base64,[^\"]*", "", content.decode("utf-8"))


def _png_chunks(content: bytes):
    place = 8
    while place < len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        yield content[place + 4 : place + 8], content[place + 8 : place + 8 + length]
        place += 12 + length


DATES = ("20260102", "2026-01-02", "2026/01/02", "02.01.2026", "20251203", "2025-12-03", "2026")


def test_without_identity_nothing_tells_a_date(tmp_path, capfd):
    """A ductogram with the plain view of an earlier study, whose date is typed into a text."""
    texts = Texts(study="GALACTOGRAM LEFT 2.1.2026", series="POST 2026-01-02")
    write_ductogram(tmp_path / "export" / "1", texts=texts, scenes=SCENES[2:])
    plain = {"study": "2.25.902", "day": "20251203", "scenes": SCENES[:2]}
    write_ductogram(tmp_path / "export" / "2", texts=Texts(study="MAMMOGRAM"), **plain)
    write_ultrasound(tmp_path / "export" / "3" / "IM1", day="20251203")
    output, formats = tmp_path / "out", "png,pdf,html,dicom"

    code = organise(
        tmp_path / "export", output=output, formats=formats, options=["--phi", "none", "-v"]
    )

    assert code == 0
    texts = dict(_page_texts(output))
    for name, text in texts.items():
        assert (name, [word for word in DATES if word in text]) == (name, [])
    (sheet,) = (text for name, text in texts.items() if name.suffix == ".pdf")
    assert "+0:03" in sheet
    assert "PRIOR (30 d)" in sheet
    assert "Also of this patient: mammogram (30 d before), ultrasound (30 d before)" in sheet
    assert "09:2" not in sheet
    assert "times from the first exposure" in sheet
    assert {path.name[:8] for path in (output / "studies").iterdir()} == {"undated-"}
    said = "".join(capfd.readouterr())
    assert [word for word in DATES if word in said] == []


def test_the_index_does_not_link_to_what_is_for_the_department(tmp_path):
    export = write_ductogram(tmp_path / "export")
    for phi in ("none", "minimal"):
        organise(export, output=tmp_path / phi, options=["--phi", phi])
    none, minimal = ((tmp_path / phi / "index.html").read_text("utf-8") for phi in OUTPUTS)

    for name in ("ledger.csv", "studies.jsonl", "summary.json", "study.json"):  # nor worklist.csv
        assert f'{name}"' not in none
        assert f'{name}"' in minimal
    assert 'worklist.csv"' not in none
    assert "for the department alone" in none
    assert "sheet-1.png" in none


def test_the_index_calls_what_could_not_be_read_by_what_names_nobody(tmp_path):
    person = Person(name="ZULU^QUEBEC", patient_id="PID-77001")
    export = write_ductogram(tmp_path / "Zulu_77001", person=person)
    whole = (export / "IM1").read_bytes()
    (export / "IM9").write_bytes(whole[:1000])
    for phi in OUTPUTS:
        assert organise(export, output=tmp_path / phi, options=["--phi", phi]) == 1
    pages = {phi: (tmp_path / phi / "index.html").read_text("utf-8") for phi in OUTPUTS}
    names = {
        phi: re.findall(r"<li>(.*)</li>\n", page.partition("<details")[2])
        for phi, page in pages.items()
    }

    assert [Path(name).name for name in names["minimal"]] == ["IM9"]
    assert "zulu" not in pages["minimal"].casefold()
    (number,) = re.findall(r"row (\d+) of ledger.csv", "".join(names["none"]))
    rows = (tmp_path / "none" / "ledger.csv").read_text("utf-8").splitlines()
    assert "/IM9," in rows[int(number) - 1]


def test_the_index_and_the_summary_agree(tmp_path, capfd):
    export = write_ductogram(tmp_path / "export")
    (export / "cut").write_bytes((export / "IM1").read_bytes()[:1000])
    organise(export, output=tmp_path / "out")
    capfd.readouterr()

    run(["summary", str(tmp_path / "out"), "--json"])

    said = json.loads(capfd.readouterr().out)
    page = (tmp_path / "out" / "index.html").read_text("utf-8")
    for status, number in said["studies"].items():
        assert f'value="{status}"> {status} <b>{number}</b>' in page
    for group in said["failed_inputs"]:
        assert f">{group['count']} {group['reason']}<" in page
    last = said["last_run"]
    assert f"exit code {last['exit_code']}:" in page
    assert f'datetime="{last["finished"]}"' in page
    assert f"It read {last['inputs']['total']} inputs" in page


OUTPUTS = ("none", "minimal")


def test_another_phi_than_that_of_the_first_run_is_refused(tmp_path, capfd):
    export, output = write_ductogram(tmp_path / "export"), tmp_path / "out"
    organise(export, output=output, options=["--phi", "none"])
    before = files_of(output)

    for options in (["--phi", "minimal"], ["--phi", "full", "--dry-run"]):
        assert organise(export, output=output, options=options) == 2
        assert "was made with --phi none" in capfd.readouterr().err
    assert files_of(output) == before
    assert organise(export, output=output, options=["--phi", "none"]) == 0
