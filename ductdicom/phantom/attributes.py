"""Small helps for writing attributes."""

from pydicom.dataset import Dataset


def put(dataset: Dataset, **values: object) -> None:
    """Set attributes, leaving out those whose value is None."""
    for keyword, value in values.items():
        if value is not None:
            setattr(dataset, keyword, value)


def decimal(value: float | None) -> str | None:
    """Return a decimal string of at most 16 characters, the same on every platform."""
    return None if value is None else f"{value:.10g}"


def split_moment(moment: str | None) -> tuple[str | None, str | None]:
    """Return date and time of ``YYYYMMDDHHMMSS``."""
    return (None, None) if moment is None else (moment[:8], moment[8:])
