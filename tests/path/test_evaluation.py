"""Questions whose answers are known: read, asked, scored by the definitions, kept, compared, and told."""

from __future__ import annotations

import importlib.util
import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from math import nan
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from rag.errors import LibraryError, UsageError
from rag.evaluation.metrics import CUTOFFS, Figures, Score, Summary, normal, score, summarise
from rag.evaluation.question_file import (
    ArticleIndex,
    Question,
    parse_index,
    parse_questions,
    read_index,
    read_questions,
)
from rag.evaluation.report import Result, Run, compare, forget, keep, kept
from rag.evaluation.report_text import run_lines
from rag.reply import Citation, Filters, Reply, RetrievedPassage, State, Statement
from rag.settings import ROOT
from tests.conftest import DATA
from tests.conftest import Run as Ran

Command = Callable[..., Ran]
QUAY, LOCK, DEPOT = (f"https://merrow.example/{name}" for name in ("quay", "lock", "depot"))
INDEX = ArticleIndex({QUAY: "flood", LOCK: "flood", DEPOT: "fire"}, {"a1": QUAY, "a2": LOCK, "a3": DEPOT})


def question(**fields: Any) -> Question:
    given = {"question": "How many?", "answers": [["12 people", "twelve people"]], "event": "flood", "type": "factoid"}
    return Question.model_validate(given | fields)


def reply(
    answer: str = "It took 12 people [1].",
    quotes: Sequence[tuple[str, str | None]] = (("It took 12 people.", QUAY),),
    passages: Sequence[tuple[str, str | None]] = (),
    state: State = "answered",
    ms: int | None = 5,
) -> Reply:
    """A reply with these cited quotes and these passages, each with the address of its article."""
    return Reply(
        question="How many?",
        query="How many?",
        filters=Filters(),
        statements=(Statement(answer),),
        state=state,
        reason=None if state == "answered" else "not_covered",
        answered_by="extract",
        citations=tuple(
            Citation(n, f"id of {url}", None, None, None, None, url, None, 0, len(quote), quote, True)
            for n, (quote, url) in enumerate(quotes, 1)
        ),
        retrieved=tuple(
            RetrievedPassage(n, f"id of {url}", None, url, None, 0, len(text), text, 0.5)
            for n, (text, url) in enumerate(passages, 1)
        ),
        timings={} if ms is None else {"total_ms": ms},
    )


# The file


