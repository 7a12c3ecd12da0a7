"""``ductdicom explain``: for each image, every reason and the conclusion."""

import re
from collections.abc import Iterable

import click

from ductdicom.cli.echo import say, say_json
from ductdicom.cli.options import (
    CHOOSING,
    DECIDING,
    INPUTS,
    all_inputs,
    make_settings,
    quiet_option,
)
from ductdicom.cli.progress import read_inputs
from ductdicom.cli.tables import say_what_needs_a_person
from ductdicom.errors import UsageError
from ductdicom.export.header_report import report_file
from ductdicom.export.records import instance_record, shared_record
from ductdicom.model.call import Evidence, Phase, PhaseCall
from ductdicom.model.study import ImageCall
from ductdicom.pipeline.judge import Judged
from ductdicom.pipeline.naming import Naming
from ductdicom.pipeline.read import decided
from ductdicom.sheet.captions import reason, tag_name, view_label
from ductdicom.version import SOFTWARE
from ductdicom.vocabulary.terms import load_vocabulary

_DECISION = "decision"  # the rule's name; its evidence has no attribute, but a person
_CONCLUSION = re.compile("^unknown(, because|,|:) ")


@click.command(params=[*INPUTS, *CHOOSING, *DECIDING, quiet_option])
@click.option("--json", "as_json", is_flag=True, help="Print one instance record a line.")
@click.option(
    "--report",
    is_flag=True,
    help="Print of each image what a stranger may see: the header's tags, VRs and lengths, no text "
    "that somebody typed, and by which rules it was decided.",
)
def explain(
    inputs: tuple[str, ...],
    files_from: str | None,
    nul: bool,
    as_json: bool,
    report: bool,
    **_settings: object,
) -> int:
    """Say of each image what was concluded, why, and what spoke against it."""
    if as_json and report:
        raise UsageError("--report is no record", hint="give --report or --json")
    settings = make_settings(is_list=not inputs)
    scanned = read_inputs(all_inputs(inputs, files_from, nul=nul), settings)
    naming = scanned.naming
    ids = naming.ids(scanned.gathered.parts)
    if report:
        _print_reports(scanned.chosen(settings))
        return decided(scanned, settings).exit_code
    for study in scanned.chosen(settings):
        if not as_json:
            _print_exam(study, naming)
        for image in study.call.images:
            if as_json:
                say_json(shared_record(instance_record(image), naming.text, ids))
            else:
                _print_image(image, study, naming)
    ended = decided(scanned, settings)
    say_what_needs_a_person(ended)
    return ended.exit_code


def _print_reports(studies: Iterable[Judged]) -> None:
    """Print headers without what was typed; images are numbered, as paths may name somebody."""
    codes = {code.value for code in load_vocabulary().codes}
    images = [(study, image) for study in studies for image in study.call.images]
    for number, (study, image) in enumerate(images, 1):
        exam, call = study.call.exam, image.call
        say(f"image {number} of {len(images)}, {SOFTWARE}")
        say(f"  {exam.kind} ({exam.confidence}), {study.pairing.status}, {image.kind}")
        say(f"  {call.phase or 'no phase'} ({call.confidence})")
        for item in call.evidence:
            say(f"    {item.says}: {item.rule} ({item.strength}), {item.tag or 'no attribute'}")
        for line in report_file(image.instance.origin, codes):
            say(f"  {line}")


def _print_exam(study: Judged, naming: Naming) -> None:
    exam = study.call.exam
    say(f"study {naming.called(study.part)}")
    say(f"  {exam.kind} ({exam.confidence}), {study.pairing.status}")
    for item in exam.evidence:
        say(f"    {_words(item)}")
    for problem in study.call.problems:
        say(f"  ! {problem.code}: {problem.message}")


def _print_image(image: ImageCall, study: Judged, naming: Naming) -> None:
    call = image.call
    phase = str(call.phase) if call.phase else "no phase"
    say(f"  {naming.place(image.instance.origin)}")
    say(
        f"    SOP Instance UID {image.uid}"
        if naming.tells_uids
        else f"    image {image.instance.id}"
    )
    say(f"    {view_label(image)}, {image.kind}: {phase} ({call.confidence})")
    why = _CONCLUSION.sub("", reason(image))  # which the line before has said
    say(f"      because {why or image.kind_reason}")
    against = _against(call)
    for item in call.evidence:
        if item not in against:
            say(f"      for      {_words(item)}")
    for item in against:
        say(f"      against  {_words(item)}")
    if call.phase is Phase.UNKNOWN or image.has_laterality_conflict:
        say(f"      would settle it: {_remedy(image)}")
    left_out = [i.reason for i in study.pairing.left_out if i.image is image]
    if left_out:
        say(f"      left out: {left_out[0]}")


def _against(call: PhaseCall) -> list[Evidence]:
    """Return what contradicts the call, or, where reasons disagree, the first of them."""
    if not call.conflicts:
        return []
    leading = call.conflicts[0].says if call.phase is Phase.UNKNOWN else call.phase
    return [item for item in call.conflicts if item.says != leading]


def _words(item: Evidence) -> str:
    others = "a reviewer" if item.rule == _DECISION else "the study's order"
    where = f"{item.tag} {tag_name(item.tag)}" if item.tag else others
    return f"{item.says}: {item.rule} ({item.strength}), {where} = {item.value!r}"


def _remedy(image: ImageCall) -> str:
    if image.has_laterality_conflict:
        return "a decision on the side (--decisions)"
    if image.call.conflicts:
        return "a decision on which of the reasons is right (--decisions)"
    return "a Contrast/Bolus Agent on the post images only, or a decision (--decisions)"
