"""Figures of the source itself: how it is housed, how long its parts are, what imports what."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import grimp

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib  # type: ignore[import-not-found]

ROOT = Path(__file__).parents[2]
PACKAGES = ("conf", "energy", "store", "ingest", "speed_layer", "batch_layer", "serving_layer", "solera", "stack")
LONG_FILE, LONG_FUNCTION, MANY_PARAMETERS = 200, 40, 6
TABLE_LINES = 15
"""From this length on a literal that is given a name is a table of data, which counts for no file's length."""
PUBLISH_MAY_IMPORT = ("artifacts", "runs", "entry", "publishing")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*below: str, suffix: str = ".py") -> list[Path]:
    """What git knows of the folders ``below``, relative to the root."""
    listed = subprocess.run(["git", "ls-files", *below], cwd=ROOT, capture_output=True, text=True, check=True)
    return [Path(line) for line in listed.stdout.splitlines() if line.endswith(suffix) and (ROOT / line).exists()]


@cache
def imports() -> dict[str, set[str]]:
    """The modules that each module of the product imports."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    return {module: set(graph.find_modules_directly_imported_by(module)) for module in graph.modules}


def circles(arrows: Mapping[str, set[str]]) -> list[set[str]]:
    """Groups of modules each of which imports, by way of others, each other."""
    behind = {module: reached(arrows, module) for module in arrows}
    found = {frozenset(o for o in behind[m] if m in behind.get(o, ())) for m in arrows if m in behind[m]}
    return [set(each) for each in found]


def reached(arrows: Mapping[str, set[str]], start: str) -> set[str]:
    """All that ``start`` imports, by way of others too."""
    seen: set[str] = set()
    ahead = [start]
    while ahead:
        new = arrows.get(ahead.pop(), set()) - seen
        seen |= new
        ahead.extend(new)
    return seen


def contracts() -> list[dict[str, Any]]:
    """The contracts of import-linter."""
    tools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
    named: list[dict[str, Any]] = tools["importlinter"]["contracts"]
    return named


def upward(arrows: Mapping[str, set[str]]) -> list[str]:
    """Imports from a lower floor of the house to a higher one, or to a neighbour of the same."""
    (layers,) = (table["layers"] for table in contracts() if table["type"] == "layers")
    floor = {room.strip(): n for n, each in enumerate(reversed(layers)) for room in each.split("|")}
    pairs = ((module, other) for module, others in arrows.items() for other in others)
    return sorted(
        f"{module} -> {other}"
        for module, other in pairs
        if (mine := module.split(".")[0]) != (its := other.split(".")[0]) and floor[mine] <= floor[its]
    )


def steps_that_import_steps(arrows: Mapping[str, set[str]], steps: Iterable[str]) -> list[str]:
    """Of the night's steps, by way of other modules too."""
    named = [f"batch_layer.{step}" for step in steps]
    return sorted(f"{step} -> {other}" for step in named for other in reached(arrows, step) & set(named))


def siblings_of_publish(arrows: Mapping[str, set[str]]) -> list[str]:
    """What publish imports of the batch layer beside artifacts and its own folder."""
    of_batch = (name.split(".") for name in arrows["batch_layer.publish"] if name.startswith("batch_layer."))
    return sorted({name[1] for name in of_batch} - set(PUBLISH_MAY_IMPORT))


def side_by_side() -> Counter[str]:
    """Files in each folder of code, a package's own aside."""
    return Counter(str(path.parent) for path in files(*PACKAGES, "tests", "bench") if path.name != "__init__.py")


def long_files() -> dict[str, int]:
    """Lines of each file of the product that is longer than it should be, its tables of data aside."""
    lengths = {str(path): _lines(path) for path in files(*PACKAGES)}
    return {path: lines for path, lines in lengths.items() if lines > LONG_FILE}


def _lines(path: Path) -> int:
    text = (ROOT / path).read_text()
    tables = (node for node in ast.parse(text).body if isinstance(node, ast.Assign | ast.AnnAssign))
    lengths = ((node.end_lineno or node.lineno) - node.lineno + 1 for node in tables)
    return len(text.splitlines()) - sum(length for length in lengths if length >= TABLE_LINES)


def _functions() -> Iterator[tuple[str, Function]]:
    for path in files(*PACKAGES):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, Function):
                yield f"{path}:{node.lineno} {node.name}", node


def long_functions() -> list[str]:
    """Of the product, from ``def`` to the last line."""
    return [name for name, node in _functions() if (node.end_lineno or 0) - node.lineno + 1 > LONG_FUNCTION]


def many_parameters() -> list[str]:
    """Functions of the product with six parameters or more, ``self`` aside."""
    return [name for name, node in _functions() if _parameters(node.args) >= MANY_PARAMETERS]


def _parameters(of: ast.arguments) -> int:
    named = [*of.posonlyargs, *of.args, *of.kwonlyargs, *filter(None, (of.vararg, of.kwarg))]
    return sum(each.arg not in ("self", "cls") for each in named)


def errors_that_are_no_refusal() -> list[str]:
    """Public exception classes above ``energy`` that are no Refusal.

    ``energy`` knows no Refusal: what calls it says in its own words what a person can do.
    """
    bases = {name: (where, parents) for name, where, parents in _classes()}

    def descends(name: str, wanted: str) -> bool:
        return name == wanted or any(descends(each, wanted) for each in bases.get(name, ("", ()))[1])

    def is_error(name: str) -> bool:
        return any(is_error(each) or each.endswith(("Exception", "Error")) for each in bases.get(name, ("", ()))[1])

    return sorted(
        f"{where} {name}"
        for name, (where, _) in bases.items()
        if is_error(name)
        and not descends(name, "Refusal")
        and not name.startswith("_")
        and not where.startswith("energy/")
    )


def _classes() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for path in files(*PACKAGES):
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.ClassDef):
                yield node.name, str(path), tuple(_last_name(base) for base in node.bases)


def _last_name(base: Any) -> str:
    return ast.unparse(base).split(".")[-1]
