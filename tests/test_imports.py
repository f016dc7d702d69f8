"""Imports run one way: server -> schema -> resolvers -> loaders -> sql; hub/ is imported by all and imports none of them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "hub": {"hub"},
    "engine": {"hub", "engine"},
    "sql": {"hub", "sql"},
    "events": {"hub", "engine", "sql", "events"},
    "loaders": {"hub", "engine", "events", "sql", "loaders"},
    "commands": {"hub", "events", "sql", "loaders", "commands"},
    "resolvers": {"hub", "engine", "events", "loaders", "commands", "resolvers"},
    "schema": {"hub", "engine", "loaders", "resolvers", "schema"},
    "demo": {"hub", "sql", "demo"},
    "importers": {"hub", "sql", "importers"},
    "export": {"hub", "engine", "export"},
    "server": {"hub", "commands", "engine", "events", "export", "schema", "server"},
}

# Where a command begins, hub/ may reach for what it runs.
COMMAND_LINE = {"cli.py", "demo_guide.py", "minting.py", "progress.py", "serving.py"}

FILES = [path for folder in MAY_IMPORT for path in sorted((ROOT / folder).rglob("*.py"))] + [ROOT / "server.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_only_what_lies_below_it(path: Path) -> None:
    if path.parent == ROOT / "hub" and path.name in COMMAND_LINE:
        return
    folder = path.relative_to(ROOT).parts[0].removesuffix(".py")
    imported = {name.split(".")[0] for name in _imports(path)} & (set(MAY_IMPORT) | {"bench", "tests"})
    assert imported <= MAY_IMPORT[folder]


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names
