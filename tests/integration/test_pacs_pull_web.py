"""Ductograms by DICOMweb out of services that misbehave, and by C-GET where these bring nothing."""

import pytest
from archives import HOST, free_ports
from exports import write_view
from lying import Liar, WebLiar
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelFind as Find,
)
from pynetdicom.sop_class import (
    StudyRootQueryRetrieveInformationModelGet as Get,
)

from ductdicom.cli.application import run
from ductdicom.phantom.spec import Texts

pytestmark = pytest.mark.integration

STUDY = "2.25.820"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pull-web")
    return [
        write_view(
            folder / str(number),
            seed=number,
            label=str(number),
            sop_instance_uid=f"{STUDY}.{number}",
            series_instance_uid=f"{STUDY}.9",
            study_instance_uid=STUDY,
            study_at="20260311085500",
            texts=Texts(study="DUCTOGRAM"),
        )
        for number in range(3)
    ]


def pull(spool, *options, connect="main"):
    return run(
        [
            *("pull", "-c", connect, "-b", "DUCT", "--pause", "0", "--date", "20260311"),
            *("--priors", "0", "-o", str(spool), "--reserve", "0", "--timeout", "5", *options),
        ]
    )


def held(spool):
    return sorted(path.name for path in (spool / "studies" / STUDY).glob("*.dcm"))


def both(tmp_path, archive, url):
    """Return the option of a configuration in which a peer has both ways."""
    path = tmp_path / "site.toml"
    path.write_text(f'[peers.main]\nconnect = "{archive.address}"\nweb = "{url}"\n')
    return ("--config", str(path))


# --- DICOMweb alone ---


def test_an_answer_that_breaks_off_keeps_what_came_whole_and_the_rest_is_asked_for_by_name(
    files, tmp_path, capsys
):
    lying = WebLiar(files, drops=1)
    with lying.listening() as url:
        assert pull(tmp_path / "spool", connect=url) == 0

    assert len(held(tmp_path / "spool")) == 3
    assert lying.fetched == [0, 2, 2]  # the study, then two images
    assert list((tmp_path / "spool" / "incoming").glob("*.part")) == []


def test_what_it_lists_and_does_not_give_is_asked_for_three_times_and_missing(
    files, tmp_path, capsys
):
    lying = WebLiar(files, refuses={f"{STUDY}.1"})
    with lying.listening() as url:
        assert pull(tmp_path / "spool", connect=url) == 1

    assert lying.fetched == [0, 2, 2]
    said = capsys.readouterr()
    assert "MISSING 1 of 3 objects" in said.err
    assert "SAMPLE" not in said.out + said.err


@pytest.mark.parametrize(("count", "code"), [(1, 0), (7, 1)])
def test_a_count_that_is_none_is_not_believed(count, code, files, tmp_path):
    with WebLiar(files, count=count).listening() as url:
        assert pull(tmp_path / "spool", connect=url) == code

    assert len(held(tmp_path / "spool")) == 3


def test_a_service_that_fails_to_give_is_asked_three_times(files, tmp_path, capsys):
    lying = WebLiar(files, status=500)
    with lying.listening() as url:
        assert pull(tmp_path / "spool", connect=url) == 1

    assert len(lying.fetched) == 3
    assert "HTTP 500" in capsys.readouterr().err


def test_a_service_that_hangs_is_given_up(files, tmp_path, capsys):
    lying = WebLiar(files, hangs=True)
    with lying.listening() as url:
        assert pull(tmp_path / "spool", "--timeout", "0.3", connect=url) == 1

    said = capsys.readouterr().err
    assert "cannot be reached by DICOMweb" in said
    assert STUDY not in said  # an address would name the study


def test_a_study_is_told_by_what_its_series_are_called_where_its_own_answer_lacks_the_name(
    files, tmp_path
):
    # An answer on a study may be made from one of its objects, as a report is that has no name.
    lying = WebLiar(files)
    lying.names = {"Study": [], "Series": ["StudyDescription"]}
    with lying.listening() as url:
        assert pull(tmp_path / "spool", connect=url) == 0

    assert len(held(tmp_path / "spool")) == 3


# --- both ways ---


@pytest.mark.parametrize("lie", [{"status": 500}, {"hangs": True}, {"refuses": "all"}])
def test_where_dicomweb_brings_nothing_c_get_does(lie, files, tmp_path):
    if lie.get("refuses"):
        lie = {"refuses": [f"{STUDY}.{number}" for number in range(3)]}
    lying, honest = WebLiar(files, **lie), Liar(files)
    with lying.listening() as url, honest.listening(Find, Get) as archive:
        options = both(tmp_path, archive, url)
        assert pull(tmp_path / "spool", "--timeout", "2", *options) == 0

    assert len(held(tmp_path / "spool")) == 3
    assert len(lying.fetched) == 1
    assert honest.asked.count("GET") == 1


def test_where_dicomweb_cannot_be_asked_c_find_is(files, tmp_path):
    lying, honest = WebLiar(files), Liar(files)
    lying.search_status = 503
    with lying.listening() as url, honest.listening(Find, Get) as archive:
        assert pull(tmp_path / "spool", *both(tmp_path, archive, url)) == 0

    assert len(held(tmp_path / "spool")) == 3
    assert lying.fetched == []


def test_where_neither_can_be_asked_it_is_said_what_the_first_one_said(files, tmp_path, capsys):
    lying = WebLiar(files)
    lying.search_status = 401
    (port,) = free_ports(1)
    config = tmp_path / "site.toml"
    with lying.listening() as url:
        config.write_text(f'[peers.main]\nconnect = "A@{HOST}:{port}"\nweb = "{url}"\n')
        assert pull(tmp_path / "spool", "--config", str(config)) == 5

    assert "HTTP 401" in capsys.readouterr().err


def test_where_the_other_way_lets_nothing_be_fetched_the_first_is_tried_again(
    files, tmp_path, capsys
):
    lying, other = WebLiar(files, status=500), Liar(files)
    with lying.listening() as url, other.listening(Find, storage=False) as archive:
        assert pull(tmp_path / "spool", *both(tmp_path, archive, url)) == 1

    assert len(lying.fetched) == 2
    assert "MISSING 3 of 3 objects" in capsys.readouterr().err


def test_a_way_that_is_named_is_the_only_one(files, tmp_path):
    lying, honest = WebLiar(files, status=500), Liar(files)
    with lying.listening() as url, honest.listening(Find, Get) as archive:
        options = both(tmp_path, archive, url)
        assert pull(tmp_path / "web", "--via", "web", *options) == 1
        assert honest.asked == []
        fetched = len(lying.fetched)
        assert pull(tmp_path / "get", "--via", "get", *options) == 0

    assert len(lying.fetched) == fetched
