"""Embeds passages with Ray Data, on all cores of this machine or of the cluster at RAY_ADDRESS.

Ray's actors only embed. The process that owns the library reads, splits and keeps as always. Some thousand passages are
embedded ahead, so that their vectors are ready when they are needed.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import Document, MetadataMode
from numpy.typing import NDArray

from rag.article import Article, fingerprint
from rag.errors import ModelError, UsageError
from rag.ingestion.prepare import SplitIntoPassages, described, given
from rag.ingestion.read_files import Item
from rag.library.library import Library
from rag.models.embedding import Embedding, Tokens, load_embedding
from rag.settings import ROOT, Settings

if TYPE_CHECKING:
    import pyarrow

    from rag.ingestion.web import Found

PASSAGES_AT_ONCE = 64
"""In a batch for one actor. If the actor dies, another one does the batch again."""
PASSAGES_AHEAD = 8192
"""Many batches for each actor, so that starting a round costs little."""


class RayEmbedding(Embedding):
    """An embedding whose vectors are computed ahead by Ray's actors.

    Use it in a `with`, which shuts Ray down at the end.
    """

    _embedding: Embedding = PrivateAttr()
    _settings: Settings = PrivateAttr()
    _actors: int = PrivateAttr(default=1)
    _known: list[Mapping[str, NDArray[np.float32]]] = PrivateAttr(default_factory=list)

    def __init__(self, embedding: Embedding, settings: Settings) -> None:
        """Raises UsageError if Ray is not installed or its cluster does not answer."""
        super().__init__(
            model_name=embedding.model_name,
            identity=embedding.identity,
            max_tokens=embedding.max_tokens,
            dimension=embedding.dimension,
            embed_batch_size=embedding.embed_batch_size,
        )
        self._embedding, self._settings = embedding, settings
        self._actors = _started()

    @classmethod
    def class_name(cls) -> str:
        return "RayEmbedding"

    def __enter__(self) -> RayEmbedding:
        return self

    def __exit__(self, *_: object) -> None:
        import ray

        ray.shutdown()

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return self._embedding.token_counts(texts)

    def token_vectors(self, texts: Sequence[str]) -> list[Tokens]:
        return self._embedding.token_vectors(texts)

    def ahead(self, library: Library, stream: Iterable[Found]) -> Iterator[Found]:
        """The same stream; each article comes once its passages have been embedded."""
        waiting: list[Found] = []
        texts: dict[str, str] = {}
        for found in stream:
            waiting.append(found)
            if isinstance(found, Item):
                texts |= self._new(library, found.article)
            if len(texts) >= PASSAGES_AHEAD:
                self._embed(texts)
                yield from waiting
                waiting, texts = [], {}
        self._embed(texts)
        yield from waiting

    def _new(self, library: Library, article: Article) -> dict[str, str]:
        """The texts of the article that must be embedded, by hash, without those that the library has."""
        if library.catalogue.known_content(article.content_hash, article.outlet):
            return {}
        article = described(library, article)
        document = Document(id_="ahead", text=article.text, metadata=given(article))
        texts = [
            node.get_content(MetadataMode.EMBED) for node in SplitIntoPassages(embedding=self._embedding)([document])
        ]
        found = {fingerprint(text): text for text in texts}
        known = library.catalogue.vectors(list(found))
        return {hash: text for hash, text in found.items() if hash not in known}

    def _embed(self, texts: Mapping[str, str]) -> None:
        if not texts:
            return
        import pyarrow
        import ray.data

        model = (self._settings.embedding_model, str(self._settings.models), self.identity)
        embedded = ray.data.from_arrow(pyarrow.table({"hash": list(texts), "text": list(texts.values())})).map_batches(
            Actor,
            fn_constructor_args=model,
            batch_size=min(PASSAGES_AT_ONCE, -(-len(texts) // self._actors)),
            batch_format="pyarrow",
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=self._actors),
            num_cpus=1,
        )
        known: dict[str, NDArray[np.float32]] = {}
        batch: Any
        for batch in embedded.iter_batches(batch_format="pyarrow"):
            vectors = np.frombuffer(b"".join(batch["vector"].to_pylist()), np.float32)
            known |= zip(batch["hash"].to_pylist(), vectors.reshape(-1, self.dimension), strict=True)
        # The last articles of the previous round may not be kept yet.
        self._known = [*self._known[-1:], known]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        found: dict[str, list[float]] = {}
        for text in texts:
            hash = fingerprint(text)
            for known in self._known:
                if hash in known:
                    found[text] = known[hash].tolist()
        new = [text for text in texts if text not in found]
        found |= zip(new, self._embedding.get_text_embedding_batch(new), strict=True)
        return [found[text] for text in texts]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embedding.get_query_embedding(query)


class Actor:
    """Embeds batches with its own copy of the model, on one core of the cluster."""

    def __init__(self, embedding_model: str, models: str, identity: str) -> None:
        settings = Settings(embedding_model=embedding_model, models=Path(models))
        self._embedding = load_embedding(settings, threads=1)
        if self._embedding.identity != identity:
            raise ModelError(f"{embedding_model} on this machine of the cluster is not the model of the library.")

    def __call__(self, batch: pyarrow.Table) -> pyarrow.Table:
        """A table of "hash" and "text" becomes one of "hash" and "vector", float32 bytes."""
        import pyarrow

        vectors = self._embedding.get_text_embedding_batch(batch["text"].to_pylist())
        return pyarrow.table(
            {"hash": batch["hash"], "vector": [np.asarray(each, np.float32).tobytes() for each in vectors]}
        )


def _started() -> int:
    """Start Ray, or connect to the cluster at RAY_ADDRESS; returns the number of its cores."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # a batch that fails is done again
    logging.getLogger("ray").setLevel(logging.ERROR)
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise UsageError("Ray is not installed: `pip install -r requirements-ray.txt`, then try again.") from error
    try:
        ray.init(
            log_to_driver=False,
            logging_level=logging.ERROR,
            runtime_env={"py_modules": [str(ROOT / "rag")]},
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"Ray could not be started: {(str(error).splitlines() or ['?'])[0]} Set RAY_ADDRESS to the address of a "
            "cluster, or unset it to use this machine."
        ) from error
    ray.data.DataContext.get_current().enable_progress_bars = False
    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return max(1, int(resources.get("CPU", 1)))
