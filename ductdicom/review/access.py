"""Who may ask: one browser of this computer, or whoever the hospital's proxy has signed in.

Nothing that another page makes a browser ask for is answered, and nothing of an answer is kept or
shown elsewhere.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BODY_BYTES = 1 << 20  # of decisions on one study
_MOST_NAME = 100
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_READING = frozenset({"GET", "HEAD"})
_ASK_AGAIN = "Open the address that ductdicom review has printed: it lets this browser in.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How whoever asks is known.

    On loopback by a cookie, for which the ``token`` of the printed address is exchanged; ``hosts``
    are the names that the server may be asked for by. Elsewhere ``user_header`` names the person,
    and only ``trusted_proxy``, an address, is believed.
    """

    hosts: frozenset[str] = frozenset()
    user_header: str = ""
    trusted_proxy: str = ""
    cookie_name: str = "ductdicom"
    token: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    session: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)


class Guard:
    """Answers whoever may ask, and refuses all others; the login stands in the scope's state."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app = app
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def hardened(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        answer = _refusal(scope, self._access)
        if answer is not None:
            await answer(scope, receive, hardened)
            return
        await self._app(scope, receive, hardened)


def _refusal(scope: Scope, access: Access) -> Response | None:
    """Return what is answered in the page's place; None where the page may be shown."""
    headers = Headers(scope=scope)
    login = ""
    if access.user_header:
        client = scope.get("client") or ("", 0)
        login = headers.get(access.user_header, "").strip()
        if client[0] != access.trusted_proxy:
            return _no(403, "only the hospital's proxy is answered")
        if not login or len(login) > _MOST_NAME or not login.isprintable():
            return _no(401, f"the proxy has not said who you are ({access.user_header})")
    elif headers.get("host", "").lower() not in access.hosts:
        return _no(421, "this server has another name")
    if not _is_own(scope, headers):
        return _no(403, "another page may not ask for this")
    if not access.user_header and not _has_cookie(headers, access):
        return _exchange(scope, access)
    scope.setdefault("state", {})["login"] = login
    return None


def _is_own(scope: Scope, headers: Mapping[str, str]) -> bool:
    """Tell whether a request comes from a page of ours, or from a person.

    References
    ----------
    * W3C Fetch Metadata Request Headers: Sec-Fetch-Site, which no page can set
    """
    site = headers.get("sec-fetch-site", "")
    if scope["method"] in _READING:
        is_visit = headers.get("sec-fetch-dest", "") == "document"  # somebody followed a link
        return is_visit or site in {"", "none", "same-origin"}
    if site:
        return site == "same-origin"
    origin = urlsplit(headers.get("origin", "")).netloc
    names = {headers.get("host", ""), headers.get("x-forwarded-host", "")} - {""}
    return bool(origin) and origin in names


def _has_cookie(headers: Mapping[str, str], access: Access) -> bool:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(access.cookie_name)
    except CookieError:
        return False
    return cookie is not None and _is_same(cookie.value, access.session)


def _exchange(scope: Scope, access: Access) -> Response:
    """Return a cookie for the token of the address, and lead on to an address without one."""
    asked = parse_qs(scope["query_string"].decode("latin-1"))
    if scope["method"] not in _READING or not _is_same(asked.get("token", [""])[0], access.token):
        return _no(401, _ASK_AGAIN)
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(access.cookie_name, access.session, httponly=True, samesite="strict")
    return answer


def _is_same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _no(status: int, words: str) -> Response:
    return PlainTextResponse(words, status_code=status)
