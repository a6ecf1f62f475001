"""Prepares articles for the library: describes, cleans, splits and embeds them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from llama_index.core.bridge.pydantic import ConfigDict
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.schema import BaseNode, Document, MetadataMode, TextNode, TransformComponent

from rag.article import Article, Passage, Sentence, Span, fingerprint
from rag.ingestion.clean import kept, omitted
from rag.ingestion.describe import describe, undated
from rag.ingestion.split import headline_within, passage_budget, passages, sentences
from rag.library.article_rows import Embedded
from rag.library.copies import blanked
from rag.library.library import Library
from rag.models.embedding import Embedding

LONGEST_LABEL = 50
"""Characters. A shorter omitted label ("Advertisement") does not split a passage."""

Prepared = tuple[Article, list[Sentence], list[Embedded]]


def story(text: str, omitted: Sequence[Span]) -> Iterator[list[Sentence]]:
    """The sentences of the story, one list for each span between the omitted ones."""
    for start, end in kept(text, omitted):
        yield [Sentence(start + s.start, start + s.end) for s in sentences(text[start:end])]


def described(library: Library, article: Article) -> Article:
    """The article with what its text says about it, its omitted spans, and a person's corrections."""
    article = replace(article, omitted=omitted(article.text))
    found = [sentence for stretch in story(article.text, article.omitted) for sentence in stretch]
    return undated(library.corrected(describe(article, found)), found)


def prepare(
    embedding: Embedding, articles: Sequence[Article], known: Callable[[list[str]], dict[str, bytes]]
) -> list[Prepared]:
    """The articles with their sentences and their embedded passages, in the articles' order.

    `known` returns, for hashes of texts, the vectors that the library already has (float32 bytes).
    """
    steps = [SplitIntoPassages(embedding=embedding), EmbedWhatIsNew(embedding=embedding, known=known)]
    documents = [Document(id_=a.id, text=a.text, metadata=given(a)) for a in articles]
    nodes = IngestionPipeline(transformations=steps, disable_cache=True).run(documents=documents)
    prepared: dict[str, Prepared] = {article.id: (article, [], []) for article in articles}
    for node in nodes:
        article, found, embedded = prepared[node.metadata["article_id"]]
        group: list[Sentence] = node.metadata["sentences"]
        found.extend(group)
        passage = Passage(node.node_id, article.id, group[0].start, group[-1].end)
        embedded.append(Embedded(passage, node.metadata["hash"], node.metadata["vector"]))
    return list(prepared.values())


def given(article: Article) -> dict[str, Any]:
    """What splitting needs to know about an article besides its text: the metadata of its document."""
    return {"title": article.title, "version": article.version, "omitted": article.omitted}


def text_to_embed(headline: str, text: str) -> str:
    """The text that is embedded for a passage: the headline and the passage, without omitted spans."""
    return _node(headline, text).get_content(MetadataMode.EMBED)


def _node(headline: str, text: str) -> TextNode:
    return TextNode(
        text=text,
        metadata={"headline": headline},
        excluded_embed_metadata_keys=["article_id", "sentences"],
        metadata_template="{value}",
        text_template="{metadata_str}\n{content}",
    )


class SplitIntoPassages(TransformComponent):
    """Splits documents into passages that the model reads whole, together with the headline."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    embedding: Any

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> Sequence[BaseNode]:
        return [node for document in nodes for node in self._split(document)]

    def _split(self, document: BaseNode) -> Iterator[TextNode]:
        text = document.get_content(MetadataMode.NONE)
        counts = self.embedding.token_counts
        headline = headline_within(document.metadata["title"], counts)
        budget = passage_budget(headline, counts, self.embedding.max_tokens)
        omitted: Sequence[Span] = document.metadata["omitted"]
        groups = self._groups(text, omitted, budget)
        read = blanked(text, omitted)
        for position, group in enumerate(groups):
            start, end = group[0].start, group[-1].end
            node = _node(headline, read[start:end])
            node.id_ = f"{document.node_id}-{document.metadata['version']}-{position}"
            node.start_char_idx, node.end_char_idx = start, end
            node.metadata |= {"article_id": document.node_id, "sentences": group}
            yield node

    def _groups(self, text: str, omitted: Sequence[Span], budget: int) -> Iterator[list[Sentence]]:
        """The sentences of each passage.

        Omitted spans are cut out of the passages they are in and do not move the borders of others, so that a caption
        more or less does not change how the rest of the article is found. A label of a few words ("Advertisement")
        between two paragraphs does not split the passage.
        """
        counts = self.embedding.token_counts
        for group in passages(text, sentences(text), counts, budget):
            start, end = group[0].start, group[-1].end
            within = [(max(a, start) - start, min(b, end) - start) for a, b in omitted if a < end and start < b]
            if not within:
                yield group
                continue
            parting = [(a, b) for a, b in within if not _is_label(text[start + a : start + b])]
            for first, last in kept(text[start:end], parting):
                labels = [(a - first, b - first) for a, b in within if first <= a and b <= last]
                moved = [
                    Sentence(start + first + sentence.start, start + first + sentence.end)
                    for stretch in story(text[start + first : start + last], labels)
                    for sentence in stretch
                ]
                yield from passages(text, moved, counts, budget)


def _is_label(words: str) -> bool:
    return len(words) <= LONGEST_LABEL and ":" not in words


class EmbedWhatIsNew(TransformComponent):
    """Adds the vector to each passage: the library's, if it has one for the same text, else a new one."""

    model_config = ConfigDict(arbitrary_types_allowed=True)
    embedding: Any
    known: Any
    """A function from hashes of texts to the vectors that are known, as float32 bytes."""

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> Sequence[BaseNode]:
        texts = [node.get_content(MetadataMode.EMBED) for node in nodes]
        hashes = [fingerprint(text) for text in texts]
        vectors: dict[str, bytes] = self.known(hashes)
        new = {hash: text for hash, text in zip(hashes, texts, strict=True) if hash not in vectors}
        computed = self.embedding.get_text_embedding_batch(list(new.values()))
        vectors |= {hash: np.asarray(v, np.float32).tobytes() for hash, v in zip(new, computed, strict=True)}
        for node, hash in zip(nodes, hashes, strict=True):
            node.metadata |= {"hash": hash, "vector": vectors[hash]}
        return nodes
