"""What names a person is taken out of all texts of headers, before anything is decided by them.

The headers themselves say who is named: the patient, staff, places, numbers, dates. What nobody
reads cannot decide, and stands on no page, in no record and in no message: no writer has to think
of it. The words of one patient are looked for in the texts of all studies that may show one
another's images: those of one patient ID, and of one Study Instance UID. Of all other people of
the run whole words are looked for, but for those that mean something.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Any, NamedTuple

from msgspec.structs import replace

from ductdicom.identity.known import (
    TITLES,
    Identity,
    identify_births,
    identify_codes,
    identify_days,
    identify_person,
    identify_phones,
    identify_place,
    identify_uids,
)
from ductdicom.ingest.headers.clock import parse_date
from ductdicom.language.codes import is_listed
from ductdicom.language.lexicon import scan_text
from ductdicom.model.instance import (
    Breast,
    Code,
    Contrast,
    Geometry,
    Instance,
    Patient,
    People,
    Purpose,
    Raster,
    Text,
)
from ductdicom.model.study import Study
from ductdicom.model.value import Value
from ductdicom.pipeline.gather import Gathered, PatientStudy
from ductdicom.pipeline.naming import is_of_a_path
from ductdicom.vocabulary.terms import Vocabulary, load_vocabulary

_REMEMBERED = 1 << 14
_SHORT = 3  # letters of a view, a side, a modality: in coded attributes these are no names
# What people type; in all other attributes a word that means something is no name.
_TYPED: Mapping[type[Value], frozenset[str]] = {
    Text: frozenset({"value"}),
    Code: frozenset({"meaning"}),
    Contrast: frozenset({"agent", "route", "ingredient"}),
    Purpose: frozenset({"processing_code"}),
    Breast: frozenset({"clinical_view", "pacs_view", "pacs_laterality"}),
    Geometry: frozenset({"paddle"}),
    Raster: frozenset({"window_explanations"}),
}
_OF_OWN_CODES = frozenset({"value", "scheme", "meaning"})
_NEVER_SHOWN = frozenset(
    {"origin", "patient", "people", "equipment", "accession_number", "clock", "damage"}
    | {"tag", "references", "id"}
)
_LEAST_NAME = 3  # letters of a Latin word that may be a name
_WORD_OF_A_PATH = re.compile(r"[^\W\d_]+")
_NUMBER_OF_A_PATH = re.compile(r"\d(?:[ ._-]?\d)*")
_LEAST_NUMBER = 5  # digits of one that may be an ID or a day; smaller ones count files
_NO_NAMES = frozenset(
    {
        *("dcm", "ima", "img", "acr", "zip", "tar", "iso", "tmp", "srv", "mnt", "var", "usb"),
        *("dvd", "disc", "disk", "file", "files", "broken", "empty", "truncated", "damaged"),
        *("new", "old", "copy", "misc", "test", "first", "second", "last", "night"),
    }
)


class _Group(NamedTuple):
    """Studies that may show one another's images, by their numbers, and what names their people."""

    numbers: list[int]
    identity: Identity


_Found = tuple[bool, str]  # whether it was typed, and the text
_NOTHING: frozenset[_Found] = frozenset()


def hide_identity(gathered: Gathered, vocabulary: Vocabulary) -> tuple[Gathered, Identity]:
    """Take out of the headers' texts what names a person.

    Returns
    -------
    The studies with a mask in its place, and what names any of their people.
    """
    parts = list(gathered.parts)
    groups = [
        _Group(
            numbers, identify([i for n in numbers for i in parts[n].study.instances], vocabulary)
        )
        for numbers in _groups(parts)
    ]
    people = Identity.of_all(group.identity for group in groups)
    is_known = partial(means_something, vocabulary=vocabulary)
    everybody = _Everybody(people, is_known)
    texts = _Texts(vocabulary)
    for group in groups:
        instances = (i for number in group.numbers for i in parts[number].study.instances)
        found: set[_Found] = set().union(*map(texts.of, instances))
        identity = Identity.of_all((group.identity, *everybody.named_in(found)))
        hidden = dict(_hidden(found, identity, is_known))
        for number in group.numbers:
            study = texts.without(parts[number].study, hidden)
            parts[number] = dataclasses.replace(parts[number], study=study, identity=identity)
    return dataclasses.replace(gathered, parts=tuple(parts)), people


def identify_strangers(
    paths: Iterable[str], read: Iterable[str], vocabulary: Vocabulary
) -> Identity:
    """Return what of paths may name people of whom no header tells: words and numbers.

    A word or number that the path of a file with a header has as well is none: whom these name is
    known. Nor are words of the vocabulary and of paths, Latin ones of one or two letters, and
    numbers of up to four digits without zeros before them (heuristic).

    Parameters
    ----------
    paths
        Of files whose headers cannot be read, or that are not there.
    read
        Paths of files with headers.
    """
    paths = tuple(paths)
    words, numbers = _words(paths), _numbers(paths)
    if words or numbers:
        read = tuple(read)
        words -= _words(read)
        numbers -= _numbers(read)
    names = sorted(word for word in words if _may_be_name(word, vocabulary))
    return Identity.of_all(
        (identify_person(names, is_name=lambda _: True), identify_codes(sorted(numbers)))
    )


