"""How pages are laid out."""

from dataclasses import dataclass

from ductdicom.settings import Closeup
from ductdicom.sheet.page import UNITS_PER_INCH


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOptions:
    """A page's size in units, its resolution, and what may be said of the patient on it."""

    width: float = 2339  # A4 landscape
    height: float = 1654
    dpi: int = UNITS_PER_INCH
    closeup: Closeup = Closeup.AUTO
    identity: tuple[str, ...] = ()
    version: str = ""
    zoom: float = 1.0  # images are kept with up to so many times the page's pixels each way

    @property
    def scale(self) -> float:
        """Pixels for one page unit."""
        return self.dpi / UNITS_PER_INCH
