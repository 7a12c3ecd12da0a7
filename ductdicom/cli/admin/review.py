"""``ductdicom review``: review OUT in a browser."""

import webbrowser
from importlib.util import find_spec
from pathlib import Path

import click

from ductdicom.cli.echo import say
from ductdicom.errors import MissingExtraError, UsageError
from ductdicom.wording import extra_hint

_PORT = 8642  # what a browser keeps, it keeps for one port


@click.command(epilog="For example: ductdicom review OUT")
@click.argument("output", metavar="OUT", type=click.Path(path_type=Path))
@click.option(
    "--port", type=click.IntRange(0, 65535), default=_PORT, metavar="N", show_default=True,
    help="Where to listen; 0: any that is free.",
)  # fmt: skip
@click.option("--no-browser", is_flag=True, help="Open no browser.")
@click.option("--read-only", is_flag=True, help="Show everything, save nothing.")
@click.option(
    "--host", default="127.0.0.1", metavar="ADDRESS", show_default=True,
    help="Where to listen; other computers are answered only through a proxy that signs people in.",
)  # fmt: skip
@click.option(
    "--user-header", default="", metavar="NAME",
    help="The header in which the proxy says who has signed in.",
)  # fmt: skip
@click.option(
    "--trusted-proxy",
    default="",
    metavar="ADDRESS",
    help="The one address that is believed, as 10.0.0.9.",
)
def review(
    output: Path,
    port: int,
    host: str,
    user_header: str,
    trusted_proxy: str,
    *,
    no_browser: bool,
    read_only: bool,
) -> int:
    """Review the studies of OUT in a browser: decide, see what follows, look at images in full.

    Only this computer is answered, and only the browser that opens the printed address. Decisions
    go to OUT/decisions; the study is drawn again at once. Needs the extra review.
    """
    missing = [name for name in ("starlette", "uvicorn") if find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"the review needs {' and '.join(missing)}, not installed here",
            hint=extra_hint("review"),
        )
    from ductdicom.review.access import Access  # noqa: PLC0415 - an extra
    from ductdicom.review.serve import is_loopback, require_proxy, serve  # noqa: PLC0415 - an extra

    if bool(user_header) != bool(trusted_proxy):
        raise UsageError("--user-header and --trusted-proxy go together")
    if user_header:
        require_proxy(user_header, trusted_proxy)
    if not is_loopback(host) and not user_header:
        raise UsageError(
            f"{host} would answer other computers without knowing who asks",
            hint="say who signs people in: --user-header NAME --trusted-proxy ADDRESS",
        )

    def announce(address: str) -> None:
        say(address)
        if not (no_browser or user_header):
            webbrowser.open(address)

    serve(
        output,
        Access(user_header=user_header, trusted_proxy=trusted_proxy),
        host=host,
        port=port,
        is_read_only=read_only,
        announce=announce,
    )
    return 0
