"""Libraries of any size: the development set and invented articles, which are its sentences put together anew."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from benchmarks import common
from benchmarks.common import say

if TYPE_CHECKING:
    from rag.article import Article, Sentence
    from rag.assistant import Assistant
    from rag.library.article_rows import Embedded

SEED = 20181029
NOISE = 0.005
"""A coordinate's: the vector with it keeps a cosine of 0.995 to the one without."""
OUTLETS = 80
HEADLINE_WORDS = 9
TOKENS_FOR_HEADLINE = 40
"""Of the tokens that the model reads, those left to the headline and the borders between sentences."""


def library(size: int, fresh: bool = False) -> Path:
    """The folder of a library of `size` passages, kept in .bench/growth-* from one run to the next."""
    store = common.WORK / (f"growth-{size // 1000}k" if size % 1000 == 0 else f"growth-{size}")
    if (store / "complete").exists() and not fresh:
        return store
    shutil.rmtree(store, ignore_errors=True)
    shutil.copytree(common.dev_library(), store)
    began = time.perf_counter()
    with common.open_assistant(store) as assistant:
        catalogue = assistant.library.catalogue
        missing = size - catalogue.count("passages")
        for number, (article, key, sentences, embedded) in enumerate(_articles(assistant)):
            if number % 5000 == 0:
                say(f"  {missing} of {size} passages to go")
            if missing <= 0:
                break
            catalogue.put(article, key, sentences, embedded[:missing])
            missing -= len(embedded)
        say("  building the indexes")
        assistant.library.indexes.rebuild()
    say(f"  {store} built in {time.perf_counter() - began:.0f} s")
    (store / "complete").touch()
    return store


@dataclass(frozen=True, slots=True)
class _Piece:
    """A sentence of a real article, with its number of tokens and the vector of its passage."""

    text: str
    tokens: int
    vector: NDArray[np.float32]


def _articles(assistant: Assistant) -> Iterator[tuple[Article, str, list[Sentence], list[Embedded]]]:
    """Articles without end, the same at every call, as the catalogue takes them.

    Each is made of runs of 2 to 5 sentences of real articles, so that a passage is about two or three things, as a real
    one is about one; its vector is the mean of those of the passages that its sentences come from, and a little noise.
    """
    from rag.article import Article, Passage, Sentence, fingerprint
    from rag.ingestion.pipeline import identity
    from rag.library.article_rows import Embedded

    chance, noise = random.Random(SEED), np.random.default_rng(SEED)
    real, number = _pieces(assistant), 0
    while True:
        number += 1
        pieces: list[_Piece] = []
        length = chance.randint(8, 20)
        while len(pieces) < length:
            source, run = chance.choice(real), chance.randint(2, 5)
            first = chance.randrange(max(1, len(source) - run))
            pieces.extend(source[first : first + run])
        pieces = pieces[:length]
        text, sentences = "", []
        for piece in pieces:
            text = f"{text} {piece.text}".lstrip()
            sentences.append(Sentence(len(text) - len(piece.text), len(text)))
        article = Article(
            text=text,
            title=" ".join(chance.choice(chance.choice(real)).text.split()[:HEADLINE_WORDS]),
            outlet=f"Outlet {number % OUTLETS}",
            published=f"201{number % 9}-{number % 12 + 1:02}-{number % 28 + 1:02}",
            url=f"https://outlet-{number % OUTLETS}.example/{number}",
        )
        key = identity(article)
        article = replace(article, id=fingerprint(key)[:16])
        embedded = []
        for position, (first, last) in enumerate(_grouped(pieces, assistant.embedding.max_tokens)):
            mean = np.mean([piece.vector for piece in pieces[first:last]], axis=0)
            vector = mean / np.linalg.norm(mean) + noise.normal(0, NOISE, mean.shape)
            vector = (vector / np.linalg.norm(vector)).astype(np.float32)
            start, end = sentences[first].start, sentences[last - 1].end
            passage = Passage(f"{article.id}-1-{position}", article.id, start, end)
            hashed = fingerprint(f"{article.title}\n{text[start:end]}")
            embedded.append(Embedded(passage, hashed, vector.tobytes()))
        yield article, key, sentences, embedded


def _pieces(assistant: Assistant) -> list[list[_Piece]]:
    """The sentences of each real article of more than a few, in order."""
    articles = []
    for article in assistant.library.articles():
        passages = assistant.library.catalogue.embedded(article.id)
        found = []
        for sentence in assistant.library.sentences(article.id):
            text = " ".join(article.text[sentence.start : sentence.end].split())
            vectors = [e.vector for e in passages if e.passage.start <= sentence.start < e.passage.end]
            if vectors and text:
                count = assistant.embedding.token_counts([text])[0]
                found.append(_Piece(text, count, np.frombuffer(vectors[0], np.float32)))
        articles.append(found)
    return [found for found in articles if len(found) > 5]


def _grouped(pieces: list[_Piece], max_tokens: int) -> Iterator[tuple[int, int]]:
    """Runs of pieces that fill a passage: the first and the one after the last."""
    first = tokens = 0
    for index, piece in enumerate(pieces):
        if index > first and tokens + piece.tokens > max_tokens - TOKENS_FOR_HEADLINE:
            yield first, index
            first, tokens = index, 0
        tokens += piece.tokens
    yield first, len(pieces)
