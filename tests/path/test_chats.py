"""Chats as they are kept: what stays, what goes when an article goes, and what an answer says of an article changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rag.article import fingerprint
from rag.assistant import Assistant
from rag.chats.chat_export import export
from rag.chats.chats import Chats, turns
from rag.chats.exchange import Exchange, Kept, Section
from rag.chats.exchange_rows import head_hash, row_hash
from rag.chats.export_verification import verify
from rag.chats.ratings import evaluation_set
from rag.chats.suggested_questions import suggestions
from rag.evaluation.question_file import parse_questions
from rag.library.library import Library
from rag.reply import Block, Citation, Filters, Mark, Reply, RetrievedPassage, Row, Statement
from rag.settings import Settings
from tests.conftest import Run
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding

FERRY = "The ferry Auk left Port Linnet at noon. It carried forty sheep. Ada Quill was at the helm."
TRAM = "The tram to Hollin stood still for an hour. A swan had sat down on the rails."


@pytest.fixture
def assistant(open_library: Callable[..., Library], embedding: WordCountEmbedding, articles: Path) -> Assistant:
    """Two articles, of the ferry and of the tram."""
    library = open_library()
    (articles / "ferry.txt").write_text(FERRY)
    (articles / "tram.txt").write_text(TRAM)
    put_in(library, embedding, articles)
    return Assistant(library, embedding, Settings(store=library.folder))


@pytest.fixture
def chats(assistant: Assistant) -> Chats:
    return assistant.chats


def replied(library: Library, *quotes: str, question: str = "What left?") -> Reply:
    """A reply that tells these sentences, each with its citation, and considered both articles."""
    citations, considered = [], []
    for article in sorted(library.articles(), key=lambda each: each.text):
        considered.append(
            RetrievedPassage(
                rank=len(considered) + 1, article_id=article.id, outlet=None, url=article.url, path=article.path,
                start=0, end=len(article.text), text=article.text, score=0.5,
            )
        )  # fmt: skip
    for number, quote in enumerate(quotes, 1):
        article = next(each for each in library.articles() if quote in each.text)
        start = article.text.index(quote)
        citations.append(
            Citation(
                number=number, article_id=article.id, title=article.title, outlet=article.outlet, origin=None,
                published=None, url=article.url, path=article.path, start=start, end=start + len(quote), quote=quote,
                checked=True,
            )
        )  # fmt: skip
    statements = tuple(Statement(each.quote, (each.number,), (Mark(4, 9, "answer"),)) for each in citations)
    return Reply(
        question=question, query=question, filters=Filters(), statements=statements, state="answered", reason=None,
        answered_by="extract", citations=tuple(citations), retrieved=tuple(considered), timings={"total_ms": 12},
    )  # fmt: skip


def related(library: Library, *quotes: str, question: str = "What left?") -> Reply:
    """A reply that has no answer, only these sentences, which are related to the question."""
    told = replied(library, *quotes, question=question)
    statements = (Statement("No article says this directly. Closest sentences:"),)
    return replace(
        told, state="related", reason="not_covered", statements=statements, citations=(), more=told.citations
    )


def with_direct(reply: Reply) -> Reply:
    """The reply with a direct line for each of its first two citations, a block of all of them, and their last in
    `more`.
    """
    *cited, last = reply.citations
    lines = []
    for each in cited[:2]:
        words = each.quote.rstrip(".")
        text = f"It says: {words}."
        marks = (Mark(0, 9, "fixed"), Mark(9, 9 + len(words), "answer"), Mark(9 + len(words), len(text), "fixed"))
        lines.append(Statement(text, (each.number,), marks, direct=True))
    rows = tuple(Row((f"Outlet {each.number}", "12 March 2031"), (each.number,)) for each in cited)
    block = Block("accounts", "What each says", ("Outlet", "Day"), (*rows, Row(("Silent Post", "undated"))))
    statements = (*lines, *(each for each in reply.statements if each.citations != (last.number,)))
    return replace(
        reply, statements=statements, citations=tuple(cited), more=(last,), intent="comparison", blocks=(block,)
    )


def keep(chats: Chats, reply: Reply, chat: str | None = None) -> tuple[str, Exchange]:
    """Keep a question with its reply: the chat's id and the exchange."""
    chat = chats.ask(chat, reply.question)
    chats.answered(chats.exchanges(chat)[-1].id, reply)
    return chat, chats.exchanges(chat)[-1]


