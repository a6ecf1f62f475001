"""What becomes of each article: identity, versions, what is embedded again and what is not."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.article import UNKNOWN, Article, Provenance, Sentence
from rag.ingestion.pipeline import IngestEvent, embed_anew, identity
from rag.library.library import Library
from rag.models.embedding import Embedding
from tests.support.checks import assert_whole, contents, generated_articles, indexed, outcomes, put_in, rows
from tests.support.fakes import WordCountEmbedding

TEXT = "The ferry left Port Linnet. It came back at night."


def news(url: str | None = None, text: str = TEXT, **more: object) -> str:
    return json.dumps({"title": "Ferry", "maintext": text, "url": url, **more})


def test_an_article_goes_in_whole(library: Library, embedding: WordCountEmbedding, articles: Path) -> None:
    path = articles / "ferry.json"
    path.write_text(news("https://linnet.example/1", date_publish="2031-03-11", authors=["Ada Quill"]))

    events = put_in(library, embedding, path)

    (id,) = library.catalogue.ids()
    assert events == [IngestEvent(str(path), "added", id, "Ferry", None, 1, 1)]
    assert library.article(id) == Article(
        id=id,
        text=TEXT,
        title="Ferry",
        outlet="linnet.example",
        published="2031-03-11",
        url="https://linnet.example/1",
        path=str(path),
        authors=("Ada Quill",),
        basis={
            "title": Provenance("stated"),
            "outlet": Provenance("stated", note="the address"),
            "origin": UNKNOWN,
            "authors": Provenance("stated"),
            "place": UNKNOWN,
            "published": Provenance("stated"),
            "language": UNKNOWN,  # too few words to tell
        },
    )
    assert library.sentences(id) == [Sentence(0, 27), Sentence(28, 50)]
    (embedded,) = library.catalogue.embedded(id)
    assert (embedded.passage.id, embedded.passage.start, embedded.passage.end) == (f"{id}-1-0", 0, 50)
    assert embedding.texts == [f"Ferry\n{TEXT}"]
    assert_whole(library)


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linnet.example/news/1?id=7&utm_source=feed&utm_medium=rss",
        "http://linnet.example/news/1/?id=7",
        "http://LINNET.example:80/news/1?id=7#comments",
        "https://linnet.example/news/1?fbclid=abc&id=7",
        "https://linnet.example//news/1?id=7",
    ],
)
def test_one_address_in_many_spellings(url: str) -> None:
    assert identity(Article(text="a", url=url)) == "url:linnet.example/news/1?id=7"
    assert identity(Article(text="a changed text", outlet="Another", url=url)) == "url:linnet.example/news/1?id=7"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://a.example/1", "https://a.example/2"),
        ("https://a.example/1", "https://b.example/1"),
        ("https://a.example/story?id=1", "https://a.example/story?id=2"),
        ("https://a.example/story?1", "https://a.example/story?2"),
        ("https://a.example/A", "https://a.example/a"),
        ("https://a.example/?p=1", "https://a.example/?p=2"),
    ],
)
def test_different_addresses(one: str, other: str) -> None:
    assert identity(Article(text="a", url=one)) != identity(Article(text="a", url=other))


@pytest.mark.parametrize(
    "url", [None, "", "Linnet Herald", "www.linnet.example/1", "mailto:a@b.example", "http://[", "http:///x"]
)
def test_without_an_address_the_outlet_and_the_text_tell(url: str | None) -> None:
    assert identity(Article(text="a", url=url, outlet="A")) == identity(Article(text="a", outlet="A"))
    assert identity(Article(text="a", url=url, outlet="A")) != identity(Article(text="b", outlet="A"))
    assert identity(Article(text="a", url=url, outlet="A")) != identity(Article(text="a", outlet="B"))


def test_spellings_of_an_address_in_one_run_and_the_next(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    (articles / "a.json").write_text(news("https://linnet.example/1"))
    (articles / "b.json").write_text(news("http://www.linnet.example/1/?utm_source=feed"))

    first = put_in(library, embedding, articles)
    again = put_in(library, embedding, articles / "b.json")

    assert outcomes(first) == ["duplicate", "added"]
    assert first[0].reason == f"the same article as {articles / 'a.json'}"
    assert outcomes(again) == ["duplicate"]
    assert again[0].article_id == first[1].article_id
    assert rows(library)["articles"] == 1


def test_agency_copy_of_two_outlets_is_two_articles_embedded_once(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    (articles / "a.json").write_text(news("https://linnet.example/1"))
    (articles / "b.json").write_text(news("https://hollin.example/9"))

    assert outcomes(put_in(library, embedding, articles)) == ["added", "added"]
    assert embedding.texts == [f"Ferry\n{TEXT}"]
    assert rows(library) == {
        "articles": 2, "versions": 0, "sentences": 4, "passages": 2, "vectors": 1, "outbox": 0
    }  # fmt: skip
    assert_whole(library)


def test_articles_whose_source_is_a_name_are_not_all_one(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    lines = [json.dumps({"text": f"Report {n}.", "source": "Linnet Herald"}) for n in range(3)]
    (articles / "a.jsonl").write_text("\n".join(lines))

    assert outcomes(put_in(library, embedding, articles)) == ["added"] * 3


def test_a_second_run_changes_nothing_and_embeds_nothing(
    library: Library, embedding: WordCountEmbedding, tmp_path: Path
) -> None:
    folder = generated_articles(tmp_path / "generated", 20)
    put_in(library, embedding, folder)
    before, embedded = contents(library), list(embedding.texts)

    events = put_in(library, embedding, folder)

    assert outcomes(events) == ["unchanged"] * 20
    assert [(event.done, event.total) for event in events] == [(n, 20) for n in range(1, 21)]
    assert contents(library) == before
    assert embedding.texts == embedded


def test_a_changed_article_keeps_its_id_and_its_earlier_version(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    path = articles / "ferry.json"
    path.write_text(news("https://linnet.example/1"))
    (added,) = put_in(library, embedding, path)
    path.write_text(news("https://linnet.example/1?utm_source=x", text="The ferry did not leave. Nobody knows why."))

    (updated,) = put_in(library, embedding, path)

    assert (updated.outcome, updated.article_id) == ("updated", added.article_id)
    article = library.article(str(added.article_id))
    assert (article.version, article.text) == (2, "The ferry did not leave. Nobody knows why.")
    assert stored(library, "SELECT version, title, text FROM versions") == [(1, "Ferry", TEXT)]
    assert indexed(library) == ({f"{article.id}-2-0"}, 1)
    assert library.by_words("night", 5) == []
    assert_whole(library)


@pytest.mark.parametrize("change", ["title", "date", "author"])
def test_what_a_reader_sees_makes_a_new_version(
    library: Library, embedding: WordCountEmbedding, articles: Path, change: str
) -> None:
    path = articles / "ferry.json"
    path.write_text(news("https://linnet.example/1"))
    put_in(library, embedding, path)
    path.write_text(news("https://linnet.example/1", **{change: "2031-03-12"}))

    assert outcomes(put_in(library, embedding, path)) == ["updated"]
    assert outcomes(put_in(library, embedding, path)) == ["unchanged"]


def test_only_changed_passages_are_embedded_again(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    path = articles / "long.json"
    paragraphs = [f"Paragraph {n} " + f"says word{n} " * 25 + "and ends." for n in range(6)]
    path.write_text(news("https://linnet.example/1", text="\n\n".join(paragraphs)))
    put_in(library, embedding, path)
    assert len(embedding.texts) == 6
    paragraphs[3] = paragraphs[3].replace("word3", "corrected")
    path.write_text(news("https://linnet.example/1", text="\n\n".join(paragraphs)))
    embedding.texts.clear()

    put_in(library, embedding, path)

    assert embedding.texts == ["Ferry\n" + paragraphs[3]]
    assert rows(library)["vectors"] == 6
    assert_whole(library)


def test_a_changed_file_without_an_address_is_known_by_its_path(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    path = articles / "ferry.txt"
    path.write_text(TEXT)
    (added,) = put_in(library, embedding, path)
    path.write_text(TEXT + " Nobody was hurt.")

    (updated,) = put_in(library, embedding, articles / ".." / "articles" / "ferry.txt")

    assert (updated.outcome, updated.article_id) == ("updated", added.article_id)
    assert outcomes(put_in(library, embedding, path)) == ["unchanged"]
    assert_whole(library)


def test_a_moved_file_is_the_same_article(library: Library, embedding: WordCountEmbedding, articles: Path) -> None:
    path, moved = articles / "ferry.txt", articles / "old" / "boat.txt"
    path.write_text(TEXT)
    (added,) = put_in(library, embedding, path)
    moved.parent.mkdir()
    path.rename(moved)

    (event,) = put_in(library, embedding, articles)

    assert (event.outcome, event.article_id) == ("unchanged", added.article_id)
    assert library.article(str(added.article_id)).path == str(moved)
    assert library.status().pending == 0


def test_a_copied_file_is_a_duplicate(library: Library, embedding: WordCountEmbedding, articles: Path) -> None:
    (articles / "a.txt").write_text(TEXT)
    (articles / "b.txt").write_text(TEXT)

    assert outcomes(put_in(library, embedding, articles)) == ["duplicate", "added"]
    (again,) = put_in(library, embedding, articles / "b.txt")
    assert (again.outcome, again.reason) == ("duplicate", f"the same article as {articles / 'a.txt'}")
    assert rows(library)["articles"] == 1


def test_a_file_moved_away_for_another_loses_neither(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    today, yesterday = articles / "today.txt", articles / "yesterday.txt"
    today.write_text(TEXT)
    put_in(library, embedding, articles)
    today.rename(yesterday)
    today.write_text("Another day, another ferry.")

    put_in(library, embedding, articles)

    assert {article.text for article in library.articles()} == {TEXT, "Another day, another ferry."}
    assert outcomes(put_in(library, embedding, articles)) == ["unchanged", "unchanged"]
    assert_whole(library)


def test_what_fails_loses_nothing_else(library: Library, embedding: WordCountEmbedding, articles: Path) -> None:
    (articles / "a.txt").write_text(TEXT)
    (articles / "b.json").write_text('{"text": ')
    (articles / "c.jsonl").write_text('{"text": "One."}\n{"text": 1}\n{"text": "Three."}\n')
    (articles / "d.txt").write_bytes(b"\x00\x01\x02")

    events = put_in(library, embedding, articles, articles / "nowhere.txt")

    assert sorted(outcomes(events)) == ["added"] * 3 + ["failed"] * 4
    assert [event.done for event in events] == list(range(1, 8))
    assert events[-1].total == 7
    assert {event.source: event.reason for event in events if event.outcome == "failed"} == {
        str(articles / "b.json"): "line 1, column 10: it is not valid JSON (Expecting value)",
        f"{articles / 'c.jsonl'}, line 2": "its text is a number, not a string",
        str(articles / "d.txt"): "it is a binary file, not text. Convert it to text, HTML or JSON first",
        str(articles / "nowhere.txt"): "there is no such file or folder",
    }
    assert_whole(library)


def test_the_library_itself_is_no_article(library: Library, embedding: WordCountEmbedding, articles: Path) -> None:
    """The keyword index keeps JSON files."""
    (articles / "a.txt").write_text(TEXT)

    assert outcomes(put_in(library, embedding, articles.parent)) == ["added"]


def test_stopping_early_keeps_what_was_reported(
    library: Library, embedding: WordCountEmbedding, tmp_path: Path
) -> None:
    from rag.ingestion.pipeline import ingest

    run = ingest(library, embedding, [str(generated_articles(tmp_path / "generated", 40))], 20)
    reported = [next(run).article_id for _ in range(3)]
    run.close()

    assert set(reported) <= set(library.catalogue.ids())
    assert_whole(library)


def test_a_hostile_name_and_text_go_in_as_they_are(
    library: Library, embedding: WordCountEmbedding, articles: Path
) -> None:
    text = "Robert'); DROP TABLE articles;-- {metadata_str} {content} %s \ud83d\ude00 <script>\u202e</script>"
    path = articles / 'it\'s {a} "name" – 😀.json'
    path.write_text(json.dumps({"maintext": text, "title": "{value} {key}"}))

    (event,) = put_in(library, embedding, path)

    article = library.article(str(event.article_id))
    assert (article.text, article.title, article.path) == (
        text.encode("utf-16", "surrogatepass").decode("utf-16"), "{value} {key}", str(path)
    )  # fmt: skip
    assert embedding.texts == [f"{article.title}\n{article.text}"]


def test_another_model_embeds_everything_anew(
    open_library: Callable[..., Library], embedding: WordCountEmbedding, tmp_path: Path
) -> None:
    library = open_library()
    folder = generated_articles(tmp_path / "generated", 20)
    put_in(library, embedding, folder)
    before = contents(library)
    other = WordCountEmbedding("another", max_tokens=128, dimension=16)

    library.reembed(embed_anew(library, other), other.identity, other.model_name)

    after = contents(library)
    assert {id: article for id, (article, _, _) in after.items()} == {
        id: article for id, (article, _, _) in before.items()
    }
    assert rows(library)["passages"] < sum(len(embedded) for _, _, embedded in before.values())
    assert {len(each.vector) for _, _, embedded in after.values() for each in embedded} == {16 * 4}
    assert_whole(open_library(other))


def test_embedding_anew_is_all_or_nothing(library: Library, embedding: WordCountEmbedding, tmp_path: Path) -> None:
    put_in(library, embedding, generated_articles(tmp_path / "generated", 40))
    before, meta = contents(library), (library.catalogue.meta("model"), library.catalogue.meta("model_name"))

    class Failing(WordCountEmbedding):
        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            if len(self.texts) > 50:
                raise MemoryError
            return super()._get_text_embeddings(texts)

    failing: Embedding = Failing("another", dimension=16)
    with pytest.raises(MemoryError):
        library.reembed(embed_anew(library, failing), failing.identity, failing.model_name)

    assert contents(library) == before
    assert (library.catalogue.meta("model"), library.catalogue.meta("model_name")) == meta
    assert_whole(library)


def stored(library: Library, query: str) -> list[tuple[object, ...]]:
    with sqlite3.connect(library.folder / "library.db") as database:
        return database.execute(query).fetchall()


def test_what_is_omitted_is_not_embedded(library: Library, embedding: WordCountEmbedding, articles: Path) -> None:
    path = articles / "ferry.txt"
    path.write_text(f"{TEXT}\n\nAdvertisement\n\nAll slept.\n\nREAD MORE: Ferries\n\nIt sank.")

    put_in(library, embedding, path)

    (article,) = library.articles()
    passages = [article.text[e.passage.start : e.passage.end] for e in library.catalogue.embedded(article.id)]
    assert passages == [f"{TEXT}\n\nAdvertisement\n\nAll slept.", "It sank."]  # a label does not part a passage
    assert [" ".join(text.split()) for text in embedding.texts] == [f"{TEXT} All slept.", "It sank."]
    cited = [article.text[s.start : s.end] for s in library.sentences(article.id)]
    assert cited == ["The ferry left Port Linnet.", "It came back at night.", "All slept.", "It sank."]
    assert_whole(library)
