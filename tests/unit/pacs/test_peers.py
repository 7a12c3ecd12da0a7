import pytest

from ductdicom.errors import UsageError
from ductdicom.pacs.peers import OwnSide, Peer, find_peer, parse_bind


@pytest.mark.parametrize(
    ("text", "title", "host", "port"),
    [
        pytest.param("PACS@10.0.0.5:104", "PACS", "10.0.0.5", 104, id="an address"),
        pytest.param("PACS@pacs.example.org:11112", "PACS", "pacs.example.org", 11112, id="a name"),
        pytest.param("PACS@[::1]:104", "PACS", "::1", 104, id="IPv6 stands in brackets"),
        pytest.param("MY PACS@h:104", "MY PACS", "h", 104, id="a title may hold a space"),
    ],
)
def test_a_peer_is_written_as_administrators_type_it(text, title, host, port):
    assert Peer(name=text, title=title, host=host, port=port) == find_peer(text, {})


@pytest.mark.parametrize(
    "text",
    ["PACS@host", "PACS@:104", "@host:104", "PACS@host:0", "PACS@host:65536", "PACS@host:1x",
     "A-TITLE-TOO-LONG-@host:104", "PA\\CS@host:104", " PACS@host:104", "PACS@ho/st:104"],
)  # fmt: skip
def test_what_is_no_peer_is_refused_with_an_example(text):
    with pytest.raises(UsageError, match=r"AET@host:port"):
        find_peer(text, {})


@pytest.mark.parametrize(
    ("text", "own"),
    [
        pytest.param("DUCT@:11112", OwnSide(title="DUCT", port=11112), id="on all addresses"),
        pytest.param("DUCT:11112", OwnSide(title="DUCT", port=11112), id="without the sign"),
        pytest.param(
            "DUCT@127.0.0.1:0", OwnSide(title="DUCT", address="127.0.0.1", port=0), id="on one"
        ),
        pytest.param("DUCT", OwnSide(title="DUCT"), id="nowhere"),
    ],
)
def test_our_own_side_has_a_title_and_listens_where_it_is_told_to(text, own):
    assert own == parse_bind(text)


@pytest.mark.parametrize("text", ["", "@:11112", "DUCT@:99999", "DUCT@a:b:1"])
def test_what_is_not_our_own_side_is_refused(text):
    with pytest.raises(UsageError, match="is not our own side"):
        parse_bind(text)


def test_a_name_of_the_configuration_stands_for_its_peer(tmp_path):
    (tmp_path / "secret").write_text("pa ss\n", encoding="utf-8")
    table = {
        "connect": "PACS@h:2762",
        "tls_ca": "ca.pem",
        "web": "https://h/dicom-web/",
        "user": "duct",
        "password_file": "secret",
    }

    peer = find_peer("main", {"main": table}, tmp_path)

    assert (peer.name, peer.title, peer.port) == ("main", "PACS", 2762)
    assert tmp_path / "ca.pem" == peer.tls.ca
    assert (
        peer.web.url,
        peer.web.user,
        peer.web.password,
    ) == ("https://h/dicom-web", "duct", "pa ss")


def test_a_peer_without_tls_is_called_in_the_clear():
    assert find_peer("main", {"main": {"connect": "PACS@h:104"}}).tls is None
    assert find_peer("main", {"main": {"connect": "PACS@h:104", "tls": True}}).tls is not None


def test_a_secret_may_stand_in_a_variable(monkeypatch):
    table = {"web": "https://h/web", "token_env": "A_TOKEN"}
    monkeypatch.setenv("A_TOKEN", "abc")

    assert find_peer("main", {"main": table}).web.token == "abc"  # noqa: S105
    monkeypatch.delenv("A_TOKEN")
    with pytest.raises(UsageError, match="A_TOKEN is empty, or not set"):
        find_peer("main", {"main": table})


def test_a_secret_is_shown_to_nobody(tmp_path):
    (tmp_path / "password").write_text("shown to nobody")
    table = {"web": "https://h/web", "user": "u", "password_file": "password"}

    assert "shown to nobody" not in repr(find_peer("main", {"main": table}, tmp_path))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        pytest.param({"connect": "A@h:1", "password": "x"}, "password_file", id="a secret itself"),
        pytest.param({"web": "https://u:p@h/"}, "password_file", id="a secret in an address"),
        pytest.param({"conect": "A@h:1"}, "did you mean 'connect'", id="a slip"),
        pytest.param({}, "neither connect nor web", id="nothing"),
        pytest.param({"web": "ftp://h"}, "no address of a DICOMweb service", id="no DICOMweb"),
        pytest.param({"connect": 104}, "neither text nor", id="no text"),
        pytest.param("A@h:1", "is no table", id="no table"),
        pytest.param({"web": "https://h", "token_file": "gone"}, "cannot be read", id="no file"),
    ],
)
def test_a_wrong_description_is_refused_and_says_what_would_be_right(table, said, tmp_path):
    with pytest.raises(UsageError, match=said):
        find_peer("main", {"main": table}, tmp_path)


def test_no_secret_travels_in_the_clear_but_to_this_machine(tmp_path):
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    table = {"web": "http://pacs.example.org/web", "user": "u", "password_file": "secret"}
    with pytest.raises(UsageError, match="in the clear"):
        find_peer("main", {"main": table}, tmp_path)

    assert find_peer("main", {"main": table | {"web": "http://127.0.0.1:1/"}}, tmp_path)


def test_a_password_of_nobody_is_refused(tmp_path):
    (tmp_path / "secret").write_text("x", encoding="utf-8")
    table = {"web": "https://h/web", "password_file": "secret"}

    with pytest.raises(UsageError, match=r"main.* nobody whose it is"):
        find_peer("main", {"main": table}, tmp_path)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match="did you mean 'main'"):
        find_peer("mein", {"main": {"connect": "A@h:1"}})
