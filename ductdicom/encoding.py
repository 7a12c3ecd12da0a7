"""Values as the text of JSON."""

import json

import msgspec


def json_text(value: object, *, indent: int = 0) -> str:
    """Return a value as JSON; its keys stay in their order, and no letter is escaped.

    A number that is none is null. With ``indent`` each value has a line of its own.
    """
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half of a pair of UTF-16, which only Python's own encoder writes
        plain = msgspec.to_builtins(value)
        return json.dumps(plain, ensure_ascii=False, indent=indent or None)
    return msgspec.json.format(encoded, indent=indent).decode()
