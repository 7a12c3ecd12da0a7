"""``ductdicom watch``: what comes is organised, and sent back, again and again."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
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
    bind_option,
    named_peer,
    own_side,
    quiet_option,
    require_extra,
    reserve_option,
    run_config_option,
    status_file_option,
    timeout_option,
)
from ductdicom.cli.pacs.sending import (
    commit_option,
    is_by_web,
    objects_option,
    opened_store,
    place_of,
    require_commitment,
    take_over_option,
    wait_option,
)
from ductdicom.errors import UsageError
from ductdicom.pacs.peers import OwnSide
from ductdicom.pipeline.interrupts import Interrupts
from ductdicom.pipeline.run import organise
from ductdicom.settings import Format, Settings
from ductdicom.wording import counted

if TYPE_CHECKING:  # of an extra
    from ductdicom.pacs.health import StatusFile
    from ductdicom.pacs.receive import Notice
    from ductdicom.pacs.spool.folder import Spool
    from ductdicom.pacs.watch.delivery import Delivery
    from ductdicom.pacs.watch.feed import OrthancFeed
    from ductdicom.pacs.watch.run import Watcher

_LOOK_S = 0.5
_OF_A_RUN = [o for o in (*DECIDING, *PAGES, *FAILING) if o.name != "config"]
_WRITTEN = [o for o in WRITING if o.name in {"output", "format", "link", "cache"}]


@click.command(
    params=[
        *_WRITTEN,
        objects_option,
        take_over_option,
        commit_option,
        wait_option,
        bind_option,
        reserve_option,
        quiet_option,
        status_file_option,
        timeout_option,
        run_config_option,
        *_OF_A_RUN,
        *SAYING,
    ],
    epilog="For example: ductdicom watch SPOOL -o OUT --quiet 60",
)
@click.argument("spool", metavar="SPOOL", type=click.Path(path_type=Path))
@click.option(
    "--orthanc",
    metavar="URL|PEER",
    help="Fetch into SPOOL the mammography of which this Orthanc says that it is stable.",
)
@click.option(
    "--send",
    metavar="PEER",
    help="Send sheets back to this archive, each time they change; none that is for review.",
)
def watch(
    spool: Path,
    orthanc: str | None,
    send: str | None,
    bind: str,
    quiet: float,
    reserve: int,
    timeout: float,
    status_file: Path | None,
    **more: Any,
) -> int:
    """Organise each study of SPOOL once it is quiet, and again when something comes late.

    SPOOL is filled by receive, by pull, or with --orthanc from an Orthanc's list of changes. With
    --send the sheets of paired and partly paired ductograms go back into their studies, also when
    a decision changes them. A study that is written is a line on standard output: its key and its
    status. Runs until it is interrupted (SIGTERM, Ctrl-C), then finishes what is under way. Ends
    with 1 if a run needs a person, with 4 or 5 if the last try to write, fetch or send failed.
    """
    require_extra()
    from ductdicom.pacs.health import StatusFile  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.spool.folder import open_spool  # noqa: PLC0415
    from ductdicom.pacs.watch.aside import Aside  # noqa: PLC0415
    from ductdicom.pacs.watch.run import Watcher  # noqa: PLC0415
    from ductdicom.pacs.watch.settling import Settling  # noqa: PLC0415

    settings, output = _settings_and_output()
    delivery = _delivery(settings, send, own_side(bind, timeout), **more)
    opened = open_spool(spool)
    with (
        ThreadPoolExecutor(1, thread_name_prefix="send") as sending,
        Interrupts() as interrupts,
        _feed(orthanc, opened, reserve, timeout) as feed,
    ):
        watcher = Watcher(
            settings=settings,
            output=output,
            settling=Settling(opened, quiet),
            organise=organise,
            feed=feed,
            delivery=delivery,
            aside=Aside(sending),
            is_ending=lambda: interrupts.came,
        )
        file = StatusFile(status_file or opened.incoming / "watch.json")
        tell(f"watching {spool}", "start")
        _look_until(interrupts, watcher, file)
    _end(watcher, file)
    return watcher.exit_code


def _settings_and_output() -> tuple[Settings, Path]:
    settings = make_settings(quiet=True)
    if settings.output is None:
        raise UsageError("no output folder", hint="name one with -o")
    return replace(settings, cache=cache_folder(settings)), settings.output


def _look_until(interrupts: Interrupts, watcher: "Watcher", file: "StatusFile") -> None:
    from ductdicom.pacs.health import beating  # noqa: PLC0415 - of an extra

    waiting = threading.Event()
    try:
        file.write(watcher.status())
        with beating(lambda: file.note(watcher.status())) as require_written:
            while not interrupts.came:
                _say(watcher.look())
                require_written()
                waiting.wait(_LOOK_S)
            _say(watcher.finish())
    except BaseException as error:
        file.end(watcher.status(), error)
        raise


def _end(watcher: "Watcher", file: "StatusFile") -> None:
    file.write(watcher.status() | {"state": "stopped"})
    words = counted(watcher.organised, "study was organised", "studies were organised")
    values: dict[str, Any] = {"organised": watcher.organised, "exit_code": watcher.exit_code}
    if watcher.delivery is not None:
        words += f", {counted(watcher.delivery.sent, 'object')} sent"
        values |= watcher.delivery.status()
    tell(words, "end", **values)


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


def _delivery(
    settings: Settings,
    name: str | None,
    own: OwnSide,
    *,
    objects: tuple[str, ...],
    take_over: bool,
    commit: bool,
    wait: float,
    **_others: object,
) -> "Delivery | None":
    from ductdicom.pacs.send.commitment import ask_commitment  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.send.objects import SentKind  # noqa: PLC0415
    from ductdicom.pacs.send.run import SendWish  # noqa: PLC0415
    from ductdicom.pacs.watch.delivery import Delivery  # noqa: PLC0415

    if name is None:
        return None
    for format_ in (Format.PNG, *([Format.PDF] if "pdf" in objects else [])):
        if format_ not in settings.format:
            raise UsageError(
                f"what is sent is made of sheets as {format_}, and none are written",
                hint=f"name it in --format, as --format {format_}",
            )
    peer = named_peer(name)
    is_web = is_by_web(peer)
    asking = None
    if commit:
        require_commitment(peer)
        asking = partial(ask_commitment, peer, own, wait_s=wait)
    # Pauses are made between two looks, so that whoever cannot take it holds nothing else up.
    wish = SendWish(kinds=tuple(map(SentKind, objects)), takes_over=take_over, pauses_s=())
    return Delivery(
        output=settings.output or Path(),
        peer=place_of(peer, is_web=is_web),
        wish=wish,
        opened=partial(opened_store, peer, own, is_web=is_web),
        ask_commitment=asking,
    )


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
    "sent": "{study}: {objects} sent",
    "refused": "REFUSED {study}, {kind} {page}: {status}",
    "committed": "{committed} of {asked} objects committed",
    "not-committed": "NOT COMMITTED {why}, of {studies}",
    "not-reported": "what the archive keeps was not reported: {why}",
    "withheld": "NOT SENT {study}: {why}",
    "failing": "FAILING to {what}, tried again: {why}",
    "notice": "{message}",
}
