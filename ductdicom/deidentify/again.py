"""The sheets of a set, drawn from its own images; and whether these are decided as before."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from ductdicom.deidentify.keyed import Key
from ductdicom.export.output import STATE_FOLDER, STUDIES_FOLDER, write_whole
from ductdicom.model.record import RecordedStudy
from ductdicom.model.result import StudyResult
from ductdicom.model.study import ImageCall
from ductdicom.pipeline.run import organise
from ductdicom.settings import Format, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnAgain:
    """The pages of a study by name, and whether its images were decided as the originals were."""

    study_instance_uid: str
    pages: Mapping[str, bytes]
    is_alike: bool


def draw_again(images: Path, key: Key, records: Iterable[RecordedStudy]) -> Iterator[DrawnAgain]:
    """Organise the images of a set as if they were handed in, and yield its ductograms.

    Parameters
    ----------
    images
        The folder of the set's images.
    records
        Of the studies of which all that stands in a row is in the set.
    """
    known = {key.uid(record.study_instance_uid): record for record in records}
    with TemporaryDirectory() as scratch:
        output = Path(scratch) / "out"
        secret = hmac.new(key.secret, b"sheets", hashlib.sha256).hexdigest()
        write_whole(output / STATE_FOLDER / "key", secret.encode(), mode=0o600)
        settings = Settings(output=output, jobs=1, format=(Format.PNG,), cache=None)
        report = organise([str(images)], settings, in_process=True)
        for study in sorted(report.studies, key=lambda study: study.key or ""):
            uid = study.call.study.study_instance_uid
            record = known.get(uid)
            names = [sheet.path for sheet in study.sheets]
            folder = output / STUDIES_FOLDER / (study.key or "")
            yield DrawnAgain(
                study_instance_uid=uid,
                pages={name: (folder / name).read_bytes() for name in names},
                is_alike=record is None or _is_alike(study, record, key.uid),
            )


def _is_alike(study: StudyResult, record: RecordedStudy, new: Callable[[str], str]) -> bool:
    """Whether phases, sides, views, rows and status are those of the originals."""
    said = {image.uid: _told(image) for image in study.call.images}
    was = {
        new(i.sop_instance_uid): (i.phase, i.laterality, i.view, i.modifiers)
        for i in record.instances
    }
    rows = [
        (row.laterality, row.group, _uids(row.pre), _uids(row.post)) for row in study.pairing.rows
    ]
    return (
        study.pairing.status is record.status
        and all(was.get(uid) == told for uid, told in said.items())
        and rows
        == [
            (row.laterality, row.group, tuple(map(new, row.pre)), tuple(map(new, row.post)))
            for row in record.rows
        ]
    )


def _told(image: ImageCall) -> tuple[object, ...]:
    modifiers = tuple(str(modifier) for modifier in image.modifiers)
    return image.call.phase, image.laterality, image.view, modifiers


def _uids(images: Iterable[ImageCall]) -> tuple[str, ...]:
    return tuple(image.uid for image in images)