def test_what_is_kept_is_what_was_replied(assistant: Assistant, chats: Chats) -> None:
    reply = replace(
        replied(assistant.library, "It carried forty sheep."),
        filters=Filters(("Linnet Herald",), date(2031, 3, 11), None),
        struck_out=1,
        query="What left? (Where from?)",
    )
    id, exchange = keep(chats, reply)

    assert exchange.reply == reply
    assert exchange.citations == {1: Kept(fingerprint("It carried forty sheep."), 1)}
    assert exchange.statements == (fingerprint("It carried forty sheep."),)
    assert set(exchange.labels.values()) == {each.label for each in assistant.library.articles()}
    assert exchange.undated == {each.id for each in assistant.library.articles()}
    assert not exchange.waiting
    assert turns([exchange])[0].answer == "It carried forty sheep. [1]"
    again = Chats(assistant.library)
    assert again.exchanges(id) == [exchange]
    again.close()


def test_a_direct_line_and_blocks_are_kept_and_go_with_the_articles_they_cite(
    assistant: Assistant, chats: Chats
) -> None:
    sheep, swan = "It carried forty sheep.", "A swan had sat down on the rails."
    reply = with_direct(replied(assistant.library, sheep, swan, "Ada Quill was at the helm."))
    id, exchange = keep(chats, reply)
    assert exchange.reply == reply
    assert exchange.reply.direct == f"It says: {sheep} [1] It says: {swan} [2]"
    assert (exchange.reply.intent, [each.number for each in exchange.reply.more]) == ("comparison", [3])
    (block,) = exchange.blocks
    assert block["sha256"] == head_hash("accounts", "What each says", ["Outlet", "Day"])
    assert block["rows"][0]["sha256"] == row_hash(["Outlet 1", "12 March 2031"], [1])

    assistant.library.remove([reply.citations[0].article_id])
    (exchange,) = chats.exchanges(id)
    assert exchange.reply
    assert [(each.text, each.direct) for each in exchange.reply.statements] == [
        ("", True), (f"It says: {swan}", True), ("", False), (swan, False),
    ]  # fmt: skip
    (left,) = exchange.reply.blocks
    assert left.title == "What each says"
    assert left.rows == (Row((), (1,)), *reply.blocks[0].rows[1:])
    assert exchange.blocks[0]["rows"][0]["sha256"] == block["rows"][0]["sha256"]
    assert b"Outlet 1" not in stored(assistant.library)
    assert b"Outlet 2" in stored(assistant.library)


def test_what_stands_over_the_rows_of_a_block_goes_with_the_last_of_them(assistant: Assistant, chats: Chats) -> None:
    reply = replied(assistant.library, "Ada Quill was at the helm.", "A swan had sat down on the rails.")
    named = Block("list", "Where is Ada Quill?", ("Where",), (Row(("helm \ud800",), (1,)),))
    reply = replace(reply, blocks=(named, Block("list", "Nothing", (), ())))
    id = chats.ask(None, reply.question)
    assistant.library.remove([reply.citations[0].article_id])
    chats.answered(chats.exchanges(id)[0].id, reply)

    (exchange,) = chats.exchanges(id)
    assert exchange.reply
    assert exchange.reply.blocks == (Block("list", "", ("Where",), (Row((), (1,)),)), Block("list", "Nothing", (), ()))
    assert b"Where is Ada" not in stored(assistant.library)


