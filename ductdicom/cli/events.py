"""The machine-readable log of ``--log-json``: one JSON object a line on standard error.

Events are ``start``, ``progress``, ``finding`` and ``end``; fields may be added.
"""

import json

from ductdicom.cli.echo import say
from ductdicom.model.outcome import Disposition
from ductdicom.pipeline.report import Report, count_studies
from ductdicom.version import __version__


def say_event(event: str, **values: object) -> None:
    """Write one event."""
    say(json.dumps({"event": event, **values}), is_result=False)


def say_start(inputs: int) -> None:
    """Say that a run begins, and over how many inputs that were named."""
    say_event("start", version=__version__, inputs=inputs)


def say_end(report: Report) -> None:
    """Say what was found, one event each, and how the run ended."""
    for row in report.rows:
        if row.disposition is Disposition.UNREADABLE:
            say_event("finding", code=row.reason, where=row.origin.label)
    for problem in report.problems:
        say_event("finding", code=problem.code, where=problem.sop_instance_uid or "")
    for record in report.records:
        problems = record["problems"]
        for found in problems if isinstance(problems, list) else ():
            where = found["sop_instance_uid"] or ""
            say_event("finding", code=found["code"], where=where, study=record["key"])
    say_event(
        "end",
        exit_code=report.exit_code,
        interrupted=report.is_interrupted,
        inputs=len(report.rows),
        studies=count_studies(report.records),
        seconds={name: round(value, 3) for name, value in report.seconds.items()},
    )
