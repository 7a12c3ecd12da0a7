"""What is written anew of an image: the words and codes of what was decided, and nothing else."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from pydicom.dataset import Dataset

from ductdicom.deidentify.profile import code_item
from ductdicom.model.call import Laterality, Phase
from ductdicom.vocabulary.codebook import canonical_scheme, canonical_value
from ductdicom.vocabulary.terms import load_vocabulary

BREAST = ("76752008", "SCT", "Breast")
# Beside those of the vocabulary; what a site made up may name anybody.
_MORE_CODES = {("SCT", "76752008"): "Breast", ("SRT", "T-04000"): "Breast"}

# Defined terms of the modules of a mammogram (PS3.3 C.8.11), which may be anybody's name, too.
TERMS = frozenset(
    {
        *("PATIENT", "STUDY", "SERIES", "IMAGE"),  # of a directory
        *("ORIGINAL", "DERIVED", "PRIMARY", "SECONDARY", "MG", "CR", "DX"),
        *("MONOCHROME1", "MONOCHROME2", "YES", "NO", "LOG", "LIN", "IDENTITY"),
        *("INVERSE", "SIGMOID", "LINEAR", "LINEAR_EXACT", "RECTANGLE", "ROUND", "AREA"),
        *("SLOT", "SCINTILLATOR", "DIRECT", "STORAGE", "FILM", "MAMMOGRAPHIC", "NONE"),
        *("AUTOMATIC", "MANUAL", "NORMAL", "ABORTED", "RHODIUM", "MOLYBDENUM"),
        *("TUNGSTEN", "SILVER", "ALUMINUM", "COPPER", "RECIPROCATING", "FOCUSED"),
        *("FIXED", "PARALLEL", "BREAST", "MODIFIED", "GEOMETRY", "FIDUCIAL", "DISP"),
        *("LEFT", "RIGHT", "FOR", "PRESENTATION", "FOR_PROCESSING", "PROCESSING", "M"),
        *("F", "O", "L", "R", "B", "A", "P", "H", "FL", "FR", "AL", "AR", "PL", "PR"),
        *("00", "01", "MAMMO"),
        *("TOMOSYNTHESIS", "TOMO", "TOMO_2D", "TOMO_PROJ", "GENERATED_2D", "VOLUME", "RESAMPLED"),
        *("MAXIMUM_IP", "MEAN_IP", "LOW_ENERGY", "HIGH_ENERGY", "SUBTRACTION", "ADDITION"),
        *("ISO_10918_1", "ISO_14495_1", "ISO_15444_1", "ISO_15444_2"),
    }
)


def is_term(text: str) -> bool:
    """Whether a code string is made of words of the standard alone."""
    return TERMS.issuperset(text.split())


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What was decided of an image, as its record has it.

    ``injection`` is None where the side has but one; ``is_ductogram`` is of its study.
    """

    laterality: Laterality | None = None
    view: str | None = None
    modifiers: tuple[str, ...] = ()
    phase: Phase | None = None
    injection: int | None = None
    is_ductogram: bool = True

    @property
    def words(self) -> tuple[str, ...]:
        """Side, view, modifiers and phase, as far as they are known: ``L CC M POST``."""
        phase = {Phase.PRE: "PRE", Phase.POST: "POST"}.get(self.phase) if self.phase else None
        side = str(self.laterality) if self.laterality else None
        filling = f"INJECTION {self.injection}" if phase == "POST" and self.injection else None
        return tuple(filter(None, (side, self.view, *self.modifiers, phase, filling)))

    @property
    def name(self) -> str:
        """The words as a file is called by them: ``L-CC-M-POST``."""
        return "-".join(word for word in self.words if " " not in word) or "IMAGE"

    @property
    def text(self) -> str:
        """The words in one line."""
        return " ".join(self.words)

    @property
    def examination(self) -> str:
        """The study's description."""
        return "DUCTOGRAM" if self.is_ductogram else "MAMMOGRAM"


def shared_words(told: Iterable[Told]) -> str:
    """Return the words that all images of a series have in common."""
    first, *others = told
    return " ".join(word for word in first.words if all(word in o.words for o in others))


def view_items(told: Told) -> list[Dataset]:
    """Return the View Code Sequence with its modifiers; none where the view is not known."""
    found = _code_of(f"view.{told.view}")
    if found is None:
        return []
    item = code_item(*found)
    modifiers = [_code_of(f"modifier.{modifier}") for modifier in told.modifiers]
    item.ViewModifierCodeSequence = [code_item(*code) for code in modifiers if code is not None]
    return [item]


@lru_cache(maxsize=64)
def _code_of(use: str) -> tuple[str, str, str] | None:
    entries = (entry for entry in load_vocabulary().codes if entry.use == use)
    found = next((entry for entry in entries if entry.scheme == "SCT"), None)
    return (found.value, found.scheme, found.meaning) if found else None


@lru_cache(maxsize=1024)
def listed_meaning(scheme: str, value: str) -> str | None:
    """Return the meaning of a code that a table lists, as the table has it; None of any other."""
    one = canonical_scheme(scheme), canonical_value(value)
    entries = (entry for entry in load_vocabulary().codes if entry.is_for(*one))
    return _MORE_CODES.get(one) or next((entry.meaning for entry in entries), None)
