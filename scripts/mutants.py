"""Mutants: the program with one place changed, drawn from all places where it can be."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.plugins import get_operator, operator_names

ROOT = Path(__file__).resolve().parent.parent
_Position = tuple[int, int]  # line from 1, column from 0
_Place = tuple[str, Path, _Position, _Position]
_Choice = tuple[Any, int, str]  # operator, which of its occurrences in the module, function


class OtherFunction:
    """Asks any instead of all, takes the smallest instead of the largest, and the reverse."""

    _others = {"any": "all", "all": "any", "min": "max", "max": "min"}  # noqa: RUF012

    def mutation_positions(self, node: Any) -> Iterator[tuple[_Position, _Position]]:
        """Yield where a name stands that has a counterpart."""
        if node.type == "name" and node.value in self._others:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """Return the counterpart."""
        node.value = self._others[node.value]
        return node


class LargerNumber:
    """Makes a decimal fraction half as large again; the library's own operator adds or takes 1."""

    def mutation_positions(self, node: Any) -> Iterator[tuple[_Position, _Position]]:
        """Yield where a decimal fraction stands."""
        if node.type == "number" and "." in node.value:
            yield node.start_pos, node.end_pos

    def mutate(self, node: Any, _index: int) -> Any:
        """Return the larger number."""
        node.value = f"{1.5 * float(node.value):g}"
        return node


_FROM_THE_LIBRARY = [get_operator(name) for name in operator_names()]
# Operators with arguments want names of variables, which are none that a whole package shares.
_OPERATORS: tuple[Any, ...] = (
    *(operator() for operator in _FROM_THE_LIBRARY if not operator.arguments()),
    OtherFunction(),
    LargerNumber(),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: the module, the function, the line before and after, the module's new text."""

    module: str
    function: str
    line: int
    was: str
    now: str
    content: str

    @property
    def label(self) -> str:
        """Place and change, without the line's number: it moves."""
        return f"`{self.module}`, `{self.function}`: `{self.was}` → `{self.now}`"


def draw(modules: Sequence[str], seed: int) -> Iterator[Mutant]:
    """Yield one mutant of every place in modules, in an order that the seed makes.

    Parameters
    ----------
    modules
        Patterns of files below the package.
    """
    found = {path for pattern in modules for path in (ROOT / "ductdicom").glob(pattern)}
    places = [place for path in sorted(found) for place in _places(path, seed).items()]
    for (order, path, *_), choices in sorted(places, key=lambda place: place[0]):
        operator, occurrence, function = choices[int(order, 16) % len(choices)]
        before = path.read_text(encoding="utf-8")
        after = mutate_code(before, operator, occurrence)
        pairs = zip(before.splitlines(), after.splitlines(), strict=False)
        for line, (was, now) in enumerate(pairs, start=1):
            if was != now:
                module = path.relative_to(ROOT).as_posix()
                yield Mutant(module, function, line, was.strip(), now.strip(), after)
                break


def _places(path: Path, seed: int) -> dict[_Place, list[_Choice]]:
    """Return what can be changed in a module, by place.

    Places begin with a digest of what stands there, so that in their order a change of one line
    leaves all others as they are.
    """
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    counts: Counter[int] = Counter()
    places: dict[_Place, list[_Choice]] = {}
    for node in ast_nodes(get_ast(text)):
        for number, operator in enumerate(_OPERATORS):
            for start, end in operator.mutation_positions(node):
                occurrence = counts[number]
                counts[number] += 1
                if not _is_left_out(node):
                    function = _function(node)
                    what = (
                        seed,
                        path.stem,
                        function,
                        lines[start[0] - 1].strip(),
                        start[1],
                        end[1],
                    )
                    digest = hashlib.sha256(repr(what).encode()).hexdigest()
                    choice = (operator, occurrence, function)
                    places.setdefault((digest, path, start, end), []).append(choice)
    return places


def _is_left_out(node: Any) -> bool:
    """Tell decorators, heads of classes, types: what is frozen, or a list, no test sees."""
    while around := node.parent:
        # What follows the name: ": type = value" of a variable, ": type" of a parameter.
        place = {"annassign": 1, "tfpdef": 2}.get(around.type)
        is_type = place is not None and around.children[place] is node
        is_result = around.type == "funcdef" and around.annotation is node
        is_head = around.type == "classdef" and around.children[-1] is not node
        if is_type or is_result or is_head or node.type == "decorator":
            return True
        node = around
    return False


def _function(node: Any) -> str:
    around = node.search_ancestor("funcdef", "classdef")
    return str(around.name.value) if around else "module"
