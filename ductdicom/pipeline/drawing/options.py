"""The options with which studies were drawn, kept in the output folder so as to draw one again."""

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ductdicom.export.output import STATE_FOLDER, OutputFolder, encode_json, write_whole
from ductdicom.model.record import RecordedStudy
from ductdicom.reading import read_regular
from ductdicom.settings import Format, Settings

_NAME = f"{STATE_FOLDER}/settings.json"
_LAST = "last"
_HASH_DIGITS = 16
_PLACE_OF_OPTIONS = 1  # in a fingerprint
# Settings that change nothing in a study's files, or only what the record or the identity holds.
NO_INFLUENCE = frozenset(
    {
        "output",
        "jobs",
        "cluster",
        "rules",
        "decisions",
        "cache",
        "phi",
        "dry_run",
        "force",
        "all_studies",
    }
    | {"follow_links", "replace", "only", "study", "is_list", "fail_on", "strict"}
    | {"verbose", "quiet", "log_json"}
)
# Of what one run was told alone.
_OF_A_RUN = frozenset(
    {"output", "jobs", "cluster", "decisions", "dry_run", "force", "replace", "only", "study"}
    | {"is_list", "verbose", "quiet", "log_json"}
)


def hash_of(value: object) -> str:
    """Return a short hash of plain values."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]


def influencing(settings: Settings) -> dict[str, str]:
    """Return the settings on which a study's files depend, as text by name."""
    names = (item.name for item in dataclasses.fields(settings))
    return {name: str(getattr(settings, name)) for name in names if name not in NO_INFLUENCE}


def keep_settings(settings: Settings, output: OutputFolder) -> None:
    """Keep the settings of a run with those of earlier ones, paths as absolute ones.

    Raises
    ------
    OutputError
        They could not be written.
    """
    values = {
        item.name: _plain(getattr(settings, item.name))
        for item in dataclasses.fields(settings)
        if item.name not in _OF_A_RUN
    }
    kept = {**_read(output), hash_of(influencing(settings)): values, _LAST: values}
    write_whole(output.place(_NAME), encode_json(dict(sorted(kept.items())), indent=2))


def settings_of(record: RecordedStudy | None, output: OutputFolder) -> Settings:
    """Return the settings of the run that wrote a study, as far as they are kept.

    Else, and where no study is asked for, those of the last run; of an earlier version's folder
    the formats of the study's sheets.
    """
    kept = _read(output)
    parts = str(record.fingerprint or "").split("-") if record else []
    options = parts[_PLACE_OF_OPTIONS] if len(parts) > _PLACE_OF_OPTIONS else ""
    values = kept.get(options) or kept.get(_LAST) or {}
    drawn = {sheet.format for sheet in (record.sheets if record else ())} & set(Format)
    default = {"format": sorted(drawn)} if drawn else {}
    try:
        settings = msgspec.convert(values or default, Settings, dec_hook=_path)
    except msgspec.ValidationError:  # of a later version
        settings = Settings()
    return dataclasses.replace(settings, output=output.path, phi=output.phi)


def _read(output: OutputFolder) -> Mapping[str, Any]:
    try:
        kept = msgspec.json.decode(
            read_regular(output.place(_NAME)), type=dict[str, dict[str, Any]]
        )
    except (OSError, ValueError, RecursionError):
        return {}
    return kept


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return os.path.abspath(value)  # noqa: PTH100 - a link may lead elsewhere tomorrow
    return list(value) if isinstance(value, tuple) else value


def _path(_kind: type, value: object) -> Path:
    return Path(str(value))
