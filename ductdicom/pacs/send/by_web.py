"""Objects are sent by STOW-RS, one a request, and what is said of each is read.

References
----------
* DICOM PS3.18 10.5 (store), PS3.18 table 10.5.3-1 (HTTP status), PS3.18 I.2 (the response)
"""

from collections.abc import Iterator
from http import HTTPStatus

from pydicom.dataset import Dataset

from ductdicom.pacs.send.elsewhere import SERIES_KEYS
from ductdicom.pacs.send.make import SentObject
from ductdicom.pacs.send.store import Answer, Reply, reply_of
from ductdicom.pacs.web import DicomWeb

_SUCCESS = 200
# Some of these a proxy answers that reaches nobody behind it.
_CANNOT_NOW = frozenset(
    {
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
        HTTPStatus.INSUFFICIENT_STORAGE,
    }
)


class WebStore:
    """Sends objects to an archive's DICOMweb service."""

    def __init__(self, web: DicomWeb) -> None:
        self._web = web

    def store(self, item: SentObject) -> Reply:
        """Send an object; that the request came through is no word that the object is stored."""
        code, answer = self._web.store(item.study_uid, item.content)
        if code in _CANNOT_NOW:
            return Reply(answer=Answer.LATER, status=f"HTTP {code}")
        failed = _reason(answer, "FailedSOPSequence", item, "FailureReason")
        if failed is None:
            failed = _reason(answer, "OtherFailuresSequence", None, "FailureReason")
        if failed is not None:
            return reply_of(failed) if failed else Reply(answer=Answer.REFUSED, status="failed")
        warned = _reason(answer, "ReferencedSOPSequence", item, "WarningReason")
        if warned is not None:
            # Of a referenced object the reason is a warning, whatever its number.
            status = f"0x{warned:04X}" if warned else f"HTTP {code}"
            return Reply(answer=Answer.STORED, status=status)
        if code // 100 * 100 == _SUCCESS and self._is_there(item):
            return Reply(answer=Answer.STORED, status=f"HTTP {code}, found")
        return Reply(answer=Answer.REFUSED, status=f"HTTP {code}")

    def series(self, study_uid: str) -> Iterator[Dataset]:
        """Ask what a study holds."""
        yield from self._web.search({}, SERIES_KEYS, study=study_uid, level="Series")

    def _is_there(self, item: SentObject) -> bool:
        """Ask for an object of which the response says nothing."""
        found = self._web.search(
            {"SOPInstanceUID": item.sop_instance_uid},
            ("SOPInstanceUID",),
            study=item.study_uid,
            level="SOP",
        )
        return any(str(o.get("SOPInstanceUID", "")) == item.sop_instance_uid for o in found)


def _reason(answer: Dataset, sequence: str, item: SentObject | None, keyword: str) -> int | None:
    """Return the reason that a sequence gives for an object, 0 for none, None if it is not there.

    A failure of which nobody says whose it is, is that of the one object that was sent.
    """
    for found in answer.get(sequence) or ():
        uid = str(found.get("ReferencedSOPInstanceUID", ""))
        if item is None or uid == item.sop_instance_uid:
            return int(found.get(keyword) or 0)
    return None
