import importlib.util

import pytest

pytest.importorskip("starlette", reason="the extra review is not installed")
pytest.importorskip("uvicorn", reason="the extra review is not installed")

from ductdicom.cli.application import run
from ductdicom.errors import UsageError
from ductdicom.review.serve import is_loopback, require_proxy


@pytest.mark.parametrize("missing", [{"starlette"}, {"uvicorn"}, {"starlette", "uvicorn"}])
def test_without_the_extra_it_says_how_to_install_it(tmp_path, monkeypatch, capsys, missing):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        "ductdicom.cli.admin.review.find_spec",
        lambda name: None if name in missing else find(name),
    )

    assert run(["review", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert 'pipx install --force "ductdicom[review]"' in said
    assert all(name in said for name in missing)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--host", "0.0.0.0"], id="open to the network"),  # noqa: S104 - is refused
        pytest.param(["--host", "10.0.0.5", "--user-header", "X-User"], id="no proxy"),
        pytest.param(["--trusted-proxy", "10.0.0.9"], id="no name"),
        pytest.param(["--port", "70000"], id="no such port"),
    ],
)
def test_nobody_is_let_in_who_is_not_known(tmp_path, capsys, options):
    assert run(["review", str(tmp_path), "--no-browser", *options]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "proxy",
    ["0.0.0.0/0", "::/0", "::", "10.0.0.0/24", "any", "10.0.0.9,10.0.0.10", "0.0.0.0"],  # noqa: S104 - is refused
)
def test_a_proxy_is_one_address(proxy):
    with pytest.raises(UsageError, match=r"--trusted-proxy.*no address of one"):
        require_proxy("X-Remote-User", proxy)


@pytest.mark.parametrize(
    "header",
    [
        *("Cookie", "authorization", "HOST", "Origin", "User-Agent", "X-Forwarded-For"),
        *("Sec-Fetch-Site", "Accept-Language", "If-Match", "Content-Type"),
        *("X Remote", "X-Remote:", "größe"),
    ],
)
def test_what_every_browser_says_of_itself_names_nobody(header):
    with pytest.raises(UsageError, match=r"--user-header.*X-Remote-User"):
        require_proxy(header, "10.0.0.9")


@pytest.mark.parametrize("header", ["X-Remote-User", "REMOTE_USER", "X-Forwarded-User"])
@pytest.mark.parametrize("proxy", ["10.0.0.9", "127.0.0.1", "fd00::9"])
def test_a_proxy_and_its_header_are_taken(header, proxy):
    require_proxy(header, proxy)


def test_such_a_proxy_is_refused_before_anything_is_served(tmp_path, capsys):
    options = ["--user-header", "Cookie", "--trusted-proxy", "10.0.0.9"]

    assert run(["review", str(tmp_path), "--no-browser", *options]) == 2
    assert "--user-header" in capsys.readouterr().err


def test_what_is_no_output_folder_is_not_served(tmp_path, capsys):
    assert run(["review", str(tmp_path), "--no-browser", "--port", "0"]) == 2
    assert "is no output folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.0.0.2", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),  # noqa: S104 - is refused
        ("::", False),
        ("10.0.0.5", False),
        ("review.hospital", False),
    ],
)
def test_only_this_computer_is_loopback(host, is_own):
    assert is_loopback(host) is is_own
