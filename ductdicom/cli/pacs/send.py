"""``ductdicom send``: sheets back into the studies that they are of."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ductdicom.cli.echo import Teller, say
from ductdicom.cli.pacs.options import (
    SAYING,
    bind_option,
    config_option,
    connect_option,
    named_peer,
    own_side,
    require_extra,
    timeout_option,
)
from ductdicom.cli.pacs.sending import (
    Words,
    commit_option,
    is_by_web,
    objects_option,
    opened_store,
    place_of,
    require_commitment,
    take_over_option,
    wait_option,
)
from ductdicom.cli.tables import print_table
from ductdicom.errors import RemoteError, UsageError
from ductdicom.model.outcome import Status
from ductdicom.pacs.peers import OwnSide, Peer
from ductdicom.wording import counted

if TYPE_CHECKING:  # of an extra
    from ductdicom.pacs.send.commitment import Commitment
    from ductdicom.pacs.send.run import Sender, Sending, SendingOfStudy

_STATUSES = (str(Status.PAIRED), str(Status.PARTIAL))


@click.command(
    params=[
        connect_option,
        objects_option,
        take_over_option,
        commit_option,
        wait_option,
        bind_option,
        timeout_option,
        config_option,
        *SAYING,
    ],
    epilog="For example: ductdicom send OUT -c PACS@10.0.0.5:104 -b DUCT@:11112 --commit",
)
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--status",
    type=Words(_STATUSES),
    default="paired,partial",
    metavar="LIST",
    help="Of which studies; what is for review or closed is never sent.  [default: paired,partial]",
)
@click.option("--study", "keys", multiple=True, metavar="KEY", help="Only of this study.")
@click.option(
    "--via",
    type=click.Choice(["auto", "dicom", "web"]),
    default="auto",
    help="How: STOW-RS where the peer has DICOMweb, else C-STORE.  [default: auto]",
)
@click.option("--force", is_flag=True, help="Send again what the archive has, as the same objects.")
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be sent; send nothing.")
def send(
    output: Path,
    connect: str,
    bind: str,
    timeout: float,
    dry_run: bool,
    commit: bool,
    wait: float,
    via: str,
    **options: Any,
) -> int:
    """Send the sheets of OUT into their studies, and which images are paired.

    Nothing is sent twice: the same sheet is the same object, and what the archive stored stands in
    OUT/.ductdicom/sent.jsonl. A sheet that changed is a new object, and its description says so. No
    original is changed, sent or removed. Ends with 1 if a study could not be sent, with 5 if the
    archive refuses.
    """
    require_extra()
    peer, own = named_peer(connect), own_side(bind, timeout)
    is_web = is_by_web(peer, via)
    sender = _sender(output, place_of(peer, is_web=is_web), **options)
    if dry_run:
        return _print_plan(sender)
    tell = _Teller(as_json=options["log_json"], is_verbose=options["verbose"])
    with opened_store(peer, own, is_web=is_web) as store:
        sending = sender.send(store, tell.study)
    tell.end(sending)
    if commit and not sending.left:
        return max(sending.exit_code, _commit(peer, own, sender, output, wait, tell))
    return sending.exit_code


def _sender(
    output: Path,
    place: str,
    *,
    objects: tuple[str, ...],
    status: tuple[str, ...],
    keys: tuple[str, ...],
    force: bool,
    take_over: bool,
    **_others: object,
) -> "Sender":
    from ductdicom.pacs.send.objects import SentKind  # noqa: PLC0415 - of an extra
    from ductdicom.pacs.send.run import Sender, SendWish  # noqa: PLC0415

    wish = SendWish(
        kinds=tuple(map(SentKind, objects)),
        statuses=tuple(map(Status, status)),
        keys=frozenset(keys) or None,
        is_again=force,
        takes_over=take_over,
    )
    sender = Sender(output, place, wish)
    if unknown := sender.unknown():
        hint = "a study's key names its folder in OUT/studies"
        raise UsageError("no study is called that", path=", ".join(unknown), hint=hint)
    return sender


def _print_plan(sender: "Sender") -> int:
    rows: list[tuple[object, ...]] = []
    is_withheld = False
    for key in sender.studies():
        study = sender.look(key, is_dry=True)
        is_withheld |= study.withheld is not None
        rows.append((key, study.status, study.todo, _why(study)))
    rows += [(key, status, 0, "not sent") for key, status in sender.others()]
    if rows:
        print_table(("study", "status", "objects", "why"), rows)
    return 1 if is_withheld else 0


def _why(study: "SendingOfStudy") -> str:
    from ductdicom.pacs.send.originals import HINTS  # noqa: PLC0415 - of an extra

    if study.withheld is not None:
        return f"{study.withheld}: {HINTS[study.withheld]}"
    parts = [item for item in study.planned if item.todo]
    if not parts:
        return "the archive has it"
    return ", ".join(
        f"{item.kind}{f' (revision {item.number})' if item.number > 1 else ''}" for item in parts
    )


def _commit(
    peer: Peer, own: OwnSide, sender: "Sender", output: Path, wait_s: float, tell: "_Teller"
) -> int:
    """Ask for all that the archive stored and did not commit itself to, also of earlier runs."""
    from ductdicom.pacs.send.commitment import ask_commitment  # noqa: PLC0415 - of an extra

    require_commitment(peer)
    items = sender.uncommitted()
    try:
        found = ask_commitment(
            peer, own, journal=sender.journal, items=items, output=output, wait_s=wait_s
        )
    except RemoteError as error:
        tell.say(f"NOT COMMITTED: {error}", "not-committed", "error", objects=len(items))
        return RemoteError.exit_code
    tell.commitment(found)
    return RemoteError.exit_code if found.failed else 0


class _Teller(Teller):
    """Says what happens: what was sent on standard output, all else on standard error."""

    def study(self, study: "SendingOfStudy") -> None:
        from ductdicom.pacs.send.store import Answer  # noqa: PLC0415 - of an extra

        stored = [item for item, reply in study.replies if reply.answer is Answer.STORED]
        if stored:
            say(f"{study.key} {len(stored)}")
        if study.withheld is not None:
            why = _why(study)
            self.say(f"NOT SENT {study.key}: {why}", "withheld", "error", study=study.key, why=why)
        for item, reply in study.replies:
            values: dict[str, Any] = {
                "kind": str(item.kind),
                "page": item.page,
                "status": reply.status,
            }
            if reply.answer is not Answer.STORED:
                words = f"REFUSED {study.key}, {item.kind} {item.page}: {reply.status}"
                self.say(words, "refused", "error", study=study.key, **values)
            elif self._as_json or self._is_verbose:
                words = f"stored {study.key}, {item.kind} {item.page}: {reply.status}"
                self.say(words, "stored", study=study.key, **values)

    def end(self, sending: "Sending") -> None:
        from ductdicom.pacs.send.store import Answer  # noqa: PLC0415 - of an extra

        stored = sending.count(Answer.STORED)
        left = f"; the archive is full, {counted(sending.left, 'study', 'studies')} left"
        words = f"{counted(stored, 'object')} stored{left if sending.left else ''}"
        if sending.unasked:
            words += f"; whether another output folder sent some was not told: {sending.unasked}"
        self.say(words, "end", stored=stored, left=sending.left, unasked=sending.unasked)

    def commitment(self, found: "Commitment") -> None:
        from ductdicom.pacs.send.commitment import LATER, failures  # noqa: PLC0415 - of an extra

        words = f"{found.committed} of {counted(found.asked, 'object')} committed"
        if found.open:
            words += f", {found.open} not reported yet: {LATER[found.listener]}"
        level = "error" if found.failed else "info"
        if found.failed:
            words += f"; FAILED {failures(found)}, of {', '.join(found.studies)}"
        self.say(
            words,
            "commitment",
            level,
            asked=found.asked,
            committed=found.committed,
            failed=len(found.failed),
            studies=found.studies,
            listener=str(found.listener),
        )
