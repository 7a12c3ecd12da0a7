"""The version, in one place, and those of the libraries below."""

__version__ = "0.1.0"
PRODUCT = "ductdicom"
SOFTWARE = f"{PRODUCT} {__version__}"
"""With `PRODUCT` as manufacturer, the mark of the DICOM objects that we make."""


def library_version(name: str) -> str:
    """Return the version of an installed package, ``unknown`` where its metadata is not there.

    A frozen program may bring libraries without it.
    """
    from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415 - reads mail

    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
