"""Questions about the library itself: which are recognised, and what is answered. The model counts words."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.querying.library_questions import LibraryQuestion, library_question
from rag.reply import Filters, Intent, Turn
from tests.support.checks import assert_cited

TODAY = date(2031, 3, 19)  # a Wednesday
ARTICLES = {
    "ferry": ("linnet-herald.example", "2031-03-11", "Ferry late", "The ferry Auk came late to Hollin on Tuesday."),
    "ferry-again": ("linnet-herald.example", "2031-03-13", "Auk sails", "The ferry Auk sails again, its owner said."),
    "ferry-inquiry": ("vessermark-courier.example", "2031-03-12", "Why late", "An inquiry asks why the Auk was late."),
    "swan": ("vessermark-courier.example", None, "Swan", "A swan sat on the rails of the tram for an hour."),
}


@pytest.fixture
def filled(assistant: Assistant, articles: Path) -> Assistant:
    for name, (host, published, title, text) in ARTICLES.items():
        item = {"maintext": text, "title": title, "url": f"https://{host}/{name}", "date_publish": published}
        (articles / f"{name}.json").write_text(json.dumps(item))
    assert all(event.outcome == "added" for event in assistant.ingest([articles]))
    return assistant


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What do you have on the ferry Auk?", LibraryQuestion("held", "the ferry Auk")),
        ("please show me all the articles about “Hollin”", LibraryQuestion("held", "Hollin")),
        ("List all articles that mention the Auk", LibraryQuestion("held", "the Auk")),
        ("Which articles mention the Auk?", LibraryQuestion("held", "the Auk")),
        ("How many articles mention the Auk?", LibraryQuestion("held", "the Auk")),
        ("How many of your articles are about the Auk?", LibraryQuestion("held", "the Auk")),
        ("Are there any articles that mention the Auk?", LibraryQuestion("held", "the Auk")),
        ("list all articles", LibraryQuestion("count")),
        ("Which outlets covered the tram?", LibraryQuestion("outlets", "the tram")),
        ("Which outlets do you have?", LibraryQuestion("outlets")),
        ("What's new?", LibraryQuestion("new")),
        ("what is new this week", LibraryQuestion("new", when=(date(2031, 3, 17), TODAY))),
        ("What is new since Monday?", LibraryQuestion("new", when=(date(2031, 3, 17), date.max))),
        ("What is new since Wednesday?", LibraryQuestion("new", when=(date(2031, 3, 12), date.max))),
        ("what is new since 3 May 2030?", LibraryQuestion("new", when=(date(2030, 5, 3), date.max))),
        ("How many articles do you have?", LibraryQuestion("count")),
        ("How many articles do you have from the Linnet Herald about ferries?",
         LibraryQuestion("count", "ferries", "the Linnet Herald")),
        ("Summarise this article", LibraryQuestion("summary")),
        ("summarize [2], please", LibraryQuestion("summary", citation=2)),
        ("Sum up the Courier's article about the inquiry", LibraryQuestion("summary", "the inquiry", "Courier")),
    ],
)  # fmt: skip
def test_what_is_asked_of_the_library(question: str, expected: LibraryQuestion) -> None:
    assert library_question(question, TODAY) == expected


@pytest.mark.parametrize(
    "question",
    [
        "What is new in the deal?",
        "What is new about the inquiry?",
        "what's new since the accident?",
        "What do you have to do to get a visa?",
        "What do you have on what happened in Hollin?",
        "What do you have about it?",
        "Which articles mention that the mayor resigned?",
        "Which outlets reported that ten people died?",
        "Which newspapers covered the trial and how did they differ?",
        "How many stories does the tower have?",
        "How many articles of faith are there?",
        "What has been added to the treaty?",
        "Summarise what the mayor said about the ferry",
        "Give me a summary of the day",
        "Is there anything about the weather that helped?",
        "What is new since 31 February 2030?",
        "",
    ],
)
def test_what_is_asked_of_the_news(question: str) -> None:
    assert library_question(question, TODAY) is None


@pytest.mark.parametrize(
    ("question", "intent", "expected"),
    [
        ("every article, in a list", "holdings", LibraryQuestion("count", loose=True)),
        ("which article is the oldest", "holdings", LibraryQuestion("oldest", loose=True)),
        ("what's the longest piece about the ferry?", "holdings", LibraryQuestion("longest", "the ferry", loose=True)),
        ("who wrote the story on the Auk", "holdings", LibraryQuestion("authors", "the Auk", loose=True)),
        ("any pieces mentioning Hollin", "holdings", LibraryQuestion("held", "Hollin", loose=True)),
        ("articles on the ferry from the Linnet Herald", "holdings", LibraryQuestion("held", "the ferry", loose=True)),
        ("latest on the inquiry since Monday", "new",
         LibraryQuestion("new", "the inquiry", when=(date(2031, 3, 17), date.max), loose=True)),
        ("what changed since yesterday", "new",
         LibraryQuestion("changed", when=(date(2031, 3, 18), date.max), loose=True)),
        ("anything on what he said when it sank", "holdings", None),
    ],
)  # fmt: skip
def test_slots_stand_anywhere_in_a_question_for_that(
    question: str, intent: Intent, expected: LibraryQuestion | None
) -> None:
    assert library_question(question, TODAY, intent) == expected
    assert library_question(question, TODAY) is None


def test_the_oldest_the_longest_and_the_authors(filled: Assistant) -> None:
    oldest = filled.ask("which article is the oldest?")
    assert_cited(oldest, filled.library)
    assert [each.text for each in oldest.statements] == [
        "Of 4 articles, the oldest by date:",
        "linnet-herald.example: Ferry late (11 March 2031)",
        "The date of 1 article is not certain:",
        "vessermark-courier.example: Swan (undated)",
    ]
    longest = filled.ask("what is the longest article?")
    assert longest.statements[0].text == "Of 4 articles, the longest has 12 words:"
    assert "no author named" in filled.ask("who wrote the article about the swan?").answer


def test_no_question_of_the_bench_is_taken_for_one(bench: Path) -> None:
    for name in ("questions.jsonl", "more-questions.jsonl"):
        for line in (bench / name).read_text().splitlines():
            asked = json.loads(line)
            for question in (asked["question"], *asked.get("turns", [])):
                assert library_question(question, TODAY) is None, question


def test_what_it_has_is_listed_with_citations(filled: Assistant) -> None:
    reply = filled.ask("What do you have on the ferry?")

    assert_cited(reply, filled.library)
    assert (reply.answered_by, reply.abstained, reply.reason, reply.retrieved) == ("library", False, None, ())
    assert reply.statements[0].text == (
        "On “the ferry” the library has 2 articles from 1 outlet, from 11 to 13 March 2031:"
    )
    assert sorted(each.text for each in reply.statements[1:]) == [
        "linnet-herald.example: Auk sails (13 March 2031)",
        "linnet-herald.example: Ferry late (11 March 2031)",
    ]
    assert reply.to_json()["filters"] == {"outlets": [], "since": None, "until": None}
    assert filled.ask("What do you have on submarines?").answer == "The library has nothing on “submarines”."


def test_which_outlets_cover_it(filled: Assistant) -> None:
    reply = filled.ask("Which outlets cover the Auk?")

    assert_cited(reply, filled.library)
    assert [(each.text, len(each.citations)) for each in reply.statements] == [
        ("On “the Auk” the library has 3 articles from 2 outlets:", 0),
        ("linnet-herald.example: 2 articles", 2),
        ("vessermark-courier.example: 1 article", 1),
    ]


def test_how_many_there_are_and_from_whom(filled: Assistant) -> None:
    assert filled.ask("How many articles do you have?").statements[0].text == (
        "The library has 4 articles from 2 outlets, from 11 to 13 March 2031, 1 undated. These are:"
    )
    reply = filled.ask("How many articles do you have from vessermark-courier.example?")
    assert reply.statements[0].text.startswith("The library has 2 articles from vessermark-courier.example")
    assert len(reply.citations) == 2
    only = filled.ask("How many articles do you have?", Filters(since=date(2031, 3, 12)))
    assert only.statements[0].text.startswith("The library has 2 articles")
    assert filled.ask("How many articles do you have from the Zorblatt?").answered_by == "extract"


def test_what_is_new_is_what_was_published_or_else_what_came_in(filled: Assistant) -> None:
    told = filled.ask("What is new?").statements[0].text
    assert told == "No article was published in the last 7 days, but 4 articles were added to the library then:"
    reply = filled.ask("What is new since 12 March 2031?")
    assert [each.text for each in reply.statements] == [
        "Published since 12 March 2031: 2 articles:",
        "linnet-herald.example: Auk sails (13 March 2031)",
        "vessermark-courier.example: Why late (12 March 2031)",
    ]


def test_an_article_in_its_own_sentences(filled: Assistant, articles: Path) -> None:
    lines = [f"On day {n} the lighthouse keeper of Hollin counted {n} sails on the water." for n in range(1, 8)]
    (articles / "keeper.txt").write_text("Counting sails\n\n" + " ".join(lines))
    list(filled.ingest([articles / "keeper.txt"]))
    reply = filled.ask("Summarise the article about the lighthouse keeper")

    assert_cited(reply, filled.library)
    assert [each.start for each in reply.citations] == sorted(each.start for each in reply.citations)
    assert reply.citations[0].quote == lines[0]
    assert all(each.quote in lines for each in reply.citations)
    assert 1 <= len(reply.citations) < len(lines)
    assert filled.ask("Summarise the article about submarines").answer == (
        "The library has no article on “submarines”."
    )


def test_this_article_is_the_one_that_is_read_or_was_cited_last(filled: Assistant) -> None:
    swan, ferry = (next(a.id for a in filled.library.articles() if a.title == title) for title in ("Swan", "Auk sails"))

    def summed_up(question: str, *chat: Turn) -> set[str]:
        return {each.article_id for each in filled.ask(question, chat=chat).citations}

    cited = Turn("What sat on the rails?", "A swan. [1] [2]", (swan, ferry))
    assert summed_up("Summarise this article", cited) == {swan}
    assert summed_up("Summarise this article", Turn("q", "a", (swan,), reading=ferry)) == {ferry}
    assert summed_up("Summarise [2]", cited) == {ferry}
    assert summed_up("Summarise [3]", cited) == set()
    assert filled.ask("Summarise this article").answer.startswith("No answer of this chat has cited an article yet.")
    assert summed_up("Summarise this article", cited, Turn("And?", "Nothing.")) == {swan}


def test_an_empty_library_says_so(assistant: Assistant) -> None:
    assert assistant.ask("What do you have on ferries?").reason == "empty_library"