def test_a_person_s_own_questions_need_little() -> None:
    lines = [
        '{"question": "How many?", "answers": [["12"]]}',
        '{"id": 7, "question": "Who?", "answerable": false, "turns": null, "note": "ignored"}',
        '{"question": "Who?", "type": "followup", "turns": ["Where?"], "answers": [["Ada", "Quill"], ["Ben"]], '
        '"forbidden": ["Cy"], "evidence": [{"url": "https://merrow.example/quay", "quote": "Ada"}]}',
    ]

    first, second, third = parse_questions(("\ufeff" + "\n\n".join(lines)).encode(), "own.jsonl")

    assert (first.type, first.answerable, first.id, first.answers) == ("untyped", True, None, (("12",),))
    assert (second.type, second.answerable, second.id, second.turns) == ("unanswerable", False, "7", ())
    assert (third.turns, third.answers, third.forbidden) == (("Where?",), (("Ada", "Quill"), ("Ben",)), ("Cy",))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('{"question": "Who?"}', ', line 2: "answers" is missing: give the required facts'),
        ('{"question": "Who?", "answers": []}', ', line 2: "answers" is missing'),
        ('{"question": "Who?", "answers": "Ada"}', ', line 2: answers is "Ada": input should be a valid list'),
        ('{"question": "Who?", "answers": ["Ada"]}', ', line 2: answers[0] is "Ada": input should be a valid list'),
        ('{"question": "Who?", "answers": [["Ada"], []]}', ", line 2: answers[1] is []: list should have at least 1"),
        (
            '{"question": "Who?", "answers": [["Ada", "–"]]}',
            ', line 2: answers[0][1] is "–": it has no letters or digits',
        ),
        ('{"question": "Who?", "answers": [[null]]}', ", line 2: answers[0][0] is null: "),
        ('{"question": "Who?", "answerable": "no"}', ', line 2: answerable is "no": input should be a valid boolean'),
        ('{"question": "Who?", "answers": [["Ada"]], "evidence": [{}]}', ", line 2: evidence[0].quote is missing."),
        ('{"question": "Who?", "answers": [["Ada"]], "forbidden": "Cy"}', ', line 2: forbidden is "Cy": '),
        ('{"question": "Who?", "turns": "Where?"}', ', line 2: "turns" must be a list of earlier questions.'),
        ('{"question": "Who?",}', ", line 2, column 21: it is not valid JSON ("),
        ('{"query": "Who?"}', ', line 2: an object with a "question" is expected.'),
        (
            '{"question": "How many?", "answerable": false}',
            ", line 2: the question is also on line 1: give each its own",
        ),
        ('{"question": "Who?", "answers": "' + "x" * 500 + '"}', "x…: input should be"),
    ],
)
def test_a_wrong_line_is_named_with_its_value(line: str, expected: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_questions(b'{"question": "How many?", "answers": [["12"]]}\n' + line.encode(), "own.jsonl")

    assert str(error.value).startswith("own.jsonl, line 2")
    assert expected in str(error.value)
    assert len(str(error.value)) < 250


def test_an_id_is_given_once() -> None:
    lines = (
        b'{"id": "a", "question": "How?", "answerable": false}\n{"id": "a", "question": "Who?", "answerable": false}'
    )

    with pytest.raises(UsageError, match="own, line 2: the id 'a' is also on line 1"):
        parse_questions(lines, "own")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('[{"id": "a1"}]', "index.json: [0].url is missing."),
        ('{"id": "a1", "url": "x"}', "index.json: input should be a valid array."),
        ("[", "index.json: invalid JSON: "),
        (
            '[{"id": "a1", "url": 7.5, "event": ["x"]}]',
            'index.json: [0].event is ["x"]: input should be a valid string.',
        ),
    ],
)
def test_a_wrong_index_is_told(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "index.json").write_text(content)

    with pytest.raises(UsageError) as error:
        read_index([tmp_path / "index.json"])

    assert str(error.value).startswith(f"{tmp_path}/{expected}")


def test_indexes_are_put_together() -> None:
    files = [(b'\xef\xbb\xbf[{"id": 1, "url": "x", "event": "e"}]', "a"), (b'[{"id": "2", "url": "y"}]', "b")]

    assert parse_index(files) == ArticleIndex({"x": "e", "y": None}, {"1": "x", "2": "y"})


def test_files_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.jsonl cannot be read"):
        read_questions(tmp_path / "none.jsonl")
    with pytest.raises(UsageError, match=r"none\.json cannot be read"):
        read_index([tmp_path / "none.json"])


# The definitions


def test_the_normal_form_keeps_words_alone() -> None:
    assert normal("“Merrow’s quay”, [12] at 6:42 a.m.") == " merrow quay at 6 42 a m "
    assert normal("") == "  "


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("It took 12 people [1].", True),
        ("It took TWELVE  people.", True),
        ("It took 112 people.", False),
        ("It took 12 [1] people.", True),
        ("It took some people [12].", False),
        ("It took 12 people, not 15.", False),
        ("It took 12 people. " + "More. " * 116, True),
        ("It took 12 people. " + "More. " * 117, False),
    ],
)
def test_right(answer: str, right: bool) -> None:
    assert score(question(forbidden=["15"]), reply(answer), INDEX).right is right


def test_an_abstained_answer_is_right_where_nothing_answers() -> None:
    for answerable in (True, False):
        measured = score(question(answerable=answerable), reply(state="nothing"), INDEX)
        assert (measured.right, measured.cited, measured.abstained) == (not answerable, not answerable, True)
    assert not score(question(answerable=False), reply(), INDEX).right


