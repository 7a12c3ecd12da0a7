"""Words that pages, files and messages have in common."""


def counted(number: int, one: str, several: str = "") -> str:
    """Return a number with its noun: ``1 study``, ``2 studies``; without ``several``, with an s."""
    return f"{number} {one if number == 1 else several or f'{one}s'}"
