"""``ductdicom schema``: the JSON Schema of the records."""

from collections.abc import Callable, Mapping

import click

from ductdicom.cli.echo import say
from ductdicom.decisions.event import SCHEMA as DECISIONS_SCHEMA
from ductdicom.decisions.form import DecisionsFile
from ductdicom.export.records import record_schema, schema_of, summary_schema
from ductdicom.pipeline.earlier.overview import overview_schema

SCHEMAS: Mapping[str, Callable[[], bytes]] = {
    "study": record_schema,
    "summary": summary_schema,
    "overview": overview_schema,
    "decisions": lambda: schema_of(DecisionsFile, DECISIONS_SCHEMA),
}


@click.command()
@click.argument("record", type=click.Choice(list(SCHEMAS)), default="study")
def schema(record: str) -> int:
    """Print the JSON Schema of a record: of a study, unless another is named.

    study is a line of `studies.jsonl`, and `study.json`; its instances are what `explain --json`
    prints. summary is `summary.json`, overview what `summary --json` prints, decisions a file of
    decisions.
    """
    for line in SCHEMAS[record]().decode("utf-8").splitlines():
        say(line)
    return 0
