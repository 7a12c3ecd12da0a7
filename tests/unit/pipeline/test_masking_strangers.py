"""Paths of files whose headers cannot be read say no name."""

import pytest
from builders import make_origin

from ductdicom.pipeline.masking import identify_strangers
from ductdicom.pipeline.naming import Naming
from ductdicom.settings import Phi
from ductdicom.vocabulary.terms import load_vocabulary


def said(path, *, read="/srv/export/Wing/7/IM0001", phi=Phi.MINIMAL):
    """What a run says of a path, one file of which it read."""
    people = identify_strangers([path], [read], load_vocabulary())
    return Naming(phi=phi, people=people).place(make_origin(path))


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        pytest.param("/srv/export/OSTERMEIER_20/IM4", "/srv/export/■■■_20/IM4", id="a folder"),
        pytest.param("/srv/export/Wing/Ostermeier K.dcm", "/srv/export/Wing/■■■ K.dcm", id="file"),
        pytest.param("/srv/export/Wing/19550607_F/IM4", "/srv/export/Wing/■■■_F/IM4", id="a day"),
        pytest.param("/srv/export/1955-06-07/IM4", "/srv/export/■■■/IM4", id="a day with signs"),
        pytest.param("/srv/export/611224-1234/IM4", "/srv/export/■■■/IM4", id="a national number"),
        pytest.param("/srv/export/P0012345/IM4", "/srv/export/P■■■/IM4", id="an ID"),
        pytest.param("/srv/export/2.25.4711.815/IM4", "/srv/export/■■■/IM4", id="a UID"),
        pytest.param("/srv/export/山田/IM4", "/srv/export/■■■/IM4", id="of two characters"),
    ],
)
def test_words_that_no_path_with_a_header_has_are_masked(path, shown):
    assert said(path) == shown


@pytest.mark.parametrize(
    "path",
    ["/srv/export/Wing/8/IM0002", "/srv/export/mammo/truncated.dcm", "/srv/export/00000815"],
)
def test_other_words_say_where_a_file_lies(path):
    assert said(path) == path


def test_nothing_is_hidden_where_identity_may_be_told():
    assert said("/srv/export/Ostermeier/1", phi=Phi.FULL) == "/srv/export/Ostermeier/1"
