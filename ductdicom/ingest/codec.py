"""Frozen values as compact JSON text and back; standard library only.

A value is written as the list of its fields in their order, so that the text is short. Who keeps
such texts also keeps `schema_of`, and throws them away when it changes.
"""

import json
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import date, time
from enum import Enum
from pathlib import PurePath
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

_Value = TypeVar("_Value")
_Convert = Callable[[Any], Any]
_PLAIN = (str, int, float, bool)


def encode(value: object) -> str:
    """Write a frozen dataclass as text; everything in it must be a value of the model."""
    return json.dumps(_flatten(value), separators=(",", ":"))


def decoder(kind: type[_Value]) -> Callable[[str], _Value]:
    """Return a function that reads what `encode` wrote of a ``kind``."""
    convert = _fields(kind)
    return lambda text: cast(_Value, convert(json.loads(text)))


def schema_of(kind: type) -> str:
    """Return the names and types of all fields, down to the plain ones."""
    hints = get_type_hints(kind)
    parts = [f"{item.name}:{_schema(hints[item.name])}" for item in fields(kind)]
    return f"{kind.__name__}({','.join(parts)})"


def _schema(hint: Any) -> str:
    parts = ",".join(_schema(part) for part in get_args(hint))
    name = schema_of(hint) if isinstance(hint, type) and is_dataclass(hint) else str(hint)
    return f"{name}[{parts}]"


def _flatten(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if value is None or isinstance(value, _PLAIN):
        return value
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    if isinstance(value, tuple):
        return [_flatten(part) for part in value]
    if is_dataclass(value) and not isinstance(value, type):
        return [_flatten(getattr(value, item.name)) for item in fields(value)]
    raise TypeError(f"no value of the model: {type(value).__name__}")


def _converter(hint: Any) -> _Convert | None:
    """Return what turns JSON into a ``hint``, None where JSON already is one."""
    if get_origin(hint) is UnionType:
        (kind,) = (part for part in get_args(hint) if part is not NoneType)
        return _optional(_converter(kind))
    if get_origin(hint) is tuple:
        return _tuple(_converter(get_args(hint)[0]))
    if is_dataclass(hint):
        return _fields(cast(type, hint))
    if hint in _PLAIN:
        return None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {member.value: member for member in hint}.__getitem__
    return cast(_Convert, getattr(hint, "fromisoformat", hint))


def _optional(convert: _Convert | None) -> _Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _tuple(convert: _Convert | None) -> _Convert:
    if convert is None:
        return tuple
    return lambda values: tuple([convert(value) for value in values])


def _fields(kind: type) -> _Convert:
    hints = get_type_hints(kind)
    names = [item.name for item in fields(kind)]
    found = [(index, _converter(hints[name])) for index, name in enumerate(names)]
    conversions = [(index, convert) for index, convert in found if convert is not None]

    def convert_fields(values: list[Any]) -> object:
        for index, convert in conversions:
            values[index] = convert(values[index])
        return kind(**dict(zip(names, values, strict=True)))

    return convert_fields
