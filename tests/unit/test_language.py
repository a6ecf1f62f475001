"""Which language a text is in, and what is said of a question or an article that is not in English."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.assistant import Assistant
from rag.library.library import Library
from rag.querying.query import language_note
from rag.settings import PACKAGED_MODEL, Settings
from rag.text.language import foreign_language_of, language_name
from tests.conftest import Run
from tests.support.fakes import WordCountEmbedding

FRENCH = (
    "Le pont de Vessermark a été fermé mardi après le choc d'une péniche contre un pilier. Le maire a dit que personne "
    "ne savait encore quand il rouvrirait. Les habitants de la rive nord doivent prendre le bac."
)


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("Wann wurde die Brücke geschlossen?", "de"),
        ("Qui a dit que le pont était fermé ?", "fr"),
        ("¿Cuántas personas resultaron heridas?", "es"),
        ("Сколько человек пострадало?", "ru"),
        ("谁关闭了大桥？", "zh"),
        ("When was the bridge closed?", None),
        ("Solmar Vessermark Quernside", None),
        ("Schwarzenberg Hauptbahnhof fire", None),
        ("Who is Jürgen Müller-Lüdenscheidt?", None),
        ("La Paloma", None),
        ("ferry", None),
        ("17", None),
        ("", None),
    ],
)
def test_a_question_is_judged_only_where_it_is_plain(question: str, language: str | None) -> None:
    assert foreign_language_of(question) == language


def test_no_question_of_the_bench_is_taken_for_a_foreign_one(bench: Path) -> None:
    for name in ("questions.jsonl", "more-questions.jsonl"):
        for line in (bench / name).read_text().splitlines():
            asked = json.loads(line)
            for question in (asked["question"], *asked.get("turns", [])):
                assert language_note(question) == "", question


def test_languages_have_names() -> None:
    assert [language_name(code) for code in ("de", "pt-BR", "zh_Hant", "xx")] == [
        "German",
        "Portuguese",
        "Chinese",
        "xx",
    ]


def test_a_reply_notes_it_under_the_default_model_alone(library: Library) -> None:
    question = "Wann wurde die Brücke geschlossen?"
    default = Assistant(library, WordCountEmbedding(PACKAGED_MODEL), Settings(store=library.folder))
    other = Assistant(library, WordCountEmbedding(), Settings(store=library.folder))

    assert default.ask(question).note.startswith("This question looks like German; the default model reads English.")
    assert other.ask(question).note == default.ask("When was the bridge closed?").note == ""


def test_ingesting_says_the_language_of_an_article(run: Callable[..., Run], articles: Path) -> None:
    path = articles / "pont.txt"
    path.write_text(FRENCH)

    assert run("ingest", path).err == f"added, in French: {path}\n"
    assert json.loads(run("list", "--json").out)[0]["language"] == "fr"
