"""``ductdicom receive``: a storage SCP that writes into a spool."""

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ductdicom.cli.echo import Teller, say
from ductdicom.cli.pacs.options import (
    LISTENING,
    SAYING,
    Size,
    bind_option,
    config_option,
    listening_tls,
    own_side,
    quiet_option,
    require_extra,
    reserve_option,
    status_file_option,
    timeout_option,
)
from ductdicom.errors import UsageError
from ductdicom.export.output import require_output
from ductdicom.pipeline.interrupts import Interrupts
from ductdicom.wording import counted

if TYPE_CHECKING:  # of an extra
    from ductdicom.pacs.health import Health
    from ductdicom.pacs.receive import Notice, Receiver, Terms

_LOOK_S = 0.25


@click.command(
    params=[
        bind_option,
        timeout_option,
        *LISTENING,
        reserve_option,
        quiet_option,
        status_file_option,
        config_option,
        *SAYING,
    ],
    epilog="For example: ductdicom receive SPOOL -b DUCT@:11112 --accept MAMMO1 --accept PACS",
)
@click.argument("spool", metavar="SPOOL", type=click.Path(path_type=Path))
@click.option(
    "--accept",
    multiple=True,
    metavar="AET",
    help="Listen to this AE title only; may be given several times. It is no authentication.",
)
@click.option(
    "--largest",
    type=Size(),
    default="4GB",
    metavar="SIZE",
    help="The largest object that is taken.  [default: 4GB]",
)
@click.option(
    "--associations",
    type=click.IntRange(1, 100),
    default=8,
    metavar="N",
    help="How many may call at once.  [default: 8]",
)
@click.option(
    "--sop-class",
    "sop_classes",
    multiple=True,
    metavar="UID",
    help="Take this private SOP class, too; may be given several times.",
)
@click.option(
    "--commitments",
    "committed",
    type=click.Path(path_type=Path),
    metavar="OUT",
    help="Take what archives report of storage commitment for what was sent of OUT.",
)
def receive(
    spool: Path,
    bind: str,
    timeout: float,
    status_file: Path | None,
    verbose: bool,
    log_json: bool,
    **terms: Any,
) -> int:
    """Take what archives and modalities send, as it was sent, into SPOOL/studies/STUDYUID.

    A study of which nothing came for a while, and whose senders have hung up, is a line on standard
    output: its folder's name and how many objects lie in it. Runs until it is interrupted (SIGTERM,
    Ctrl-C), then finishes what is under way. Ends with 1 if anything was refused.
    """
    require_extra()
    from ductdicom.pacs.health import Health, StatusFile  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.receive import receiving  # noqa: PLC0415
    from ductdicom.pacs.spool.folder import open_spool  # noqa: PLC0415

    own, agreed = own_side(bind, timeout), _terms(**terms)
    if own.port is None:
        raise UsageError("nowhere to listen", hint="write -b AET@:11112")
    opened = open_spool(spool)
    tell = _Teller(as_json=log_json, is_verbose=verbose)
    with Interrupts() as interrupts, receiving(opened, own, agreed) as receiver:
        file = StatusFile(status_file or opened.incoming / "status.json")
        health = Health(file, receiver, agreed)
        where = f"{own.title} listens on {own.address or 'all addresses'}, port {receiver.port}"
        tell.say(where, "start", port=receiver.port)
        _look_until(interrupts, receiver, tell, health)
        tell.say("ending: what is under way is finished", "stopping")
    notices = receiver.look()
    tell.notices(notices)
    health.note(notices)
    health.stop()
    taken = counted(sum(receiver.intake.counts.values()), "object")
    tell.say(f"{taken} came", "end", objects=dict(receiver.intake.counts))
    return health.exit_code


def _look_until(
    interrupts: Interrupts, receiver: "Receiver", tell: "_Teller", health: "Health"
) -> None:
    waiting = threading.Event()
    try:
        while not interrupts.came:
            notices = receiver.look()
            tell.notices(notices)
            health.note(notices)
            waiting.wait(_LOOK_S)
    except BaseException as error:
        health.fail(error)
        raise


def _terms(
    *,
    tls_key: Path | None,
    tls_cert: Path | None,
    tls_ca: Path | None,
    reserve: int,
    largest: int,
    quiet: float,
    committed: Path | None,
    **terms: Any,
) -> "Terms":
    from ductdicom.pacs.receive import Terms  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.spool.part import Room  # noqa: PLC0415

    tls = listening_tls(tls_key, tls_cert, tls_ca)
    limits = Room(reserve_bytes=reserve, largest_bytes=largest)
    if committed is not None:
        from ductdicom.pacs.send.commitment import Reports  # noqa: PLC0415 - of an extra

        terms["reports"] = Reports(require_output(committed).path).take
    return Terms(tls=tls, limits=limits, quiet_s=quiet, remembers=True, **terms)


class _Teller(Teller):
    """Says what happens: complete studies on standard output, all else on standard error."""

    def notices(self, notices: "list[Notice]") -> None:
        for notice in notices:
            if notice.event == "study-quiet":
                say(f"{notice.values['study']} {notice.values['objects']}")
            elif notice.level != "info" or self._is_verbose or self._as_json:
                words = _WORDS[notice.event].format(**notice.values)
                self.say(words, notice.event, notice.level, **notice.values)


_WORDS = {
    "refused": "REFUSED what {peer} sends: {why} ({bytes} bytes came, {free_bytes} are free)",
    "kept-beside": "{peer} sent an object with the UID of another; both are kept",
    "rejected": "{peer} was not let in: {why}",
    "no-request": "{peer} connected and hung up",
    "association": "{peer} sent {objects} objects, {bytes} bytes in {seconds} s",
    "broken-off": "{peer} broke off after {objects} objects, {bytes} bytes in {seconds} s: "
    "what it sent may not be all",
}
