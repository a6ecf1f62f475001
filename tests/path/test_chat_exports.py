"""A chat written out, and what `verify` says of it when articles change, go, or somebody changes the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from rag.article import fingerprint
from rag.chats.chat_export import FORMS, export, file_name, parse
from rag.chats.chats import Chats
from rag.chats.export_verification import verify
from rag.errors import UsageError
from rag.library.library import Library
from rag.reply import Row
from tests.conftest import DATA, Run
from tests.path.test_chats import keep, related, replied, with_direct
from tests.support.fakes import WordCountEmbedding

Command = Callable[..., Run]
STORIES = {
    "auk": "The ferry Auk sank off Quernside on Monday. Nobody was hurt.",
    "swan": "The swan Edda stopped the tram at Hollin. Passengers waited for an hour.",
    "kiln": "The kiln at Vessermark was lit again. It burns peat.",
}
RELATED, PASSENGERS = "Nobody was hurt.", "Passengers waited for an hour."
"""Of exports as the version before the states wrote them: two questions answered or refused, one without an answer."""
HOSTILE = (
    "The zeppelin Zorblatt carried <script>alert(1)</script> --> ]]> <img src=x onerror=alert(2)> "
    "![x](http://tracker.example/x.png) and [a link](javascript:alert(3))."
)


@pytest.fixture
def chat(run: Command, articles: Path, tmp_path: Path) -> str:
    """The id of a chat that cites each of the stories, in the library of the command line; its fifth question is not
    answered, and has two sentences that are related; the answer to its sixth has two direct lines and a table.
    """
    for name, story in STORIES.items():
        (articles / f"{name}.txt").write_text(story)
    (articles / "zorblatt.json").write_text(
        json.dumps({"text": HOSTILE, "title": "<b>$x$", "url": "https://z.example/<i>"})
    )
    run("ingest", articles)
    id = None
    with opened(tmp_path / "store") as library:
        chats = Chats(library)
        for quote in (*(story.partition(". ")[0] + "." for story in STORIES.values()), HOSTILE):
            id, _ = keep(chats, replied(library, quote, question=f"What of {quote[4:9]}?"), id)
        keep(chats, related(library, RELATED, "The swan Edda stopped the tram at Hollin."), id)
        told = with_direct(replied(library, "It burns peat.", HOSTILE, PASSENGERS))
        rows = (*told.blocks[0].rows[:2], Row((HOSTILE, "|"), (1, 2)))
        keep(chats, replace(told, blocks=(replace(told.blocks[0], title=HOSTILE, rows=rows),)), id)
        chats.close()
    assert id
    return id


def opened(store: Path) -> Library:
    model = WordCountEmbedding()
    return Library.open(store, model.identity, model.model_name)


def written(run: Command, chat: str, folder: Path, form: str) -> Path:
    path = folder / f"chat.{form}"
    assert run("chats", "export", chat, "--out", path).out == f"written to {path}\n"
    return path


def findings(said: Run) -> list[dict[str, Any]]:
    return [each for each in json.loads(said.out)["citations"] if each["state"] != "holds"]


@pytest.mark.parametrize("form", FORMS)
def test_a_clean_export_verifies_and_names_just_what_changed_and_what_went(
    run: Command, chat: str, articles: Path, tmp_path: Path, form: str
) -> None:
    path = written(run, chat, tmp_path, form)
    clean = run("verify", path)
    assert (clean.code, clean.err) == (0, "")
    assert re.fullmatch(r"(\d+) of \1 citations hold\n", clean.out)
    cited = {
        (number, each["article_id"])
        for number, exchange in enumerate(parse(path.read_text(), "x")[0]["exchanges"], 1)
        for each in (*exchange["citations"], *exchange["more"])
    }
    assert {number for number, _ in cited} == {1, 2, 3, 4, 5, 6}
    (articles / "auk.txt").write_text(STORIES["auk"].replace("Monday. Nobody was", "Tuesday. Everybody was"))
    run("ingest", articles)
    listed = {each["title"] or "": each["id"] for each in json.loads(run("list", "--json").out)}
    texts = {id: json.loads(run("show", id, "--json").out)["text"] for id in listed.values()}
    texts |= {id: json.loads(run("show", id, "--json").out)["text"] for _, id in cited}
    changed = next(id for id, text in texts.items() if "Tuesday" in text)
    removed = next(id for id, text in texts.items() if "swan" in text)
    run("remove", removed)

    said = run("verify", path, "--json")
    assert said.code == 1
    named = {(each["exchange"], each["article_id"]): each["state"] for each in findings(said)}
    assert named == {
        key: "changed" if key[1] == changed else "removed" for key in cited if key[1] in (changed, removed)
    }
    assert set(named.values()) == {"changed", "removed"}
    told = run("verify", path).out
    assert f"removed: question 5: the related sentence of article {removed}: its article is not in the library" in told
    assert re.search(f"changed: question 5: the related sentence of article {changed}: the quote is not in", told)
    assert f"citation 1, article {removed}: its article is not in the library" in told
    assert run("verify", path, "--alone") == Run(0, clean.out, "")


def test_what_only_moved_or_stands_in_a_new_version_is_told_apart(
    run: Command, chat: str, articles: Path, tmp_path: Path
) -> None:
    path = written(run, chat, tmp_path, "json")
    (articles / "kiln.txt").write_text("It burnt out. " + STORIES["kiln"])
    (articles / "swan.txt").write_text(STORIES["swan"].replace("an hour", "two hours"))
    run("ingest", articles)

    said = run("verify", path, "--json")
    told = [f"{each['state']}: {each['told']}" for each in findings(said)]
    assert "changed: the quote has moved to 14 to 51 in version 2 of the article" in told
    assert "stands: the quote is still in place, in version 2 of the article" in told
    assert json.loads(said.out)["holds"] is False


def test_an_export_made_after_a_removal_has_the_hash_and_says_so(run: Command, chat: str, tmp_path: Path) -> None:
    before = json.loads(written(run, chat, tmp_path, "json").read_text())
    citation = before["exchanges"][0]["citations"][0]
    run("remove", citation["article_id"])
    for form in FORMS:
        path = written(run, chat, tmp_path, form)
        text = path.read_text()
        assert "ferry Auk sank" not in text
        assert citation["sha256"] in text
        assert {each["state"] for each in findings(run("verify", path, "--alone", "--json"))} == {"removed"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d[0]["citations"][0].update(quote="The Auk rose."), "the quote was changed"),
        (lambda d: d[4]["more"][0].update(quote="Many were hurt."), "the export: the related sentence of article"),
        (
            lambda d: d[0]["statements"][0].update(text="The ferry rose."),
            "a sentence of the answer was changed",
        ),
        (lambda d: d[0]["retrieved"][0].update(text="Nothing."), "passage 1 was changed"),
        (lambda d: d[0]["statements"][0].update(citations=[9]), "the answer cites [9], which the export does not have"),
        (
            lambda d: d[0]["citations"][0].update(start=1, end=1 + d[0]["citations"][0]["end"]),
            "has other words in its place",
        ),
        (
            lambda d: restated(d[5]["statements"][0], "burns peat", "burns gold"),
            "the answer has words that its citations do not have: 'It burns gold'",
        ),
        (
            lambda d: d[5]["statements"][0].update(citations=[2]),
            "the answer has words that its citations do not have: 'It burns peat'",
        ),
        (
            lambda d: d[5]["statements"][0].update(marks=[]),
            "words that its citations do not have: 'It says: It burns peat.'",
        ),
        (
            lambda d: d[5]["statements"][0].update(text="It says: It burns."),
            "a sentence of the answer was changed",
        ),
        (
            lambda d: d[5]["blocks"][0]["rows"][0].update(citations=[9]),
            "a table of the answer cites [9], which the export does not have",
        ),
        (lambda d: d[5]["blocks"][0]["rows"][0].update(citations=[2]), "a row of a table of the answer was changed"),
        (
            lambda d: d[5]["blocks"][0]["rows"][1].update(cells=["Outlet 2", "today"]),
            "a row of a table of the answer was changed: ['Outlet 2', 'today']",
        ),
        (lambda d: d[5]["blocks"][0].update(title="None"), "the head of a table of the answer was changed"),
        (lambda d: d[5]["blocks"][0].update(title=None), "the head of a table of the answer was changed"),
        (lambda d: d[5]["blocks"][0].update(columns=["A", "B"]), "the head of a table of the answer was changed"),
        (lambda d: d[5]["more"][0].update(quote="Nobody waited."), "the related sentence of article"),
    ],
)
def test_an_export_that_somebody_changed(
    run: Command, chat: str, tmp_path: Path, change: Callable[[Any], None], told: str
) -> None:
    path = written(run, chat, tmp_path, "json")
    data = json.loads(path.read_text())
    change(data["exchanges"])
    path.write_text(json.dumps(data))

    said = run("verify", path, "--alone")
    assert said.code == 1
    assert told in said.out


def restated(statement: dict[str, Any], old: str, new: str) -> None:
    """Give a statement other words as somebody would who knows of its hash."""
    statement["text"] = statement["text"].replace(old, new)
    statement["sha256"] = fingerprint(statement["text"])


@pytest.mark.parametrize(
    ("text", "marks", "astray"),
    [
        ("Twelve times.", [[0, 12, "answer"], [12, 13, "fixed"]], None),
        ("Reuters: Twelve times", [[0, 9, "fixed"], [9, 21, "answer"]], "Twelve times"),
        ("Reuters: twelve times", [[0, 8, "outlet"]], None),
        ("twelve times at sea", [[0, 12, "answer"], [13, 19, "answer"]], None),
        ("twelve times at sea", [], "twelve times at sea"),
        ("not twelve times", [[4, 16, "answer"]], "not"),
        ("twelve times [2018]", [[0, 12, "answer"], [12, 19, "added"]], None),
    ],
)
def test_each_span_of_a_direct_line_stands_in_one_of_its_quotes(
    text: str, marks: list[Any], astray: str | None
) -> None:
    def cited(number: int, quote: str) -> dict[str, Any]:
        place = {"number": number, "article_id": "a", "start": 0, "end": len(quote), "version": 1, "removed_at": None}
        return place | {"quote": quote, "sha256": fingerprint(quote)}

    statement = {"text": text, "sha256": fingerprint(text), "marks": marks, "citations": [1, 2], "direct": True}
    exchange = {
        "statements": [statement], "answered_by": "a-model", "abstained": False,
        "citations": [cited(1, "They met twelve\ntimes."), cited(2, "They met at sea.")],
    }  # fmt: skip
    told = [each.told for each in verify({"exchanges": [exchange]}, None) if not each.holds]
    assert told == ([f"the answer has words that its citations do not have: {astray!r}"] if astray else [])


@pytest.mark.parametrize("form", FORMS)
def test_the_direct_line_stands_first_and_a_block_is_a_table(
    run: Command, chat: str, tmp_path: Path, form: str
) -> None:
    text = written(run, chat, tmp_path, form).read_text()
    exchange = parse(text, "x")[0]["exchanges"][5]
    assert exchange["intent"] == "comparison"
    assert [each["direct"] for each in exchange["statements"]] == [True, True, False, False]
    assert [each["quote"] for each in exchange["more"]] == [PASSENGERS]
    if form == "md":
        lines = text.partition("<!--")[0].splitlines()
        at = lines.index("**It says\\: It burns peat.** [1]")
        assert lines[at - 1] == lines[at + 1] == ""
        assert lines[at + 4].startswith("It burns peat. [1] The zeppelin Zorblatt")
        assert "| Outlet | Day | In the articles' words |" in lines
        assert "| Outlet 1 | 12 March 2031 | \\[1\\] It burns peat. |" in lines
        (row,) = [each for each in lines if each.startswith("| The zeppelin")]
        assert len(re.findall(r"(?<!\\)\|", row)) == 4
        assert " \\| | \\[1\\] It burns peat.<br>\\[2\\] The zeppelin" in row
        assert lines.index("More on this:") < lines.index(f"   > {PASSENGERS}")
    if form == "html":
        page = lxml.html.document_fromstring(text)
        assert page.xpath("string(//p[@class='direct']/strong)") == "It says: It burns peat."
        assert page.xpath("//caption/text()") == [HOSTILE]
        assert page.xpath("//th/text()") == ["Outlet", "Day", "In the articles' words"]
        rows = [[each.text_content() for each in row.iter("td")] for row in page.xpath("//tbody/tr")]
        assert rows[0] == ["Outlet 1", "12 March 2031", "[1] It burns peat."]
        assert rows[2] == [HOSTILE, "|", f"[1] It burns peat.[2] {HOSTILE}"]
        assert ">More on this:</p><ul>" in text


def test_a_row_of_a_block_whose_article_is_removed_is_marked_in_an_export(
    run: Command, chat: str, tmp_path: Path
) -> None:
    before = parse(written(run, chat, tmp_path, "json").read_text(), "x")[0]["exchanges"][5]
    run("remove", before["citations"][0]["article_id"])
    for form in FORMS:
        path = written(run, chat, tmp_path, form)
        rows = parse(path.read_text(), "x")[0]["exchanges"][5]["blocks"][0]["rows"]
        assert [row["cells"] for row in rows] == [None, ["Outlet 2", "12 March 2031"], None]
        assert rows[0]["sha256"] == before["blocks"][0]["rows"][0]["sha256"]
        assert "Outlet 1" not in path.read_text()
        assert {each["state"] for each in findings(run("verify", path, "--alone", "--json"))} == {"removed"}


@pytest.mark.parametrize("form", ["md", "html"])
def test_what_is_to_be_read_has_to_be_what_the_data_says(run: Command, chat: str, tmp_path: Path, form: str) -> None:
    path = written(run, chat, tmp_path, form)
    path.write_text(path.read_text().replace("sank", "rose", 1))

    said = run("verify", path, "--alone")
    assert said.code == 1
    assert "its visible text does not match its data" in said.out


@pytest.mark.parametrize("content", ["", "{}", "[1]", "Dear diary", '{"format": "second-source-chat", "version": 9}'])
def test_a_file_that_is_no_export(run: Command, tmp_path: Path, content: str) -> None:
    path = tmp_path / "chat.md"
    path.write_text(content)

    said = run("verify", path)
    assert said.code == 2
    assert "chat.md is not an exported chat" in said.err
    assert run("verify", tmp_path / "nowhere").code == 2


def test_an_export_that_is_not_whole() -> None:
    with pytest.raises(UsageError, match="The export is incomplete"):
        verify({"exchanges": [{"citations": [{"number": 1}]}]}, None)


def test_the_page_is_self_contained_and_hostile_words_mean_nothing_in_it(
    run: Command, chat: str, tmp_path: Path
) -> None:
    page = lxml.html.document_fromstring(written(run, chat, tmp_path, "html").read_text())

    assert [each.get("type") for each in page.iter("script")] == ["application/json"]
    assert not [*page.iter("img"), *page.iter("link"), *page.iter("i")]
    assert {each.get("href") for each in page.iter("a")} <= {"https://z.example/"}
    assert "default-src 'none'" in page.xpath("//meta[@http-equiv]/@content")[0]
    assert " ".join(HOSTILE.split()) in " ".join(page.body.text_content().split())
    markdown = written(run, chat, tmp_path, "md").read_text()
    assert markdown.count("-->") == 1
    to_be_read = markdown.partition("<!--")[0]
    assert not re.search(r"(?<!\\)[<\[](?!https://z\.example/|\d+\]|br>)", to_be_read)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_related_stands_unnumbered_under_its_statement(
    run: Command, chat: str, tmp_path: Path, form: str
) -> None:
    text = written(run, chat, tmp_path, form).read_text()
    exchange = parse(text, "x")[0]["exchanges"][4]
    assert (exchange["state"], exchange["abstained"], exchange["citations"]) == ("related", True, [])
    assert [each["quote"] for each in exchange["more"]] == [RELATED, "The swan Edda stopped the tram at Hollin."]
    assert all("number" not in each and each["sha256"] and each["version"] == 1 for each in exchange["more"])
    place = f"article {exchange['more'][0]['article_id']} version 1, characters 44 to 60, sha256 "
    if form == "md":
        assert f"Closest sentences\\:\n\n- Unknown outlet, undated  \n   > {RELATED}\n\n   `{place}" in text
    if form == "html":
        assert (
            f'Closest sentences:</p><ul><li><span class="about">Unknown outlet, undated</span><blockquote>{RELATED}'
            in text
        )
        assert f"<code>{place}" in text


@pytest.mark.parametrize("form", FORMS)
def test_an_export_made_before_there_were_states_opens_and_verifies(form: str) -> None:
    data, readable = parse((DATA / f"chat-before-states.{form}").read_text("utf-8"), "x")

    assert readable
    assert not any({"state", "more"} & set(exchange) for exchange in data["exchanges"])
    assert [(each.number, each.state) for each in verify(data, None, readable)] == [(1, "holds"), (2, "removed")]


def test_a_file_is_named_after_its_chat() -> None:
    assert file_name("How many? ../../<b>Années", "md") == "how-many-b-années.md"
    assert file_name("?!", "json") == "chat.json"


def test_exports_of_a_chat_without_an_answer(run: Command, chat: str, tmp_path: Path) -> None:
    with opened(tmp_path / "store") as library:
        chats = Chats(library)
        data = export(chats, library, chats.ask(None, "Anything?"))
        chats.close()
    for form in FORMS.values():
        parsed, readable = parse(form(data), "x")
        assert readable
        assert verify(parsed, None) == []
