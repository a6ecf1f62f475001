"""Which articles print the same copy, and which are one article under two addresses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from rag.article import Article
from rag.ingestion.clean import omitted
from rag.ingestion.json_articles import from_json
from rag.library import copies
from rag.library.corrections import Change
from rag.library.library import Library
from rag.settings import ROOT
from tests.conftest import DATA
from tests.support.checks import assert_whole, outcomes, put_in
from tests.support.fakes import WordCountEmbedding

LABELLED = DATA / "copies.jsonl"
COPY = (
    "The barge struck the third pier of the bridge in thick fog, and the river has been shut to boats ever since. "
    "Divers went down twice on Wednesday but saw nothing. "
    "The harbour master wants the pier taken down to the waterline before anything passes under it again. "
)
QUOTE = "“We shall mend this bridge in broad daylight, and whoever wants to watch us at it is welcome to come along.” "


def news(folder: Path, name: str, text: str, outlet: str, title: str = "The bridge", **more: object) -> Path:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"title": title, "text": text, "sitename": outlet, **more}), "utf-8")
    return path


def compared(one: str, other: str) -> bool:
    return copies.is_same_copy(copies.runs(Article(text=one)), copies.runs(Article(text=other)))


def test_lines_and_their_hashes() -> None:
    text = "It left.  “It came back.” Then it sank!\nAt sea"
    assert [text[start:end] for start, end in copies.lines(text)] == [
        "It left.", "“It came back.”", "Then it sank!", "At sea"
    ]  # fmt: skip
    assert copies.line_hash("At sea") == copies.line_hash("AT — sea.")
    assert copies.line_hash("…") is None


def test_the_same_words_of_a_speaker_are_no_copy() -> None:
    one = "She came to the quay at five o'clock and climbed on a crate. " + QUOTE * 3
    other = "Nobody on Hollin believed the minister when she promised that much. " + QUOTE * 3

    assert not compared(one, other)
    assert compared(one + COPY, other + COPY)


def test_the_same_message_shown_twice_is_no_copy() -> None:
    message = COPY.replace("\n", " ") + "— Ada Quill (@adaquill) March 11, 2031"
    assert not compared(f"One paper looked at it.\n{message}", f"Another one laughed at it.\n{message}")


def test_an_excerpt_in_a_long_story_is_found(library: Library, articles: Path) -> None:
    long = " ".join(
        f"Witness {n} said that the fog had been thicker than in the year {n + 1900} at least." for n in range(60)
    )
    news(articles, "long", COPY + long, "Linnet Herald", published="2031-03-11", author="Capstan Wire")
    news(articles, "short", COPY, "Quernside Post", "Barge shuts river")
    news(articles, "other", "It was foggy on the river, said everybody who was asked about it.", "Anstervale Ledger")
    put_in(library, WordCountEmbedding(), articles)

    (group,) = library.copies()

    assert group.outlets == ("Linnet Herald", "Quernside Post")
    assert group.origin is None


def test_the_sample_library(library: Library) -> None:
    put_in(library, WordCountEmbedding(max_tokens=256), ROOT / "rag" / "samples" / "articles")

    (group,) = [group for group in library.copies() if len(group.outlets) > 1]

    assert (group.origin, set(group.outlets)) == ("Capstan Wire", {"Vessermark Courier", "Quernside Post"})
    assert {Path(str(library.article(id).path)).name[:2] for id in group.articles} == {"04", "05"}


def test_pairs_of_real_articles(bench: Path) -> None:
    """Against pairs labelled by reading (tests/data/copies.jsonl), found as the library finds them."""
    articles = {}
    for path in (bench / "articles").iterdir():
        article = from_json(json.loads(path.read_text("utf-8")))
        articles[path.stem] = replace(article, id=path.stem, omitted=omitted(article.text))
    shared: dict[int, list[str]] = {}
    for id, article in articles.items():
        for start, end in copies.lines(article.text):
            if end - start >= 40 and (hash := copies.line_hash(article.text[start:end])) is not None:
                shared.setdefault(hash, []).append(id)
    signatures = {id: copies.signature(article) for id, article in articles.items()}
    candidates = copies.candidates(signatures, {hash: ids for hash, ids in shared.items() if len(set(ids)) > 1})
    runs = {id: copies.runs(article) for id, article in articles.items()}
    found = {pair for pair in candidates if copies.is_same_copy(runs[pair[0]], runs[pair[1]])}

    labelled = [json.loads(line) for line in LABELLED.read_text("utf-8").splitlines()]
    same = {tuple(each["articles"]) for each in labelled if each["same_copy"]}
    independent = {tuple(each["articles"]) for each in labelled if not each["same_copy"]}
    right, wrong = len(same & found), len(independent & found)

    assert min(len(same), len(independent)) >= 20
    assert right / len(same) >= 0.9, sorted(same - found)
    assert right / (right + wrong) >= 0.9, sorted(independent & found)


# One article, two addresses


@pytest.mark.parametrize("together", [True, False])
def test_another_address(library: Library, articles: Path, together: bool) -> None:
    embedding = WordCountEmbedding()
    news(articles, "1", COPY, "Linnet Herald", url="https://linnet.example/bridge")
    if not together:
        assert outcomes(put_in(library, embedding, articles)) == ["added"]
    news(articles, "2", COPY, "Linnet Herald", url="https://linnet.example/mobile/bridge-7")
    news(articles, "3", COPY, "Linnet Herald", url="https://linnet.example/bridge?utm_source=feed")
    news(articles, "4", COPY, "Quernside Post", url="https://quernside.example/bridge")

    assert sorted(outcomes(put_in(library, embedding, articles))) == sorted(
        ["added" if together else "unchanged", "duplicate", "duplicate", "added"]
    )
    assert {
        outlet: library.article(library.catalogue.of_outlet(outlet)[0]).addresses for outlet in library.outlets()
    } == {
        "Linnet Herald": ("https://linnet.example/bridge?utm_source=feed", "https://linnet.example/mobile/bridge-7"),
        "Quernside Post": (),
    }
    assert sorted(outcomes(put_in(library, embedding, articles))) == [
        "duplicate",
        "duplicate",
        "unchanged",
        "unchanged",
    ]
    assert library.status().articles == 2
    assert_whole(library)


def test_a_new_text_under_the_other_address_updates_the_article(library: Library, articles: Path) -> None:
    embedding = WordCountEmbedding()
    first = news(articles, "1", COPY, "Linnet Herald", url="https://linnet.example/bridge")
    other = news(articles, "2", COPY, "Linnet Herald", url="https://linnet.example/mobile/bridge")
    put_in(library, embedding, articles)
    first.unlink()
    news(articles, "2", COPY + "It is open again.", "Linnet Herald", url="https://linnet.example/mobile/bridge")

    assert outcomes(put_in(library, embedding, other)) == ["updated"]

    (article,) = library.articles()
    assert (article.url, article.version) == ("https://linnet.example/bridge", 2)
    assert library.known("url:linnet.example/bridge")


def test_what_changed_from_one_version_to_the_next(library: Library, articles: Path) -> None:
    embedding = WordCountEmbedding()
    for text in (
        "It left at noon. It sank.",
        "It left at noon. It came back.",
        "It left at noon. It came back. All slept.",
    ):
        path = news(articles, "1", text, "Linnet Herald", url="https://linnet.example/ferry")
        put_in(library, embedding, path)
    (article,) = library.articles()

    assert [(version.version, changes) for version, changes in library.versions(article.id)] == [
        (1, [Change("reworded", "It sank.", "It came back.")]),
        (2, [Change("added", "", "All slept.")]),
    ]


def test_an_outlets_own_phrases_make_no_copies_and_leave_the_story(
    open_library: Callable[..., Library], articles: Path
) -> None:
    embedding = WordCountEmbedding()
    library = open_library(embedding)
    line = (
        "Sign Up Now You agree to receive occasional letters from The Linnet Herald's friends, whom we trust with it. "
    )
    box = line * 2
    subjects = ("ferry", "tram", "market", "school")
    for subject in subjects:
        story = " ".join(f"The {subject} of day {n} was {subject} number {n} in all, now you know." for n in range(8))
        news(articles, subject, f"{story}\n{box}\n{subject} again", "Linnet Herald", f"The {subject}")
    put_in(library, embedding, articles)

    assert [[a.text[x:y] for x, y in a.omitted] for a in library.articles()] == [[box.strip()]] * 4
    assert library.copies() == []
    assert_whole(library)
    before = len(embedding.texts)
    assert set(outcomes(put_in(library, embedding, articles))) == {"unchanged"}
    assert len(embedding.texts) == before


def test_what_recurs_because_the_story_goes_on_stays(library: Library, articles: Path) -> None:
    told = "The barge Marigold Six struck the Candlemas Bridge in March, and nobody has said why. "
    for n, subject in enumerate(("ferry", "tram", "market")):
        rest = " ".join(f"The {subject} was late on day {m} because of the bridge." for m in range(n, n + 6))
        news(articles, subject, f"{rest} {told} The Candlemas Bridge stays shut.", "Linnet Herald", f"The {subject}")
    put_in(library, WordCountEmbedding(), articles)

    assert [article.omitted for article in library.articles()] == [()] * 3
