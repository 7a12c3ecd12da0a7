"""Long words with one letter wrong, or cut off: GALACTAGRAM, GALACTOG, omnpaque."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

_LONGEST = 32  # letters
# What tells a procedure's name from that of a duct: galactogram, duktografie.
_OF_A_PICTURE = ("gra", "гра", "γρα")


@dataclass(frozen=True, slots=True)
class Misspellings:
    """Words by what is left of them without one letter, so that few are compared. Heuristic."""

    fewest_letters: int
    _stems: frozenset[str] = field(repr=False)
    _pieces: Mapping[str, tuple[str, ...]] = field(repr=False)
    _cut: Mapping[str, str] = field(repr=False)
    _may_differ: bool = True
    _are_procedures: bool = False

    @classmethod
    def of(
        cls,
        words: Collection[str],
        stems: Collection[str],
        *,
        fewest_letters: int,
        is_procedure: bool = False,
        may_differ: bool = True,
    ) -> "Misspellings":
        """Index words and stems.

        Parameters
        ----------
        fewest_letters
            Of a word that is known with a letter wrong.
        is_procedure
            Whether they are names of a procedure: behind their stems any ending may stand, and
            they are known by their beginnings too.
        may_differ
            Whether one letter may be another, and the first and the last any. Where not, one
            between them is missing, too many, or two are swapped: neither an infection nor the
            wish to inject is an injection.
        """
        known = [word for word in (*words, *stems) if len(word) >= fewest_letters]
        if not is_procedure:
            return cls(fewest_letters, frozenset(), _by_pieces(known), {}, may_differ)
        known = [word for word in known if _first_of_picture(word) > 0]
        cut = {
            word[:length]: word
            for word in known
            for length in range(max(fewest_letters, _first_of_picture(word) + 1), len(word))
        }
        return cls(fewest_letters, frozenset(stems), _by_pieces(known), cut, _are_procedures=True)

    def meant(self, word: str) -> str | None:
        """Return the word or stem that one which is not known was meant to be, None if no one."""
        if not self.fewest_letters <= len(word) <= _LONGEST:
            return None
        if word in self._cut:
            return self._cut[word]
        shortest = self.fewest_letters - 1 if self._stems else len(word)
        for length in range(len(word), shortest - 1, -1):
            start = word[:length]
            for piece in _pieces(start):
                for known in self._pieces.get(piece, ()):
                    is_whole = length == len(word) or known in self._stems
                    is_one_off = is_whole and _is_one_off(start, known, may_differ=self._may_differ)
                    if is_one_off and (self._are_procedures or not _is_procedure(start, known)):
                        return known
        return None


def _by_pieces(words: Collection[str]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        for piece in set(_pieces(word)):
            found[piece] = (*found.get(piece, ()), word)
    return found


def _pieces(word: str) -> Iterator[str]:
    yield word
    for position in range(len(word)):
        yield word[:position] + word[position + 1 :]


def _is_one_off(word: str, known: str, *, may_differ: bool) -> bool:
    """Whether two words of which the same is left differ in one letter, or in two neighbours."""
    if not may_differ and (word[0], word[-1]) != (known[0], known[-1]):
        return False
    if len(word) != len(known):
        return True
    apart = [place for place, letter in enumerate(word) if letter != known[place]]
    if not may_differ and sorted(word) != sorted(known):
        return False
    return not apart or apart[1:] in ([], [apart[0] + 1])


def _is_procedure(word: str, known: str) -> bool:
    """Whether a word that ends otherwise than the known one names a picture: urografia."""
    return _first_of_picture(word) > 0 and word[-1] != known[-1]


def _first_of_picture(word: str) -> int:
    return max(word.find(part) for part in _OF_A_PICTURE)
