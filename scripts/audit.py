"""Ask whether anything that this installation consists of has a known weakness.

Runs pip-audit (extra ``release``) over the exact versions that `components.py` finds; extras are
arguments. Exit code 0: none is known; 1: some are, and they are printed; 77: it could not be told,
as pip-audit is missing or the advisories cannot be reached from here.
"""

import importlib.util
import json
import subprocess
import sys
import tempfile
from importlib.metadata import distribution
from pathlib import Path

from components import PROJECT, installed

COULD_NOT_TELL = 77


def audit(requirements: list[str]) -> tuple[list[str], list[str]]:
    """Return the known weaknesses, and the packages of which nothing could be told.

    Parameters
    ----------
    requirements
        Each ``name==version``.
    """
    with tempfile.TemporaryDirectory() as folder:
        listed = Path(folder) / "requirements.txt"
        listed.write_text("\n".join(requirements) + "\n", "utf-8")
        command = [
            *(sys.executable, "-m", "pip_audit", "--format=json", "--progress-spinner=off"),
            *("--no-deps", "--disable-pip", f"--requirement={listed}"),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        return [], requirements
    found = [
        f"{package['name']} {package['version']}: {item['id']}, mended in "
        + (", ".join(item["fix_versions"]) or "no version")
        for package in packages
        for item in package.get("vulns", ())
    ]
    return found, [package["name"] for package in packages if "skip_reason" in package]


def main(extras: list[str]) -> int:
    """Print what is known; the exit code is that of the module."""
    if importlib.util.find_spec("pip_audit") is None:
        print("pip-audit is not installed here: pip install 'ductdicom[release]'")
        return COULD_NOT_TELL
    names = [name for name in installed(extras) if name != PROJECT]
    found, untold = audit([f"{name}=={distribution(name).version}" for name in names])
    for line in found:
        print(line)
    if len(untold) == len(names):
        print("the advisories cannot be reached from here; nothing was audited")
    elif untold:
        print(f"nothing could be told of {', '.join(untold)}")
    print(f"{len(names) - len(untold)} of {len(names)} packages, {len(found)} known weaknesses")
    return 1 if found else COULD_NOT_TELL if untold else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
