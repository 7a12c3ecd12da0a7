"""Names that are safe as one component of a path on any system."""

import re
import unicodedata

_LONGEST_BYTES = 80
_RESERVED = {"con", "prn", "aux", "nul", *(f"{p}{n}" for p in ("com", "lpt") for n in range(1, 10))}


def safe_component(text: str) -> str:
    """Reduce a text to letters, digits, dots, hyphens and underscores.

    Windows' device names get an underscore, and what is left is cut at 80 bytes; nothing is
    ``"unnamed"``. Heuristic, stricter than any one system.
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", plain).strip("._-")[:_LONGEST_BYTES].rstrip("._-")
    if name.split(".")[0].lower() in _RESERVED:
        name = f"{name}_"
    return name or "unnamed"
