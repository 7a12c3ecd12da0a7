"""Values as the text of JSON, as Python's own encoder writes it."""

import json
import re

import msgspec

_MAY_BE_POWER = re.compile(rb"[0-9]e[-0-9]|0\.0000")


def json_text(value: object, *, indent: int | None = None) -> str:
    """Return a value as JSON; its keys stay in their order, and no letter is escaped.

    Numbers are as Python writes them, also very large and very small ones. With ``indent`` each
    value has a line.
    """
    try:
        encoded = msgspec.json.encode(value)
    except UnicodeEncodeError:  # half of a pair of UTF-16
        encoded = b""
    if not encoded or _MAY_BE_POWER.search(encoded):  # which the library writes otherwise
        return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=indent)
    return msgspec.json.format(encoded, indent=indent or 0).decode()