def test_what_is_only_related_is_kept_apart_and_its_words_go_with_their_article(
    assistant: Assistant, chats: Chats, articles: Path, embedding: WordCountEmbedding
) -> None:
    sheep, swan = "It carried forty sheep.", "A swan had sat down on the rails."
    reply = related(assistant.library, sheep, swan)
    id, exchange = keep(chats, reply)
    assert exchange.reply == reply
    assert exchange.citations == {1: Kept(fingerprint(sheep), 1), 2: Kept(fingerprint(swan), 1)}
    assert turns([exchange])[0].cited == ()

    (articles / "ferry.txt").write_text(FERRY.replace("forty", "fifty"))
    put_in(assistant.library, embedding, articles)
    assert chats.exchanges(id)[0].corrections == ()

    assistant.library.remove([reply.more[1].article_id])
    (exchange,) = chats.exchanges(id)
    assert exchange.reply
    assert [each.quote for each in exchange.reply.more] == [sheep, ""]
    assert exchange.reply.statements == reply.statements
    assert exchange.citations[2].hash == fingerprint(swan)
    assert exchange.citations[2].removed_at
    told = json.dumps(export(chats, assistant.library, id))
    assert (sheep in told, swan in told) == (True, False)


def test_related_words_of_an_article_removed_while_it_is_answered_are_not_kept(
    assistant: Assistant, chats: Chats
) -> None:
    reply = replace(related(assistant.library, "A swan had sat down on the rails."), retrieved=())
    assistant.library.remove([reply.more[0].article_id])
    _, exchange = keep(chats, reply)

    assert exchange.reply
    assert exchange.reply.more[0].quote == ""
    assert exchange.citations[1].removed_at


def test_what_an_older_version_kept_has_its_state(assistant: Assistant, chats: Chats) -> None:
    answered = replied(assistant.library, "It carried forty sheep.")
    refused = replace(replied(assistant.library), state="nothing", reason="not_covered", statements=(Statement("No."),))
    id, _ = keep(chats, answered)
    keep(chats, refused, id)
    with chats._transaction() as db:
        db.execute(
            "UPDATE exchanges SET reply = json_remove(reply, '$.state', '$.more', '$.direct', '$.intent', '$.blocks')"
        )

    assert [each.reply for each in chats.exchanges(id)] == [answered, refused]


def test_a_chat_is_named_after_its_first_question_found_renamed_and_deleted(assistant: Assistant, chats: Chats) -> None:
    first, _ = keep(chats, replied(assistant.library, "It carried forty sheep.", question="  What  left?  "))
    second, _ = keep(chats, replied(assistant.library, "A swan had sat down on the rails.", question="100% sure?"))
    keep(chats, replied(assistant.library, "Ada Quill was at the helm.", question="Who steered?"), first)

    assert [chat.name for chat in chats.chats()] == ["What left?", "100% sure?"]
    found = {words: [chat.id for chat in chats.chats(words)] for words in ("SHEEP", "steered helm", "100%", "0%s", "_")}
    assert found == {"SHEEP": [first], "steered helm": [first], "100%": [second], "0%s": [], "_": []}
    chats.rename(first, "  The   Auk ")
    chats.rename(second, "  ")
    assert [chat.name for chat in chats.chats()] == ["The Auk", "100% sure?"]
    chats.delete(first)
    assert [chat.id for chat in chats.chats()] == [second]
    assert chats.exchanges(first) == []
    assert assistant.library.catalogue.count("statements") == 1
    assert chats.ask(first, "Still there?") != first


def test_a_question_waits_until_it_is_answered_once(assistant: Assistant, chats: Chats) -> None:
    id = chats.ask(None, "What left? \ud800")
    (exchange,) = chats.exchanges(id)
    assert (exchange.question, exchange.waiting, exchange.reply) == ("What left? ?", True, None)

    with chats.answering(exchange.id) as waiting:
        assert waiting
        chats.failed(exchange.id, "The library is busy.")
    with chats.answering(exchange.id) as waiting:
        assert not waiting
    assert chats.exchanges(id)[0].problem == "The library is busy."

    chats.ask_again(exchange.id, Filters(("Linnet Herald",)))
    (exchange,) = chats.exchanges(id)
    assert (exchange.waiting, exchange.conditions) == (True, Filters(("Linnet Herald",)))
    chats.answered(exchange.id, replied(assistant.library, "It carried forty sheep."))
    assert chats.exchanges(id)[0].problem is None


