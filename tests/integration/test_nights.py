"""Three nights into one output folder, as a hospital lives them, and one run over everything."""

import os
import shutil
import signal
import sys
import zipfile

import pytest
from exports import (
    SCENES,
    organise,
    read_records,
    results_of,
    same_key,
    tiny_pixels,
    write_ductogram,
    write_ultrasound,
)
from stopping import stop_after_first

from ductdicom.cli.application import run
from ductdicom.phantom.spec import Person, Texts

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(sys.platform == "win32", reason="kills as POSIX systems do"),
]
PLAIN, FILLED = SCENES[:2], SCENES[2:]
FORMATS = "png,html"
OPTIONS = ("-j", "1", "--format", FORMATS, "--dpi", "72")


def person(number):
    return Person(name=f"SAMPLE^{number}", patient_id=f"SAMPLE-6{number}", birth_date="19610203")


def pack(path, folder):
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("IM*")):
            archive.write(file, file.relative_to(folder).as_posix())
    return path


def images(output):
    return {r["study_instance_uid"]: len(r["instances"]) for r in read_records(output)}


def studies_of(output):
    """Return what there is of the studies, without the accounts of the last run."""
    found = results_of(output)
    for row in found["worklist.csv"]:
        row["reasons"] = row["reasons"].removesuffix("study-incomplete").removesuffix("; ")
    wanted = ("studies.jsonl", "worklist.csv")
    return {n: c for n, c in found.items() if n in wanted or n.startswith("studies/")}


@pytest.fixture
def hospital(tmp_path):
    """Return the folder of the hospital's export after its first day, and of what comes later."""
    here, later = tmp_path / "export", tmp_path / "later"
    write_ductogram(here / "P1", study="2.25.961", person=person(1))
    write_ductogram(here / "P2", study="2.25.962", person=person(2), scenes=PLAIN)
    mammogram = {"scenes": PLAIN, "day": "20251203", "texts": Texts(study="MAMMOGRAM")}
    write_ductogram(here / "P3", study="2.25.963", person=person(3), **mammogram)
    write_ductogram(later / "P1", study="2.25.961", person=person(1), pixels=tiny_pixels(50))
    write_ductogram(later / "P2", study="2.25.962", person=person(2))
    write_ductogram(later / "P4", study="2.25.964", person=person(3), scenes=FILLED)
    write_ultrasound(later / "P4" / "IM9", study="2.25.966", day="20251230", person=person(3))
    write_ductogram(later / "Z", study="2.25.965", person=person(4))
    return here, later


def test_three_nights_are_one_run_over_everything(hospital, tmp_path, capsys):
    here, later = hospital
    out, cache = tmp_path / "out", ["--cache", str(tmp_path / "cache")]
    disc = tmp_path / "other hospital.zip"
    shutil.copytree(later / "Z", tmp_path / "part")
    (tmp_path / "part" / "IM4").unlink()
    pack(disc, tmp_path / "part")

    # The first night: all that there is, and a disc from elsewhere that lacks an image.
    assert organise(here, disc, output=out, formats=FORMATS, options=cache) == 0
    first = images(out)
    assert first == {"2.25.961": 4, "2.25.962": 2, "2.25.963": 2, "2.25.965": 3}

    # The second, killed over its first study: the fillings of two women, an image that changed.
    new = [shutil.copy(later / "P2" / n, here / "P2" / n) for n in ("IM3", "IM4")]
    new.append(shutil.copytree(later / "P4", here / "P4"))
    new.append(shutil.copy(later / "P1" / "IM1", here / "P1" / "IM1"))
    listed = tmp_path / "new.txt"
    listed.write_text("".join(f"{name}\n" for name in new), encoding="utf-8")
    options = ["--files-from", str(listed), *cache]
    code, _ = stop_after_first(
        here / "P4", out, [*OPTIONS, *options], lambda p: os.killpg(p, signal.SIGKILL)
    )
    assert code != 0
    assert organise(output=out, formats=FORMATS, options=options) == 0
    second = images(out)
    assert second == first | {"2.25.962": 4, "2.25.964": 2, "2.25.966": 1}

    # The third: a file is gone, of another study one comes again, the disc comes whole.
    (here / "P1" / "IM2").rename(tmp_path / "IM2")
    pack(disc, later / "Z")
    capsys.readouterr()
    night = (here / "P1", here / "P2" / "IM1", disc)
    assert organise(*night, output=out, formats=FORMATS, options=cache) == 1
    assert "study-incomplete" in capsys.readouterr().out
    assert images(out) == second | {"2.25.965": 4}

    (tmp_path / "IM2").rename(here / "P1" / "IM2")
    whole = tmp_path / "whole"
    same_key(out, whole)
    assert organise(here, disc, output=whole, formats=FORMATS) == 0
    assert studies_of(out) == studies_of(whole)
    (ductogram,) = (r for r in read_records(out) if r["study_instance_uid"] == "2.25.964")
    assert "prior-study" in ductogram["rows"][0]["notes"]
    companions = [(c["kind"], c["study_date"]) for c in ductogram["companions"]]
    assert companions == [("mammogram", "2025-12-03"), ("ultrasound", "2025-12-30")]
    assert len(list((out / "runs").iterdir())) >= 2


def test_a_night_that_was_cleared_out_comes_back_alike(hospital, tmp_path):
    here, _ = hospital
    out = tmp_path / "out"
    organise(here, output=out)
    before = studies_of(out)

    run(["prune", str(out), "--status", "paired,review,partial"])
    assert set(images(out)) == {"2.25.963"}

    organise(here, output=out)
    assert studies_of(out) == before
