"""A library beside a plain model of it: whatever is done in whatever order, both hold the same."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from rag.errors import UnknownArticle
from tests.conftest import SOAK, Tell
from tests.support.checks import assert_whole, outcomes, put_in
from tests.support.crashing import IN_MEMORY, ask_and_check, open_assistant, write_article

NUMBERS = st.integers(0, 9)
OUTLETS = ["The Linnet Herald", "The Hollin Islander", ""]


class LibraryMachine(RuleBasedStateMachine):
    """The model: of each article's number the versions that it has had, and the outlet that a person gave it."""

    steps = 0

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=IN_MEMORY))
        self.articles = self.folder / "articles"
        self.articles.mkdir()
        self.versions: dict[int, list[int]] = {}
        self.outlets: dict[int, str] = {}
        self.ids: dict[int, str] = {}
        self.assistant = open_assistant(self.folder / "store")

    def teardown(self) -> None:
        if hasattr(self, "assistant"):
            assert_whole(self.assistant.library)
            self.assistant.close()
            shutil.rmtree(self.folder)

    @rule(number=NUMBERS, version=st.integers(1, 4))
    def put(self, number: int, version: int) -> None:
        path = write_article(self.articles, number, version)
        (event,) = put_in(self.assistant.library, self.assistant.embedding, path)
        had = self.versions.setdefault(number, [])
        assert event.outcome == ("added" if not had else "unchanged" if had[-1] == version else "updated")
        assert self.ids.setdefault(number, str(event.article_id)) == event.article_id
        if event.outcome != "unchanged":
            had.append(version)

    @rule(numbers=st.sets(NUMBERS, min_size=2), version=st.integers(1, 4))
    def put_several(self, numbers: set[int], version: int) -> None:
        paths = [write_article(self.articles, number, version) for number in sorted(numbers)]
        events = put_in(self.assistant.library, self.assistant.embedding, *paths)
        for number, event in zip(sorted(numbers), sorted(events, key=lambda each: each.source), strict=True):
            had = self.versions.setdefault(number, [])
            if not had or had[-1] != version:
                had.append(version)
            self.ids.setdefault(number, str(event.article_id))

    @precondition(lambda self: self.versions)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sets(st.sampled_from(sorted(self.versions)), min_size=1))
        self.assistant.library.remove([self.ids[number] for number in chosen])
        for number in chosen:
            self.versions.pop(number)
            self.outlets.pop(number, None)
            with pytest.raises(UnknownArticle):
                self.assistant.library.article(self.ids.pop(number))

    @precondition(lambda self: self.versions)
    @rule(data=st.data(), outlet=st.sampled_from(OUTLETS))
    def correct(self, data: st.DataObject, outlet: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.versions)))
        self.assistant.intake.edit(self.ids[number], {"outlet": outlet})
        self.outlets[number] = outlet

    @rule(number=NUMBERS)
    def ask(self, number: int) -> None:
        ask_and_check(self.assistant, [number])

    @rule(number=NUMBERS)
    def find(self, number: int) -> None:
        found = {id.rsplit("-", 2)[0] for id, _ in self.assistant.library.by_words(f"word{number}", 50)}
        assert found == ({self.ids[number]} if number in self.versions else set())

    @rule(index_anew=st.sampled_from([False, False, False, True]))
    def restart(self, index_anew: bool) -> None:
        if index_anew:
            self.assistant.library.indexes.rebuild()
        self.assistant.close()
        self.assistant = open_assistant(self.folder / "store")
        assert self.assistant.library.indexes.repaired is None

    @rule()
    def read_again(self) -> None:
        """What has been removed is there once more where its file still is."""
        for number in range(10):
            if number not in self.versions:
                (self.articles / f"{number:04}.txt").unlink(missing_ok=True)
        if self.versions:
            events = put_in(self.assistant.library, self.assistant.embedding, self.articles)
            assert set(outcomes(events)) == {"unchanged"}

    @invariant()
    def both_hold_the_same(self) -> None:
        if not hasattr(self, "assistant"):
            return
        type(self).steps += 1
        library = self.assistant.library
        held = {article.id: article for article in library.articles()}
        assert held.keys() == set(self.ids.values())
        for number, versions in self.versions.items():
            article = held[self.ids[number]]
            assert f"word{number}v{versions[-1]} " in article.text
            assert article.version == len(versions)
            assert len(library.catalogue.versions(article.id)) == len(versions) - 1
            assert article.outlet == (self.outlets.get(number) or None)
        assert library.status().pending == 0
        assert library.indexes.vectors.count() == library.indexes.keywords.count() == library.status().passages


@pytest.mark.parametrize("examples", [4, pytest.param(260, marks=SOAK)])
def test_the_library_and_its_model_hold_the_same(examples: int, tell: Tell) -> None:
    LibraryMachine.steps = 0
    run_state_machine_as_test(
        LibraryMachine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=50,
            deadline=None,
            derandomize=examples < 10,
            suppress_health_check=list(HealthCheck),
        ),
    )
    tell(f"{LibraryMachine.steps} steps of the state machine without a difference")