# Removal


def test_of_a_removed_article_an_answer_keeps_a_mark_and_the_hashes(assistant: Assistant, chats: Chats) -> None:
    reply = replied(assistant.library, "It carried forty sheep.", "A swan had sat down on the rails.")
    id, _ = keep(chats, reply)
    assistant.library.remove([reply.citations[0].article_id])

    (exchange,) = chats.exchanges(id)
    kept = exchange.reply
    assert kept
    assert [each.text for each in kept.statements] == ["", "A swan had sat down on the rails."]
    assert [each.quote for each in kept.citations] == ["", "A swan had sat down on the rails."]
    assert exchange.citations[1].hash == exchange.statements[0] == fingerprint("It carried forty sheep.")
    assert (kept.citations[0].start, kept.citations[0].path) == (reply.citations[0].start, None)
    removed_at = exchange.citations[1].removed_at
    assert removed_at == assistant.library.catalogue.removals()[0][2]
    assert [bool(each.removed_at) for each in exchange.considered.values()] == [True, False]
    assert [each.text for each in kept.retrieved] == ["", TRAM]
    assert exchange.considered[1].hash == fingerprint(FERRY)
    assert kept.citations[1] == reply.citations[1]
    assert chats.chats("sheep") == []


def test_what_a_model_wrote_without_a_citation_goes_with_the_articles_it_was_given(
    assistant: Assistant, chats: Chats
) -> None:
    written = replace(replied(assistant.library), answered_by="a-model", statements=(Statement("Sheep at sea."),))
    refused = replace(written, state="nothing", statements=(Statement("The library has no answer to this."),))
    id, _ = keep(chats, written)
    keep(chats, refused, id)
    assistant.library.remove([assistant.library.articles()[0].id])

    first, second = (each.reply for each in chats.exchanges(id))
    assert first
    assert second
    assert (first.statements[0].text, second.statements[0].text) == ("", "The library has no answer to this.")


def test_an_article_removed_while_it_is_answered_leaves_no_words(assistant: Assistant, chats: Chats) -> None:
    reply = replied(assistant.library, "It carried forty sheep.")
    id = chats.ask(None, "What left?")
    assistant.library.remove([reply.citations[0].article_id])
    chats.answered(chats.exchanges(id)[0].id, reply)

    (exchange,) = chats.exchanges(id)
    assert exchange.reply
    assert exchange.reply.statements[0].text == exchange.reply.citations[0].quote == ""
    assert b"forty sheep" not in stored(assistant.library)


