"""``ductdicom cache``: what is remembered of headers, and where."""

import click

from ductdicom.cli.echo import say
from ductdicom.cli.options import cache_folder, cache_option, config_option, make_settings
from ductdicom.cli.tables import print_table
from ductdicom.ingest.cache.stock import clear as clear_caches
from ductdicom.ingest.cache.stock import take_stock
from ductdicom.wording import counted


@click.command(params=[cache_option, config_option])
@click.option("--clear", is_flag=True, help="Remove it; the next runs read every header anew.")
def cache(*, clear: bool, **_settings: object) -> int:
    """Say what earlier runs remember of the headers that they read, and where.

    Each output folder has a cache of its own, which is not passed on with it: it holds names of
    patients.
    """
    folder = cache_folder(make_settings())
    if folder is None:
        say("no cache: nothing is remembered")
        return 0
    found = clear_caches(folder) if clear else take_stock(folder)
    size = sum(stock.size_bytes for stock in found)
    what = f"{counted(len(found), 'cache')}, {counted(size, 'byte')}"
    say(f"{folder}: {what}{' removed' if clear else ''}")
    if found and not clear:
        say()
        rows = [
            (stock.path.name, "damaged" if stock.files is None else stock.files, stock.size_bytes)
            for stock in found
        ]
        print_table(("cache", "files", "bytes"), rows)
    return 0
