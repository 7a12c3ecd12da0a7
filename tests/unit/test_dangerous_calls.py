"""What this package never does with what it reads."""

import ast
from pathlib import Path

import pytest

import ductdicom

ROOT = Path(ductdicom.__file__).parent
MODULES = sorted(ROOT.rglob("*.py"))
FORBIDDEN_MODULES = {
    *("pickle", "cPickle", "dill", "marshal", "shelve", "joblib"),
    *("xml", "lxml", "defusedxml", "yaml"),
}
ASKS_THE_SYSTEM = "review/serve.py"  # has it take memory back

NETWORK = {"requests", "http", "socket", "ssl"}
ON_THE_NETWORK = {"pacs", "review"}  # rooms that are there to speak with other programs
FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__", "extractall", "extract", "system"}
SUBPROCESS = {"subprocess", "pty", "popen2"}


def _imports(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


def _calls(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Name):
                yield function.id, node
            # A pattern is compiled by re, an entry by nobody.
            elif isinstance(function, ast.Attribute) and ast.unparse(function) != "re.compile":
                yield function.attr, node


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_nothing_that_is_read_is_run_or_unpacked(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))

    calls = {name for name, _ in _calls(tree)}

    assert FORBIDDEN_MODULES.isdisjoint(_imports(tree))
    assert SUBPROCESS.isdisjoint(_imports(tree))
    if path.relative_to(ROOT).as_posix() != ASKS_THE_SYSTEM:
        assert "ctypes" not in _imports(tree)
    if path.relative_to(ROOT).parts[0] not in ON_THE_NETWORK:
        assert NETWORK.isdisjoint(_imports(tree))
    assert FORBIDDEN_CALLS.isdisjoint(calls)
    for _, node in _calls(tree):
        options = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
        assert options.get("shell", "False") == "False"
        assert options.get("allow_pickle", "False") == "False"


COMMANDS = sorted((ROOT / "cli").rglob("*.py"))


@pytest.mark.parametrize("path", COMMANDS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_command_says_where_an_input_lies_but_by_what_masks_it(path):
    """Only `report.say` and a `Naming` take a label; UIDs are told where these allow it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    masked = {
        id(node)
        for call, node in _calls(tree)
        if call in {"say", "text", "place"} and isinstance(node.func, ast.Attribute)
        for node in ast.walk(node)
    }
    found = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"label", "source", "member"}
        if id(node) not in masked
    ]
    assert found == []
