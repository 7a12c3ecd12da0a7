"""Separate pre-contrast from post-contrast ductography views and lay them side by side."""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ductdicom.version import __version__

if TYPE_CHECKING:
    from ductdicom.api import classify, organise, pair, render, scan
    from ductdicom.settings import Settings

__all__ = ["Settings", "__version__", "classify", "organise", "pair", "render", "scan"]

_API = "ductdicom.api"
_HOMES = {
    **dict.fromkeys(("classify", "organise", "pair", "render", "scan"), _API),
    "Settings": "ductdicom.settings",
}


class _Package(ModuleType):
    """Loads what it offers when that is asked for, so that the command line starts at once."""

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        super().__setattr__(name, value)
        return value

    def __setattr__(self, name: str, value: object) -> None:
        # Python makes a subpackage an attribute when it is loaded; `classify` is the step.
        if name not in _HOMES or not isinstance(value, ModuleType):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
