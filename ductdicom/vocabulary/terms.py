"""The vocabulary: phrases, codes and a site's settings, as one frozen value."""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from ductdicom.vocabulary.codebook import CodeEntry, read_codes
from ductdicom.vocabulary.overlay import Known, Overlay, read_overlay
from ductdicom.vocabulary.tables import RuleSetting, Term, parse_toml, read_terms

_CODES = "codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """Words and codes of all languages with a site's own laid over them.

    Two vocabularies are equal where they were read from the same words; ``fingerprint`` is a
    hash of these and can stand in a record.
    """

    fingerprint: str
    terms: tuple[Term, ...] = field(compare=False, repr=False)
    codes: tuple[CodeEntry, ...] = field(compare=False, repr=False)
    rules: tuple[RuleSetting, ...] = field(default=(), compare=False)
    threshold_items: tuple[tuple[str, float], ...] = field(default=(), compare=False)

    @property
    def rule_settings(self) -> Mapping[str, RuleSetting]:
        """What a site set for a rule, by the rule's name."""
        return {rule.name: rule for rule in self.rules}

    @property
    def thresholds(self) -> Mapping[str, float]:
        """Numbers that a site set, by name; the unit is part of the name."""
        return dict(self.threshold_items)

    @property
    def phantom_names(self) -> frozenset[str]:
        """Words of a name or ID, upper case, under which test objects are registered."""
        return _phantom_names(self)

    def phrases(self, role: str, language: str | None = None) -> tuple[str, ...]:
        """Return the phrases of a role as the files write them."""
        return tuple(
            term.phrase
            for term in self.terms
            if term.role == role and language in (None, term.language)
        )


def load_vocabulary(
    overlay: Path | None = None,
    *,
    rules: Collection[str] = (),
    fixed_rules: Collection[str] = (),
    thresholds: Collection[str] = (),
) -> Vocabulary:
    """Read the built-in words and codes, and lay a site's rules file over them.

    Parameters
    ----------
    rules, thresholds
        Names that the file may set; not checked where there are none.
    fixed_rules
        Names of rules that it cannot switch.

    Raises
    ------
    RulesError
        The rules file cannot be read or makes no sense; names its line and what would be right.
    """
    built_in = _load_built_in()
    if overlay is None:
        return built_in
    known = Known(
        terms=built_in.terms,
        codes=built_in.codes,
        rules=rules,
        fixed_rules=fixed_rules,
        thresholds=thresholds,
    )
    return _lay_over(built_in, read_overlay(overlay, known))


@lru_cache(maxsize=8)
def _phantom_names(vocabulary: Vocabulary) -> frozenset[str]:
    return frozenset(phrase.upper() for phrase in vocabulary.phrases("name.phantom"))


@lru_cache(maxsize=1)
def _load_built_in() -> Vocabulary:
    digest = hashlib.sha256()
    terms: list[Term] = []
    codes: tuple[CodeEntry, ...] = ()
    for path in sorted(Path(__file__).parent.glob("*.toml")):
        text = path.read_text(encoding="utf-8")
        digest.update(text.encode())
        tables = parse_toml(text, Path(path.name))
        if path.stem == _CODES:
            codes = read_codes(tables)
        else:
            terms.extend(read_terms(tables, path.stem))
    return Vocabulary(fingerprint=digest.hexdigest()[:16], terms=tuple(terms), codes=codes)


def _lay_over(base: Vocabulary, overlay: Overlay) -> Vocabulary:
    removed = set(overlay.removed_terms)
    kept = tuple(term for term in base.terms if term not in removed)
    codes = tuple(code for code in base.codes if code not in set(overlay.removed_codes))
    return Vocabulary(
        fingerprint=hashlib.sha256(f"{base.fingerprint}\n{overlay.text}".encode()).hexdigest()[:16],
        terms=kept + overlay.added_terms,
        codes=overlay.added_codes + codes,
        rules=overlay.rules,
        threshold_items=overlay.thresholds,
    )
