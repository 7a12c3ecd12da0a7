import pytest

pytest.importorskip("starlette", reason="the extra review is not installed")
pytest.importorskip("httpx", reason="httpx is not installed")

from review_client import Client
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from ductdicom.review.access import Access, Guard

_ADDRESS = "http://127.0.0.1:8642"


def _answer(request):
    return PlainTextResponse(f"hello {request.state.login}")


def _client(access, address=_ADDRESS, client="127.0.0.1"):
    app = Starlette(routes=[Route("/", _answer), Route("/save", _answer, methods=["POST"])])
    return Client(Guard(app, access), address, client)


@pytest.fixture
def access():
    return Access(hosts=frozenset({"127.0.0.1:8642", "localhost:8642"}))


@pytest.fixture
def alone(access):
    client = _client(access)
    client.get("/", params={"token": access.token})
    return client


@pytest.fixture
def proxied():
    access = Access(user_header="X-Remote-User", trusted_proxy="10.0.0.9")
    return lambda client: _client(access, "http://review.hospital", client)


def test_the_token_is_exchanged_for_a_cookie_that_no_script_and_no_other_site_gets(access):
    client = _client(access)

    answer = client.get("/", params={"token": access.token})

    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    said = answer.headers["set-cookie"]
    assert "HttpOnly" in said
    assert "SameSite=strict" in said
    assert access.token not in said
    assert client.get("/").text == "hello "


def test_the_printed_address_lets_in_until_the_server_ends_and_no_longer(access):
    """A second browser, or the same one that was closed; the next start has another address."""
    for client in (_client(access), _client(access)):
        answer = client.get("/", params={"token": access.token})
        assert answer.status_code == 303
        assert (answer.headers["location"], answer.headers["referrer-policy"]) == (
            "/",
            "no-referrer",
        )
        assert client.get("/").status_code == 200

    later = Access(hosts=access.hosts)

    assert _client(later).get("/", params={"token": access.token}).status_code == 401
    old = _client(later)
    old.cookies.set(later.cookie_name, access.session)
    assert old.get("/").status_code == 401


@pytest.mark.parametrize("asked", [{}, {"token": "wrong"}, {"token": ""}])
def test_nobody_is_answered_without_token_or_cookie(access, asked):
    assert _client(access).get("/", params=asked).status_code == 401


def test_a_token_saves_nothing(access):
    headers = {"Origin": _ADDRESS}

    answer = _client(access).post("/save", params={"token": access.token}, headers=headers)

    assert answer.status_code == 401


def test_another_cookie_is_refused(access):
    client = _client(access)
    client.cookies.set("ductdicom", access.token)

    assert client.get("/").status_code == 401


def test_a_server_asked_by_another_name_does_not_answer(alone):
    assert alone.get("/", headers={"Host": "evil.example:8642"}).status_code == 421


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Sec-Fetch-Site": "same-origin"}, 200, id="our page"),
        pytest.param({"Origin": _ADDRESS}, 200, id="our page in an old browser"),
        pytest.param({"Sec-Fetch-Site": "cross-site", "Origin": _ADDRESS}, 403, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="another port"),
        pytest.param({"Origin": "http://127.0.0.1:9"}, 403, id="another port, old browser"),
        pytest.param({"Origin": "null"}, 403, id="a file"),
        pytest.param({}, 403, id="nobody says"),
    ],
)
def test_only_our_own_pages_save(alone, headers, status):
    assert alone.post("/save", headers=headers).status_code == status


def test_another_page_may_not_load_anything(alone):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "image"}

    assert alone.get("/", headers=headers).status_code == 403


def test_a_link_on_another_page_may_be_followed(alone):
    headers = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": "document"}

    assert alone.get("/", headers=headers).status_code == 200


def test_a_foreign_origin_is_told_nothing_of_what_it_may(alone):
    answer = alone.get("/", headers={"Origin": "http://evil.example"})

    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize("asked", [{}, {"token": "wrong"}])
def test_every_answer_is_kept_nowhere_and_runs_nothing_foreign(access, alone, asked):
    for client in (alone, _client(access)):
        headers = client.get("/", params=asked).headers
        assert headers["cache-control"] == "no-store"
        assert headers["content-security-policy"].startswith("default-src 'none'; ")
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


def test_behind_a_proxy_the_person_is_the_one_that_signed_in(proxied):
    client = proxied("10.0.0.9")

    assert client.get("/", headers={"X-Remote-User": "mueller"}).text == "hello mueller"


def test_only_the_proxy_is_believed(proxied):
    answer = proxied("10.0.0.66").get("/", headers={"X-Remote-User": "mueller"})

    assert answer.status_code == 403


@pytest.mark.parametrize("user", ["", "   ", "a" * 101])
def test_nobody_is_answered_whom_the_proxy_does_not_name(proxied, user):
    assert proxied("10.0.0.9").get("/", headers={"X-Remote-User": user}).status_code == 401


def test_behind_a_proxy_another_site_saves_nothing_either(proxied):
    headers = {"X-Remote-User": "mueller", "Origin": "http://evil.example"}

    assert proxied("10.0.0.9").post("/save", headers=headers).status_code == 403


def test_a_page_may_be_known_by_the_name_that_the_proxy_was_asked_by(proxied):
    headers = {
        "X-Remote-User": "mueller",
        "Origin": "http://ducts.hospital",
        "X-Forwarded-Host": "ducts.hospital",
    }

    assert proxied("10.0.0.9").post("/save", headers=headers).status_code == 200


def test_secrets_are_not_printed(access):
    assert access.token not in repr(access)
    assert access.session not in repr(access)
