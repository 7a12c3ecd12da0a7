"""UIDs of the samples: fixed, under 2.25, one for each name (DICOM PS3.5 B.2)."""

from uuid import UUID, uuid5

_NAMESPACE = UUID("6f2d1e1c-6a3c-5d0e-9a67-3b1f5f0c2a11")

IMPLEMENTATION_UID = f"2.25.{uuid5(_NAMESPACE, 'implementation').int}"
IMPLEMENTATION_VERSION = "DUCTSAMPLE_1"


def sample_uid(*names: object) -> str:
    """Return the UID of a thing named by ``names``, always the same."""
    return f"2.25.{uuid5(_NAMESPACE, '/'.join(map(str, names))).int}"
