"""An archive that is asked by QIDO-RS and fetched from by WADO-RS.

References
----------
* DICOM PS3.18 10.6 and 10.4
"""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from pydicom.dataset import Dataset

from ductdicom.pacs.pull.query import NAMING_KEYS, SERIES_KEYS, STUDY_KEYS, StudyQuery
from ductdicom.pacs.spool.intake import Intake
from ductdicom.pacs.web import DicomWeb

_KEYS = (*SERIES_KEYS, *(key for key in NAMING_KEYS if key not in SERIES_KEYS))


class WebArchive:
    """Asks and fetches over one connection; without an intake it only asks."""

    def __init__(self, web: DicomWeb, intake: Intake | None) -> None:
        self._web, self._intake = web, intake

    def studies(self, query: StudyQuery) -> Iterator[Dataset]:
        """Yield the answers to a query."""
        yield from self._web.search(query.matching(), STUDY_KEYS)

    def series(self, study_uid: str) -> Iterator[Dataset]:
        """Yield the series of a study, with the study's names as their objects have them.

        A study's own answer may be made from one of its objects, such as a report without a name.
        """
        yield from self._web.search({}, _KEYS, study=study_uid, level="Series")

    def images(self, study_uid: str) -> dict[str, str]:
        """Return the objects of a study."""
        fields = ("SOPInstanceUID", "SeriesInstanceUID")
        return {
            str(answer.SOPInstanceUID): str(answer.get("SeriesInstanceUID", ""))
            for answer in self._web.search({}, fields, study=study_uid, level="SOP")
        }

    def fetch(self, study_uid: str, images: Sequence[tuple[str, str]] | None) -> None:
        """Let a study come into the spool, or some of its images."""
        if images is None:
            self._take(f"studies/{study_uid}")
        for place in images or ():
            series_uid, uid = (quote(name, safe="") for name in place)
            self._take(f"studies/{study_uid}/series/{series_uid}/instances/{uid}")

    def has_other_way(self) -> bool:
        """Say no."""
        return False

    def _take(self, path: str) -> None:
        intake, part = self._intake, None
        if intake is None:
            return
        try:
            for piece in self._web.retrieve(path):
                part = part or intake.begin()
                if piece is not None:
                    part.write(piece)
                else:
                    intake.take(part)
                    part = None
        finally:
            if part is not None:
                intake.discard(part)
