"""CONTRIBUTING's map of rag/ is made from the tree: `python -m tests.unit.test_tree` writes it anew."""

from __future__ import annotations

import ast
from pathlib import Path

from rag.settings import ROOT

DOCUMENT = ROOT / "CONTRIBUTING.md"
BEGIN, END = "<!-- map: written by `python -m tests.unit.test_tree` -->", "<!-- end of the map -->"


def first_line(module: Path) -> str:
    """The first line of a module's docstring."""
    return (ast.get_docstring(ast.parse(module.read_text("utf-8"))) or "").partition("\n")[0]


def rooms(package: Path, depth: int = 0) -> list[str]:
    """The lines for a package, its modules and the packages in it."""
    indent = "  " * depth
    lines = [f"{indent}- `{package.relative_to(ROOT)}/` {first_line(package / '__init__.py')}"]
    for module in sorted(package.glob("*.py")):
        if module.stem != "__init__":
            lines.append(f"{indent}  - `{module.name}` {first_line(module)}")
    for inner in sorted(package.iterdir()):
        if (inner / "__init__.py").is_file():
            lines += rooms(inner, depth + 1)
    return lines


def map_of_the_tree() -> str:
    return "\n".join([BEGIN, "", *rooms(ROOT / "rag"), "", END])


def with_map(text: str) -> str:
    """The document with the map as the tree has it."""
    before, _, rest = text.partition(BEGIN)
    return before + map_of_the_tree() + rest.partition(END)[2]


def test_the_map_in_contributing_is_that_of_the_tree() -> None:
    text = DOCUMENT.read_text("utf-8")

    assert with_map(text) == text, "run `python -m tests.unit.test_tree`"


def test_every_module_says_what_it_is() -> None:
    for module in sorted((ROOT / "rag").rglob("*.py")):
        assert first_line(module).endswith((".", ":", "?")), f"{module} has no sentence that says what it is"


if __name__ == "__main__":
    DOCUMENT.write_text(with_map(DOCUMENT.read_text("utf-8")), "utf-8")
