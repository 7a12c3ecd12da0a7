"""Frozen values as compact JSON text and back; standard library only.

A value is written as the list of its fields in their order, so that the text is short. Who keeps
such texts also keeps `schema_of`, and throws them away when it changes.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, make_dataclass
from datetime import date, time
from enum import Enum
from itertools import chain
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

_Value = TypeVar("_Value")
_Convert = Callable[[Any], Any]
_PLAIN = (str, int, float, bool)

write_json = json.JSONEncoder(separators=(",", ":")).encode


def encoder(kind: type[_Value]) -> Callable[[_Value], str]:
    """Return a function that writes a ``kind`` as text; all in it must be values of the model."""
    flatten = field_flattener(kind, [item.name for item in fields(cast(Any, kind))])
    return lambda value: write_json(flatten(value))


def decoder(kind: type[_Value]) -> Callable[[str], _Value]:
    """Return a function that reads what `encoder` wrote of a ``kind``."""
    convert = _builder(kind)
    return lambda text: cast(_Value, convert(json.loads(text)))


def schema_of(kind: type) -> str:
    """Return the names and types of all fields, down to the plain ones."""
    hints = get_type_hints(kind)
    parts = [f"{item.name}:{_schema(hints[item.name])}" for item in fields(kind)]
    return f"{kind.__name__}({','.join(parts)})"


def field_flattener(kind: type, names: Sequence[str]) -> Callable[[Any], list[Any]]:
    """Return a function that turns some fields of a ``kind`` into what JSON can hold."""
    get: Callable[[Any], Any] = attrgetter(*names)
    flatten = values_flattener(kind, names)
    if len(names) == 1:
        return lambda value: flatten([get(value)])
    return lambda value: flatten(list(get(value)))


def values_flattener(kind: type, names: Sequence[str]) -> Callable[[list[Any]], list[Any]]:
    """Return a function that turns values of some fields into what JSON can hold, in place."""
    hints = get_type_hints(kind)
    found = [(index, _flattener(hints[name])) for index, name in enumerate(names)]
    flatteners = [(index, flatten) for index, flatten in found if flatten is not None]

    def flatten_values(values: list[Any]) -> list[Any]:
        for index, flatten in flatteners:
            values[index] = flatten(values[index])
        return values

    return flatten_values


def values_converter(kind: type, names: Sequence[str]) -> Callable[[list[Any]], list[Any]]:
    """Return a function that turns what JSON held back into fields of a ``kind``, in place."""
    hints = get_type_hints(kind)
    found = [(index, _converter(hints[name])) for index, name in enumerate(names)]
    conversions = [(index, convert) for index, convert in found if convert is not None]

    def convert_values(values: list[Any]) -> list[Any]:
        if len(values) != len(names):
            raise ValueError("the text is not whole")
        for index, convert in conversions:
            values[index] = convert(values[index])
        return values

    return convert_values


def maker(kind: type[_Value], names: Sequence[str]) -> Callable[..., _Value]:
    """Return a function that makes a ``kind`` of groups of values, in the order of ``names``.

    A frozen value sets each of its fields by a call. Its open twin, which has the same fields and
    then becomes of its kind, takes a quarter of the time. Every field must be named, and a value
    of the wrong type is not noticed.
    """
    if sorted(names) != sorted(item.name for item in fields(cast(Any, kind))):
        raise TypeError(f"not the fields of {kind.__name__}")
    twin: Callable[..., Any] = make_dataclass(kind.__name__, names, slots=True)

    def make(*groups: Sequence[object]) -> _Value:
        made = twin(*chain(*groups))
        made.__class__ = kind
        return cast(_Value, made)

    return make


def _schema(hint: Any) -> str:
    parts = ",".join(_schema(part) for part in get_args(hint))
    name = schema_of(hint) if isinstance(hint, type) and is_dataclass(hint) else str(hint)
    return f"{name}[{parts}]"


def _flattener(hint: Any) -> _Convert | None:
    """Return what turns a ``hint`` into what JSON can hold, None where JSON already can."""
    if get_origin(hint) is UnionType:
        return _optional(_flattener(_only_kind(hint)))
    if get_origin(hint) is tuple:
        return _list(_flattener(get_args(hint)[0]))
    if is_dataclass(hint):
        return field_flattener(cast(type, hint), [item.name for item in fields(hint)])
    if hint in _PLAIN:
        return None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return attrgetter("value")
    return date.isoformat if hint is date else time.isoformat if hint is time else str


def _converter(hint: Any) -> _Convert | None:
    """Return what turns JSON into a ``hint``, None where JSON already is one."""
    if get_origin(hint) is UnionType:
        return _optional(_converter(_only_kind(hint)))
    if get_origin(hint) is tuple:
        return _tuple(_converter(get_args(hint)[0]))
    if is_dataclass(hint):
        return _builder(cast(type, hint))
    if hint in _PLAIN:
        return None
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {member.value: member for member in hint}.__getitem__
    return cast(_Convert, getattr(hint, "fromisoformat", hint))


def _only_kind(hint: Any) -> Any:
    (kind,) = (part for part in get_args(hint) if part is not NoneType)
    return kind


def _optional(convert: _Convert | None) -> _Convert | None:
    if convert is None:
        return None
    return lambda value: None if value is None else convert(value)


def _tuple(convert: _Convert | None) -> _Convert:
    if convert is None:
        return tuple
    return lambda values: tuple([convert(value) for value in values])


def _list(convert: _Convert | None) -> _Convert | None:
    if convert is None:
        return None
    return lambda values: [convert(value) for value in values]


def _builder(kind: type) -> _Convert:
    names = [item.name for item in fields(kind)]
    convert = values_converter(kind, names)
    make: Callable[..., Any] = maker(kind, names)
    return lambda values: make(convert(values))