def _words(paths: Iterable[str]) -> set[str]:
    return set(_WORD_OF_A_PATH.findall("\n".join(paths).casefold()))


def _numbers(paths: Iterable[str]) -> set[str]:
    found = _NUMBER_OF_A_PATH.findall("\n".join(paths))
    digits = {"".join(filter(str.isdigit, number)).lstrip("0") for number in found}
    return {number for number in digits if len(number) >= _LEAST_NUMBER}


def _may_be_name(word: str, vocabulary: Vocabulary) -> bool:
    is_short = word.isascii() and len(word) < _LEAST_NAME
    return not (
        is_short or word in _NO_NAMES or is_of_a_path(word) or means_something(word, vocabulary)
    )


class _Everybody:
    """All people of a run, found in texts; what many studies say is looked through once."""

    def __init__(self, people: Identity, is_known: Callable[[str], bool]) -> None:
        self._people = {True: people, False: people.only_names}
        self._is_known = is_known
        self._named: dict[_Found, Identity | None] = {}

    def named_in(self, found: Iterable[_Found]) -> Iterator[Identity]:
        """Yield what names those whom somebody typed into texts of one study."""
        for text in found:
            if text not in self._named:
                self._named[text] = self._find(*text)
            if (named := self._named[text]) is not None:
                yield named

    def _find(self, is_typed: bool, text: str) -> Identity | None:  # noqa: FBT001 - as in _Found
        if is_typed or _may_be_typed(text, self._is_known):
            return self._people[is_typed].named_in(text, self._is_known)
        return None


def _may_be_typed(text: str, is_known: Callable[[str], bool]) -> bool:
    """Whether somebody typed into an attribute of codes what is none."""
    return len(text) > _SHORT and not is_known(text)


def hide_explanation(identity: Identity, text: str) -> str:
    """Return what somebody called a window or a table without what names anybody."""
    if identity.mask(text) == text:
        return text  # most, for which no vocabulary need be read
    return identity.mask(text, partial(means_something, vocabulary=load_vocabulary()))


def _groups(parts: Sequence[PatientStudy]) -> Iterable[list[int]]:
    """Return the numbers of studies that share a patient ID or a Study Instance UID, together."""
    above: dict[str, str] = {}

    def top(key: str) -> str:
        while above.setdefault(key, key) != key:
            key = above[key]
        return key

    groups: dict[str, list[int]] = {}
    for part in parts:
        for key in _keys(part):
            above[top(key)] = top(_keys(part)[0])
    for number, part in enumerate(parts):
        groups.setdefault(top(_keys(part)[0]), []).append(number)
    return groups.values()


def _keys(part: PatientStudy) -> list[str]:
    ids = {(instance.patient.patient_id or "").strip() for instance in part.study.instances}
    return [f"study {part.study.study_instance_uid}", *(f"ID {text}" for text in ids if text)]


def identify(instances: Iterable[Instance], vocabulary: Vocabulary) -> Identity:
    """Return what names the people of some headers, in whatever script and spelling."""
    patients: dict[Patient, None] = {}
    people: dict[People, None] = {}
    days: dict[date, None] = {}
    uids: dict[str, None] = {}
    for instance in instances:
        patients[instance.patient] = people[instance.people] = None
        uids |= dict.fromkeys((instance.study_instance_uid, instance.series_instance_uid))
        uids[instance.sop_instance_uid] = None
        seen = (instance.study_date, instance.clock.acquired_on)
        days |= dict.fromkeys(day for day in seen if day)
    born = filter(None, (parse_date(patient.birth_date) for patient in patients))
    own = [name for patient in patients if (name := patient.name)]
    ids = [text for patient in patients if (text := patient.patient_id)]
    phones = tuple(_all(people, "phones"))  # or other addresses, as of mail
    return Identity.of_all(
        (
            identify_person(
                (*own, *_all(people, "names")), is_name=partial(_is_name, vocabulary=vocabulary)
            ),
            _staff(tuple(_all(people, "staff")), vocabulary),
            _places(tuple(_all(people, "places")), vocabulary),
            identify_codes((*ids, *_all(people, "ids"))),
            identify_codes((*_all(people, "numbers"), *phones), is_minor=True),
            identify_phones(phones),
            identify_uids(uids),
            identify_days(days),
            identify_births(born),
        )
    )


@lru_cache(maxsize=_REMEMBERED)
def _staff(names: tuple[str, ...], vocabulary: Vocabulary) -> Identity:
    """Return what names staff; of those called by a word with a meaning only with their title."""
    is_known = partial(means_something, vocabulary=vocabulary)
    return identify_person(_titled(names, is_known), is_name=lambda word: not is_known(word))


