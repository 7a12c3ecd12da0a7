"""Orthanc's list of changes, out of which stable mammography studies come into the spool.

References
----------
* Orthanc's REST API: ``/changes``, ``/studies/ID/series``, ``/instances/ID/file`` (as stored)
"""

from collections.abc import Iterator
from dataclasses import replace as with_values
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from ductdicom.errors import OutputError, RemoteError
from ductdicom.pacs.peers import Peer
from ductdicom.pacs.spool.folder import name_of
from ductdicom.pacs.spool.intake import Intake
from ductdicom.pacs.spool.part import Declined
from ductdicom.pacs.watch.state import FeedPlace
from ductdicom.pacs.web import DicomWeb
from ductdicom.version import PRODUCT

_PAGE = 100  # changes asked for at once
_DICOMWEB = "/dicom-web"  # of the plugin, below Orthanc's own root
_T = TypeVar("_T")
_FOR_LATER = {Declined.NO_ROOM, Declined.UNWRITABLE}


class _Change(Struct, frozen=True):
    kind: str = msgspec.field(name="ChangeType")
    id: str = msgspec.field(name="ID")
    number: int = msgspec.field(name="Seq")


class _Changes(Struct, frozen=True):
    changes: list[_Change] = msgspec.field(name="Changes")
    is_done: bool = msgspec.field(name="Done")
    last: int = msgspec.field(name="Last")


class _Resource(Struct, frozen=True):
    """A study, a series or an instance; ``series`` is the ID of an instance's series."""

    id: str = msgspec.field(name="ID")
    tags: dict[str, Any] = msgspec.field(name="MainDicomTags")
    series: str = msgspec.field(name="ParentSeries", default="")


def as_orthanc(peer: Peer) -> Peer:
    """Return how Orthanc itself is called, where the address may be that of its DICOMweb.

    Raises
    ------
    RemoteError
        The peer has no address of the web.
    """
    if peer.web is None:
        raise RemoteError(f"{peer.name} has no address of the web", hint="write https://…")
    web = with_values(peer.web, url=peer.web.url.rstrip("/").removesuffix(_DICOMWEB))
    return with_values(peer, web=web)


class OrthancFeed:
    """What Orthanc says that it has got, from a place on."""

    def __init__(self, web: DicomWeb, url: str, intake: Intake) -> None:
        self._web, self._url, self._intake = web, url, intake

    def read(self, place: FeedPlace) -> Iterator[tuple[FeedPlace, str]]:
        """Take what is new into the spool.

        Where another server or database counts the changes, they are read from the first one on;
        what is in the spool is not fetched again.

        Yields
        ------
        How far all is seen to, with the name of a study's folder that is complete, or nothing.

        Raises
        ------
        RemoteError
            Orthanc cannot be reached, or refuses.
        OutputError
            There is no room.
        """
        system = self._web.ask("system") or {}
        database = str(system.get("DatabaseServerIdentifier", ""))
        if (place.url, place.database) != (self._url, database):
            place = FeedPlace(url=self._url, database=database)
        while True:
            page = self._ask(f"changes?since={place.last}&limit={_PAGE}", _Changes)
            if page is None:
                raise RemoteError("Orthanc says of no changes", hint="is this its own address?")
            if page.last < place.last:  # it counts from the beginning again
                place = FeedPlace(url=self._url, database=database)
                continue
            for change in page.changes:
                if change.kind == "StableStudy" and (name := self._fetch(change.id)):
                    place = msgspec.structs.replace(place, last=change.number)
                    yield place, name
            place = msgspec.structs.replace(place, last=page.last)
            yield place, ""
            if page.is_done:
                return

    def _fetch(self, study: str) -> str:
        """Take of a mammography study what is not there; returns its folder's name, if it is one.

        Our own objects are none of it, and what was deleted since it changed is nothing.
        """
        path = f"studies/{quote(study, safe='')}"
        series = self._ask(f"{path}/series", list[_Resource]) or []
        wanted = [one for one in series if one.tags.get("Manufacturer") != PRODUCT]
        found = self._ask(path, _Resource)
        if found is None or not any(one.tags.get("Modality") == "MG" for one in wanted):
            return ""
        study_uid = str(found.tags.get("StudyInstanceUID", ""))
        held, ids = self._intake.spool.held(study_uid), {one.id for one in wanted}
        for instance in self._ask(f"{path}/instances", list[_Resource]) or []:
            uid = str(instance.tags.get("SOPInstanceUID", ""))
            if instance.series in ids and name_of(uid) not in held:
                self._take(instance.id, uid)
        return name_of(study_uid)

    def _take(self, instance: str, uid: str) -> None:
        part = self._intake.begin()
        try:
            for piece in self._web.stream(f"instances/{quote(instance, safe='')}/file"):
                part.write(piece)
            if not part.size_bytes:  # deleted meanwhile
                return
            refusal = self._intake.take(part, sop_uid=uid).refusal
        finally:
            self._intake.discard(part)
        if refusal in _FOR_LATER:
            raise OutputError(
                f"an object of Orthanc's was not taken: {refusal}", path=self._intake.spool.path
            )

    def _ask(self, path: str, kind: type[_T]) -> _T | None:
        answer = self._web.ask(path)
        try:
            return None if answer is None else msgspec.convert(answer, kind)
        except msgspec.ValidationError:
            raise RemoteError("Orthanc answered with what it should not") from None
