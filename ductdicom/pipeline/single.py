"""One study's sheet as one file."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ductdicom.errors import DuctDicomError, OutputError, UsageError
from ductdicom.export.output import THUMBNAIL_NAME, OutputFolder, write_whole
from ductdicom.export.png import is_page
from ductdicom.model.call import ExamKind
from ductdicom.model.result import Report
from ductdicom.pipeline.drawing.job import result_of
from ductdicom.pipeline.drawing.plan import plan_jobs
from ductdicom.pipeline.drawing.work import draw_study, render
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.naming import folder_of_names
from ductdicom.pipeline.read import Progress, Scan, decided, scan, silent
from ductdicom.pixels.registration.register import require_library
from ductdicom.settings import Format, Settings

_SUFFIXES = {
    ".png": Format.PNG,
    ".pdf": Format.PDF,
    ".html": Format.HTML,
    ".dcm": Format.DICOM,
}


def write_sheet(
    inputs: Sequence[str],
    target: Path,
    settings: Settings,
    *,
    study: str | None = None,
    progress: Progress = silent,
) -> tuple[list[Path], Report]:
    """Write the sheet of one study in the format that the file's suffix names.

    Parameters
    ----------
    study
        Key, accession number or Study Instance UID, this with ``#1``, ``#2`` and so on for one of
        the patients who share it.

    Returns
    -------
    The files written, as a PNG of several pages is several files, and what was read and decided.

    Raises
    ------
    UsageError
        The suffix names no format, the inputs do not hold one study to draw, or the file is one
        of them.
    OutputError
        The folder is not there, which may be a slip, the file could not be written, or another
        file lies where a further page belongs.
    """
    format_ = _format_of(target)
    if not target.parent.is_dir():
        raise OutputError("no such folder", path=target.parent, hint="make it first")
    if settings.difference:
        require_library()
    folder = replace(folder_of_names(settings.phi), path=target.parent)
    settings = replace(settings, format=(format_,), all_studies=True, output=None, is_list=False)
    scanned = scan(inputs, settings, progress=progress)
    try:
        return _write(scanned, target, settings, folder, study)
    except DuctDicomError as error:
        raise scanned.naming.without_names(error) from error.__cause__


def _write(
    scanned: Scan, target: Path, settings: Settings, folder: OutputFolder, study: str | None
) -> tuple[list[Path], Report]:
    """Draw the study that is meant, and write its sheet."""
    chosen = _choose(scanned, study)
    _refuse_input(target, scanned)
    job = plan_jobs([chosen], settings, folder)[0]
    drawn, pages = draw_study(job)
    files = [content for name, content in render(pages, job) if name != THUMBNAIL_NAME]
    more = range(2, len(files) + 1)
    paths = [target, *(target.with_name(f"{target.stem}-{n}{target.suffix}") for n in more)]
    for path in paths[1:]:
        _refuse_foreign(path)
    for path, content in zip(paths, files, strict=True):
        write_whole(path.resolve(), content)  # a link that was named is followed
    return paths, decided(scanned, settings, (result_of(job, drawn),))


def _refuse_input(target: Path, scanned: Scan) -> None:
    """Refuse to write over what was read: originals are never changed."""
    if not target.exists():
        return
    instances = (i for part in scanned.gathered.parts for i in part.study.instances)
    origins = (*(i.origin for i in instances), *(row.origin for row in scanned.gathered.rows))
    files = {origin.file for origin in origins if origin.path.exists()}
    if any(os.path.samefile(file, target) for file in files):  # noqa: PTH121 - names as they are
        raise UsageError("is input and output at once", path=target, hint="name another with -o")


def _refuse_foreign(path: Path) -> None:
    """Refuse to write a further page, which nobody named, over a file that is no such page."""
    if os.path.lexists(path) and not (path.is_file() and is_page(path.read_bytes())):
        raise OutputError(
            "lies where a page of the sheet belongs", path=path, hint="move it, or name another -o"
        )


def _format_of(target: Path) -> Format:
    format_ = _SUFFIXES.get(target.suffix.lower())
    if format_ is None:
        raise UsageError(
            f"no format is written as {target.suffix or 'a name without suffix'}",
            path=target,
            hint=f"use {', '.join(_SUFFIXES)}",
        )
    return format_


def _choose(scanned: Scan, name: str | None) -> Judged:
    """Return the study that was named, else the only ductogram, else the only study."""
    naming = scanned.naming
    judged = [s for s in scanned.judged if name is None or naming.is_called(s.part, name)]
    ductograms = [study for study in judged if study.call.exam.kind is ExamKind.DUCTOGRAM]
    for candidates in (ductograms, judged):
        if len(candidates) == 1:
            return candidates[0]
    found = ", ".join(naming.called(study.part) for study in ductograms or judged)
    raise UsageError(
        f"the inputs hold {len(ductograms or judged)} studies to choose from",
        hint=f"name one with --study: {found}" if found else "no study is called that",
    )
