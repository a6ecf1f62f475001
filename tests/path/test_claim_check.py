"""Sentences that a model might write, beside the passages they cite: invented ones, and the labelled set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag.article import Article, Sentence
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.querying.claim_check import Checker, ClaimVerdict
from rag.querying.claim_facts import (
    ClaimEvidence,
    attribution,
    denies,
    in_a_voice,
    missing_names,
    negations,
    wrong_quote,
)
from rag.querying.claim_features import likelihood_of
from rag.querying.prompt_passages import Source
from rag.text.names import name_words
from tests.conftest import DATA
from tests.support.checks import put_in
from tests.support.fakes import WordCountEmbedding

LABELS = DATA / "check.jsonl"
BARGE = """A barge struck the Marram bridge in Vessermark on Monday, and 17 people were hurt.

The harbour master, Ilse Thorsby, said the barge had lost its rudder in the current. The bridge was not closed to \
trains. Engineer Jonas Vell told reporters that repairs would cost 40 million crowns and last until May 2032."""


@pytest.fixture(scope="module")
def barge(model: Embedding, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Checker, Source]]:
    folder = tmp_path_factory.mktemp("barge")
    articles = folder / "articles"
    articles.mkdir()
    told = {
        "title": "Barge strikes bridge",
        "maintext": BARGE,
        "date_publish": "2031-03-12",
        "url": "https://a.example/1",
    }
    (articles / "barge.json").write_text(json.dumps(told), "utf-8")
    with Library.open(folder / "store", model.identity, model.model_name) as library:
        put_in(library, model, articles)
        (article,) = library.articles()
        yield Checker(library, model), Source(article, 0, len(article.text))


def found(barge: tuple[Checker, Source], claim: str) -> ClaimVerdict:
    checker, source = barge
    return checker.check(claim, [source])


@pytest.mark.parametrize(
    "claim",
    [
        "Seventeen people were hurt when a barge hit the Marram bridge in Vessermark.",
        "Ilse Thorsby, the harbour master, said the barge had lost its rudder.",
        "The barge struck the bridge on 10 March.",
        "Jonas Vell said the repairs would cost 40 million crowns.",
    ],
)
def test_what_the_passage_tells_is_borne_out_by_its_sentence(barge: tuple[Checker, Source], claim: str) -> None:
    finding = found(barge, claim)

    assert finding.support == "supported", finding
    text = barge[1].article.text
    assert all(text[sentence.start : sentence.end].strip() for _, sentence in finding.evidence)


@pytest.mark.parametrize(
    ("claim", "lack"),
    [
        ("Nineteen people were hurt when a barge hit the Marram bridge.", "Nineteen"),
        ("A barge struck the Marram bridge on Friday.", "Friday"),
        ("The repairs would last until May 2033, Jonas Vell said.", "2033"),
        ("A barge struck the Ekmoor bridge in Vessermark.", "Ekmoor"),
        ("Jonas Vell said the barge had lost its rudder in the current.", "Jonas Vell"),
        ("According to the police, the barge had lost its rudder in the current.", "police"),
        ("Ilse Vell said the barge had lost its rudder.", "Ilse Vell"),
    ],
)
def test_what_is_changed_is_not_borne_out_and_it_is_said_what(
    barge: tuple[Checker, Source], claim: str, lack: str
) -> None:
    finding = found(barge, claim)

    assert (finding.support, lack in finding.lack) == ("unsupported", True), finding


@pytest.mark.parametrize(
    "claim", ["The bridge was closed to trains.", "Elephants have been seen in the harbour of the capital."]
)
def test_what_is_negated_or_invented_is_not_told_as_borne_out(barge: tuple[Checker, Source], claim: str) -> None:
    assert found(barge, claim).support != "supported"


def test_what_only_somebody_said_is_not_told_as_a_fact(barge: tuple[Checker, Source]) -> None:
    finding = found(barge, "The barge had lost its rudder in the current.")

    assert (finding.support, finding.lack) == ("partly", "the article only says that somebody said so")


def test_an_entailment_model_has_the_last_word(barge: tuple[Checker, Source]) -> None:
    checker, source = barge
    claim = "Seventeen people were hurt when a barge hit the Marram bridge in Vessermark."
    for scores, support in [((0.9, 0.05), "supported"), ((0.2, 0.1), "partly"), ((0.05, 0.9), "unsupported")]:
        careful = Checker(checker.library, checker.embedding, lambda premise, claim, scores=scores: scores)
        assert careful.check(claim, [source]).support == support


def test_nothing_is_borne_out_by_no_source(barge: tuple[Checker, Source]) -> None:
    assert barge[0].check("Seventeen people were hurt.", []).support == "unsupported"


def test_names_negations_and_attributions() -> None:
    assert [word for _, word in name_words("On Monday Ilse Thorsby of NATO met the U.S. team.")] == [
        "Ilse",
        "Thorsby",
        "NATO",
        "U.S",
    ]
    assert len(negations("It was not closed, and nobody denied it; not only that.")) == 3
    assert (denies("They said it was a lie."), denies("They lived there.")) == (True, False)
    assert attribution("According to Ilse Thorsby, it rained.") == "Ilse Thorsby"
    assert attribution("It rained.") is None
    article = Article(text="Chinese envoys met Ilse Thorsby in the United States.")
    sentence = Sentence(0, len(article.text))
    evidence = ClaimEvidence(article, (sentence,), sentence)
    assert missing_names("Envoys of China met Thorsby in the US.", evidence) == ([], [])
    assert missing_names("They met in Norway.", evidence) == (["Norway"], [])


def test_the_weights_prefer_what_is_covered() -> None:
    row = dict.fromkeys(
        ("new", "covered", "least", "in_order", "several", "stray", "cosine", "in_place", "elsewhere", "misplaced"), 0.8
    )
    likely = row | {"several": 0.0, "stray": 0.0, "elsewhere": 0.0, "misplaced": 0.0, "opposed": 0.0}

    assert likelihood_of(likely) > likelihood_of(likely | {"opposed": 1.0}) + 0.3
    assert likelihood_of(likely) > likelihood_of(likely | {"covered": 0.3, "new": 0.3, "cosine": 0.2})


def test_the_labelled_set(bench: Path, model: Embedding, tmp_path: Path) -> None:
    """A third of it, with the weights fitted on all; benchmarks/check.py gives the figures on events not fitted on."""
    embedding = WordCountEmbedding(max_tokens=256)
    caught: dict[str, list[bool]] = {}
    items = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    items = [item for item in items if item["kind"] != "model"][::3]
    folder = tmp_path / "articles"
    folder.mkdir()
    for id in {part[0] for item in items for part in item["sentence"] if not isinstance(part, str)} | {
        item["article"] for item in items
    }:
        if id != "article":
            (folder / f"{id}.json").write_bytes((bench / "articles" / f"{id}.json").read_bytes())
    with Library.open(tmp_path / "store", embedding.identity, embedding.model_name) as library:
        put_in(library, embedding, folder)
        articles = {Path(str(each.path)).stem: each for each in library.articles()}
        checker = Checker(library, model)
        for item in items:
            article = articles[item["article"]]
            texts = {id: each.text for id, each in articles.items()} | {"article": article.text}
            claim = "".join(p if isinstance(p, str) else texts[p[0]][p[1] : p[2]] for p in item["sentence"])
            finding = checker.check(claim, [Source(article, item["start"], item["end"])])
            kept = item["kind"] == "paraphrase"
            right = finding.support != "unsupported" if kept else finding.support != "supported"
            caught.setdefault(item["kind"], []).append(right)

    share = {kind: sum(right) / len(right) for kind, right in caught.items()}
    assert min(share[kind] for kind in ("number", "date", "name")) >= 0.95, share
    assert min(share[kind] for kind in ("speaker", "place")) >= 0.85, share
    assert share["paraphrase"] >= 0.9, share


@pytest.mark.parametrize(
    ("claim", "found"),
    [
        ("“The ferry sank at once,” said Ilse Varga.", "The ferry sank at once,"),
        ("The ferry sank at once,” said Ilse Varga.", "The ferry sank at once,"),
        ("Ilse Varga said: “The ferry sank at once.", "The ferry sank at once."),
        ('"The ferry is late", said Ilse Varga.', None),
        ("Ilse Varga called it “the Old Lady”, and said “the ferry is late”.", None),
        ("Ilse Varga said the ferry was late.", None),
    ],
)
def test_quoted_words_have_to_stand_in_the_article(claim: str, found: str | None) -> None:
    text = "“The ferry is late,” said Ilse Varga. The captain agreed."
    sentence = Sentence(0, 37)

    assert wrong_quote(claim, ClaimEvidence(Article(text), (sentence,), sentence)) == found


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("I was on the beach when it burned.", True),
        ("It was a wonderful evening!", True),
        ("We cross the river at noon.", True),
        ("“I was on the beach!”, said Ilse Varga.", False),
        ("The US team was on the beach.", False),
    ],
)
def test_somebodys_own_words_are_no_fact(claim: str, expected: bool) -> None:
    assert in_a_voice(claim) is expected
