"""193 real articles go in whole, and a second run touches nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from rag.assistant import Assistant
from rag.library.library import Library
from rag.settings import Settings
from tests.support.checks import assert_whole, contents, outcomes, put_in
from tests.support.fakes import WordCountEmbedding


def test_real_articles_twice(open_library: Callable[..., Library], bench: Path) -> None:
    embedding = WordCountEmbedding(max_tokens=256)
    library = open_library(embedding)

    assert Counter(outcomes(put_in(library, embedding, bench / "articles"))) == {"added": 193}
    assert_whole(library)
    before, embedded = contents(library), len(embedding.texts)

    start = time.perf_counter()
    events = put_in(library, embedding, bench / "articles")
    seconds = time.perf_counter() - start

    assert Counter(outcomes(events)) == {"unchanged": 193}
    assert seconds < 5
    assert len(embedding.texts) == embedded
    assert contents(library) == before
    assert all(article.outlet and article.published and article.url and article.title for article in library.articles())
    retrieved = Assistant(library, embedding, Settings()).ask("What did the president say about the inquiry?").retrieved
    assert len(retrieved) == 20
    assert max(embedding.token_counts([passage.text for passage in retrieved])) <= 256
