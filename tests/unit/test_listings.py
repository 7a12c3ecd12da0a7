# Listings of the documentation: what must be said of one that nobody runs, and what is compared.
import importlib.util
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEST = "tests/unit/test_listings.py"


@pytest.fixture(scope="module")
def listings():
    spec = importlib.util.spec_from_file_location("listings", ROOT / "scripts" / "listings.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["listings"] = module  # its frozen values look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["listings"]


@pytest.fixture
def read(listings, tmp_path):
    def read(text):
        page = tmp_path / "page.md"
        page.write_text(text, encoding="utf-8")
        return list(listings.listings(page))

    return read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("```sh\nduct\n```\n", "nobody says who runs it"),
        ("```\nductdicom scan export\n```\n", "is a listing of commands"),
        ("```json\n{\n```\n", "is no json"),
        ("```toml\na\n```\n", "is no toml"),
        ("<!-- run by: tests/gone.py -->\n```sh\nduct\n```\n", "there is no tests/gone.py"),
        (f"<!-- run by: {TEST} -->\n```sh\nduct\n```\n", ""),
        ("<!-- not run: changes the machine -->\n```sh\nduct\n```\n", ""),
        ("```\nOUT/\n  index.html\n```\n", ""),
        ("```console\n$ ductdicom --version\n```\n", ""),
    ],
)
def test_a_listing_that_nobody_runs_says_so(listings, read, text, said):
    (listing,) = read(text)

    assert listings.fault(listing).startswith(said)
    assert bool(listings.fault(listing)) == bool(said)


def test_a_directive_is_no_listing_and_hides_none(read):
    found = read("```{image} a.png\n:alt: words\n```\n\n```json\n{}\n```\n")

    assert [(listing.language, listing.line) for listing in found][-1] == ("json", 5)


def test_what_a_command_prints_takes_the_place_of_what_the_page_says(listings, read, tmp_path):
    (listing,) = read("```console\n$ ductdicom --version\nductdicom, version 0.0.0\n```\n")

    assert listings.run(listing, tmp_path) == "$ ductdicom --version\nductdicom, version …\n"


def test_a_command_that_fails_stops_it_all(listings, read, tmp_path):
    (listing,) = read("```console\n$ ductdicom scan --no-such-option\n```\n")

    with pytest.raises(RuntimeError, match="ended with 2"):
        listings.run(listing, tmp_path)
