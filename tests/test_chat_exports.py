"""A chat written out, and what `verify` says of it when articles change, go, or somebody changes the file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lxml.html
import pytest

from rag.chats.chats import Chats
from rag.chats.export import FORMS, export, file_name, parse
from rag.chats.verify import verify
from rag.errors import UsageError
from rag.library.library import Library
from tests.conftest import Run
from tests.fakes import WordCountEmbedding
from tests.test_chats import keep, related, replied

Command = Callable[..., Run]
STORIES = {
    "auk": "The ferry Auk sank off Quernside on Monday. Nobody was hurt.",
    "swan": "The swan Edda stopped the tram at Hollin. Passengers waited for an hour.",
    "kiln": "The kiln at Vessermark was lit again. It burns peat.",
}
RELATED = "Nobody was hurt."
BEFORE_STATES = Path(__file__).parent / "data"
"""Of exports as the version before the states wrote them: two questions answered or refused, one without an answer."""
HOSTILE = (
    "The zeppelin Zorblatt carried <script>alert(1)</script> --> ]]> <img src=x onerror=alert(2)> "
    "![x](http://tracker.example/x.png) and [a link](javascript:alert(3))."
)


@pytest.fixture
def chat(run: Command, articles: Path, tmp_path: Path) -> str:
    """The id of a chat that cites each of the stories, in the library of the command line; its last question is not
    answered, and has two sentences that are related.
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
    assert {number for number, _ in cited} == {1, 2, 3, 4, 5}
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
    assert re.search(f"changed: question 5: the related sentence of article {changed}: its words do not stand", told)
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
    states = {each["state"]: each["told"] for each in findings(said)}
    assert "its words stand at 14 to 51 in version 2 of the article" in states["changed"]
    assert "in version 2 of the article" in states["stands"]
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
        (lambda d: d[0]["citations"][0].update(quote="The Auk rose."), "its words are not"),
        (lambda d: d[4]["more"][0].update(quote="Many were hurt."), "the export: the related sentence of article"),
        (
            lambda d: d[0]["statements"][0].update(text="The ferry rose."),
            "a sentence of the answer is not the one kept",
        ),
        (lambda d: d[0]["retrieved"][0].update(text="Nothing."), "passage 1 is not the one kept"),
        (lambda d: d[0]["statements"][0].update(citations=[9]), "the answer cites [9], which the export does not have"),
        (
            lambda d: d[0]["citations"][0].update(start=1, end=1 + d[0]["citations"][0]["end"]),
            "has other words at its place",
        ),
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


@pytest.mark.parametrize("form", ["md", "html"])
def test_what_is_to_be_read_has_to_be_what_the_data_says(run: Command, chat: str, tmp_path: Path, form: str) -> None:
    path = written(run, chat, tmp_path, form)
    path.write_text(path.read_text().replace("sank", "rose", 1))

    said = run("verify", path, "--alone")
    assert said.code == 1
    assert "what is to be read in it is not what its data says" in said.out


@pytest.mark.parametrize("content", ["", "{}", "[1]", "Dear diary", '{"format": "second-source-chat", "version": 9}'])
def test_a_file_that_is_no_export(run: Command, tmp_path: Path, content: str) -> None:
    path = tmp_path / "chat.md"
    path.write_text(content)

    said = run("verify", path)
    assert said.code == 2
    assert "chat.md is no export of a chat" in said.err
    assert run("verify", tmp_path / "nowhere").code == 2


def test_an_export_that_is_not_whole() -> None:
    with pytest.raises(UsageError, match="The export is not whole"):
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
    assert not re.search(r"(?<!\\)[<\[](?!https://z\.example/|\d+\])", to_be_read)


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
        assert f"Closest\\:\n\n- Unknown outlet, undated  \n   > {RELATED}\n\n   `{place}" in text
    if form == "html":
        assert f'Closest:</p><ul><li><span class="about">Unknown outlet, undated</span><blockquote>{RELATED}' in text
        assert f"<code>{place}" in text


@pytest.mark.parametrize("form", FORMS)
def test_an_export_made_before_there_were_states_opens_and_verifies(form: str) -> None:
    data, readable = parse((BEFORE_STATES / f"chat-before-states.{form}").read_text("utf-8"), "x")

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
