"""Print how the package is laid out: files, folders, importers, names, lengths.

    python scripts/measure_house.py [FOLDER…]

Each folder is a working tree of this project; without any, this one.
"""

import ast
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from statistics import median, quantiles

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "ductdicom"


def read_modules(root: Path) -> dict[str, Path]:
    """Return the files of the package by their dotted names; a package's is its ``__init__``."""
    names = {
        path: path.relative_to(root).with_suffix("") for path in (root / PACKAGE).rglob("*.py")
    }
    return {".".join(name.parts): path for path, name in sorted(names.items())}


def count_importers(modules: Mapping[str, Path]) -> Counter[str]:
    """Count for each module the others that import it or a name from it."""
    counts = Counter(dict.fromkeys(modules, 0))
    for name, path in modules.items():
        found: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
                found.add(str(node.module))
        counts.update(found & modules.keys() - {name})
    return counts


def class_places(modules: Mapping[str, Path]) -> dict[str, list[str]]:
    """Return the modules that define each public class name."""
    places: dict[str, list[str]] = {}
    for name, path in modules.items():
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places.setdefault(node.name, []).append(name)
    return places


def function_lengths(modules: Mapping[str, Path]) -> dict[str, int]:
    """Return the lines of each function with its docstring, by module and line."""
    return {
        f"{name}:{node.lineno} {node.name}": int(node.end_lineno or 0) - node.lineno + 1
        for name, path in modules.items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def count_lines(paths: Iterable[Path]) -> list[int]:
    """Return the number of lines of each file."""
    return [len(path.read_text(encoding="utf-8").splitlines()) for path in paths]


def docstring_lines(paths: Iterable[Path]) -> int:
    """Return how many lines of the files are docstrings."""
    nodes = (node for path in paths for node in ast.walk(ast.parse(path.read_text("utf-8"))))
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    first = (node.body[0] for node in nodes if isinstance(node, owners) and node.body)
    return sum(
        int(line.end_lineno or 0) - line.lineno + 1
        for line in first
        if isinstance(line, ast.Expr) and isinstance(getattr(line.value, "value", None), str)
    )


def is_init(name: str) -> bool:
    """Whether a name is that of a folder."""
    return name.endswith(".__init__")


def folder_sizes(modules: Mapping[str, Path]) -> Counter[str]:
    """Count the modules that lie in each folder itself."""
    return Counter(name.rpartition(".")[0] for name in modules if not is_init(name))


def lone_modules(modules: Mapping[str, Path], shorter_than: int = sys.maxsize) -> list[str]:
    """Return the modules of fewer lines that exactly one other module imports."""
    importers = count_importers(modules)
    lengths = dict(zip(modules, count_lines(modules.values()), strict=True))
    return [
        name
        for name in modules
        if importers[name] == 1 and not is_init(name) and lengths[name] < shorter_than
    ]


def measure(root: Path) -> Iterator[tuple[str, str]]:
    """Yield what is measured of a working tree, and the figures."""
    modules = read_modules(root)
    folders = folder_sizes(modules)
    lengths = count_lines(modules.values())
    functions = sorted(function_lengths(modules).values())
    largest, count = folders.most_common(1)[0]
    homonyms = sum(len(places) > 1 for places in class_places(modules).values())
    yield "files", str(len(modules))
    yield "modules, folders", f"{sum(folders.values())}, {len(folders)}"
    yield "modules of the largest folder", f"{count} ({largest.removeprefix(f'{PACKAGE}.')})"
    yield "modules with a single importer", str(len(lone_modules(modules)))
    yield "… of fewer than 40 lines", str(len(lone_modules(modules, 40)))
    yield "class names that stand for several", str(homonyms)
    files = [n for name, n in zip(modules, lengths, strict=True) if not is_init(name)]
    yield "lines a module: median, longest", f"{median(files):.0f}, {max(files)}"
    p90 = quantiles(functions, n=10)[-1]
    yield (
        "lines a function: median, 9 of 10, longest",
        f"{median(functions):.0f}, {p90:.0f}, {functions[-1]}",
    )
    told = docstring_lines(modules.values())
    yield "lines of the package, without docstrings", f"{sum(lengths)}, {sum(lengths) - told}"
    yield "lines of the tests", str(sum(count_lines((root / "tests").rglob("*.py"))))


def main(arguments: list[str]) -> int:
    """Print a column for each working tree."""
    columns = [dict(measure(Path(name).resolve())) for name in arguments or [str(ROOT)]]
    for label in columns[0]:
        print(label.ljust(44), *(column[label].ljust(28) for column in columns))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
