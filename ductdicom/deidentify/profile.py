"""What DICOM's Basic Application Level Confidentiality Profile says of each attribute.

References
----------
* DICOM PS3.15 annex E, table E.1-1, edition 2026c, as the package dicom-anonymizer (BSD) has it;
  ``scripts/make_profile.py`` writes it, ``profile-notice.txt`` is the notice that goes with it
"""

import csv
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from pydicom.dataset import Dataset

EDITION = "2026c"
_METHODS = {  # PS3.16 CID 7050
    "113100": "Basic Application Confidentiality Profile",
    "113101": "Clean Pixel Data Option",
    "113105": "Clean Descriptors Option",
    "113107": "Retain Longitudinal Temporal Information Modified Dates Option",
    "113108": "Retain Patient Characteristics Option",
    "113109": "Retain Device Identity Option",
}
_DEVICES = frozenset(
    {"DeviceSerialNumber", "StationName", "DetectorID", "GantryID", "GeneratorID", "DeviceUID"}
)


@lru_cache(maxsize=1)
def read_profile() -> Mapping[str, str]:
    """Return the action of each attribute by its tag as eight digits, ``x`` for any digit.

    Actions are those of the table: ``X`` remove, ``Z`` empty, ``D`` a dummy, ``U`` another UID,
    and which of them where the type of the attribute decides.
    """
    text = files(__package__).joinpath("profile.csv").read_text("utf-8")
    return {row["tag"]: row["action"] for row in csv.DictReader(text.splitlines())}


def action_of(tag: int) -> str:
    """Return the action for an attribute; empty where the table does not list it.

    Private attributes are removed. Curves and overlays are removed as a whole.
    """
    group = tag >> 16
    if group % 2 or group & 0xFF00 in {0x5000, 0x6000}:
        return "X"
    return read_profile().get(f"{tag:08X}", "")


def is_of_device(keyword: str) -> bool:
    """Whether an attribute tells which device it was, and may stay where that is asked for."""
    return keyword in _DEVICES


def method_codes(*, has_devices: bool, is_blanked: bool) -> tuple[Dataset, ...]:
    """Return the codes of what was done, for (0012,0064)."""
    done = ["113100", "113105", "113107", "113108"]
    done += ["113101"] * is_blanked + ["113109"] * has_devices
    return tuple(code_item(value, "DCM", _METHODS[value]) for value in sorted(done))


def code_item(value: str, scheme: str, meaning: str) -> Dataset:
    """Return a code as an item of a sequence."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item