TWELVE = "It took 12 people."


@pytest.mark.parametrize(
    ("fields", "quotes", "cited", "precision", "without_index"),
    [
        ({}, [(TWELVE, QUAY)], True, 1.0, True),
        ({}, [("It took some.", QUAY)], False, 1.0, False),
        ({}, [(TWELVE, DEPOT)], False, 0.0, True),
        ({}, [(TWELVE, DEPOT), (TWELVE, LOCK)], True, 0.5, True),
        ({}, [(TWELVE + " " * 600, QUAY)], False, None, False),
        ({}, [], False, None, False),
        ({"type": "multi_source"}, [(TWELVE, QUAY), ("x", QUAY)], False, 1.0, False),
        ({"type": "disagreement"}, [(TWELVE, QUAY), ("x", LOCK)], True, 1.0, True),
        ({"type": "disagreement"}, [(TWELVE, QUAY), ("x", DEPOT)], False, 0.5, True),
        ({"event": "storm", "evidence": [{"article": "a3", "quote": "x"}]}, [(TWELVE, DEPOT)], True, 1.0, True),
        ({"event": None, "evidence": [{"url": DEPOT, "quote": "x"}]}, [(TWELVE, QUAY)], False, 0.0, True),
        ({"event": None, "evidence": [{"article": DEPOT, "quote": "x"}]}, [(TWELVE, DEPOT)], True, 1.0, True),
        ({"event": None}, [(TWELVE, None)], True, None, True),
        ({}, [(TWELVE, None)], False, 0.0, True),
    ],
)
def test_cited(
    fields: dict[str, Any], quotes: list[Any], cited: bool, precision: float | None, without_index: bool
) -> None:
    measured = score(question(**fields), reply(quotes=quotes), INDEX)
    assert (measured.cited, measured.citation_precision) == (cited, precision)

    measured = score(question(**fields), reply(quotes=quotes), None)
    assert (measured.cited, measured.citation_precision) == (without_index, None)


def test_an_answer_that_is_not_right_is_not_cited() -> None:
    assert not score(question(), reply("It took some."), INDEX).cited


def test_the_ranks_of_evidence_and_facts() -> None:
    asked = question(
        answers=[["12 people"], ["6 boats"]],
        evidence=[{"article": "a1", "quote": "one two three four five six seven eight nine ten"}],
    )
    passages = [
        ("12 people and 6 boats", DEPOT),
        ("one two three four five six seven", LOCK),  # three of six runs of five words
        ("12 people", QUAY),
        ("one two three four five six seven eight", QUAY),  # four of six
        ("with 6 boats", LOCK),
    ]

    with_index = score(asked, reply(passages=passages), INDEX)
    assert (with_index.evidence_rank, with_index.facts_rank) == (4, 5)
    assert score(asked, reply(passages=passages), None).facts_rank == 1
    nowhere = score(asked, reply(passages=passages[:2]), INDEX)
    assert (nowhere.evidence_rank, nowhere.facts_rank) == (0, 0)
    assert score(question(), reply(), INDEX).evidence_rank is None


@pytest.mark.parametrize(
    ("quotes", "first", "filler"),
    [
        ([(TWELVE, QUAY)], True, 0),
        ([("It took some.", QUAY), (TWELVE, DEPOT)], False, 0.5),
        ([("one two three four five six seven eight", DEPOT), ("It took some.", QUAY)], True, 0.5),
        ([("one two three four five six seven", QUAY)], False, 1),
        ([("It took some." + " " * 600, QUAY), (TWELVE, QUAY)], True, 0),
        ([], None, None),
    ],
)
def test_what_the_cited_quotes_hold(quotes: list[Any], first: bool | None, filler: float | None) -> None:
    asked = question(evidence=[{"article": "a1", "quote": "one two three four five six seven eight nine ten"}])

    for index in (INDEX, None):
        measured = score(asked, reply(quotes=quotes), index)
        assert (measured.first, measured.filler) == (first, filler)
    refused = score(asked, reply(quotes=quotes, state="related"), INDEX)
    assert (refused.first, refused.filler) == (None, None)


