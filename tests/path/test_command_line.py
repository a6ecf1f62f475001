"""The command line: its JSON, its exit codes, and one clear sentence for whatever is wrong."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.interfaces.commands.question_commands import _print_reply
from rag.reply import Block, Citation, Filters, Reply, RetrievedPassage, Row, Statement
from rag.settings import ROOT
from tests.conftest import Run

Command = Callable[..., Run]

FERRY = "The ferry left Port Linnet at noon on Tuesday. It came back at night with 48 passengers."
REPLY_KEYS = [
    "id", "question", "query", "filters", "answer", "direct", "state", "abstained", "reason", "answered_by", "intent",
    "blocks", "citations", "more", "retrieved", "timings",
]  # fmt: skip
CITATION_KEYS = [
    "number", "article_id", "title", "outlet", "origin", "published", "url", "path", "start", "end", "quote", "checked",
    "published_at",
]  # fmt: skip
PASSAGE_KEYS = ["rank", "article_id", "outlet", "url", "path", "start", "end", "text", "score"]
ARTICLE_KEYS = [
    "id", "title", "outlet", "origin", "published", "url", "path", "authors", "language", "version",
    "place", "published_from", "published_until", "basis", "addresses", "published_at",
]  # fmt: skip
TIMINGS = ["understand_ms", "retrieve_ms", "rerank_ms", "read_ms", "answer_ms", "total_ms"]


@pytest.fixture
def ferry(run: Command, articles: Path) -> Path:
    """A library with one article from this file."""
    path = articles / "ferry.json"
    path.write_text(
        json.dumps(
            {
                "maintext": FERRY,
                "title": "Ferry [late]",
                "url": "https://linnet.example/1",
                "date_publish": "2031-03-11",
                "authors": ["Ada Quill", "Ben Oake"],
            }
        )
    )
    assert run("ingest", path) == Run(0, "1 added\n", f"[1/1] added: {path}\n")
    return path


def id_of(run: Command) -> str:
    return str(json.loads(run("list", "--json").out)[0]["id"])


def assert_sentence(ran: Run, code: int, *parts: str) -> None:
    """It failed with that code, said the parts on one line of stderr, and nothing on stdout."""
    assert (ran.code, ran.out) == (code, "")
    assert len(ran.err.splitlines()) == 1, ran.err
    for part in parts:
        assert part in ran.err


# The contract


def test_ask_prints_the_contract_s_json(run: Command, ferry: Path) -> None:
    ran = run("ask", "When did the ferry leave Port Linnet?", "--json")

    assert (ran.code, ran.err) == (0, "")
    reply = json.loads(ran.out)
    assert list(reply) == REPLY_KEYS
    assert list(reply["filters"]) == ["outlets", "since", "until"]
    assert [list(each) for each in reply["citations"]] == [CITATION_KEYS] * len(reply["citations"])
    assert [list(each) for each in reply["retrieved"]] == [PASSAGE_KEYS] * len(reply["retrieved"])
    assert list(reply["timings"]) == TIMINGS
    assert (reply["id"], reply["state"], reply["abstained"]) == (None, "answered", False)
    assert (reply["reason"], reply["answered_by"], reply["more"]) == (None, "extract", [])
    citation = reply["citations"][0]
    assert (citation["number"], citation["checked"], citation["origin"]) == (1, True, None)
    article = json.loads(run("show", citation["article_id"], "--json").out)
    assert article["text"][citation["start"] : citation["end"]] == citation["quote"]
    passage = reply["retrieved"][0]
    assert article["text"][passage["start"] : passage["end"]] == passage["text"]


def test_ask_prints_for_people(run: Command, ferry: Path) -> None:
    ran = run("ask", "When did the ferry leave Port Linnet?", "--timings")

    direct, answer, *sources = [line for line in ran.out.splitlines() if line]
    assert ran.code == 0
    assert direct == "at noon on Tuesday (11 March 2031, computed) [1]"
    assert "The ferry left Port Linnet at noon on Tuesday [11 March 2031]. [1]" in answer
    assert sources[0] == "[1] linnet.example, 2031-03-11, Ferry [late] (https://linnet.example/1)"
    assert [word for word in ran.err.split() if word.isalpha() and word != "ms"] == [
        name.removesuffix("_ms") for name in TIMINGS
    ]


def test_what_is_only_related_is_printed_in_the_place_of_the_nearest_passages(
    capsys: pytest.CaptureFixture[str],
) -> None:
    quotes = [
        ("It sank\n at [noon].", "Merrow Post", "2031-03-11", "https://merrow.example/1"),
        ("No.", None, None, None),
    ]
    more = tuple(
        Citation(number, "a1", None, outlet, None, published, url, None, 0, len(quote), quote, True)
        for number, (quote, outlet, published, url) in enumerate(quotes, 1)
    )
    reply = Reply("q", "q", Filters(), (Statement("Closest:"),), "related", "not_covered", "extract", more=more,
                  retrieved=(RetrievedPassage(1, "a1", "Merrow Post", None, None, 0, 3, "Far.", 0.5),))  # fmt: skip

    _print_reply(reply.to_json())
    related = "- Merrow Post, 2031-03-11: It sank at [noon]. (https://merrow.example/1)\n"
    assert capsys.readouterr().out == f"Closest:\n{related}- unknown outlet, undated: No. (a1)\n"
    _print_reply(replace(reply, state="nothing", more=()).to_json())
    assert capsys.readouterr().out == "Closest:\nThe nearest passages:\n- Merrow Post: Far.\n"


def test_the_direct_line_is_printed_first_and_blocks_as_tables(capsys: pytest.CaptureFixture[str]) -> None:
    cited = tuple(
        Citation(number, "a1", None, "Merrow Post", None, None, None, None, 0, 9, quote, True)
        for number, quote in enumerate(["It sank\n[at noon].", "It was wide."], 1)
    )
    block = Block("quotes", "[b]Who\x1b[31m", ("Outlet",), (Row(("[i]Post",), (1,)), Row(("Tide",))))
    statements = (Statement("At [noon].", (1,), direct=True), Statement("It sank [at noon].", (1,)))
    reply = Reply("q", "q", Filters(), statements, "answered", None, "extract", cited[:1], cited[1:], blocks=(block,))

    _print_reply(reply.to_json())
    direct, told, title, *table, source, more, related = capsys.readouterr().out.splitlines()
    assert (direct, told) == ("At [noon]. [1]", "It sank [at noon]. [1]")
    assert title.strip() == "[b]Who\ufffd[31m"
    assert [[cell.strip() for cell in row.strip("┃│").split(row[0])] for row in table if row[0] in "┃│"] == [
        ["Outlet", "In the articles' words"], ["[i]Post", "It sank [at noon]. [1]"], ["Tide", ""],
    ]  # fmt: skip
    assert source == "[1] Merrow Post, undated, no headline (a1)"
    assert (more, related) == ("More on this:", "- Merrow Post, undated: It was wide. (a1)")


def test_conditions_are_printed_as_they_were_understood(run: Command, ferry: Path) -> None:
    arguments = ("--outlet", "LINNET.example", "--since", "2031-03-01", "--until", "2031-03-31")

    reply = json.loads(run("ask", "When did the ferry leave?", "--json", *arguments).out)

    assert reply["filters"] == {"outlets": ["linnet.example"], "since": "2031-03-01", "until": "2031-03-31"}


def test_a_batch_answers_line_by_line_with_its_turns(run: Command, ferry: Path, tmp_path: Path) -> None:
    questions: list[dict[str, Any]] = [
        {"id": "a", "question": "When did the ferry leave Port Linnet?"},
        {"id": 7, "question": "When did it come back?", "turns": ["When did the ferry leave Port Linnet?"]},
        {"question": "Who sank the Zeppelinheim?", "turns": []},
    ]
    text = "\ufeff" + "\n\n".join(json.dumps(each) for each in questions) + '\n{"question": "Was it\u2028late?"}\n'
    (tmp_path / "questions.jsonl").write_text(text, "utf-8")

    ran = run("ask", "--batch", "questions.jsonl", "--out", "answers.jsonl")

    assert ran == Run(0, "4 answers written to answers.jsonl\n", "")
    replies = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text("utf-8").split("\n")[:-1]]
    assert [list(reply) for reply in replies] == [REPLY_KEYS] * 4
    assert [reply["id"] for reply in replies] == ["a", 7, None, None]
    assert [reply["question"] for reply in replies] == [*(each["question"] for each in questions), "Was it late?"]
    assert "Port Linnet" in replies[1]["query"]
    assert replies[2]["abstained"]
    assert sorted(path.name for path in tmp_path.glob("*.jsonl*")) == ["answers.jsonl", "questions.jsonl"]


def test_the_time_is_told_with_the_day(run: Command, ferry: Path) -> None:
    id = id_of(run)
    item = json.loads(ferry.read_text()) | {"date_publish": "2031-03-11T14:05:00+09:00"}
    ferry.write_text(json.dumps(item))

    assert run("ingest", ferry).out == "1 unchanged\n"
    assert "\npublished: 2031-03-11 (stated)\npublished at: 2031-03-11T14:05:00+09:00\n" in run("show", id).out
    assert json.loads(run("show", id, "--json").out)["published_at"] == "2031-03-11T14:05:00+09:00"
    (citation,) = json.loads(run("ask", "When did the ferry leave Port Linnet?", "--json").out)["citations"]
    assert (citation["published"], citation["published_at"]) == ("2031-03-11", "2031-03-11T14:05:00+09:00")


def test_list_show_status_and_remove(run: Command, ferry: Path, tmp_path: Path) -> None:
    id = id_of(run)
    (listed,) = json.loads(run("list", "--json").out)
    assert list(listed) == ARTICLE_KEYS
    assert run("list").out == f"{id}\t2031-03-11\tlinnet.example\tFerry [late]\n"

    shown = json.loads(run("show", id, "--json").out)
    assert shown == {**listed, "omitted": [], "voices": [], "text": FERRY}
    assert shown["basis"]["published"] == {"how": "stated", "spans": [], "note": None}
    assert shown["authors"] == ["Ada Quill", "Ben Oake"]
    assert run("show", id).out == (
        f"id: {id} (version 1)\ntitle: Ferry [late] (stated)\noutlet: linnet.example (stated; the address)\n"
        "origin: unknown\nauthors: Ada Quill; Ben Oake (stated)\nplace: unknown\n"
        "published: 2031-03-11 (stated)\nlanguage: en (inferred; its words)\n"
        f"url: https://linnet.example/1\nfile: {ferry}\n\n{FERRY}\n"
    )

    assert json.loads(run("status", "--json").out) == {
        "folder": str(tmp_path / "store"), "articles": 1, "passages": 1, "outlets": 1, "pending": 0,
        "model": "word-count", "repaired": None,
    }  # fmt: skip
    assert run("status").out == (
        f"{tmp_path / 'store'}: 1 articles of 1 outlets, 1 passages\nembedding model: word-count\nindexes: complete\n"
    )

    assert run("remove", id, id) == Run(0, "1 removed\n", "")
    assert json.loads(run("list", "--json").out) == []
    assert run("list") == Run(0, "", "")


def test_an_outlet_is_removed_however_its_name_is_typed(run: Command, ferry: Path) -> None:
    assert run("remove", "--outlet", "Port Linnet").code == 2
    assert run("remove", "--outlet", "the LINNET.example") == Run(0, "1 removed\n", "")


@pytest.mark.parametrize("arguments", [("reindex",), ("reindex", "--embed")])
def test_reindex(run: Command, ferry: Path, arguments: tuple[str, ...]) -> None:
    before = run("show", id_of(run), "--json").out

    assert run(*arguments) == Run(0, "indexes rebuilt: 1 articles, 1 passages\n", "")
    assert run("show", id_of(run), "--json").out == before
    assert "The ferry left" in run("ask", "When did the ferry leave Port Linnet?").out


def test_another_model_is_refused_until_everything_is_embedded_anew(
    run: Command, ferry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.support.fakes import WordCountEmbedding

    other = WordCountEmbedding("another", dimension=16)
    monkeypatch.setattr("rag.assistant.load_embedding", lambda settings: other)

    for arguments in (("ask", "When did it leave?"), ("ingest", ferry)):
        assert_sentence(run(*arguments), 2, "embedding model word-count", "`python -m rag reindex --embed --store ")
    assert run("list").out.endswith("Ferry [late]\n")
    assert run("reindex", "--embed").code == 0
    assert json.loads(run("status", "--json").out)["model"] == "another"
    assert run("ask", "When did the ferry leave Port Linnet?").code == 0


def test_store_is_an_option_of_every_command(run: Command, ferry: Path, tmp_path: Path) -> None:
    assert run("ingest", ferry, "--store", tmp_path / "other").out == "1 added\n"
    id = id_of(run)
    for arguments in (["ask", "Who?"], ["list"], ["show", id], ["status"], ["reindex"], ["remove", id]):
        assert run(*arguments, "--store", tmp_path / "other").code == 0
    assert len(json.loads(run("list", "--json").out)) == 1


# Bad input


def test_everything_else_goes_in(run: Command, articles: Path) -> None:
    """A folder of all that can be wrong, and two articles that are right."""
    files: dict[str, bytes] = {
        "a-empty.txt": b"",
        "b-binary.txt": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "d-malformed.json": b'{\n  "text": "One."\n  "title": "x"}',
        "e-lines.jsonl": b'{"text": "From the first line."}\n{"text": }\n{"text": "From the third line."}\n',
        "f-no-text.json": b'{"title": "Ferry"}',
        "g-number.json": b'{"text": "x", "n": ' + b"9" * 5000 + b"}",
        "h-right.txt": b"A text that is right.",
        "i-[bold]red[\x1b[31m.txt": b"",
    }
    for name, content in files.items():
        (articles / name).write_bytes(content)
    with (articles / "c-large.txt").open("wb") as file:
        file.truncate(50_000_000)

    ran = run("ingest", articles, articles / "nowhere.txt", articles / "nothing-*.txt")

    assert (ran.code, ran.out) == (1, "3 added, 10 failed\n")
    failed = [line for line in ran.err.splitlines() if line.startswith("failed: ")]
    assert [line.removeprefix(f"failed: {articles}/") for line in failed] == [
        "a-empty.txt: it is empty",
        "b-binary.txt: it is a binary file, not text. Convert it to text, HTML or JSON first",
        "c-large.txt: it has 50 MB, more than the 20 MB an article may have "
        "(SECOND_SOURCE_MAX_FILE_MB raises the limit)",
        "d-malformed.json: line 3, column 3: it is not valid JSON (Expecting ',' delimiter)",
        "e-lines.jsonl, line 2: column 10: it is not valid JSON (Expecting value)",
        'f-no-text.json: it has no text: neither "maintext" nor "text" is filled (its keys: title)',
        "g-number.json: its JSON cannot be read: Exceeds the limit (4300 digits) for integer string conversion: value "
        "has 5000 digits; use sys.set_int_max_str_digits() to increase the limit",
        "i-[bold]red[\ufffd[31m.txt: it is empty",
        "nowhere.txt: there is no such file or folder",
        "nothing-*.txt: no file matches this pattern",
    ]
    assert {article["title"] for article in json.loads(run("list", "--json").out)} == {None}
    assert len(json.loads(run("list", "--json").out)) == 3
    assert run("ingest", articles / "h-right.txt") == Run(0, "1 unchanged\n", "")


def test_exit_codes_of_ingest(run: Command, ferry: Path, articles: Path) -> None:
    empty, copy, folder = articles / "empty.txt", articles / "copy.json", articles / "folder"
    empty.touch()
    copy.write_bytes(ferry.read_bytes())
    folder.mkdir()

    assert run("ingest", ferry).code == 0
    assert run("ingest", copy) == Run(0, "1 duplicate\n", f"duplicate: {copy}: the same article as {ferry}\n")
    assert run("ingest", ferry, empty).code == 1
    assert_sentence(
        Run(*(run("ingest", folder).__dict__ | {"out": ""}).values()),
        2,
        f"failed: {folder}: no articles in this folder",
    )
    assert run("ingest", empty) == Run(2, "1 failed\n", f"failed: {empty}: it is empty\n")


def test_no_file_of_a_folder_is_passed_over_in_silence(run: Command, articles: Path) -> None:
    names = ["a.txt", ".hidden", "quay.html", "quay_files/x.js", "notes.odt", *(f"log/{n}.log" for n in range(25))]
    for name in names:
        (articles / name).parent.mkdir(exist_ok=True)
        (articles / name).write_text(
            f"<html><p>The ferry of {name} waits at the quay.</p></html>"[6 * ("html" not in name) :]
        )

    ran = run("ingest", articles)

    lines = ran.err.splitlines()
    assert (ran.code, ran.out) == (1, "2 added, 26 failed\n")
    assert f"{articles}: 1 hidden and 1 parts of saved pages were not read" in lines
    unread = "this kind of file is not read"
    assert f"failed: {articles}/notes.odt: {unread} (.odt). Save it as text, HTML, PDF or Word" in lines
    assert len([line for line in lines if ".log: " in line]) == 20
    assert f"failed: 5 more .log files: {unread} (.log). Save it as text, HTML, PDF or Word" in lines


def test_a_file_that_vanishes_while_the_rest_is_read(
    run: Command, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        (articles / f"{name}.txt").write_text(f"Text of {name}.")
    read = Path.read_bytes

    def vanishing(path: Path) -> bytes:
        (articles / "b.txt").unlink(missing_ok=True)
        return read(path)

    monkeypatch.setattr(Path, "read_bytes", vanishing)

    ran = run("ingest", articles)

    assert (ran.code, ran.out) == (1, "2 added, 1 failed\n")
    assert f"failed: {articles / 'b.txt'}: it vanished before it could be read\n" in ran.err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("ask", ""), "The question is empty. Type what you want to know."),
        (("ask", " \t "), "The question is empty. Type what you want to know."),
        (("ask", "x" * 2000), "The question has 2000 characters; at most 1000 are allowed. Shorten it."),
        (("ask",), "Give one question in quotation marks, or --batch QUESTIONS.jsonl with --out ANSWERS.jsonl."),
        (("ask", "Who?", "--batch", "x"), "Give one question in quotation marks, or --batch"),
        (("ask", "--batch", "x"), "--batch needs --out ANSWERS.jsonl, the file for the answers."),
        (("ask", "--batch", "nowhere.jsonl", "--out", "x"), "nowhere.jsonl cannot be read: "),
        (("ask", "Who?", "--since", "March"), "--since 'March' is not a day: write it as YYYY-MM-DD, for example"),
        (("ask", "Who?", "--until", "2031-02-30"), "--until '2031-02-30' is not a day"),
        (("ask", "Who?", "--outlet", "Linnet"), "no outlet called 'Linnet'. Did you mean linnet.example?"),
        (("show", "nobody"), "There is no article with the id 'nobody'. `python -m rag list` shows the ids."),
        (("remove", "nobody"), "There is no article with the id 'nobody'. `python -m rag list` shows the ids."),
        (("list", "--store", "articles/ferry.json"), "articles/ferry.json cannot be used for a library: File exists."),
        (("list", "--store", "articles/ferry.json/x"), "cannot be used for a library: Not a directory."),
    ],
)
def test_one_sentence_says_what_is_wrong(run: Command, ferry: Path, arguments: tuple[str, ...], expected: str) -> None:
    assert_sentence(run(*arguments), 2, expected)
    assert len(json.loads(run("list", "--json").out)) == 1


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("", "holds no questions."),
        ('{"question": "Who?"}\n{"question": }', ", line 2, column 14: it is not valid JSON (Expecting value)."),
        ('{"query": "Who?"}', ', line 1: an object with a "question" is expected.'),
        ('["Who?"]', ', line 1: an object with a "question" is expected.'),
        ('{"question": " "}', ', line 1: an object with a "question" is expected.'),
        ('\n\n{"question": "Who?", "turns": "Who?"}', ', line 3: "turns" must be a list of earlier questions.'),
        ('{"question": "Who?", "turns": [1]}', ', line 1: "turns" must be a list of earlier questions.'),
        ('{"question": ' + "9" * 5000 + "}", ", line 1: it cannot be read as JSON ("),
        ('{"question": "Who?"}\n{"question": "' + "x" * 2000 + '"}', ", line 2: The question has 2000 characters"),
    ],
)
def test_a_batch_that_cannot_be_asked(run: Command, ferry: Path, tmp_path: Path, lines: str, expected: str) -> None:
    (tmp_path / "questions.jsonl").write_text(lines)
    (tmp_path / "answers.jsonl").write_text("from an earlier run")

    assert_sentence(run("ask", "--batch", "questions.jsonl", "--out", "answers.jsonl"), 2, "questions.jsonl", expected)

    assert (tmp_path / "answers.jsonl").read_text() == "from an earlier run"
    assert sorted(path.name for path in tmp_path.glob("*.jsonl*")) == ["answers.jsonl", "questions.jsonl"]


@pytest.mark.parametrize("where", ["nowhere/answers.jsonl", "articles", "articles/ferry.json/answers.jsonl"])
def test_answers_that_cannot_be_written(run: Command, ferry: Path, tmp_path: Path, where: str) -> None:
    (tmp_path / "questions.jsonl").write_text('{"question": "Who?"}')

    assert_sentence(run("ask", "--batch", "questions.jsonl", "--out", where), 2, f"{where} cannot be written: ")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("ask", "Who?", "--frobnicate"), "No such option: --frobnicate"),
        (("frobnicate",), "No such command 'frobnicate'"),
        (("ingest",), "Missing argument 'PATH|URL…'"),
        (("show",), "Missing argument"),
        ((), "Usage: "),
    ],
)
def test_a_mistyped_command_is_explained(run: Command, arguments: tuple[str, ...], expected: str) -> None:
    ran = run(*arguments)

    assert ran.code == 2
    assert expected in ran.err + ran.out
    assert "Traceback" not in ran.err


def test_a_wrong_setting_is_told_by_its_name(run: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECOND_SOURCE_MAX_FILE_MB", "large")

    assert_sentence(run("status"), 2, "The setting SECOND_SOURCE_MAX_FILE_MB is 'large': ")


def test_what_a_terminal_would_obey_is_not_printed(run: Command, articles: Path) -> None:
    (articles / "a.json").write_text(
        json.dumps({"text": "Ferry \x1b[31mred\x07 [bold]late[/bold]", "title": "\x1b]0;x\x07"})
    )
    run("ingest", articles)

    for arguments in (("list",), ("show", id_of(run)), ("ask", "Was the ferry late?")):
        printed = run(*arguments).out
        assert "\x1b" not in printed
        assert "\x07" not in printed
    assert "[bold]late[/bold]" in run("show", id_of(run)).out


# The program itself, in a process of its own, with the real model


def program(*arguments: object, store: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "rag", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "SECOND_SOURCE_STORE": str(store)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whatever started the tests may have had it ignored, as a shell has it for what it leaves in the background.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def test_the_program_ingests_and_says_who_holds_the_library(tmp_path: Path, articles: Path) -> None:
    (articles / "ferry.txt").write_text(FERRY)
    (articles / "empty.txt").touch()
    started = program("ingest", articles, store=tmp_path / "store")
    out, err = started.communicate()
    assert (started.returncode, out) == (1, "1 added, 1 failed\n")
    assert sorted(err.splitlines()) == [
        f"[2/2] added: {articles / 'ferry.txt'}", f"failed: {articles / 'empty.txt'}: it is empty"
    ]  # fmt: skip

    (articles / "questions.jsonl").write_text(
        "".join(f'{{"question": "When did ferry {number} leave?"}}\n' for number in range(4000))
    )
    holder = program(
        "ask", "--batch", articles / "questions.jsonl", "--out", tmp_path / "answers", store=tmp_path / "store"
    )
    wait_for(tmp_path / "answers.new")
    second = program("status", store=tmp_path / "store")
    out, err = second.communicate()
    holder.send_signal(signal.SIGINT)
    stopped = holder.communicate()

    assert (second.returncode, out) == (2, "")
    assert err == (
        f"The library in {tmp_path / 'store'} is in use by process {holder.pid} (python -m rag ask). "
        "Close it first, or choose another folder (--store, or SECOND_SOURCE_STORE).\n"
    )
    assert (holder.returncode, stopped) == (130, ("", "Stopped. Everything reported so far is saved.\n"))
    assert not (tmp_path / "answers").exists()
    assert not (tmp_path / "answers.new").exists()


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.02)
