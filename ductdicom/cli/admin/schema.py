"""``ductdicom schema``: the JSON Schema of the records."""

import click

from ductdicom.cli.echo import say
from ductdicom.export.records import record_schema


@click.command()
def schema() -> int:
    """Print the JSON Schema of the records in ``studies.jsonl`` and ``study.json``.

    The instances of the same schema are what `explain --json` prints.
    """
    for line in record_schema().decode("utf-8").splitlines():
        say(line)
    return 0
