"""List what an installation of ductdicom consists of, as CycloneDX: the parts list of a release.

Runs with the Python of the environment that is looked at, and asks no server:

    python scripts/components.py pacs > ductdicom.cdx.json

Extras are arguments. The same environment gives the same bytes.

References
----------
* CycloneDX 1.6, https://cyclonedx.org/docs/1.6/json/
"""

import json
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PROJECT = "ductdicom"
_MOST_LICENCE = 80  # characters of a name; some packages put the whole text there
_LICENCE_CLASSIFIER = "License :: OSI Approved :: "


def installed(extras: Iterable[str] = ()) -> dict[str, list[str]]:
    """Return the project and all that it needs: of each package those that it needs itself.

    Raises
    ------
    PackageNotFoundError
        The project is not installed.
    """
    found: dict[str, list[str]] = {}
    waiting = [(PROJECT, frozenset(extras))]
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in seen:
            continue
        seen.add((name, wanted))
        needs = found.setdefault(name, [])
        for requirement in _needed(distribution(name), wanted):
            other = canonicalize_name(requirement.name)
            if other not in needs:
                needs.append(other)
            waiting.append((other, frozenset(requirement.extras)))
    return {name: sorted(needs) for name, needs in sorted(found.items())}


def _needed(package: Distribution, extras: frozenset[str]) -> list[Requirement]:
    """Return the requirements that hold on this machine and are installed."""
    found = []
    for text in package.requires or ():
        requirement = Requirement(text)
        places = [{"extra": extra} for extra in ("", *sorted(extras))]
        marker = requirement.marker
        if marker is None or any(marker.evaluate(place) for place in places):
            found.append(requirement)
    return found


def list_components(extras: Iterable[str] = ()) -> dict[str, Any]:
    """Return the parts list as a CycloneDX document."""
    needs = installed(extras)
    references = {name: f"pkg:pypi/{name}@{distribution(name).version}" for name in needs}
    parts = {name: _component(name, reference) for name, reference in references.items()}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": parts.pop(PROJECT) | {"type": "application"}},
        "components": list(parts.values()),
        "dependencies": [
            {"ref": references[name], "dependsOn": [references[other] for other in others]}
            for name, others in needs.items()
        ],
    }


def _component(name: str, reference: str) -> dict[str, Any]:
    package = distribution(name)
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": reference,
        "name": package.metadata["Name"],
        "version": package.version,
        "purl": reference,
    }
    if licences := _licences(package):
        component["licenses"] = licences
    return component


def _licences(package: Distribution) -> list[dict[str, Any]]:
    """Return the licence by its expression, else by its name, else by the classifiers."""
    metadata = package.metadata
    if expression := _first(metadata.get_all("License-Expression")):
        return [{"expression": expression}]
    name = _first(metadata.get_all("License"))
    names = [name] if 0 < len(name) <= _MOST_LICENCE and "\n" not in name else []
    if not names:
        labels = metadata.get_all("Classifier") or []
        marked = [label for label in labels if label.startswith(_LICENCE_CLASSIFIER)]
        names = [label.removeprefix(_LICENCE_CLASSIFIER) for label in marked]
    return [{"license": {"name": each}} for each in names]


def _first(values: Sequence[str] | None) -> str:
    return values[0].strip() if values else ""


def main(extras: list[str]) -> int:
    """Print the list; 1 where something of it is not installed."""
    try:
        document = list_components(extras)
    except PackageNotFoundError as error:
        print(f"not installed: {error.name}; install ductdicom with these extras", file=sys.stderr)
        return 1
    print(json.dumps(document, indent=1, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
