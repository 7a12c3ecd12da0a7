# The rules of the house that can be counted; scripts/measure_house.py prints all figures.
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MOST_MODULES = 16  # of a folder; a dozen is better
LEAST_LINES = 40  # of a module that one other alone imports
MOST_LINES = 50  # of a function, so that it fits on a screen


@pytest.fixture(scope="module")
def house():
    path = ROOT / "scripts" / "measure_house.py"
    spec = importlib.util.spec_from_file_location("measure_house", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def modules(house):
    return house.read_modules(ROOT)


def test_no_folder_is_crowded(house, modules):
    sizes = house.folder_sizes(modules)

    assert {folder: size for folder, size in sizes.items() if size > MOST_MODULES} == {}


def test_a_class_name_stands_for_one_thing(house, modules):
    places = house.class_places(modules)

    assert {name: found for name, found in places.items() if len(found) > 1} == {}


def test_no_module_was_cut_off_from_the_only_one_that_imports_it(house, modules):
    assert house.lone_modules(modules, LEAST_LINES) == []


def test_a_function_fits_on_a_screen(house, modules):
    lengths = house.function_lengths(modules)

    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}
