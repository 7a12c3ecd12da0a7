"""Separate pre-contrast from post-contrast ductography views and lay them side by side."""

from ductdicom.api import classify, organise, pair, render, scan
from ductdicom.settings import Settings
from ductdicom.version import __version__

__all__ = ["Settings", "__version__", "classify", "organise", "pair", "render", "scan"]
