"""How much a run would write, from what runs wrote before."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from ductdicom.model.record import RecordedStudy
from ductdicom.model.result import PlannedSize
from ductdicom.pipeline.drawing.job import StudyJob
from ductdicom.settings import Link

_OTHERS = "others"  # the record, its line, the thumbnail
# Bytes an image, of the sample studies with the options that nobody chose (heuristic).
_USUAL: Mapping[str, int] = MappingProxyType(
    {"png": 470_000, "pdf": 270_000, "html": 360_000, "dicom": 5_600_000, _OTHERS: 12_000}
)


def room_for(jobs: Iterable[StudyJob], known: Iterable[RecordedStudy]) -> PlannedSize:
    """Return how much the studies of a plan would take, of files and records.

    Sheets are counted by what earlier ones of their format took for each image that is drawn,
    copies of originals by their size; ledger, index and the like are not counted.
    """
    taken: Counter[str] = Counter()
    images: Counter[str] = Counter()
    studies = [record for record in known if record.sheets]
    for record in studies:
        found = _taken(record)
        taken += found
        count = max(len({tile.sop_instance_uid for s in record.sheets for tile in s.tiles}), 1)
        images.update(dict.fromkeys(found, count))
    total, missing = 0.0, set()
    for job in jobs:
        total += _originals(job)
        wanted = [*map(str, job.settings.format), _OTHERS] if job.has_sheets else [_OTHERS]
        count = max(len(job.pairing.shown_images), 1)
        for name in wanted:
            each = taken[name] / images[name] if images[name] else _USUAL[name]
            total += each * count
            if not images[name]:
                missing.add(name)
    return PlannedSize(
        size_bytes=round(total), studies=len(studies), unknown=tuple(sorted(missing - {_OTHERS}))
    )


def _taken(record: RecordedStudy) -> Counter[str]:
    """Return how many bytes of a study's folder each format took; originals are left out."""
    formats = {sheet.path: str(sheet.format) for sheet in record.sheets}
    taken: Counter[str] = Counter()
    for name, size in zip(record.files or (), record.file_bytes or (), strict=False):
        if "/" not in name:
            taken[formats.get(name, _OTHERS)] += size
    return taken


def _originals(job: StudyJob) -> int:
    """Return the bytes of the originals that would be copied; a link takes none."""
    origins: Sequence[int] = [image.instance.origin.size_bytes for image in job.call.images]
    return sum(origins) if job.settings.link is Link.COPY and job.has_folder else 0