def test_a_removal_that_fails_leaves_the_answers_as_they_were(
    assistant: Assistant, chats: Chats, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = replied(assistant.library, "It carried forty sheep.")
    id, exchange = keep(chats, reply)
    removed = [reply.citations[0].article_id]
    assistant.library.catalogue._db.execute("ALTER TABLE removals RENAME TO elsewhere")
    with pytest.raises(Exception, match="removals"):
        assistant.library.remove(removed)

    assert chats.exchanges(id) == [exchange]
    assert assistant.library.article(removed[0]).text == FERRY
    assistant.library.catalogue._db.execute("ALTER TABLE elsewhere RENAME TO removals")
    assistant.library.remove(removed)
    assert chats.exchanges(id) != [exchange]


def test_a_deleted_chat_is_gone_from_the_file(assistant: Assistant, chats: Chats) -> None:
    id, _ = keep(chats, replied(assistant.library, "It carried forty sheep.", question="Secretquestion of mine?"))
    chats.rename(id, "Secretname")
    chats.delete(id)

    assert b"Secret" not in stored(assistant.library)


def stored(library: Library) -> bytes:
    """What stands in the database's file, its log written back to it."""
    library.catalogue._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return b"".join(path.read_bytes() for path in library.folder.glob("library.db*"))


# Corrections


def test_an_answer_says_what_changed_in_an_article_it_cites(
    assistant: Assistant, chats: Chats, articles: Path, embedding: WordCountEmbedding
) -> None:
    reply = replied(assistant.library, "The ferry Auk left Port Linnet at noon.", "It carried forty sheep.")
    id, before = keep(chats, reply)
    assert before.corrections == ()
    (articles / "ferry.txt").write_text(FERRY.replace("forty sheep", "fifty goats").replace("Ada Quill", "Ben Oake"))
    put_in(assistant.library, embedding, articles)

    (correction,) = chats.exchanges(id)[0].corrections
    assert (correction.cited, correction.version, correction.numbers, correction.lost) == (1, 2, (1, 2), (2,))
    assert "forty sheep" in correction.changes[0].old
    assert "fifty goats" in correction.changes[0].new
    assert chats.exchanges(id)[0].reply == reply
    late, _ = keep(chats, reply)  # it had been answered from the version before
    assert chats.exchanges(late)[0].citations[2].version == 1


# Ratings and what to ask next


def test_rated_answers_become_questions_for_evaluate(assistant: Assistant, chats: Chats) -> None:
    library = assistant.library
    id, good = keep(chats, replied(library, "It carried forty sheep.", question="What did it carry?"))
    _, bad = keep(chats, replied(library, "Ada Quill was at the helm.", question="And when?"), id)
    _, vague = keep(chats, replied(library, "Ada Quill was at the helm.", question="And why?"), id)
    refusal = replace(replied(library), question="Who is mayor?", state="nothing", reason="not_covered")
    _, refused = keep(chats, refusal)
    chats.rate(good.id, True, " right ")
    chats.rate(bad.id, False, "not asked", "at noon")
    chats.rate(vague.id, False)
    chats.rate(refused.id, True)

    found, left_out = evaluation_set(chats)
    import json

    questions = parse_questions("\n".join(json.dumps(each) for each in found).encode(), "rated.jsonl")
    by_question = {each.question: each for each in questions}
    assert left_out == 1
    assert by_question["What did it carry?"].answers == (("arrie",),)
    assert by_question["What did it carry?"].evidence[0].quote == "It carried forty sheep."
    assert (by_question["And when?"].answers, by_question["And when?"].turns) == (
        (("at noon",),),
        ("What did it carry?",),
    )
    assert not by_question["Who is mayor?"].answerable
    assert found[-1]["remark"] in ("right", "not asked", None)
    kept = chats.exchanges(id)[0]
    assert (kept.liked, kept.remark) == (True, "right")


def test_what_is_suggested_was_tried(
    assistant: Assistant, chats: Chats, articles: Path, embedding: WordCountEmbedding
) -> None:
    text = '"It swims," said Ada Quill, a pilot. "It sinks," said Ben Oake, a diver. "It flies," said Cy Reed.'
    (articles / "auk.txt").write_text(text)
    put_in(assistant.library, embedding, articles)
    quotes = {"Ada Quill": '"It swims," said Ada Quill, a pilot.', "Ben Oake": '"It sinks," said Ben Oake, a diver.'}
    _, exchange = keep(chats, replied(assistant.library, '"It flies," said Cy Reed.'))
    tried = []

    def ask(question: str) -> Reply:
        tried.append(question)
        if "Quill" in question:
            return replied(assistant.library, quotes["Ada Quill"])
        return replace(replied(assistant.library, quotes["Ben Oake"]), state="nothing")

    assert list(suggestions(assistant.library, ask, [exchange])) == ["What did Ada Quill say?"]
    assert sorted(tried) == ["What did Ada Quill say?", "What did Ben Oake say?"]


def test_who_says_what_is_kept_until_an_article_of_it_goes(assistant: Assistant, chats: Chats) -> None:
    chat, exchange = keep(chats, replied(assistant.library, "It carried forty sheep."))
    cited = replied(assistant.library, "A swan had sat down on the rails.").citations
    section = Section("1 outlet", "<div></div>", cited, ({"asked": "What left?", "accounts": []},))
    chats.covered(exchange.id, section)

    kept = chats.exchanges(chat)[0]
    assert kept.coverage == section
    assert kept.covered == {1: Kept(fingerprint(cited[0].quote), 1)}
    assistant.library.remove([cited[0].article_id])
    assert chats.exchanges(chat)[0].coverage is None
    chats.covered(exchange.id, section)
    assert chats.exchanges(chat)[0].coverage is None
    assert b"A swan had sat" not in json.dumps(export(chats, assistant.library, chat)).encode()


# Older libraries


def test_a_library_without_chats_gets_their_tables_after_a_copy_was_made(
    tmp_path: Path, open_library: Callable[..., Library]
) -> None:
    library = open_library()
    library.close()
    path = tmp_path / "store" / "library.db"
    with sqlite3.connect(path) as database:
        later = ("coverages", "collections", "collected")
        for table in ("chats", "exchanges", "statements", "citations", "considered", *later):
            database.execute(f"DROP TABLE {table}")
        database.execute("ALTER TABLE articles DROP COLUMN published_at")
        database.execute("PRAGMA user_version = 2")
    database.close()

    chats = Chats(open_library())
    assert chats.ask(None, "Is it there?") == chats.chats()[0].id
    chats.close()
    with sqlite3.connect(path.with_name("library.db.format-2.backup")) as copy:
        assert copy.execute("PRAGMA user_version").fetchone() == (2,)
    copy.close()


def test_a_chat_of_before_times_were_kept(
    assistant: Assistant, chats: Chats, open_library: Callable[..., Library]
) -> None:
    reply = replied(assistant.library, "It carried forty sheep.")
    cited = replace(reply.citations[0], published="2031-03-11", published_at="2031-03-11T08:00:00+09:00")
    id, exchange = keep(chats, replace(reply, citations=(cited,)))
    assert exchange.reply is not None
    assert exchange.reply.citations == (cited,)
    assert export(chats, assistant.library, id)["exchanges"][0]["citations"][0]["published_at"] == cited.published_at
    chats.covered(exchange.id, Section("One outlet", "<p></p>", (cited,)))
    path = assistant.library.folder / "library.db"
    assistant.close()
    with sqlite3.connect(path) as database:
        told = json.loads(database.execute("SELECT told FROM coverages").fetchone()[0])
        told["citations"][0].pop("published_at")
        database.execute("UPDATE coverages SET told = ?", (json.dumps(told),))
        for table in ("articles", "citations"):
            database.execute(f"ALTER TABLE {table} DROP COLUMN published_at")
        database.execute("PRAGMA user_version = 4")
    database.close()

    library = open_library()
    chats = Chats(library)
    (again,) = chats.exchanges(id)
    assert again.reply is not None
    assert again.reply.citations == (replace(cited, published_at=None),)
    assert again.coverage is not None
    assert again.coverage.citations == again.reply.citations
    assert verify(export(chats, library, id), library)[0].holds
    chats.close()


def test_on_the_command_line(run: Callable[..., Run], assistant: Assistant, chats: Chats, tmp_path: Path) -> None:
    id, exchange = keep(chats, replied(assistant.library, "It carried forty sheep.", question="What\tleft?"))
    chats.rate(exchange.id, False)
    assistant.close()

    assert run("chats", "list").out.split("\t")[::2] == [id, "What left?\n"]
    assert run("chats", "list", "swan").out == ""
    assert run("chats", "export", "nothing").err.startswith("There is no chat 'nothing'.")
    assert "--format 'odt' is not supported" in run("chats", "export", id, "--format", "odt").err
    assert run("chats", "questions", "--out", tmp_path / "q.jsonl").err == (
        "0 rated questions; 1 left out, because the right answer is not known\n"
    )
