"""``ductdicom deidentify``: a de-identified teaching set of what an output folder holds."""

from pathlib import Path

import click

from ductdicom.cli.echo import say
from ductdicom.cli.options import words_of
from ductdicom.cli.progress import show_progress
from ductdicom.deidentify.choose import EXPORTABLE
from ductdicom.deidentify.run import Exported, ExportWish
from ductdicom.deidentify.run import deidentify as write_export
from ductdicom.errors import UsageError
from ductdicom.model.outcome import Status
from ductdicom.wording import counted


@click.command(epilog="For example: ductdicom deidentify OUT -o TEACHING")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "-o",
    "--output",
    "target",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="Where the set goes: a new folder, or that of an earlier export with the same key.",
)
@click.option(
    "--status",
    "statuses",
    default="paired",
    show_default=True,
    callback=words_of(Status),
    metavar="LIST",
    help="Of which studies: paired, partial.",
)
@click.option(
    "--keep-devices", is_flag=True, help="Leave serial numbers and names of devices in the headers."
)
@click.option(
    "--blank-outside",
    is_flag=True,
    help="Blank what is not breast; text that touches the breast stays.",
)
@click.option(
    "--reviewed-by",
    metavar="NAME",
    default="",
    help="Who looked at each image of the export in DIR; counts if nothing changed since.",
)
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="The key, which is made where there is none.  [default: one in OUT's private folder]",
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors on standard error.")
def deidentify(
    output: Path,
    target: Path,
    statuses: tuple[Status, ...],
    keep_devices: bool,
    blank_outside: bool,
    reviewed_by: str,
    key: Path | None,
    quiet: bool,
) -> int:
    """Write the views of the ductograms in OUT to DIR, without what names anybody.

    Names, IDs, UIDs and texts go or are replaced; dates move, and what lies between them stays. The
    same key gives the same export. Text that is burned into pixels is not seen: look at
    DIR/index.html, then say so with --reviewed-by. Ends with 1 if an image that was asked for could
    not leave.
    """
    if not set(statuses) <= set(EXPORTABLE):
        raise UsageError(
            "only studies that are decided leave", hint=f"--status {','.join(EXPORTABLE)}"
        )
    wish = ExportWish(
        statuses=statuses,
        keeps_devices=keep_devices,
        blanks_outside=blank_outside,
        reviewed_by=reviewed_by.strip(),
        key=key,
    )
    with show_progress(is_quiet=quiet, as_json=False) as progress:
        done = write_export(output, target, wish, lambda *at: progress("deidentify", *at))
    _say(done)
    return done.exit_code


def _say(done: Exported) -> None:
    patients = counted(len({image.patient for image in done.images}), "patient")
    say(f"{counted(len(done.images), 'image')} of {patients}: {done.state}")
    for reason, number in done.stayed.items():
        say(f"stayed: {number} {reason}")
    for place in done.found:
        say(f"ductdicom: {place}: names the patient, taken out", is_result=False)
    for study in done.unlike:
        text = f"{study}: its images are decided otherwise than the originals: look at its sheet"
        say(f"ductdicom: {text}", is_result=False)
    if done.findings_kept_back:
        words = counted(done.findings_kept_back, "finding")
        text = f"{words} of labels.csv kept beside the key: no such image leaves, or one is named"
        say(f"ductdicom: {text}", is_result=False)
    silent = sum(not image.says_annotation for image in done.images)
    if silent:
        text = f"{counted(silent, 'image')} do not say whether text is burned in"
        say(f"ductdicom: {text}", is_result=False)
