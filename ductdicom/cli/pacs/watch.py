"""``ductdicom watch``: what comes is organised, again and again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ductdicom.cli.echo import say, tell
from ductdicom.cli.options import (
    DECIDING,
    FAILING,
    PAGES,
    SAYING,
    WRITING,
    cache_folder,
    make_settings,
)
from ductdicom.cli.pacs.options import (
    Size,
    named_peer,
    require_extra,
    run_config_option,
    timeout_option,
)
from ductdicom.errors import UsageError
from ductdicom.pipeline.interrupts import Interrupts
from ductdicom.pipeline.run import organise
from ductdicom.wording import counted

if TYPE_CHECKING:  # of an extra
    from ductdicom.pacs.receive import Notice
    from ductdicom.pacs.spool.folder import Spool
    from ductdicom.pacs.watch.feed import OrthancFeed

_LOOK_S = 0.5
_OF_A_RUN = [o for o in (*DECIDING, *PAGES, *FAILING) if o.name != "config"]
_WRITTEN = [o for o in WRITING if o.name in {"output", "format", "link", "cache"}]


@click.command(
    params=[*_WRITTEN, timeout_option, run_config_option, *_OF_A_RUN, *SAYING],
    epilog="For example: ductdicom watch SPOOL -o OUT --quiet 60",
)
@click.argument("spool", metavar="SPOOL", type=click.Path(path_type=Path))
@click.option(
    "--orthanc",
    metavar="URL|PEER",
    help="Fetch into SPOOL the mammography of which this Orthanc says that it is stable.",
)
@click.option(
    "--quiet",
    type=click.FloatRange(0),
    default=60.0,
    metavar="SECONDS",
    help="How long nothing must come of a study until it is organised.  [default: 60]",
)
@click.option(
    "--reserve",
    type=Size(),
    default="2GB",
    metavar="SIZE",
    help="Room that stays free: below it, nothing is fetched.  [default: 2GB]",
)
@click.option(
    "--status-file",
    type=click.Path(path_type=Path),
    help="Where to write how we are, for a monitor.  [default: SPOOL/incoming/watch.json]",
)
def watch(
    spool: Path,
    orthanc: str | None,
    quiet: float,
    reserve: int,
    timeout: float,
    status_file: Path | None,
    **_settings: Any,
) -> int:
    """Organise each study of SPOOL once it is quiet, and again when something comes late.

    SPOOL is filled by receive, by pull, or with --orthanc from an Orthanc's list of changes. A
    study that is written is a line on standard output: its key and its status. Runs until it is
    interrupted (SIGTERM, Ctrl-C), then finishes the run that is under way. Ends with 1 if a run
    needs a person, with 4 or 5 if the last try to write or to fetch failed.
    """
    require_extra()
    from ductdicom.pacs.health import StatusFile  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.spool.folder import open_spool  # noqa: PLC0415
    from ductdicom.pacs.watch.run import Watcher  # noqa: PLC0415
    from ductdicom.pacs.watch.settling import Settling  # noqa: PLC0415

    settings = make_settings(quiet=True)
    settings = replace(settings, cache=cache_folder(settings))
    if settings.output is None:
        raise UsageError("no output folder", hint="name one with -o")
    opened = open_spool(spool)
    with Interrupts() as interrupts, _feed(orthanc, opened, reserve, timeout) as feed:
        watcher = Watcher(
            settings=settings,
            output=settings.output,
            settling=Settling(opened, quiet),
            organise=organise,
            feed=feed,
            is_ending=lambda: interrupts.came,
        )
        file = StatusFile(status_file or opened.incoming / "watch.json")
        tell(f"watching {spool}", "start")
        waiting = threading.Event()
        while not interrupts.came:
            _say(watcher.look())
            file.note(watcher.status())
            waiting.wait(_LOOK_S)
    file.write(watcher.status() | {"state": "stopped"})
    studies = counted(watcher.organised, "study was", "studies were")
    tell(f"{studies} organised", "end", organised=watcher.organised, exit_code=watcher.exit_code)
    return watcher.exit_code


@contextmanager
def _feed(
    name: str | None, spool: "Spool", reserve: int, timeout: float
) -> "Iterator[OrthancFeed | None]":
    from ductdicom.pacs.spool.intake import Intake  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.spool.part import Room  # noqa: PLC0415
    from ductdicom.pacs.watch.feed import OrthancFeed, as_orthanc  # noqa: PLC0415
    from ductdicom.pacs.web import DicomWeb  # noqa: PLC0415

    if name is None:
        yield None
        return
    peer = as_orthanc(named_peer(name))
    intake = Intake(spool, Room(reserve_bytes=reserve), lambda _: None)
    with DicomWeb(peer, timeout) as web:
        yield OrthancFeed(web, peer.web.url if peer.web is not None else "", intake)


def _say(notices: "list[Notice]") -> None:
    for notice in notices:
        if notice.event == "study":
            say(f"{notice.values['study']} {notice.values['status']}")
        tell(
            _WORDS[notice.event].format(**notice.values),
            notice.event,
            notice.level,
            **notice.values,
        )


_WORDS = {
    "study": "{study}: {exam}, {status}: {why}",
    "needs-a-person": "a person is needed: {why}",
    "unreadable": "nothing could be read: {why}",
    "failing": "FAILING to {what}, tried again: {why}",
    "notice": "{message}",
}
