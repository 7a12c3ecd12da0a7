"""The package as a library: plain functions over immutable values, and nothing on import."""

import json
import subprocess
import sys

import pytest
from exports import read_records, write_ductogram

import ductdicom

pytestmark = pytest.mark.integration

ON_IMPORT = """
import json, multiprocessing, os, signal, sys, threading, warnings, locale, logging
before = (dict(os.environ), os.getcwd(), locale.setlocale(locale.LC_ALL),
          signal.getsignal(signal.SIGINT), list(warnings.filters), list(logging.root.handlers))
import numpy, PIL.Image, pydicom
def state():
    return [repr(numpy.geterr()), repr(numpy.get_printoptions()), PIL.Image.MAX_IMAGE_PIXELS,
            {k: repr(v) for k, v in vars(pydicom.config.settings).items()}]
foreign = state()
import ductdicom
lazy = sorted(sys.modules)
ductdicom.scan, ductdicom.Settings
after = (dict(os.environ), os.getcwd(), locale.setlocale(locale.LC_ALL),
         signal.getsignal(signal.SIGINT), list(warnings.filters), list(logging.root.handlers))
print(json.dumps({
    "threads": threading.active_count(),
    "processes": len(multiprocessing.active_children()),
    "lazy": lazy,
    "modules": sorted(sys.modules),
    "changed": [i for i, pair in enumerate(zip(before, after)) if pair[0] != pair[1]],
    "foreign": foreign == state(),
}))
"""


@pytest.fixture(scope="module")
def imported():
    done = subprocess.run(
        [sys.executable, "-c", ON_IMPORT], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def export(tmp_path_factory):
    return write_ductogram(tmp_path_factory.mktemp("library") / "export")


def test_importing_starts_nothing(imported):
    assert imported["threads"] == 1
    assert imported["processes"] == 0


def test_importing_changes_no_global_state(imported):
    assert [i for i in imported["changed"] if i != 4] == []  # 4: the warnings' filters
    assert imported["foreign"] is True


@pytest.mark.parametrize("package", ["pynetdicom", "dicomweb_client", "dask", "distributed"])
def test_importing_needs_none_of_the_optional_packages(imported, package):
    assert not [m for m in imported["modules"] if m.split(".")[0] == package]


def test_the_steps_are_loaded_when_they_are_asked_for(imported):
    assert "ductdicom.api" not in imported["lazy"]
    assert "ductdicom.api" in imported["modules"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("import ductdicom, ductdicom.classify.decide", id="the room first"),
        pytest.param("import ductdicom; ductdicom.scan", id="another step first"),
        pytest.param("from ductdicom import *", id="everything"),
    ],
)
def test_classify_is_the_step_and_not_the_room_of_that_name(line):
    code = f"{line}\nimport sys\nprint(sys.modules['ductdicom'].classify.__doc__)"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.startswith("Decide what a study is")


def test_the_rooms_are_there_after_one_import():
    code = "import ductdicom; print(ductdicom.errors.UsageError.exit_code, ductdicom.model.call)"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.startswith("2 <module 'ductdicom.model.call'")


def test_what_is_not_offered_is_not_there():
    with pytest.raises(AttributeError, match="no attribute 'clasify'"):
        ductdicom.clasify  # noqa: B018
    assert set(ductdicom.__all__) <= set(dir(ductdicom))


@pytest.mark.parametrize("name", ["scan", "classify", "pair", "render", "organise"])
def test_the_steps_are_documented_functions(name):
    function = getattr(ductdicom, name)

    assert callable(function)
    assert function.__doc__
    assert name in ductdicom.__all__


def test_the_steps_follow_one_another(export):
    (part,) = ductdicom.scan([export]).parts

    call = ductdicom.classify(part.study)
    pairing = ductdicom.pair(call)
    pages = ductdicom.render(call, pairing)

    assert [image.call.phase for image in call.images] == ["pre", "pre", "post", "post"]
    assert pairing.status == "paired"
    assert {tile.sop_instance_uid for page in pages for tile in page.tiles} == {
        image.uid for image in call.images
    }


def test_the_values_cannot_be_changed(export):
    (part,) = ductdicom.scan([export]).parts
    call = ductdicom.classify(part.study)
    pairing = ductdicom.pair(call)

    for value in (part, part.study, call, call.images[0], pairing, pairing.rows[0]):
        for name in (*getattr(value, "__struct_fields__", ()), *getattr(value, "__slots__", ())):
            with pytest.raises(AttributeError):
                setattr(value, name, None)


def test_organise_does_the_main_job(export, tmp_path):
    settings = ductdicom.Settings(output=tmp_path, jobs=1, format=())

    report = ductdicom.organise([export], settings)

    assert report.exit_code == 0
    assert [study.key for study in report.studies] == [r["key"] for r in read_records(tmp_path)]
    assert len(report.rows) == 4
