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

_STEPS = ("Settings", "classify", "organise", "pair", "render", "scan")


class _Package(ModuleType):
    """Loads its rooms when one is first asked for, so that the command line starts at once."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and _STEPS[0] not in self.__dict__:
            api = import_module("ductdicom.api")
            for step in _STEPS:
                super().__setattr__(step, getattr(api, step))
        if name in self.__dict__:
            return self.__dict__[name]
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def __setattr__(self, name: str, value: object) -> None:
        # Python makes a subpackage an attribute when it is loaded; `classify` is the step.
        if name not in _STEPS or not isinstance(value, ModuleType):
            super().__setattr__(name, value)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
