"""What all values have in common."""

from msgspec import Struct


class Value(Struct, frozen=True, array_like=True, kw_only=True, gc=False):
    """A value that cannot be changed; `msgspec.structs.replace` makes another one of it.

    In JSON it is the list of its fields in their order. As nothing frozen leads back to itself,
    the search for garbage need not look into it.
    """
