"""Whether every image can be decoded, also those that no sheet shows."""

from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, wait

from msgspec.structs import replace

from ductdicom.model.call import Kind
from ductdicom.model.origin import Origin
from ductdicom.model.outcome import Problem, ProblemCode, ReviewReason, Status
from ductdicom.model.result import StudyResult
from ductdicom.model.study import ImageCall
from ductdicom.pipeline.drawing.originals import DECODER_CRASHED
from ductdicom.pipeline.drawing.workers import find_deadly, probe
from ductdicom.pipeline.executors import WorkerPool
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.read import Progress, silent

_AHEAD = 8  # images under way for each worker


def decode_all(
    studies: Sequence[Judged], jobs: int, *, progress: Progress = silent
) -> tuple[StudyResult, ...]:
    """Decode every image, as a sheet would, and say of each study which cannot be.

    Parameters
    ----------
    jobs
        Worker processes: over a damaged image a decoder may end its process.

    Returns
    -------
    A result for each study, in their order.
    """
    images = [image for study in studies for image in study.call.images if _has_view(image)]
    executor = WorkerPool(jobs)
    try:
        origins = [image.instance.origin for image in images]
        refused = dict(_refusals(origins, executor, jobs * _AHEAD, progress))
    finally:
        executor.shutdown(wait=True, cancel_futures=True)
    return tuple(_result(study, refused) for study in studies)


def _has_view(image: ImageCall) -> bool:
    """Whether an image has pixels to decode; damage is said already, as is another modality."""
    instance = image.instance
    is_ours = image.kind is not Kind.OTHER_MODALITY
    return instance.raster.has_pixels and not instance.damage and is_ours


def _refusals(
    origins: Sequence[Origin], executor: Executor, ahead: int, progress: Progress
) -> Iterator[tuple[str, str]]:
    """Yield the label of each image that cannot be decoded, and the ledger's reason."""
    for start in range(0, len(origins), ahead):
        futures = [
            (origin, executor.submit(probe, origin)) for origin in origins[start : start + ahead]
        ]
        wait([future for _, future in futures])
        suspects = []
        for origin, future in futures:
            try:
                reason = future.result()
            except (BrokenExecutor, MemoryError):
                suspects.append(origin)
            else:
                if reason:
                    yield origin.label, reason
        for label in find_deadly(suspects, executor):
            yield label, DECODER_CRASHED
        progress("decode", start + len(futures), len(origins))


def _result(study: Judged, refused: dict[str, str]) -> StudyResult:
    problems = tuple(
        Problem(
            code=ProblemCode.PIXELS_UNREADABLE,
            message=f"{reason}: the pixels cannot be shown",
            sop_instance_uid=image.uid,
            origin=image.instance.origin,
            reason=reason,
        )
        for image in study.call.images
        if (reason := refused.get(image.instance.origin.label))
    )
    in_rows = {image.instance.origin.label for row in study.pairing.rows for image in row.images}
    is_exempt = study.pairing.status is Status.NOT_A_DUCTOGRAM
    is_doubted = not is_exempt and not in_rows.isdisjoint(refused)
    doubts = [ReviewReason.UNREADABLE_IMAGE] if is_doubted else []
    return StudyResult(
        key=None,
        call=replace(study.call, problems=(*study.call.problems, *problems)),
        pairing=study.pairing.needing_review(doubts),
    )
