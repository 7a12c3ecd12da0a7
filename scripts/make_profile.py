"""Write ductdicom/deidentify/profile.csv: table E.1-1 of DICOM PS3.15, as a public wheel has it.

Fetch the wheel first: ``pip download --no-deps dicom-anonymizer==2.1.0``.
"""

import ast
import csv
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from pydicom.datadict import dictionary_has_tag, dictionary_keyword

EDITION = "2026c"
TARGET = Path(__file__).resolve().parents[1] / "ductdicom" / "deidentify"
ACTIONS = {
    "D_TAGS": "D",
    "Z_TAGS": "Z",
    "X_TAGS": "X",
    "U_TAGS": "U",
    "Z_D_TAGS": "Z/D",
    "X_Z_TAGS": "X/Z",
    "X_D_TAGS": "X/D",
    "X_Z_D_TAGS": "X/Z/D",
    "X_Z_U_STAR_TAGS": "X/Z/U*",
}
_WHOLE = 0xFFFF


def read_table(source: str) -> Iterator[tuple[str, str, str]]:
    """Yield tag, action and keyword; an ``x`` in a tag stands for any hexadecimal digit."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            action = ACTIONS.get(node.targets[0].id)
            for tag in ast.literal_eval(node.value) if action else ():
                yield _label(*tag), action or "", _keyword(tag)


def _label(group: int, element: int, *masks: int) -> str:
    group_mask, element_mask = masks or (_WHOLE, _WHOLE)
    digits = zip(f"{group:04X}{element:04X}", f"{group_mask:04X}{element_mask:04X}", strict=True)
    return "".join(digit if mask == "F" else "x" for digit, mask in digits)


def _keyword(tag: tuple[int, ...]) -> str:
    number = tag[0] << 16 | tag[1]
    return dictionary_keyword(number) if dictionary_has_tag(number) else ""


def main(wheel: Path) -> None:
    """Write the table, and the notice under which it may be passed on."""
    with zipfile.ZipFile(wheel) as archive:
        name = f"dicom_anonymization_databases/dicomfields_{EDITION}.py"
        source = archive.read(f"dicomanonymizer/{name}").decode()
        notice = next(n for n in archive.namelist() if n.endswith("licenses/LICENSE"))
        (TARGET / "profile-notice.txt").write_bytes(archive.read(notice))
    with (TARGET / "profile.csv").open("w", newline="", encoding="utf-8") as stream:
        table = csv.writer(stream, lineterminator="\n")
        table.writerow(("tag", "action", "keyword"))
        table.writerows(sorted(read_table(source)))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
