"""DICOMweb: questions to an archive, and the bytes of its objects as they are sent.

References
----------
* DICOM PS3.18 10.6 (search) and 10.4 (retrieve), 8.6.1 (multipart)
"""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from hashlib import sha256
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

import requests
from dicomweb_client import DICOMwebClient
from pydicom.dataset import Dataset
from requests.auth import AuthBase, HTTPBasicAuth

from ductdicom.errors import RemoteError
from ductdicom.pacs.paced import pace
from ductdicom.pacs.peers import Peer, WebService

_PAGE = 200  # results asked for at once
_MOST_PAGES = 1000
_CHUNK_BYTES = 1 << 18
_LONGEST_HEAD_BYTES = 1 << 14  # of a part
# An address names a study, and an answer a patient.
for _name in ("dicomweb_client", "retrying", "urllib3"):
    logging.getLogger(_name).setLevel(logging.WARNING)
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False


class _Bearer(AuthBase):
    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


class _Nobody(AuthBase):
    """Says nothing of who we are, also where ``.netrc`` would."""

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


class _Session(requests.Session):
    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Say to nobody else who we are, where an answer sends us to another place."""
        if self.should_strip_auth(str(response.request.url), str(prepared_request.url)):
            prepared_request.headers.pop("Authorization", None)


class DicomWeb:
    """An archive's DICOMweb service; a context, at whose end the connection is closed."""

    def __init__(self, peer: Peer, timeout_s: float) -> None:
        if peer.web is None:
            raise RemoteError(f"{peer.name} has no DICOMweb", hint="set web = … of this peer")
        self._name = peer.name
        self._timeout_s = timeout_s
        self._session = _Session()
        pace(self._session)
        self._session.auth = _auth(peer.web)
        if peer.tls is not None and peer.tls.ca is not None:
            self._session.verify = str(peer.tls.ca)
        if peer.tls is not None and peer.tls.cert is not None:
            self._session.cert = (str(peer.tls.cert), str(peer.tls.key or peer.tls.cert))
        self._root = peer.web.url
        self._client = DICOMwebClient(
            peer.web.url, session=self._session, timeout=timeout_s, permissive_uid=True
        )
        self._client.set_http_retry_params(retry=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._session.close()

    def search(
        self,
        filters: Mapping[str, str],
        fields: tuple[str, ...],
        *,
        study: str = "",
        level: str = "Study",
    ) -> Iterator[Dataset]:
        """Ask for studies, or for the ``Series`` or objects (``SOP``) of one, page by page.

        A server may give fewer than a page, and may ignore where a page starts: it ends with the
        page that brings nothing new.

        Raises
        ------
        RemoteError
            It cannot be reached, refuses, or answers with something else.
        """
        known: set[str] = set()
        for _ in range(_MOST_PAGES):
            options: dict[str, Any] = {
                "search_filters": dict(filters),
                "fields": list(fields),
                "limit": _PAGE,
                "offset": len(known),
            }
            with self._refusals():
                if level == "Study":
                    found = self._client.search_for_studies(**options)
                elif level == "Series":
                    found = self._client.search_for_series(study, **options)
                else:
                    found = self._client.search_for_instances(study, **options)
                answers = [Dataset.from_json(item) for item in found]
            news = 0
            for answer in answers:
                uid = str(answer.get(f"{level}InstanceUID", ""))
                if uid and uid not in known:
                    known.add(uid)
                    news += 1
                    # JSON is Unicode, whatever the object's set is (DICOM PS3.18 F.2).
                    answer.SpecificCharacterSet = "ISO_IR 192"
                    yield answer
            if not news:
                return

    def retrieve(self, path: str) -> Iterator[bytes | None]:
        """Yield the objects at a path below the root as they are stored, never unpacked for us.

        Yields
        ------
        Pieces of an object, and None behind the last piece of each that came whole.

        Raises
        ------
        RemoteError
            As for `search`; also where the answer ends in the middle.
        """
        accept = 'multipart/related; type="application/dicom"; transfer-syntax=*'
        with self._got(path, accept) as response:
            if response.status_code == HTTPStatus.NO_CONTENT:
                return
            head = Message()
            head["Content-Type"] = response.headers.get("Content-Type", "")
            boundary = head.get_boundary()
            chunks = response.iter_content(_CHUNK_BYTES)
            if boundary is None:
                yield from chunks
                yield None
            else:
                yield from split_parts(chunks, boundary.encode("ascii", "replace"))

    def store(self, study_uid: str, content: bytes) -> tuple[int, Dataset]:
        """Send an object into a study.

        Returns
        -------
        The status, and what the answer says object by object; empty where it says nothing that can
        be read. A status that refuses the object alone is returned, too.

        Raises
        ------
        RemoteError
            It cannot be reached, or refuses us.
        """
        boundary = sha256(content).hexdigest()
        head = f"--{boundary}\r\nContent-Type: application/dicom\r\n\r\n".encode()
        body = head + content + f"\r\n--{boundary}--\r\n".encode()
        kind = f'multipart/related; type="application/dicom"; boundary={boundary}'
        with self._refusals():
            response = self._session.post(
                f"{self._root}/studies/{study_uid}",
                data=body,
                headers={"Content-Type": kind, "Accept": "application/dicom+json"},
                timeout=self._timeout_s,
            )
            if response.status_code in _HINTS:
                response.raise_for_status()
        try:
            found = response.json()
            answer = Dataset.from_json(found[0] if isinstance(found, list) else found)
        except (ValueError, TypeError, AttributeError, KeyError, IndexError):
            answer = Dataset()
        return response.status_code, answer

    def ask(self, path: str) -> Any:
        """Return the JSON at a path below the root, None where there is nothing any more.

        Raises
        ------
        RemoteError
            As for `search`.
        """
        with self._got(path, "application/json", may_lack=True) as response:
            return None if response.status_code == HTTPStatus.NOT_FOUND else response.json()

    def stream(self, path: str) -> Iterator[bytes]:
        """Yield what lies at a path below the root, piece by piece; nothing where it is no more.

        Raises
        ------
        RemoteError
            As for `search`; also where the answer ends in the middle.
        """
        with self._got(path, "*/*", may_lack=True) as response:
            if response.status_code != HTTPStatus.NOT_FOUND:
                yield from response.iter_content(_CHUNK_BYTES)

    @contextmanager
    def _got(
        self, path: str, accept: str, *, may_lack: bool = False
    ) -> Iterator[requests.Response]:
        with (
            self._refusals(),
            self._session.get(
                f"{self._root}/{path}",
                headers={"Accept": accept},
                stream=True,
                timeout=self._timeout_s,
            ) as response,
        ):
            if not (may_lack and response.status_code == HTTPStatus.NOT_FOUND):
                response.raise_for_status()
            yield response

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            yield
        except requests.HTTPError as error:
            code = error.response.status_code if error.response is not None else "?"
            raise RemoteError(
                f"{self._name} refused by DICOMweb: HTTP {code}", hint=_HINTS.get(code, "")
            ) from None
        except requests.exceptions.SSLError:
            raise RemoteError(
                f"{self._name}: TLS was not agreed on",
                hint="whose certificate is it (tls_ca), and is it https that is spoken there?",
            ) from None
        except requests.exceptions.InvalidJSONError:
            raise RemoteError(f"{self._name} answered with what is no DICOMweb") from None
        except requests.RequestException as error:
            kind = type(error).__name__  # its words hold the address, and so the study
            raise RemoteError(f"{self._name} cannot be reached by DICOMweb: {kind}") from None
        except (ValueError, TypeError, AttributeError, KeyError):
            raise RemoteError(f"{self._name} answered with what is no DICOMweb") from None


_PATH_HINT = "is the path right? Orthanc's is /dicom-web"
_HINTS: Mapping[object, str] = {
    HTTPStatus.UNAUTHORIZED: "who are we? user, password_file, token_file or .netrc",
    HTTPStatus.FORBIDDEN: "what are we allowed to do there?",
    HTTPStatus.NOT_FOUND: _PATH_HINT,
    HTTPStatus.METHOD_NOT_ALLOWED: _PATH_HINT,
}


def _auth(web: WebService) -> AuthBase | None:
    """Return what says who we are; None leaves it to ``.netrc``, which may hold a password."""
    if not web.is_private:
        return _Nobody()
    if web.token:
        return _Bearer(web.token)
    if web.user or web.password:
        return HTTPBasicAuth(web.user.encode(), web.password.encode())
    return None


def split_parts(chunks: Iterator[bytes], boundary: bytes) -> Iterator[bytes | None]:
    """Split a multipart body as it comes, without holding any part.

    Yields
    ------
    Pieces of a part, and None behind the last piece of each.

    Raises
    ------
    RemoteError
        The body ends before its last boundary.

    References
    ----------
    * RFC 2046 5.1.1
    """
    mark = b"\r\n--" + boundary
    rest, is_body = b"\r\n", False
    for chunk in chunks:
        rest += chunk
        while True:
            if not is_body:
                start = rest.find(mark)
                head = start + len(mark)
                if start >= 0 and rest[head : head + 2] == b"--":
                    return
                end = rest.find(b"\r\n\r\n", head) if start >= 0 else -1
                if end < 0:
                    if len(rest) > _LONGEST_HEAD_BYTES + len(chunk):
                        raise ValueError("no part begins")
                    break
                rest, is_body = rest[end + 4 :], True
            end = rest.find(mark)
            if end < 0:
                if len(rest) > len(mark):
                    yield rest[: -len(mark)]
                    rest = rest[-len(mark) :]
                break
            yield rest[:end]
            yield None
            rest, is_body = rest[end:], False
    raise RemoteError("the answer ended in the middle")
