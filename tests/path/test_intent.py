"""What a question is for: what is seen of it, and how well the kinds are told apart; with the packaged model."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from rag.models.embedding import Embedding
from rag.models.files import sha256
from rag.querying.intent import FITTED, INTENTS, fitted, intent_of, runs_of, terms_of, without_topic
from rag.settings import ROOT
from tests.conftest import DATA
from tests.support.fakes import WordCountEmbedding

JUDGED = DATA / "intents.jsonl"
LEAST_MACRO_F1, MOST_TAKEN = 0.92, 0.02


def test_the_topic_is_left_out() -> None:
    masked = without_topic("Who’s said what about Ann Lowe?", frozenset({"who's", "said", "what", "about", "?"}))

    assert masked == ["who's", "said", "what", "about", "X", "?"]
    assert terms_of(["who", "X"]) == ["^", "who", "X", "$", "^ who", "who X", "X $"]
    assert runs_of("Ox?") == [" o", "ox", "x ", " ox", "ox ", " ox ", " ?", "? ", " ? "]


def test_what_was_fitted_was_fitted_to_the_phrasings_that_are_there() -> None:
    kept = json.loads(FITTED.read_text("utf-8"))

    for name, digest in kept["data"].items():
        assert sha256(ROOT / "training" / "data" / name) == digest
    assert kept["figures"]["macro_f1"] >= LEAST_MACRO_F1
    assert all(share <= MOST_TAKEN for share in kept["figures"]["facts_taken"].values())
    assert len(fitted().weights) == len(INTENTS)


def test_the_kinds_are_told_apart(model: Embedding) -> None:
    rows = [json.loads(line) for line in JUDGED.read_text("utf-8").splitlines()]
    pairs = Counter((row["intent"], intent_of(row["question"], model)) for row in rows)
    scores = []
    for kind in INTENTS:
        told, meant = (sum(n for pair, n in pairs.items() if pair[place] == kind) for place in (1, 0))
        scores.append(2 * pairs[kind, kind] / (told + meant))

    assert sum(scores) / len(scores) >= LEAST_MACRO_F1


@pytest.mark.parametrize("question", ["?", "…", "x", "Who won?", "Biegun", "sanctions", "Biegun sanctions railroad"])
def test_what_says_little_is_a_question_for_a_fact(model: Embedding, question: str) -> None:
    assert intent_of(question, model) == "fact"


def test_another_model_of_the_library_changes_nothing(model: Embedding) -> None:
    for question in ("Summarize", "Who said what?", "list all articles"):
        assert intent_of(question, WordCountEmbedding()) == intent_of(question, model)
