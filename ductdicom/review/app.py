"""The addresses of the review, and what each answers."""

import json
import sys
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from msgspec.structs import replace
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import (
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import Route

from ductdicom.decisions.files import named_once
from ductdicom.errors import DuctDicomError, InputError, UsageError, place_of
from ductdicom.export.html.document import colours
from ductdicom.export.output import THUMBNAIL_NAME, OutputFolder
from ductdicom.model.outcome import REPORT_IT, Status
from ductdicom.model.record import RecordedStudy
from ductdicom.review.access import MOST_BODY_BYTES, Access, Guard
from ductdicom.review.encoding import choose_packing
from ductdicom.review.gallery import Gallery, image_names, names_by_uid
from ductdicom.review.listing import ListItem, Presence, Shelf, list_studies
from ductdicom.review.pages import (
    ASSETS,
    Decided,
    SheetParts,
    read_asset,
    split_sheet,
    study_page,
    worklist_page,
)
from ductdicom.review.redrawing import NOT_TRIED
from ductdicom.review.saving import Desk, Outdated
from ductdicom.settings import Phi
from ductdicom.sheet.style import DARK
from ductdicom.vocabulary.terms import load_vocabulary

_SHEET = "sheet.html"
_TYPES = {".css": "text/css", ".js": "text/javascript"}
_MOST_WAIT_S = 10.0
_PIECE_BYTES = 1 << 18
_LONGEST_NAME = 40  # of a page, as it calls itself


def make_app(
    output: OutputFolder, access: Access, *, is_read_only: bool = False, is_warm: bool = False
) -> Guard:
    """Return the application, which answers no one but those whom ``access`` lets in.

    Parameters
    ----------
    is_warm
        Whether what is needed first is made ready at once.
    """
    pages = _Pages(output, is_read_only=is_read_only)
    if is_warm:
        pages.warm_up()
    routes = [
        Route("/", pages.worklist),
        Route("/index.html", pages.worklist),
        Route("/open", pages.open_now),
        Route("/assets/{name}", pages.asset),
        Route("/studies/{key}/sheet.html", pages.study),
        Route("/studies/{key}/sheet.{part}", pages.sheet_part),
        Route("/studies/{key}/thumbnail.png", pages.thumbnail),
        Route("/studies/{key}/presence", pages.presence, methods=["POST"]),
        Route("/studies/{key}/preview", pages.preview, methods=["POST"]),
        Route("/studies/{key}/drawn", pages.drawn),
        Route("/studies/{key}/decisions", pages.decide, methods=["POST"]),
        Route("/studies/{key}/images/{name}", pages.image),
        Route("/studies/{key}/images/{name}/values", pages.values),
        Route("/studies/{key}/images/{name}/table", pages.table),
    ]
    handlers = {
        HTTPException: _say,
        InputError: _say_unreadable,
        DuctDicomError: _say_ours,
        Exception: _say_bug,
    }
    return Guard(Starlette(routes=routes, exception_handlers=handlers), access)


def _say(_: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return PlainTextResponse(str(getattr(error, "detail", "")), status_code=status)


def _say_unreadable(_: Request, error: Exception) -> Response:
    """Say why an image cannot be shown, without the name of its file."""
    reason = error.reason if isinstance(error, InputError) else ""
    return PlainTextResponse(f"the original cannot be shown: {reason}", status_code=410)


def _say_ours(_: Request, error: Exception) -> Response:
    status = 400 if isinstance(error, UsageError) else 500
    hint = getattr(error, "hint", "")
    return PlainTextResponse(": ".join(filter(None, (*error.args, hint))), status_code=status)


def _say_bug(_: Request, error: Exception) -> Response:
    """Say where a bug is, without the error's own words, which may quote a header."""
    sys.stderr.write(f"ductdicom: {REPORT_IT}: {place_of(error)}\n")
    return PlainTextResponse(REPORT_IT, status_code=500)


class _Pages:
    """Answers requests over one output folder."""

    def __init__(self, output: OutputFolder, *, is_read_only: bool) -> None:
        self._shelf = Shelf(output)
        self._gallery = Gallery()
        self._presence = Presence()
        self._desk = Desk(self._shelf)
        self._is_read_only = is_read_only
        self._ahead = ThreadPoolExecutor(1, thread_name_prefix="ahead")

    def warm_up(self) -> None:
        """Make ready what whoever comes first would have to wait for."""
        self._ahead.submit(load_vocabulary)
        self._ahead.submit(self._decode_first)

    def worklist(self, request: Request) -> Response:
        """Return the list of studies; the first one is decoded ahead."""
        items = self._items()
        self._ahead.submit(self._decode_first)
        page = worklist_page(
            items,
            self._desk.people(),
            self._desk.undrawn(),
            login=request.state.login,
            is_read_only=self._is_read_only,
        )
        return HTMLResponse(page)

    def open_now(self, _: Request) -> Response:
        """Say who has which study open."""
        return JSONResponse(self._presence.now())

    def asset(self, request: Request) -> Response:
        """Return a style or a script of ours."""
        name = request.path_params["name"]
        if name == "colours.css":
            return Response(colours(DARK), media_type="text/css")
        if name not in ASSETS:
            raise HTTPException(404, "there is no such file")
        return Response(read_asset(name), media_type=_TYPES[PurePath(name).suffix])

    def study(self, request: Request) -> Response:
        """Return a study; the next one of the list is decoded ahead."""
        record = self._record(request)
        state, events = self._desk.state(record)
        undrawn = self._desk.undrawn().get(str(record.key), ())
        page = study_page(
            record if self._shelf.output.phi is not Phi.NONE else _without_times(record),
            self._others(record),
            self._sheet(record),
            Decided(events=events, state=state, undrawn=undrawn),
            is_read_only=self._is_read_only,
        )
        self._ahead.submit(self._decode, record)
        self._ahead.submit(self._decode_next, record)
        if not self._is_read_only:  # only now: it would keep the first pictures from being decoded
            self._ahead.submit(self._desk.redrawing.warm_up)
        return HTMLResponse(page, headers={"ETag": f'"{state}"'})

    def sheet_part(self, request: Request) -> Response:
        """Return style or script of a study's sheet."""
        sheet = self._sheet(self._record(request))
        parts = {"css": sheet.style, "js": sheet.script}
        part = request.path_params["part"]
        if part not in parts:
            raise HTTPException(404, "there is no such file")
        return Response(parts[part], media_type=_TYPES[f".{part}"])

    def thumbnail(self, request: Request) -> Response:
        """Return the small picture of a study."""
        return Response(self._file(self._record(request), THUMBNAIL_NAME), media_type="image/png")

    async def presence(self, request: Request) -> Response:
        """Take note that a page is open, and say who else has the study open."""
        said = await _body(request)
        record = await run_in_threadpool(self._record, request)
        page, who = (str(said.get(name, ""))[:_LONGEST_NAME] for name in ("page", "by"))
        who = request.state.login or ("".join(filter(str.isalpha, who))[:4])
        if said.get("leaves"):
            self._presence.leave(str(record.key), page)
        else:
            self._presence.say(str(record.key), page, who)
        others = self._presence.now(but=page).get(str(record.key), [])
        return JSONResponse({"others": others})

    async def preview(self, request: Request) -> Response:
        """Say what would follow from decisions, without saving them."""
        said = await _body(request)
        record = await run_in_threadpool(self._record, request)
        return JSONResponse(await run_in_threadpool(self._desk.preview, record, said))

    def drawn(self, request: Request) -> Response:
        """Say whether a study has been drawn since it was decided on; waits for it a while."""
        key = str(self._record(request).key)
        is_over, obstacle = self._desk.redrawing.wait(key, _MOST_WAIT_S)
        is_drawn = is_over and key not in self._desk.undrawn()
        if is_drawn:
            obstacle = ""
        elif is_over:
            obstacle = obstacle or NOT_TRIED
        return JSONResponse({"drawn": is_drawn, "waiting": not is_over, "obstacle": obstacle})

    async def decide(self, request: Request) -> Response:
        """Save decisions, decide the study again and draw it."""
        if self._is_read_only:
            raise HTTPException(403, "this review is read only")
        seen = request.headers.get("if-match", "").strip().removeprefix("W/").strip('"')
        if not seen:
            raise HTTPException(428, "say with If-Match which state of the study was seen")
        said = await _body(request)
        record = await run_in_threadpool(self._record, request)
        try:
            saved = await run_in_threadpool(
                self._desk.save, str(record.key), said, seen=seen, login=request.state.login
            )
        except Outdated as outdated:
            return JSONResponse(outdated.versions, status_code=409)
        except KeyError:  # a run has just removed it
            raise HTTPException(404, "there is no such study") from None
        return JSONResponse(saved, headers={"ETag": f'"{saved["state"]}"'})

    def image(self, request: Request) -> Response:
        """Say of an image how large it is and what it can be shown with."""
        record, name, is_preview = self._named(request)
        return JSONResponse(self._gallery.packed(record, name, is_preview=is_preview).about)

    def values(self, request: Request) -> Response:
        """Return the stored values of an image."""
        record, name, is_preview = self._named(request)
        packing = choose_packing(request.headers.get("accept-encoding", ""))
        content = self._gallery.values(record, name, is_preview=is_preview, packing=packing)
        if not is_preview:
            self._ahead.submit(self._gallery.prepare, record, name)
        headers = {"Vary": "Accept-Encoding", "Content-Length": str(len(content))}
        if packing:
            headers["Content-Encoding"] = packing
        # Whole, it would lie in memory a second time until a slow reader has taken it.
        return StreamingResponse(
            _pieces(content), media_type="application/octet-stream", headers=headers
        )

    def table(self, request: Request) -> Response:
        """Return the grey of every value that can be stored, and what made it."""
        record, name, is_preview = self._named(request)
        try:
            number = int(request.query_params["choice"])
            label, grey = self._gallery.table(record, name, number, is_preview=is_preview)
        except (KeyError, ValueError, IndexError):
            raise HTTPException(404, "there is no such window or table") from None
        headers = {"Voi-Label": quote(label)}
        return Response(grey, media_type="application/octet-stream", headers=headers)

    def _record(self, request: Request) -> RecordedStudy:
        try:
            return self._shelf.record(request.path_params["key"])
        except KeyError:
            raise HTTPException(404, "there is no such study") from None

    def _named(self, request: Request) -> tuple[RecordedStudy, str, bool]:
        """Return study and name of the image asked for, and whether fewer pixels will do."""
        record, name = self._record(request), request.path_params["name"]
        if name not in image_names(record):
            raise HTTPException(404, "there is no such image")
        return record, name, request.query_params.get("level") == "1"

    def _file(self, record: RecordedStudy, name: str) -> bytes:
        try:
            return self._shelf.file(record, name)
        except KeyError:
            raise HTTPException(404, "there is no such file") from None

    def _sheet(self, record: RecordedStudy) -> SheetParts:
        """Return the parts of a study's sheet, if it is the one that its record lists."""
        try:
            content = self._shelf.file(record, _SHEET)
        except KeyError:
            return SheetParts()
        listed = dict(zip(record.files or (), record.file_sha256 or (), strict=False))
        is_own = sha256(content).hexdigest() == listed.get(_SHEET)
        return split_sheet(content) if is_own else SheetParts()

    def _others(self, record: RecordedStudy) -> dict[str, tuple[RecordedStudy, str]]:
        """Return images of earlier studies that a study's rows show, by UID."""
        own = {image.sop_instance_uid for image in record.instances}
        wanted = {uid for row in record.rows for uid in (*row.pre, *row.post)} - own
        return {
            image.sop_instance_uid: (other, name)
            for other in (self._shelf.records().values() if wanted else ())
            for name, image in zip(image_names(other), other.instances, strict=True)
            if image.sop_instance_uid in wanted
        }

    def _decode(self, record: RecordedStudy) -> None:
        """Decode what a reader will look at first; what fails says so when it is asked for."""
        rows = dict.fromkeys(uid for row in record.rows for uid in (*row.pre, *row.post))
        names = names_by_uid(record)
        for get_ready in (partial(self._gallery.packed, is_preview=True), self._gallery.prepare):
            for uid in rows:
                if uid in names:
                    with suppress(InputError):
                        get_ready(record, names[uid])

    def _decode_first(self) -> None:
        if items := self._items():
            self._decode(self._shelf.record(items[0].key))

    def _decode_next(self, record: RecordedStudy) -> None:
        keys = [item.key for item in self._items() if item.status is Status.REVIEW]
        after = keys[keys.index(record.key) + 1 :] if record.key in keys else keys
        if after:
            self._decode(self._shelf.record(after[0]))

    def _items(self) -> list[ListItem]:
        records = self._shelf.records().values()
        return list_studies(records, self._shelf.times(), datetime.now(UTC).date())


def _without_times(record: RecordedStudy) -> RecordedStudy:
    """Return a record that says of no image when it was exposed."""
    images = (replace(image, acquired_at=None) for image in record.instances)
    return replace(record, instances=tuple(images))


async def _pieces(content: bytes) -> AsyncIterator[memoryview]:
    for start in range(0, len(content), _PIECE_BYTES):
        yield memoryview(content)[start : start + _PIECE_BYTES]


async def _body(request: Request) -> dict[str, Any]:
    """Read what a page sends, as JSON; what is too large is not read to its end.

    Raises
    ------
    HTTPException
        It is no JSON, or too large.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        raise HTTPException(415, "send JSON")
    content = b""
    try:
        async for piece in request.stream():
            content += piece
            if len(content) > MOST_BODY_BYTES:
                raise HTTPException(413, "that is too much at once")
    except ClientDisconnect:  # a tab that was closed: nobody hears the answer
        raise HTTPException(400, "that came to no end") from None
    try:
        found = json.loads(content, object_pairs_hook=partial(named_once, "what was sent"))
        json.dumps(found, ensure_ascii=False).encode()  # half of a pair of surrogates is no text
    except (ValueError, RecursionError):
        raise HTTPException(400, "that is no JSON") from None
    if not isinstance(found, dict):
        raise HTTPException(400, "send an object")
    return found
