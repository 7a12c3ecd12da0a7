import ast
import re
import tomllib
from pathlib import Path

from ductdicom.classify import rules
from ductdicom.classify.phase.image_rules import RULES
from ductdicom.classify.rules import describe_rules
from ductdicom.model import call

ROOM = Path(rules.__file__).parent
CODE = (*ROOM.rglob("*.py"), Path(call.__file__))  # a person's decision makes its reason itself
TABLE = tomllib.loads((ROOM / "rules.toml").read_text(encoding="utf-8"))
MAKERS = {"_evidence", "_attribute"}  # functions whose first argument is a rule's name


def _given(node):
    """Yield the expressions that a piece of code gives as a rule's name."""
    if isinstance(node, ast.Call):
        yield from (keyword.value for keyword in node.keywords if keyword.arg == "rule")
        if getattr(node.func, "id", "") in MAKERS:
            yield from node.args[:1]
    if isinstance(node, ast.For) and ast.unparse(node.target).startswith("(rule, "):
        yield from (row.elts[0] for row in node.iter.elts)


def _names(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for expression in _given(node):
            for part in ast.walk(expression):
                if isinstance(part, ast.Constant):
                    yield part.value
                elif isinstance(part, ast.Name) and part.id.isupper():
                    yield CONSTANTS[part.id]


CONSTANTS = {
    line.targets[0].id: line.value.value
    for path in CODE
    for line in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(line, ast.Assign) and isinstance(line.value, ast.Constant)
}


def test_every_rule_in_the_code_is_in_the_table_and_every_one_of_the_table_in_the_code():
    named = {name for path in CODE for name in _names(path)}

    assert named | set(RULES) == set(describe_rules())


def test_no_rule_is_described_twice():
    assert sum(map(len, TABLE.values())) == len(describe_rules())


def test_a_rule_is_described_in_sentences():
    assert all(item.description.endswith(".") for item in describe_rules().values())


def test_a_rule_without_a_source_says_heuristic_or_names_the_standard():
    sources = {item.reference for item in describe_rules().values()}

    assert all(re.search(r"PS3\.|heuristic|person", source) for source in sources)
