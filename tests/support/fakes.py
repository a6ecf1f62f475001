"""Real implementations of the program's interfaces, small enough to compute in one's head. No torch, no model file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

import numpy as np
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import CustomLLM

from rag.models.embedding import Embedding, Tokens


def count_words(texts: Sequence[str]) -> list[int]:
    """A token is a word: what stands between white space."""
    return [len(text.split()) for text in texts]


class WordCountEmbedding(Embedding):
    """How often each word occurs, counted in `dimension` boxes, scaled to length 1; a token is a word.

    Texts that share words are near each other, texts that share none are at right angles, but for words that fall into
    the same box. A text without letters and digits has all its weight in the first box.
    """

    _texts: list[str] = PrivateAttr(default_factory=list)

    def __init__(self, name: str = "word-count", max_tokens: int = 64, dimension: int = 32) -> None:
        super().__init__(
            model_name=name,
            identity=hashlib.sha256(f"{name} {dimension}".encode()).hexdigest(),
            max_tokens=max_tokens,
            dimension=dimension,
            embed_batch_size=256,
        )

    @property
    def texts(self) -> list[str]:
        """What has been embedded so far, queries not counted."""
        return self._texts

    def token_counts(self, texts: Sequence[str]) -> list[int]:
        return count_words(texts)

    def token_vectors(self, texts: Sequence[str]) -> list[Tokens]:
        return [self._tokens(text) for text in texts]

    def _tokens(self, text: str) -> Tokens:
        words = list(re.finditer(r"\S+", text))[: self.max_tokens - 2]
        texts = [text, *(word.group() for word in words), text]  # the special tokens stand for the whole
        vectors = np.array([self._vector(each) for each in texts], np.float32)
        return Tokens(vectors, np.array([(0, 0), *(word.span() for word in words), (0, 0)], np.int32))

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        self._texts.extend(texts)
        return [self._vector(text) for text in texts]

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._vector(query)

    def _vector(self, text: str) -> list[float]:
        counts = [0] * self.dimension
        for word in re.findall(r"\w+", text.lower()):
            counts[hashlib.md5(word.encode()).digest()[0] % self.dimension] += 1
        if not any(counts):
            counts[0] = 1
        length = sum(count * count for count in counts) ** 0.5
        return [count / length for count in counts]


class NothingMayBeEmbedded(WordCountEmbedding):
    """The same model for where the vectors that are there have to do: it refuses to make any."""

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        raise AssertionError(f"{len(texts)} texts were embedded, the first: {texts[0]!r}")


class Scripted(CustomLLM):
    """Writes what it was told to, a few letters at a time, whatever it is asked; remembers what it was asked."""

    _text: str = PrivateAttr()
    _asked: list[str] = PrivateAttr(default_factory=list)

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    @property
    def asked(self) -> list[str]:
        """What it was asked so far, the instructions in front."""
        return self._asked

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="scripted", is_chat_model=True)

    def complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponse:  # noqa: ARG002
        return CompletionResponse(text=self._text)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: object) -> CompletionResponseGen:  # noqa: ARG002
        yield CompletionResponse(text=self._text, delta=self._text)

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: object) -> ChatResponseGen:  # noqa: ARG002
        self._asked.append("\n".join(each.content or "" for each in messages))

        def pieces() -> ChatResponseGen:
            for at in range(0, len(self._text), 5):
                message = ChatMessage(role=MessageRole.ASSISTANT, content=self._text[: at + 5])
                yield ChatResponse(message=message, delta=self._text[at : at + 5])

        return pieces()