@lru_cache(maxsize=_REMEMBERED)
def _places(texts: tuple[str, ...], vocabulary: Vocabulary) -> Identity:
    return identify_place(texts, is_known=partial(means_something, vocabulary=vocabulary))


def _all(people: Iterable[People], field: str) -> Iterator[str]:
    return (text for one in people for text in getattr(one, field))


def _titled(names: Iterable[str], is_known: Callable[[str], bool]) -> Iterator[str]:
    """Yield names of staff, those that are also words of a text with each title before them."""
    for name in names:
        yield name
        for word in re.findall(r"[^\W\d_]+", name):
            if is_known(word) and word.casefold() not in TITLES:
                yield from (f"{title}^{word}" for title in TITLES)


@lru_cache(maxsize=_REMEMBERED)
def _is_name(word: str, vocabulary: Vocabulary) -> bool:
    """Whether a word may be a patient's name; nobody is called by the examination's."""
    return "ductography" not in scan_text(word, vocabulary).roles


@lru_cache(maxsize=_REMEMBERED)
def means_something(text: str, vocabulary: Vocabulary) -> bool:
    """Whether the vocabulary knows each word of a text."""
    phrases = scan_text(text, vocabulary).phrases
    return all(phrase.roles for phrase in phrases)


def _hidden(
    found: Iterable[_Found], identity: Identity, is_known: Callable[[str], bool]
) -> Iterator[tuple[_Found, str]]:
    """Yield the texts that name somebody, and what is left of them."""
    names = identity.only_names
    for is_typed, text in found:
        if is_typed:
            masked = identity.mask(text, is_known)
        elif _may_be_typed(text, is_known):
            masked = names.mask(text, is_known)
        else:
            continue
        if masked != text:
            yield (is_typed, text), masked


class _Texts:
    """The texts of headers; groups of attributes that images share are gone through once."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._of: dict[int, tuple[object, frozenset[_Found]]] = {}

    def of(self, instance: Instance) -> set[_Found]:
        """Return the texts of a header."""
        found: set[_Found] = set()
        for name in _names_of(Instance):
            found |= self._of_group(getattr(instance, name))
        return found

    def _of_group(self, value: object) -> frozenset[_Found]:
        if not isinstance(value, Value | tuple):
            return frozenset({(False, value)}) if type(value) is str else _NOTHING
        if id(value) not in self._of:  # kept with the value, whose number is then no other's
            self._of[id(value)] = value, frozenset(self._texts_of(value, is_typed=False))
        return self._of[id(value)][1]

    def without(self, study: Study, hidden: Mapping[_Found, str]) -> Study:
        """Return a study with what is left of the texts in their place."""
        if not hidden:
            return study
        return replace(study, instances=tuple(self._hide(i, hidden) for i in study.instances))

    def _hide(self, instance: Instance, hidden: Mapping[_Found, str]) -> Instance:
        values = {name: getattr(instance, name) for name in _names_of(Instance)}
        changed = {
            name: self._masked(value, hidden, is_typed=False)
            for name, value in values.items()
            if not hidden.keys().isdisjoint(self._of_group(value))
        }
        return replace(instance, **changed)

    def _texts_of(self, value: object, *, is_typed: bool) -> Iterator[_Found]:
        if type(value) is str:
            yield is_typed, value
        elif isinstance(value, tuple):
            for item in value:
                yield from self._texts_of(item, is_typed=is_typed)
        elif isinstance(value, Value):
            typed = self._typed(value)
            for name in _names_of(type(value)):
                yield from self._texts_of(getattr(value, name), is_typed=name in typed)

    def _masked(self, value: Any, hidden: Mapping[_Found, str], *, is_typed: bool) -> Any:
        if type(value) is str:
            return hidden.get((is_typed, value), value)
        if isinstance(value, tuple):
            return tuple(self._masked(item, hidden, is_typed=is_typed) for item in value)
        if not isinstance(value, Value):
            return value
        typed = self._typed(value)
        changed = {
            name: self._masked(getattr(value, name), hidden, is_typed=name in typed)
            for name in _names_of(type(value))
        }
        return replace(value, **changed)

    def _typed(self, value: Value) -> frozenset[str]:
        """Return the fields that people type; of a code that is in no table they all are."""
        if isinstance(value, Code) and not is_listed(value, self._vocabulary):
            return _OF_OWN_CODES
        return _TYPED.get(type(value), frozenset())


@lru_cache
def _names_of(kind: type[Value]) -> tuple[str, ...]:
    """Return the fields of a kind of value in which a name could stand, and be shown."""
    return tuple(
        name
        for name in kind.__struct_fields__
        if name not in _NEVER_SHOWN and not name.endswith(("_uid", "_uids"))
    )
