"""What several tests share: libraries with a model that one can compute by hand, the real model, the data beside us."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import rag.__main__
import rag.assistant
from rag.assistant import Assistant
from rag.ingestion.parser_process import Parser
from rag.library.library import Library
from rag.models.embedding import Embedding, load_embedding
from rag.settings import ROOT, Settings
from tests.support.fakes import WordCountEmbedding
from tests.support.site import Site

SOAK = [pytest.mark.soak, pytest.mark.timeout(3600)]
"""Marks what `make soak` runs and `make test` does not."""
Tell = Callable[[str], None]
DATA = Path(__file__).with_name("data")
SHARED = ROOT.parent / "shared"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Repeat a browser's test once where it fails: under load a click is lost at times. What is broken fails twice."""
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("SECOND_SOURCE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def tell(capsys: pytest.CaptureFixture[str]) -> Tell:
    """Prints a figure at once, so that whoever runs `make soak` sees it."""

    def tell_(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", flush=True)

    return tell_


@pytest.fixture
def embedding() -> WordCountEmbedding:
    return WordCountEmbedding()


@pytest.fixture
def open_library(tmp_path: Path, embedding: Embedding) -> Iterator[Callable[..., Library]]:
    """Opens the library in the test's folder, as often as it is asked; closes the one before it."""
    opened: list[Library] = []

    def open_(model: Embedding = embedding, any_model: bool = False) -> Library:
        while opened:
            opened.pop().close()
        opened.append(Library.open(tmp_path / "store", model.identity, model.model_name, any_model))
        return opened[-1]

    yield open_
    while opened:
        opened.pop().close()


@pytest.fixture
def library(open_library: Callable[..., Library]) -> Library:
    return open_library()


@pytest.fixture
def assistant(library: Library, embedding: Embedding) -> Assistant:
    return Assistant(library, embedding, Settings(store=library.folder))


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    """An empty folder for a test's articles."""
    folder = tmp_path / "articles"
    folder.mkdir()
    return folder


@pytest.fixture
def site() -> Iterator[Site]:
    """An empty web site on this machine."""
    site = Site()
    yield site
    site.close()


@pytest.fixture(scope="session")
def parser() -> Iterator[Parser]:
    with Parser() as parser:
        yield parser


@pytest.fixture(scope="session")
def model() -> Embedding:
    """The real, packaged model."""
    return load_embedding(Settings())


@pytest.fixture(scope="session")
def seeds() -> Path:
    return _beside_us("seeds")


@pytest.fixture(scope="session")
def bench() -> Path:
    return _beside_us("bench")


@pytest.fixture(scope="session")
def cases() -> Path:
    return _beside_us("cases")


def _beside_us(name: str) -> Path:
    folder = SHARED / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there: it is not part of the repository")
    return folder


@dataclass(frozen=True)
class Run:
    """What a command came to."""

    code: int
    out: str
    err: str


@pytest.fixture
def run(
    tmp_path: Path, embedding: Embedding, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Run]:
    """The command line in this process, on the test's own library, with the model that counts words."""
    monkeypatch.setattr(rag.assistant, "load_embedding", lambda settings: embedding)
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)

    def run_(*arguments: object) -> Run:
        monkeypatch.setattr(sys, "argv", ["rag", *map(str, arguments)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            rag.__main__.main()
        captured = capsys.readouterr()
        return Run(int(stopped.value.code or 0), captured.out, captured.err)

    return run_
