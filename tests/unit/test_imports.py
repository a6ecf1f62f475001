"""Imports point one way, and nothing heavy comes in by the back door."""

from __future__ import annotations

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

from rag.settings import ROOT

LAYERS = [
    {"settings", "errors", "article", "reply", "telemetry"},
    {"text"},
    {"speech"},
    {"models"},
    {"library"},
    {"ingestion", "querying", "coverage"},
    {"assistant", "chats", "evaluation", "doctor", "overview"},
    {"interfaces"},
    {"ui", "__main__"},
]
WITHIN_A_LAYER = {
    ("settings", "errors"),
    ("telemetry", "errors"),
    ("reply", "article"),
    ("assistant", "chats"),
    ("assistant", "overview"),
    ("evaluation", "assistant"),
    ("__main__", "ui"),
}
"""What may import its neighbour; of the three beside one another none imports another."""
MODULES = sorted((ROOT / "rag").rglob("*.py"))


def part(module: str) -> str:
    """The part of the program that a dotted name belongs to: "library" for rag.library.catalogue."""
    return module.split(".")[1] if "." in module else "__init__"


def layer(name: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if name in names)


def imported(path: Path) -> set[str]:
    """The parts of the program that a module imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {part(alias.name) for alias in node.names if alias.name.split(".")[0] == "rag"}
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "rag":
            found |= {part(f"{node.module}.{alias.name}") for alias in node.names}
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"{path} imports by a relative name"
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    importer = path.relative_to(ROOT / "rag").parts[0].removesuffix(".py")
    if importer == "__init__":
        return  # it imports by name, when it is asked: see the next test
    for other in imported(path) - {importer}:
        assert layer(other) < layer(importer) or (importer, other) in WITHIN_A_LAYER, f"{importer} imports {other}"


def test_the_package_imports_nothing_and_changes_nothing_until_it_is_asked() -> None:
    program = """
import os, sys
before = dict(os.environ)
import rag
loaded = {name for name in sys.modules if name.startswith("rag.")} | {"numpy", "pydantic", "typer"} & set(sys.modules)
assert not loaded, loaded
assert set(rag.__all__) <= set(dir(rag))
from rag import *
assert all(value is getattr(sys.modules[value.__module__], name) for name, value in vars().copy().items()
           if name in rag.__all__ and name != "__version__")
assert ask.__module__ == "rag.interfaces.functions" and Assistant.__module__ == "rag.assistant"
assert dict(os.environ) == before
try:
    rag.no_such_name
except AttributeError as error:
    print(error)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.stdout.strip() == "module 'rag' has no attribute 'no_such_name'", ran.stderr


def test_no_modules_import_each_other_in_a_circle() -> None:
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in MODULES}
    imports: dict[str, set[str]] = {name: set() for name in names}
    for name, path in names.items():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                imports[name] |= {alias.name for alias in node.names} & names.keys()
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules = {f"{node.module}.{alias.name}" for alias in node.names} & names.keys()
                imports[name] |= modules or ({node.module} & names.keys())

    graphlib.TopologicalSorter(imports).prepare()  # raises CycleError


def test_the_check_sees_what_it_should(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "import rag.ui.startup\nfrom rag import assistant\ndef f():\n    from rag.library.library import Library\n"
    )

    assert imported(module) == {"ui", "assistant", "library"}


def test_the_entry_point_imports_the_page_alone() -> None:
    assert imported(ROOT / "app.py") <= {"ui", "assistant", "settings", "errors"}


def test_asking_needs_no_torch(tmp_path: Path) -> None:
    """With the packaged model; they take seconds to import and half a gigabyte."""
    program = """
import sys
from rag.assistant import Assistant
from rag.settings import Settings
with Assistant.open(Settings()) as assistant:
    for event in assistant.ingest([sys.argv[1]]):
        assert event.outcome == "added", event
    assert not assistant.ask("How many passengers were on the No. 4 tram?").abstained
heavy = {"torch", "transformers", "sentence_transformers", "streamlit"}
print(sorted(heavy & {name.split(".")[0] for name in sys.modules}))
"""
    article = ROOT / "rag" / "samples" / "articles" / "06-linnet-herald-correction.json"
    ran = subprocess.run(
        [sys.executable, "-c", program, str(article)],
        cwd=ROOT,
        env={"SECOND_SOURCE_STORE": str(tmp_path / "store"), "PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ran.returncode, ran.stdout.strip()) == (0, "[]"), ran.stderr
