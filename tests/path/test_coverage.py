"""Who says what: figures, claims, quotes, origins, time and people, on invented articles."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from rag.article import Article
from rag.assistant import Assistant
from rag.coverage.claims import claim
from rag.coverage.coverage import Coverage
from rag.coverage.coverage_json import coverage_json
from rag.coverage.events import opening_names, same_event, shared_names
from rag.coverage.origins import origins
from rag.coverage.people import people, same_person
from rag.coverage.quotes import QuoteRow, ledger
from rag.coverage.relation import features, relation
from rag.coverage.timeline import timeline
from rag.ingestion.split import sentences
from rag.library.library import Library
from rag.library.word_vectors import read
from rag.models.embedding import Embedding
from rag.reply import ArticleReading, ScoredSentence
from rag.settings import ROOT, Settings
from rag.text.dated_sentences import dated
from rag.text.quantities import quantities
from tests.conftest import Run
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding

STORY = "The barge Marigold Six struck the third pier of the Candlemas Bridge in thick fog on Tuesday morning. "


def put(library: Library, embedding: Embedding, folder: Path, **texts: str) -> list[Article]:
    """The articles of these outlets, in the library; all of one day, a Wednesday."""
    for outlet, text in texts.items():
        item = {"title": f"Barge hits bridge, says {outlet}", "text": text, "sitename": outlet, "date": "2031-03-12"}
        (folder / f"{outlet}.json").write_text(json.dumps(item), "utf-8")
    put_in(library, embedding, folder)
    return sorted(library.articles(), key=lambda article: article.outlet or "")


# Figures


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("At least 19 people and two dogs.", [("count", 19, True), ("count", 2, False)]),
        ("It cost $4.6 million, or 46,000 crowns.", [("money", 4_600_000, False), ("count", 46_000, False)]),
        ("It sank at 7:40 a.m. on March 11, 2031.", [("clock", 460, False), ("date", 311, False)]),
        ("No one was hurt; nobody drowned.", [("count", 0, False), ("count", 0, False)]),
        ("It takes six or seven hours.", [("hour", 6, False), ("hour", 7, False)]),
        ("One of them came 15th in 2019.", [("ordinal", 15, False), ("in year", 2019, False)]),
        ("Twenty-one boats, 9 percent of all.", [("count", 21, False), ("percent", 9, False)]),
        (
            "Ada Quill, 64, and a 12-year-old sold 30 pies.",
            [("age", 64, False), ("age", 12, False), ("count", 30, False)],
        ),
        (
            "They won 3-1, and 7-8-1 in all, with 10-40 fans.",
            [("score", 3001, False), ("score", 7008001, False), ("count", 10, False), ("count", 40, False)],
        ),
        ("The Linnet 9 tram carries 27 people and another two.", [("count", 27, False), ("added", 2, False)]),
        ("It weighs 64 metric tons, or 143million grains.", [("ton", 64, False), ("count", 143e6, False)]),
        ("On the one hand, the second one; only one girl.", [("ordinal", 2, False), ("count", 1, False)]),
    ],
)
def test_figures_and_their_kinds(text: str, expected: list[tuple[str, float, bool]]) -> None:
    found = [(figure.kind, figure.value, figure.about) for figure in quantities(text)]

    assert found[: len(expected)] == expected


def test_about_so_many_is_the_same_as_nearly_as_many() -> None:
    (about,), (exact,), (other,) = quantities("more than 500"), quantities("527"), quantities("612")

    assert about.same_as(exact)
    assert not about.same_as(other)
    assert not exact.same_as(other)


# Two sentences


def test_the_same_in_other_words_agrees_and_another_number_differs(library: Library, model: Embedding) -> None:
    hurt, also, more, else_ = read(
        [
            "Seventeen people were hurt when the barge hit the bridge, the police said.",
            "The police said that 17 people had been hurt when the barge hit the bridge.",
            "Nineteen people were hurt when the barge hit the bridge, the hospital said.",
            "A bakery on the quay has won a prize for its rye bread.",
        ],
        model,
        library,
    )

    assert relation(hurt, also) == "agree"
    assert relation(hurt, else_) == "unrelated"
    assert relation(hurt, more) == "differ"
    assert features(hurt, more)["other_value"] > 0.5
    assert features(hurt, more) == pytest.approx(features(more, hurt), abs=1e-5)
    assert features(hurt, also)["other_value"] == 0


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        # What is counted: the same thing, another one, one named otherwise; a whole and its parts.
        ("Police found 40 boats on the quay.", "Police found 60 boats on the quay.", True),
        ("Police found 40 Danish boats on the quay.", "Police found 60 Swedish boats on the quay.", False),
        ("The barge carried 12 people.", "The barge carried ten guests and two pilots.", False),
        # A name between the same words, and spelled otherwise.
        ("It will rise in the Bay of Lindt.", "It will rise in the Bay of Orsk.", True),
        ("It was raised by Henrike Solmar today.", "It was raised by Henrike Sollmar today.", False),
        # A word that only one of them negates.
        ("The minister has resigned.", "The minister has not resigned.", True),
        ("The minister has never resigned.", "The minister has not resigned.", False),
    ],
)
def test_a_contradiction_is_another_value_of_the_same_thing(
    library: Library, model: Embedding, one: str, other: str, contradict: bool
) -> None:
    a, b = read([one, other], model, library)

    assert (features(a, b)["other_value"] > 0.3) == contradict
    if not contradict:
        assert relation(a, b) != "differ"


# Claims


def read_with(article: Article, text: str, score: float, words: str = "", nothing: float = -2.0) -> ArticleReading:
    """The article as if the reader had given its sentence `text` that score, and `words` as those that answer."""
    start = article.text.index(text)
    first = article.text.index(words or text, start)
    place = (first, first + len(words or text))
    sentence = ScoredSentence(article, start, start + len(text), score, place, 0.9)
    return ArticleReading(article, (sentence,), nothing, whole=True)


def unclear(_question: str, _texts: Sequence[tuple[str, str]]) -> None:
    return None


def test_outlets_stand_under_their_answers_and_copies_count_once(
    library: Library, articles: Path, model: Embedding
) -> None:
    many, few = "At least 19 people were hurt.", "At least 17 people were hurt."
    copy = STORY * 2 + "Divers went down twice on Wednesday and saw nothing but mud, said the harbour master. "
    found = put(
        library,
        WordCountEmbedding(),
        articles,
        ledger=f"{few} The hospital counted them as they came in one by one, until late at night.",
        post=copy + many,
        courier=copy + many,
        times=copy.replace("Divers", "They") + "It snowed.",
    )
    courier, other, post, silent = found
    readings = [
        read_with(post, many, 3, "At least 19 people"),
        read_with(courier, many, 2.5, "At least 19 people"),
        read_with(other, few, 2, "At least 17 people"),
        read_with(silent, "It snowed.", -9),
    ]

    laid = claim("How many people were hurt?", readings, origins(library, found), library, model, unclear)

    assert [(each.outlet, each.verdict, each.group) for each in laid.accounts] == [
        ("post", "answers", 0),
        ("courier", "answers", 0),
        ("ledger", "answers", 1),
        ("times", "not mentioned", None),
    ]
    assert laid.values == ("At least 19 people", "At least 17 people")
    assert laid.origins == (1, 1)
    assert (laid.answering, laid.outlets, laid.differs) == (3, 4, True)
    for account in laid.accounts:
        assert (account.excerpt is None) == (account.verdict == "not mentioned")


def test_a_sentence_far_behind_the_best_answers_nothing(library: Library, articles: Path, model: Embedding) -> None:
    found = put(
        library, WordCountEmbedding(), articles, ledger="The bridge is green.", post="It was foggy on the quay."
    )
    near = read_with(found[0], "The bridge is green.", 2, "green")
    written = origins(library, found)

    def laid(score: float, whole: bool) -> list[str]:
        far = replace(read_with(found[1], "It was foggy on the quay.", score), whole=whole)
        accounts = claim("What colour is the bridge?", [near, far], written, library, model, unclear).accounts
        assert accounts[0].outlet == "ledger"
        return [account.verdict for account in accounts]

    assert laid(-9, whole=True) == ["answers", "not mentioned"]
    assert laid(-9, whole=False) == ["answers", "not read"]
    assert laid(-1, whole=True) == ["answers", "related"]


def test_yes_and_no_are_two_answers_and_what_is_unclear_is_related(
    library: Library, articles: Path, model: Embedding
) -> None:
    found = put(
        library,
        WordCountEmbedding(),
        articles,
        ledger="The minister has resigned.",
        post="The minister has not resigned, her office said.",
        times="The minister will speak about her office.",
    )
    readings = [read_with(each, each.text, 3) for each in found]
    says = {"ledger": True, "post": False, "times": None}

    def says_yes(_question: str, texts: Sequence[tuple[str, str]]) -> list[bool | None]:
        return [next(says[str(each.outlet)] for each in found if each.text == text) for _, text in texts]

    laid = claim("Has the minister resigned?", readings, origins(library, found), library, model, says_yes)

    said = {each.outlet: (each.verdict, laid.values[each.group] if each.group is not None else "")
            for each in laid.accounts}  # fmt: skip
    assert said == {"ledger": ("answers", "Yes"), "post": ("answers", "No"), "times": ("related", "")}
    assert laid.differs


def test_the_answer_published_last_comes_first_and_one_day_in_two_wordings_is_one_answer(
    library: Library, articles: Path, model: Embedding
) -> None:
    found = put(
        library,
        WordCountEmbedding(),
        articles,
        ledger="The bridge will open on Friday.",
        post="The bridge is to open on 14 March 2031, the town said.",
        times="The bridge will open in the autumn of next year.",
    )
    words = {"ledger": "Friday", "post": "14 March 2031", "times": "autumn of next year"}
    dated = [replace(each, published="2031-03-13") if each.outlet == "times" else each for each in found]
    readings = [read_with(each, each.text, 3, words[str(each.outlet)]) for each in dated]

    laid = claim("When does the bridge open?", readings, origins(library, dated), library, model, unclear)

    groups = [{each.outlet for each in laid.accounts if each.group == number} for number in range(len(laid.values))]
    assert groups == [{"times"}, {"ledger", "post"}]


# Events


def test_two_accidents_of_one_kind_are_one_event_only_if_they_share_names() -> None:
    tram, also, subway = (
        Article(text=text, title=title)
        for title, text in (
            (
                "Tram derails at Sollen",
                "Five people died when a tram derailed near Sollen, the mayor, Ada Quill, said.",
            ),
            ("Sollen mourns", "Ada Quill, the mayor of Sollen, laid flowers where the tram had left the rails."),
            ("Trains collide in Ostrava Street", "Two trains collided in the tunnel at Ostrava Street, said Jan Pell."),
        )
    )
    together = shared_names(opening_names(tram), opening_names(also))
    apart = shared_names(opening_names(tram), opening_names(subway))

    assert together > 0.5
    assert apart == 0.0
    assert same_event(0.45, together)
    assert not same_event(0.45, apart)
    assert same_event(0.8, apart)  # the same words from beginning to end


# Quotes


def rows(library: Library, folder: Path, **texts: str) -> list[QuoteRow]:
    embedding = WordCountEmbedding()
    return ledger(library, embedding, put(library, embedding, folder, **texts))


def test_one_utterance_in_one_row_with_the_words_that_differ(library: Library, articles: Path) -> None:
    (row, *rest) = rows(
        library,
        articles,
        ledger="“We shall mend this bridge in broad daylight, and before September,” Henrike Solmar said. It rained.",
        post="Henrike Solmar, the minister, said: “We shall mend this bridge in full daylight, and before October.”",
        times="“Nobody slept on the boats that night,” said Ada Quill, who sells ice on the quay.",
    )

    assert (row.speaker, row.outlets) == ("Henrike Solmar", ("post", "ledger")) or row.outlets == ("ledger", "post")
    assert row.verdict in ("worded differently", "same meaning")
    marked = [each.article.text[start:end] for each in row.wordings for start, end in each.differing]
    assert set(marked) == {"full", "October", "broad", "September"}  # in both columns
    assert [each.outlets for each in rest if each.speaker == "Ada Quill"] == [("times",)]


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        ("quickly and before October", "fast and before October", "same meaning"),
        ("in broad daylight, and never at night", "in broad daylight, and mostly at night", "worded differently"),
        ("but it will not be done before October", "but it will be done before October", "worded differently"),
        ("and we are confident that it is near", "and we are certain that all can do it", "worded differently"),
    ],
)
def test_the_same_is_meant_only_if_nothing_says_otherwise(
    library: Library, model: Embedding, articles: Path, one: str, other: str, verdict: str
) -> None:
    texts = {"ledger": f"“We shall mend this bridge {one},” Ada Quill said.",
             "post": f"“We shall mend this bridge {other},” Ada Quill said."}  # fmt: skip
    (row, *_) = ledger(library, model, put(library, WordCountEmbedding(), articles, **texts))

    assert (row.speaker, row.verdict) == ("Ada Quill", verdict)


def test_a_shorter_quotation_of_the_same_words_is_the_same(library: Library, articles: Path) -> None:
    (row, *_) = rows(
        library,
        articles,
        ledger="“The light was out for twelve days before anybody looked,” said Ada Quill. “We told them so.”",
        post="The light, Ada Quill said, “was out for twelve days before anybody looked”.",
    )

    assert (row.verdict, len(row.outlets)) == ("same words", 2)
    assert not any(each.differing for each in row.wordings)


def test_other_words_of_the_same_speaker_are_another_row(library: Library, articles: Path) -> None:
    found = rows(
        library,
        articles,
        ledger="“The light was out for twelve days,” said Ada Quill.",
        post="“I sold more ice than ever before in my life,” said Ada Quill.",
    )

    assert [row.verdict for row in found] == ["alone", "alone"]


def test_indirect_speech_is_kept_apart(library: Library, articles: Path) -> None:
    found = rows(library, articles, ledger="Ada Quill said that the light had been out for days. It was a fine light.")

    assert [(row.speaker, [each.manner for each in row.wordings]) for row in found] == [("Ada Quill", ["indirect"])]


# Origins


def test_what_a_carrier_cut_and_added(library: Library, articles: Path) -> None:
    last, own = "Nobody is to blame for the fog on the river.", "Our readers were late for work all week."
    body = STORY + "The river has been shut to boats ever since, and will be until the pier is down to the waterline. "
    found = put(library, WordCountEmbedding(), articles, ledger=body + last, post=body + own, times="It rained.")

    (copied, single) = origins(library, found)

    assert {each.article.outlet for each in copied.carriers} == {"ledger", "post"}
    assert [each.article.outlet for each in single.carriers] == ["times"]
    (less,) = [each for each in copied.carriers if not each.fullest]
    cut, added = ([each.text for each in less.added], len(less.cut))
    assert (cut, added) in (([own], 1), ([last], 1))


# Time


def spoken(text: str, published: str | None = "2031-03-12") -> list[tuple[str, str, bool]]:
    article = Article(text=text, published=published)
    return [(str(e.first), str(e.last), e.computed) for e in dated(article, sentences(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It sank on 11 March 2031.", ("2031-03-11", "2031-03-11", False)),
        ("It sank on March 11, 2031, at noon.", ("2031-03-11", "2031-03-11", False)),
        ("It had sunk in December 2029 already.", ("2029-12-01", "2029-12-31", False)),
        ("The bridge was built in 1987 by hand.", ("1987-01-01", "1987-12-31", False)),
        ("It sank on Tuesday.", ("2031-03-11", "2031-03-11", True)),
        ("It was new in December.", ("2030-12-01", "2030-12-31", True)),
        ("It will open again on September 1.", ("2031-09-01", "2031-09-01", True)),
    ],
)
def test_dates_written_out_and_computed(text: str, expected: tuple[str, str, bool]) -> None:
    assert spoken(text) == [expected]


def test_without_a_date_of_its_own_an_article_computes_nothing() -> None:
    assert spoken("It sank on Tuesday, as it had on March 3.", None) == []
    assert spoken("It sank on 32 July, it says.") == []


def test_one_thing_told_twice_is_one_entry_and_disputed_where_the_dates_differ(
    library: Library, articles: Path
) -> None:
    found = put(
        library,
        WordCountEmbedding(),
        articles,
        ledger="The barge Marigold Six struck the Candlemas Bridge on 11 March 2031. The bridge opened in 1987.",
        post="On 11 March 2031 the barge Marigold Six struck the Candlemas Bridge in fog.",
        times="The Candlemas Bridge was opened to trams by the queen herself in 1988.",
    )

    entries = timeline(library, found)

    struck = next(entry for entry in entries if entry.first == date(2031, 3, 11))
    assert {each.article.outlet for each in struck.told} == {"ledger", "post"}
    assert not struck.disputed
    assert [entry.first.year for entry in entries][:2] == [1987, 1988] or any(entry.disputed for entry in entries)


# People


def test_one_person_under_several_spellings(library: Library, articles: Path) -> None:
    assert same_person("Henrike Solmar", "Henrike Sollmar")
    assert same_person("Solmar Henrike", "Henrike Solmar")
    assert same_person("Solmar", "Henrike Solmar")
    assert not same_person("Henrike Solmar", "Ada Quill")
    assert not same_person("", "Ada Quill")
    text = "The minister, Henrike {}, spoke. Mr Tam Orrin, a driver, was there. {} left early."
    for name in ("Solmar", "Sollmar"):
        (articles / f"{name}.txt").write_text(text.format(name, name))
    put_in(library, WordCountEmbedding(), articles)
    found = people(library, library.articles())

    (solmar,) = [each for each in found if "Solmar" in each.name or "Sollmar" in each.name]
    assert set(solmar.spellings) == {"Henrike Solmar", "Henrike Sollmar"}


# The whole


@pytest.fixture(scope="module")
def covered(model: Embedding, tmp_path_factory: pytest.TempPathFactory) -> Coverage:
    store = tmp_path_factory.mktemp("samples") / "store"
    with Library.open(store, model.identity, model.model_name) as library:
        assistant = Assistant(library, model, Settings(store=store))
        list(assistant.ingest([ROOT / "rag" / "samples" / "articles"]))
        return assistant.coverage("How many people were injured when the barge hit?")


def test_the_sample_library_differs_on_how_many_were_hurt(covered: Coverage) -> None:
    (laid,) = covered.claims
    said = {each.outlet: each.excerpt.text for each in laid.accounts if each.verdict == "answers" and each.excerpt}

    assert laid.differs
    assert "Nineteen" in (said["Vessermark Courier"] or "") or "19" in (said["Vessermark Courier"] or "")
    assert "17" in (said["Linnet Herald"] or "") or "17" in str(said)
    assert any(origin.name == "Capstan Wire" and len(origin.carriers) == 2 for origin in covered.origins)
    assert "outlets cover this" in covered.statement


def test_every_cell_rests_on_a_citation_that_is_to_the_letter(covered: Coverage) -> None:
    texts = {article.id: article.text for article in covered.articles}
    found = list(citations(coverage_json(covered)))

    assert len(found) > 20
    for each in found:
        assert each["quote"] == texts[each["article_id"]][each["start"] : each["end"]]
        assert 0 < len(each["quote"]) <= 600


def citations(value: object) -> list[dict[str, object]]:
    """All citations anywhere in the JSON."""
    if isinstance(value, dict):
        own = [value] if "quote" in value else []
        return own + [each for inner in value.values() for each in citations(inner)]
    return [each for inner in value for each in citations(inner)] if isinstance(value, list) else []


# The command


def test_the_command_prints_markdown_csv_and_json(run: Callable[..., Run], articles: Path) -> None:
    hostile = "=HYPERLINK(1) said | the *barge* <b>struck</b> the bridge. The barge struck the bridge at noon."
    for outlet in ("=cmd", "post"):
        item = {"title": "The barge", "text": hostile, "sitename": outlet, "date": "2031-03-12"}
        (articles / f"{outlet}.json").write_text(json.dumps(item), "utf-8")
    assert run("ingest", articles).code == 0

    as_json, markdown, as_csv = (
        run("coverage", "What struck the bridge?", *more) for more in (["--json"], [], ["--format", "csv"])
    )

    assert {each["outlet"] for each in json.loads(as_json.out)["articles"]} == {"=cmd", "post"}
    assert "<b>" not in markdown.out
    assert "2 outlets cover this" in markdown.out
    table = list(csv.reader(io.StringIO(as_csv.out)))
    assert {len(row) for row in table} == {11}
    assert not any(cell.startswith("=") for row in table for cell in row)


def test_a_wrong_format_and_an_empty_library_are_said(run: Callable[..., Run]) -> None:
    wrong = run("coverage", "What struck the bridge?", "--format", "pdf")
    nothing = run("coverage", "What struck the bridge?")

    assert (wrong.code, "md" in wrong.err) == (2, True)
    assert (nothing.code, nothing.out.count("No article in the library")) == (0, 1)
