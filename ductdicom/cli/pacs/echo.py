"""``ductdicom echo``: whether an archive is there."""

import click

from ductdicom.cli.pacs.options import (
    bind_option,
    config_option,
    connect_option,
    named_peer,
    own_side,
    require_extra,
    timeout_option,
)
from ductdicom.cli.tables import print_table


@click.command(
    params=[connect_option, bind_option, timeout_option, config_option],
    epilog="For example: ductdicom echo -c PACS@10.0.0.5:104",
)
def echo(connect: str, bind: str, timeout: float) -> int:
    """Ask an archive whether it is there, and say what was agreed on.

    By C-ECHO, and where it has DICOMweb by a search that finds nothing. Ends with 5 where it
    refuses or cannot be reached.
    """
    require_extra()
    from ductdicom.pacs import reach  # noqa: PLC0415 - of an extra

    peer, own = named_peer(connect), own_side(bind, timeout)
    print_table(
        ("peer", "what", "answer"),
        [(peer.name, offer.name, offer.answer) for offer in reach.echo(peer, own)],
    )
    return 0