def test_the_shares_of_the_states() -> None:
    states: list[State] = ["answered", "answered", "related", "nothing"]
    made = [("factoid", score(question(), reply(state=state), INDEX)) for state in states]
    some = summarise([*made, ("factoid", score(question(), None, INDEX))]).all

    assert (some.answered, some.related, some.nothing) == (0.5, 0.25, 0.25)
    assert (some.abstained, some.first, some.filler) == (0.4, 1.0, 0.0)


def test_figures_of_none_and_of_some() -> None:
    nothing = summarise([])
    assert nothing.all == Figures(
        questions=0, right=None, cited=None, abstained=None, words=None, citation_precision=None
    )
    assert (nothing.median_ms, nothing.reciprocal_rank, set(nothing.evidence_at.values())) == (None, None, {None})

    made = [("factoid", score(question(), reply(ms=ms), INDEX)) for ms in (30, 10, 20)] + [
        ("unanswerable", score(question(answerable=False), reply(state="related", ms=None), INDEX))
    ]
    some = summarise(made)
    assert list(some.by_type) == ["factoid", "unanswerable"]
    assert (some.answerable.questions, some.all.questions, some.all.right, some.answerable.abstained) == (3, 4, 1.0, 0)
    assert (some.median_ms, some.p95_ms) == (20, 30)


# The same figures as the development set's own scorer


