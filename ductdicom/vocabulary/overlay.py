"""A site's rules file: words and codes added or removed, rules switched, numbers set."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from ductdicom.errors import RulesError
from ductdicom.model.call import Strength
from ductdicom.reading import read_regular
from ductdicom.vocabulary.codebook import CodeEntry, parse_code
from ductdicom.vocabulary.folding import fold
from ductdicom.vocabulary.tables import RuleSetting, Term, flatten, line_of, parse_toml
from ductdicom.wording import suggestion

_LARGEST_THRESHOLD = 1_000_000  # minutes, newtons, whatever: beyond that no rule ever speaks
_TABLES = ("add", "remove", "rules", "thresholds")
_CODES = "codes"
_ANY_LANGUAGE = "common"
_RULE_KEYS = ("enabled", "strength")
_LARGEST_BYTES = 4 * 2**20
_OPPOSITES = (
    ({"pre", "pre_weak"}, {"post", "post_weak"}),
    ({"before"}, {"after"}),
    ({"pre_behind"}, {"post_behind"}),
    ({"without"}, {"with"}),
    ({"left"}, {"right"}),
)
# What a marker says of the noun behind it, by the roles of the phrases that say the opposite.
_BINDING = {"pre": {"after", "with"}, "post": {"before", "without"}}
_NOUNS = {"contrast", "injection"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlay:
    """What a rules file says, checked."""

    text: str
    added_terms: tuple[Term, ...] = ()
    removed_terms: tuple[Term, ...] = ()
    added_codes: tuple[CodeEntry, ...] = ()
    removed_codes: tuple[CodeEntry, ...] = ()
    rules: tuple[RuleSetting, ...] = ()
    thresholds: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a rules file may speak of; rules and thresholds are not checked where none is given.

    ``fixed_rules`` are those that no site can switch.
    """

    terms: Sequence[Term]
    codes: Sequence[CodeEntry]
    rules: Collection[str] = ()
    fixed_rules: Collection[str] = ()
    thresholds: Collection[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    path: Path
    text: str

    def refuse(self, message: str, *where: str, hint: str = "") -> NoReturn:
        line = line_of(self.text, *where)
        raise RulesError(f"line {line}: {message}", path=self.path, hint=hint)

    def refuse_name(self, what: str, name: str, known: Sequence[str], *where: str) -> NoReturn:
        self.refuse(f"unknown {what} {name!r}", *where, name, hint=suggestion(name, known))


def read_overlay(path: Path, known: Known) -> Overlay:
    """Read and check a rules file against the built-in vocabulary.

    Raises
    ------
    RulesError
        It cannot be read, is no TOML, or has an unknown table, key, language, role or code, a
        wrong type, or a phrase that means two opposite things.
    """
    file = _File(path=path, text=_read(path))
    tables = parse_toml(file.text, path)
    for name, table in tables.items():
        if name not in _TABLES:
            file.refuse_name("table", name, _TABLES)
        if not isinstance(table, Mapping):
            file.refuse(f"{name} must be a table", name, hint=f"write [{name}]")
    added = tuple(_terms(file, tables, "add", known.terms))
    removed = tuple(_terms(file, tables, "remove", known.terms))
    _check_removed(file, removed, known.terms)
    overlay = Overlay(
        text=file.text,
        added_terms=added,
        removed_terms=removed,
        added_codes=tuple(_codes(file, tables, "add", known.codes)),
        removed_codes=tuple(_removed_codes(file, tables, known.codes)),
        rules=tuple(_rules(file, tables.get("rules", {}), known.rules, known.fixed_rules)),
        thresholds=tuple(_thresholds(file, tables.get("thresholds", {}), known.thresholds)),
    )
    gone = set(removed)
    _check_opposites(file, added, [term for term in known.terms if term not in gone])
    return overlay


def _read(path: Path) -> str:
    try:
        return read_regular(path, most_bytes=_LARGEST_BYTES).decode("utf-8-sig")
    except OSError as error:
        raise RulesError(
            "cannot read the rules file", path=path, hint=str(error.strerror)
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise RulesError(f"line {line}: not UTF-8", path=path, hint="save it as UTF-8") from error


def _terms(
    file: _File, tables: Mapping[str, Any], action: str, known: Sequence[Term]
) -> Iterator[Term]:
    roles = sorted({term.role for term in known})
    languages = sorted({term.language for term in known})
    for language, table in tables.get(action, {}).items():
        if language == _CODES:
            continue
        if language not in languages:
            file.refuse_name("language", language, [*languages, _CODES], action)
        if not isinstance(table, Mapping):
            file.refuse(
                f"{action}.{language} must be a table",
                action,
                language,
                hint="of role = ['phrase']",
            )
        for role, phrases in flatten(table):
            if role not in roles:
                leaf = role.rpartition(".")[2]
                file.refuse_name("role", role, roles, action, language, leaf)
            for phrase in _strings(file, phrases, action, language, role):
                yield Term(phrase=phrase, role=role, language=language)


def _strings(file: _File, values: Any, *where: str) -> tuple[str, ...]:
    leaf = where[-1].rpartition(".")[2]
    if not isinstance(values, list):
        file.refuse(
            f"{leaf} must be a list of strings", *where[:-1], leaf, hint=f"write {leaf} = ['…']"
        )
    for value in values:
        if not isinstance(value, str) or not fold(value).strip(" *"):
            file.refuse(
                f"{value!r} in {leaf} is no phrase",
                *where[:-1],
                leaf,
                str(value),
                hint="a phrase is a string with at least one letter or sign",
            )
    return tuple(values)


def _check_removed(file: _File, removed: Sequence[Term], known: Sequence[Term]) -> None:
    present = set(known)
    for term in removed:
        if term not in present:
            phrases = [
                t.phrase for t in known if (t.role, t.language) == (term.role, term.language)
            ]
            file.refuse_name("phrase", term.phrase, phrases, "remove", term.language)


def _check_opposites(file: _File, added: Sequence[Term], others: Sequence[Term]) -> None:
    known = (*others, *added)
    for term in added:
        for pair in _OPPOSITES:
            for roles, opposite in (pair, pair[::-1]):
                if term.role in roles:
                    near = [t for t in known if t.role in opposite and _is_beside(t, term, added)]
                    clash = next((t for t in near if _is_same(t, term)), None)
                    _refuse_opposite(file, term, clash)
        opposed = _BINDING.get(term.role.removesuffix("_weak"), set())
        _refuse_opposite(file, term, _marker_in(term, known, opposed))


def _refuse_opposite(file: _File, term: Term, clash: Term | None) -> None:
    if clash is not None:
        file.refuse(
            f"{term.phrase!r} is both {term.role} and {clash.role}",
            "add",
            term.language,
            term.phrase,
            hint=f"keep one, or remove it from {clash.language}.{clash.role} under [remove]",
        )


def _is_beside(other: Term, term: Term, added: Sequence[Term]) -> bool:
    return other in added or other.language in {term.language, _ANY_LANGUAGE}


def _is_same(term: Term, other: Term) -> bool:
    """Whether two phrases are the same, or one is a stem of the other: "scout", "scout*"."""
    one, two = fold(term.phrase), fold(other.phrase)
    return (
        one == two
        or (one.endswith("*") and two.startswith(one[:-1]))
        or (two.endswith("*") and one.startswith(two[:-1]))
    )


def _marker_in(term: Term, known: Sequence[Term], roles: Collection[str]) -> Term | None:
    """Return the marker that a phrase begins with, where contrast or injection follows it."""
    words = fold(term.phrase).split()
    near = [t for t in known if t.language in {term.language, _ANY_LANGUAGE}]
    nouns = {fold(t.phrase) for t in near if t.role in _NOUNS}
    heads = {
        " ".join(words[:cut]) for cut in range(1, len(words)) if " ".join(words[cut:]) in nouns
    }
    return next((t for t in near if t.role in roles and fold(t.phrase) in heads), None)


def _codes(
    file: _File, tables: Mapping[str, Any], action: str, known: Sequence[CodeEntry]
) -> Iterator[CodeEntry]:
    uses = sorted({code.use for code in known})
    for use, texts in flatten(tables.get(action, {}).get(_CODES, {})):
        if use not in uses:
            file.refuse_name("use", use, uses, action, _CODES, use.rpartition(".")[2])
        for text in _strings(file, texts, action, _CODES, use):
            parsed = parse_code(text)
            if parsed is None:
                file.refuse(
                    f"{text!r} is no code", action, _CODES, text, hint="write 'SCHEME:VALUE'"
                )
            yield CodeEntry(scheme=parsed[0], value=parsed[1], use=use)


def _removed_codes(
    file: _File, tables: Mapping[str, Any], known: Sequence[CodeEntry]
) -> Iterator[CodeEntry]:
    for wanted in _codes(file, tables, "remove", known):
        found = [
            code
            for code in known
            if (code.scheme, code.value, code.use) == (wanted.scheme, wanted.value, wanted.use)
        ]
        if not found:
            name = f"{wanted.scheme}:{wanted.value}"
            names = [f"{code.scheme}:{code.value}" for code in known if code.use == wanted.use]
            file.refuse_name("code", name, names, "remove", _CODES, wanted.value)
        yield from found


def _rules(
    file: _File, table: Mapping[str, Any], known: Collection[str], fixed: Collection[str]
) -> Iterator[RuleSetting]:
    for name, settings in table.items():
        if known and name in fixed:
            hint = "it compares images, or is no rule of a phase; those of a phase can be switched"
            file.refuse(f"rule {name!r} cannot be switched off", "rules", name, hint=hint)
        if known and name not in known:
            file.refuse_name("rule", name, sorted(known), "rules")
        if not isinstance(settings, Mapping):
            file.refuse(
                f"rules.{name} must be a table",
                "rules",
                name,
                hint=f'write [rules."{name}"] and below it enabled = false',
            )
        for key in settings:
            if key not in _RULE_KEYS:
                file.refuse_name("setting", key, _RULE_KEYS, "rules", name)
        enabled = settings.get("enabled", True)
        if not isinstance(enabled, bool):
            file.refuse(
                "enabled must be true or false", "rules", name, "enabled", hint="without quotes"
            )
        yield RuleSetting(name=name, is_enabled=enabled, strength=_strength(file, name, settings))


def _strength(file: _File, rule: str, settings: Mapping[str, Any]) -> Strength | None:
    value = settings.get("strength")
    if value is None:
        return None
    if value not in tuple(Strength):
        file.refuse_name("strength", str(value), list(Strength), "rules", rule, "strength")
    return Strength(value)


def _thresholds(
    file: _File, table: Mapping[str, Any], known: Collection[str]
) -> Iterator[tuple[str, float]]:
    for name, value in table.items():
        if known and name not in known:
            file.refuse_name("threshold", name, sorted(known), "thresholds")
        if isinstance(value, bool) or not isinstance(value, int | float):
            file.refuse(f"{name} must be a number", "thresholds", name, hint=f"write {name} = 10")
        if not 0 <= value <= _LARGEST_THRESHOLD:
            hint = f"write a number from 0 to {_LARGEST_THRESHOLD}"
            file.refuse(f"{name} cannot be {value}", "thresholds", name, hint=hint)
        yield name, float(value)