@pytest.fixture(scope="module")
def scorer(bench: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", bench / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def invented_reply(item: dict[str, Any], urls: Sequence[str], own: Sequence[str], dice: random.Random) -> Reply:
    """A reply that gets this and that right: facts and evidence of the question, among words of other questions."""
    facts = [dice.choice(fact) for fact in item["answers"] if dice.random() < 0.8]
    said = facts + [each for each in item.get("forbidden", []) if dice.random() < 0.3]
    noise = ["word"] * dice.choice([0, 5, 60, 118])
    quotes = [each["quote"] for each in item["evidence"]] + facts + [" and ".join(facts), "nothing " * 90]

    def cut(text: str) -> str:
        words = text.split()
        return " ".join(words[dice.randrange(len(words) // 2 + 1) :]) if words else text

    def address() -> str:
        return dice.choice([*own, *own, dice.choice(urls)])

    return reply(
        " ".join([*said, *noise]) + " [1]",
        [(dice.choice(quotes), address()) for _ in range(dice.randrange(4))],
        [(cut(dice.choice(quotes)), address()) for _ in range(dice.randrange(21))],
        state="nothing" if dice.random() < 0.2 else "answered",
        ms=dice.randrange(1, 900),
    )


def reply_of_json(line: dict[str, Any]) -> Reply:
    return Reply(
        question=line["question"],
        query=line["query"],
        filters=Filters(),
        statements=(Statement(line["answer"]),),
        state=line.get("state", "nothing" if line["abstained"] else "answered"),
        reason=line["reason"],
        answered_by=line["answered_by"],
        citations=tuple(Citation(**each) for each in line["citations"]),
        retrieved=tuple(RetrievedPassage(**each) for each in line["retrieved"]),
        timings=line["timings"],
    )


def as_the_scorer_prints(summary: Summary) -> str:
    def number(value: float | None) -> float:
        return nan if value is None else value

    head = f"{'type':14} {'n':>3} {'right':>6} {'cited':>6} {'abstain':>7} {'words':>6} {'cit.prec':>8}"
    lines = [f"{head} {'first':>6} {'filler':>6}"]
    for name, each in [*summary.by_type.items(), ("answerable", summary.answerable), ("ALL", summary.all)]:
        lines.append(
            f"{name:14} {each.questions:3} {number(each.right):6.3f} {number(each.cited):6.3f} "
            f"{number(each.abstained):7.3f} {number(each.words):6.1f} {number(each.citation_precision):8.3f} "
            f"{number(each.first):6.3f} {number(each.filler):6.3f}"
        )
    evidence = "  ".join(f"evidence@{k} {number(share):.3f}" for k, share in summary.evidence_at.items())
    lines.append(f"retrieval      {evidence}  MRR {number(summary.reciprocal_rank):.3f}")
    lines.append(" " * 15 + "  ".join(f"facts@{k}    {number(share):.3f}" for k, share in summary.facts_at.items()))
    lines.append(f"latency ms     p50 {number(summary.median_ms):.0f}  p95 {number(summary.p95_ms):.0f}")
    return "\n".join(lines) + "\n"


def row_of(question: Question, measured: Score) -> dict[str, Any]:
    """A score as the scorer's row."""
    row = {"id": question.id, "type": question.type, "words": measured.words, "abstained": measured.abstained}
    row |= {"ms": measured.ms, "right": measured.right, "cited": measured.cited}
    if not question.answerable:
        return row
    assert measured.evidence_rank is not None
    assert measured.facts_rank is not None
    row |= {"citation_precision": measured.citation_precision}
    row |= {} if measured.first is None else {"first": measured.first, "filler": measured.filler}
    row |= {f"evidence@{k}": 0 < measured.evidence_rank <= k for k in CUTOFFS}
    row |= {f"facts@{k}": 0 < measured.facts_rank <= k for k in CUTOFFS}
    return row | {"rr": 1 / measured.evidence_rank if measured.evidence_rank else 0.0}


@pytest.mark.parametrize("replies", ["invented, seed 1", "invented, seed 2", "real"])
def test_the_figures_are_the_scorer_s_to_the_last_digit(
    bench: Path,
    scorer: ModuleType,
    tmp_path: Path,
    replies: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    items = [json.loads(line) for line in (bench / "questions.jsonl").read_text("utf-8").split("\n") if line]
    questions, index = read_questions(bench / "questions.jsonl"), read_index([bench / "index.json"])
    if replies == "real":
        file = ROOT / ".bench" / "dev.jsonl"
        if not file.exists():
            pytest.skip(
                f"{file} is not there: `python -m rag ask --batch` writes it (see the development set's README)"
            )
        of_id = {line["id"]: reply_of_json(line) for line in map(json.loads, file.read_text("utf-8").splitlines())}
        made = [of_id[item["id"]] for item in items]
    else:
        dice, urls = random.Random(replies), sorted(index.event_of)
        events = {item["id"]: [url for url in urls if index.event_of[url] == item["event"]] for item in items}
        made = [invented_reply(item, urls, events[item["id"]], dice) for item in items]
    answers = tmp_path / "answers.jsonl"
    lines = [json.dumps(each.to_json(item["id"])) for item, each in zip(items, made, strict=True)]
    answers.write_text("\n".join(lines), "utf-8")
    arguments = [bench / "questions.jsonl", answers, "--articles", bench / "index.json", "--json", tmp_path / "rows"]
    monkeypatch.setattr(sys, "argv", ["score.py", *map(str, arguments)])
    scorer.main()

    scores = [score(asked, each, index) for asked, each in zip(questions, made, strict=True)]
    summary = summarise((asked.type, each) for asked, each in zip(questions, scores, strict=True))

    theirs = json.loads((tmp_path / "rows").read_text())
    assert [row_of(asked, each) for asked, each in zip(questions, scores, strict=True)] == theirs["rows"]
    assert (summary.all.right, summary.all.cited) == (theirs["right"], theirs["cited"])
    assert as_the_scorer_prints(summary) == capsys.readouterr().out
    if replies != "real":  # the replies have to be such that everything is put to the test
        assert 0.1 < summary.answerable.cited < summary.answerable.right < 0.9  # type: ignore[operator]


# Runs, kept and compared

NOON = datetime(2031, 3, 11, 12, tzinfo=UTC)


def run_with(*results: Result, date: datetime = NOON, name: str = "own.jsonl", index: tuple[str, ...] = ()) -> Run:
    figures = summarise((each.type, each) for each in results)
    return Run(date=date, questions=name, index=index, model="word-count", articles=1, figures=figures, results=results)


def result(id: str, answer: str = "It took 12 people.", **fields: Any) -> Result:
    asked, found = question(id=id, **fields), reply(answer)
    return Result.of(asked, found, score(asked, found, INDEX))


def test_a_run_is_kept_whole_and_comes_back_the_same(tmp_path: Path) -> None:
    early, late = run_with(result("a")), run_with(result("a"), date=NOON + timedelta(seconds=1))

    paths = [keep(late, tmp_path), keep(early, tmp_path)]

    assert kept(tmp_path) == [late, early]
    assert paths[1] == tmp_path / "evaluations" / "2031-03-11T120000.000000Z.json"
    assert sorted((tmp_path / "evaluations").iterdir()) == sorted(paths)
    row = json.loads(paths[0].read_text())["results"][0]
    assert {"expected", "answer", "right", "cited", "abstained", "ms", "state", "first", "filler"} <= set(row)
    assert row["state"] == "answered"


NEW = ("state", "first", "filler", "answered", "related", "nothing")
"""What the figures and results of older versions do not have."""


def as_an_older_version_wrote(run: Run) -> dict[str, Any]:
    def without(told: Any) -> Any:
        if isinstance(told, dict):
            return {name: without(value) for name, value in told.items() if name not in NEW}
        return [without(each) for each in told] if isinstance(told, list) else told

    older: dict[str, Any] = without(run.model_dump(mode="json"))
    return older


def test_a_run_of_an_older_version_is_loaded_and_compared(tmp_path: Path) -> None:
    before = as_an_older_version_wrote(run_with(result("a"), result("b", "It took some.")))
    (tmp_path / "evaluations").mkdir()
    (tmp_path / "evaluations" / "older.json").write_text(json.dumps(before))
    now = run_with(result("a"), result("b"), date=NOON + timedelta(days=1))
    keep(now, tmp_path)

    (_, older) = kept(tmp_path)
    assert (older.figures.all.first, older.figures.all.answered, older.results[0].state) == (None, None, None)
    change = compare(now, kept(tmp_path))
    assert change
    assert [each.id for _, each in change.better] == ["b"]
    assert (change.then.all.related, change.now.all.related) == (None, 0)
    assert [*run_lines(older, 0)][1].split()[-5:] == ["–"] * 5


def test_of_a_removed_article_no_kept_run_tells_an_answer(tmp_path: Path) -> None:
    elsewhere = result("b").model_copy(update={"articles": ("id of a farm",)})
    older = result("c").model_copy(update={"articles": None})
    keep(run_with(result("a"), elsewhere, older), tmp_path)

    forget([f"id of {QUAY}"], tmp_path)

    (run,) = kept(tmp_path)
    assert [each.answer for each in run.results] == ["", "It took 12 people.", ""]
    assert [each.right for each in run.results] == [True] * 3


def test_what_cannot_be_read_as_a_run_is_logged_and_left_out(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    keep(run_with(result("a")), tmp_path)
    (tmp_path / "evaluations" / "torn.json").write_text('{"date": "2031-03-')
    (tmp_path / "evaluations" / "folder.json").mkdir()

    assert len(kept(tmp_path)) == 1
    assert "torn.json was skipped" in caplog.text
    assert "folder.json was skipped" in caplog.text
    assert kept(tmp_path / "nowhere") == []


def test_a_run_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "evaluations").write_text("a file")

    with pytest.raises(LibraryError, match=r"could not be saved in .*evaluations: File exists"):
        keep(run_with(result("a")), tmp_path)


def test_runs_of_one_file_are_compared_on_the_questions_both_have() -> None:
    poor = "It took some people."
    before = run_with(result("better", poor), result("worse"), result("same"), result("gone"), result("edited"))
    other = run_with(result("better"), name="other.jsonl", date=NOON + timedelta(minutes=1))
    later = run_with(
        result("better"),
        result("worse", poor),
        result("same"),
        result("edited", answers=[["13"]]),
        result("new"),
        date=NOON + timedelta(minutes=2),
        index=("index.json",),
    )

    change = compare(later, [later, other, before])

    assert change is not None
    assert change.before == before
    assert [(then.id, now.id) for then, now in change.better] == [("better", "better")]
    assert [(then.level, now.level) for then, now in change.worse] == [(2, 0)]
    assert (change.then.all.right, change.now.all.right, change.now.all.questions) == (2 / 3, 2 / 3, 3)
    assert (change.others, change.same_measure) == (2, False)
    assert compare(before, [later, other, before]) is None


@pytest.mark.parametrize(
    ("made", "verdict"),
    [
        (result("a"), "right and cited"),
        (
            result("a", "It took twelve people.", answers=[["twelve people"]]),
            "right, but not supported by its citations",
        ),
        (result("a", "It took some."), "not right"),
        (result("a", "It took 12 people. " + "word " * 120), "longer than 120 words"),
        (result("a", answerable=False), "answered, but there is no answer"),
        (Result.of(question(), None, score(question(), None), "It is too long."), "could not be asked"),
    ],
)
def test_verdicts(made: Result, verdict: str) -> None:
    assert made.verdict == verdict


def test_a_refusal_where_there_is_an_answer_is_called_that() -> None:
    for answerable, verdict in ((True, "refused, but there is an answer"), (False, "correctly refused")):
        asked, found = question(answerable=answerable), reply(state="nothing")
        assert Result.of(asked, found, score(asked, found)).verdict == verdict


# The command line

FERRY = "The ferry left Port Linnet at noon on Tuesday. It came back at night with 48 passengers."
OWN: list[dict[str, Any]] = [
    {"id": "left", "question": "When did the ferry leave Port Linnet?", "answers": [["at noon"]]},
    {
        "id": "back",
        "type": "followup",
        "turns": ["When did the ferry leave Port Linnet?"],
        "question": "When did it come back?",
        "answers": [["[bold]at dawn\x1b[31m"]],
    },
    {"id": "who", "question": "Who sank the Zeppelinheim?", "answerable": False},
]


@pytest.fixture
def ferry(run: Command, articles: Path) -> None:
    (articles / "ferry.json").write_text(json.dumps({"text": FERRY, "url": QUAY, "title": "Ferry"}))
    assert run("ingest", articles).code == 0


def write(folder: Path, questions: Sequence[dict[str, Any]]) -> Path:
    path = folder / "own.jsonl"
    path.write_text("\n".join(map(json.dumps, questions)))
    return path


def test_evaluate_prints_the_figures_the_failures_and_what_changed(run: Command, ferry: None, tmp_path: Path) -> None:
    write(tmp_path, OWN)

    ran = run("evaluate", "own.jsonl")

    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    columns = "type n right cited abstain words cit.prec first filler answered related nothing"
    assert lines[0].split() == columns.split()
    table = {line.split()[0]: line.split()[1:5] for line in lines[1:6]}
    assert table == {
        "followup": ["1", "0.000", "0.000", "0.000"],
        "unanswerable": ["1", "1.000", "1.000", "1.000"],
        "untyped": ["1", "1.000", "1.000", "0.000"],
        "answerable": ["2", "0.500", "0.500", "0.000"],
        "ALL": ["3", "0.667", "0.667", "0.333"],
    }
    assert "Without an index of articles (--articles)" in ran.out
    assert "- back: When did it come back? (followup): not right" in lines
    assert "    expected  [bold]at dawn\ufffd[31m" in lines
    assert re.search("    found     .*It came back at night", ran.out)
    assert "This is the first run of this questions file" in ran.out
    (file,) = (tmp_path / "store" / "evaluations").iterdir()
    assert lines[-1] == f"saved in {file}"
    stored = json.loads(file.read_text("utf-8"))
    assert (stored["questions"], stored["model"], stored["articles"]) == ("own.jsonl", "word-count", 1)

    mended = [OWN[0], OWN[1] | {"answers": [["at night"]]}, OWN[2] | {"question": "Who?", "answerable": False}]
    write(tmp_path, mended)
    second = run("evaluate", "own.jsonl", "--worst", 0).out
    assert ", on the 1 questions in both runs:" in second
    assert "better: none" in second

    poorer = json.loads(file.read_text("utf-8"))
    poorer["results"][0] |= {"right": False, "cited": False}
    for path in (tmp_path / "store" / "evaluations").iterdir():
        path.unlink()
    file.write_text(json.dumps(poorer))
    write(tmp_path, OWN)
    third = run("evaluate", "own.jsonl").out
    assert "  right 0.333 → 0.667" in third
    assert "  better: 1\n    left: When did the ferry leave Port Linnet?: not right → right and cited" in third
    assert "  worse: none" in third


def test_evaluate_prints_json_and_judges_by_an_index(run: Command, ferry: None, tmp_path: Path) -> None:
    write(tmp_path, [OWN[0] | {"event": "ferry"}])
    for name, event in (("right", "ferry"), ("wrong", "flood")):
        (tmp_path / f"{name}.json").write_text(json.dumps([{"id": "a1", "url": QUAY, "event": event}]))

    wrong = json.loads(run("evaluate", "own.jsonl", "--articles", "wrong.json", "--json").out)
    right = json.loads(run("evaluate", "own.jsonl", "--articles", "right.json", "--json").out)

    assert (wrong["results"][0]["right"], wrong["results"][0]["cited"]) == (True, False)
    assert wrong["figures"]["all"]["citation_precision"] == 0.0
    assert wrong["change"] is None
    assert right["index"] == ["right.json"]
    assert right["change"]["better"] == ["left"]
    assert right["change"]["cited"] == [0.0, 1.0]
    assert json.loads(Path(right.pop("file")).read_text("utf-8")) == {k: v for k, v in right.items() if k != "change"}


def test_a_question_that_cannot_be_asked_fails_alone(run: Command, ferry: None, tmp_path: Path) -> None:
    write(tmp_path, [{"id": "long", "question": "x" * 2000, "answerable": False}, OWN[0]])

    ran = run("evaluate", "own.jsonl")

    assert ran.code == 1
    assert "(unanswerable): could not be asked" in ran.out
    assert "found     The question has 2000 characters; at most 1000 are allowed." in ran.out
    assert ran.out.count("saved in ") == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nowhere.jsonl",), "nowhere.jsonl cannot be read: "),
        (("bad.jsonl",), 'bad.jsonl, line 1: answers is "x": input should be a valid list.'),
        (("own.jsonl", "--articles", "nowhere.json"), "nowhere.json cannot be read: "),
        (("own.jsonl", "--articles", "bad.jsonl"), "bad.jsonl: input should be a valid array."),
        (("own.jsonl", "--store", "empty"), "The library in empty is empty, so there is nothing to evaluate. "),
    ],
)
def test_what_cannot_be_evaluated_gets_a_sentence(
    run: Command, ferry: None, tmp_path: Path, arguments: tuple[str, ...], expected: str
) -> None:
    write(tmp_path, OWN)
    (tmp_path / "bad.jsonl").write_text('{"question": "Who?", "answers": "x"}')

    ran = run("evaluate", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(expected)
    assert len(ran.err.splitlines()) == 1
    assert not (tmp_path / "store" / "evaluations").exists()


def test_the_sample_questions_can_be_evaluated() -> None:
    questions = read_questions(DATA / "sample-questions.jsonl")

    assert {each.type for each in questions} == {"untyped", "unanswerable"}
