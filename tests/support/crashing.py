"""A library that is worked on by a process which may be killed at any moment, and what must hold of it afterwards.

What is done is written into a journal before and after, so that whoever looks knows what was told to be done, and what
was under way.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.assistant import Assistant
from rag.errors import SecondSourceError
from rag.library.backup import back_up
from rag.library.library import Library
from rag.settings import Settings
from tests.support.checks import assert_whole, outcomes, put_in
from tests.support.fakes import NothingMayBeEmbedded, WordCountEmbedding

IN_MEMORY = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
"""A folder where no disk has to be waited for."""
SENTENCES = 12
States = dict[int, int]
"""The version of each article by its number; one that is not there is 0."""


def write_article(folder: Path, number: int, version: int) -> Path:
    """The file of an article: "word7" stands in every version of the article 7, "word7v2" in the second one alone."""
    lines = [
        f"Sentence {m} of article{number} says that word{number} met word{number}v{version} at "
        f"harbour{number * m % 17} and bridge{(number + m) % 13} on day {m}."
        for m in range(SENTENCES)
    ]
    path = folder / f"{number:04}.txt"
    path.write_text(f"Report {number} from the harbour\n\n" + "\n\n".join(lines), "utf-8")
    return path


def open_assistant(store: Path, may_embed: bool = True) -> Assistant:
    """The assistant on the library in `store`, with the model that counts words."""
    embedding = WordCountEmbedding() if may_embed else NothingMayBeEmbedded()
    library = Library.open(store, embedding.identity, embedding.model_name)
    return Assistant(library, embedding, Settings(store=store, models=store))


def version_of(text: str, number: int) -> int:
    """Which version of the article `number` a text is; raises where it is none."""
    return int(text.split(f"word{number}v")[1].split()[0])


def held(library: Library) -> States:
    """The version of each article that the library has. Fails where one is there twice."""
    numbers = {int(Path(str(article.path)).stem): article for article in library.articles()}
    assert len(numbers) == library.status().articles, "an article is there twice"
    return {number: version_of(article.text, number) for number, article in numbers.items()}


def ask_and_check(assistant: Assistant, numbers: Sequence[int]) -> None:
    """Ask about articles: every citation and every passage considered is, to the letter, what is stored.

    What is there is found by its word, in its last version; what is not is not.
    """
    present = held(assistant.library)
    for number in numbers:
        reply = assistant.ask(f"What did word{number} meet on day 3?")
        for each in (*reply.citations, *reply.retrieved):
            text = assistant.library.article(each.article_id).text  # raises where it is not there
            assert text[each.start : each.end] == (each.quote if hasattr(each, "quote") else each.text)
        found = assistant.library.passages([id for id, _ in assistant.library.by_words(f"word{number}", 9)]).values()
        texts = [assistant.library.article(each.article_id).text[each.start : each.end] for each in found]
        assert bool(texts) == (number in present), texts
        assert all(f"word{number}v{present[number]} " in text for text in texts), texts


@dataclass
class Journal:
    """What was told to be done to the library, line by line: `begin` before, `end` after."""

    path: Path

    def write(self, **line: object) -> None:
        handle = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, json.dumps(line).encode() + b"\n")
        os.close(handle)

    def lines(self) -> Iterator[dict[str, Any]]:
        if self.path.exists():
            yield from map(json.loads, self.path.read_text().splitlines())


@dataclass
class Expected:
    """What the library holds: of an article that was being changed there are two possible versions."""

    sure: States
    maybe: dict[int, set[int]] = field(default_factory=dict)

    @classmethod
    def after(cls, before: States, journal: Journal) -> Expected:
        found = cls(dict(before))
        for line in journal.lines():
            for number, version in line["changes"]:
                if "end" in line:
                    found.maybe.pop(number, None)
                    found.sure[number] = version
                else:
                    possible = found.maybe.setdefault(number, {found.sure.get(number, 0)})
                    possible.add(version)
        return found

    def check(self, now: States) -> States:
        """Fails where something is lost, doubled or half there; what is there is what is sure from now on."""
        for number in self.sure.keys() | self.maybe.keys() | now.keys():
            possible = self.maybe.get(number, {self.sure.get(number, 0)})
            assert now.get(number, 0) in possible, (
                f"article {number} is in version {now.get(number, 0)}, not {possible}"
            )
        return now


def work(store: Path, folder: Path, journal_path: Path, seed: Path) -> None:
    """Ingest, change, remove, index anew, ask, back up, in random order, until killed."""
    chance, journal = random.Random(str(seed)), Journal(journal_path)
    with open_assistant(store) as assistant:
        states = held(assistant.library)
        journal.write(did="nothing", changes=[])
        while True:
            do = chance.choices([_put, _remove, _rebuild, _describe, _purge, _ask], [5, 3, 1, 2, 0.3, 4])[0]
            journal.write(did=do.__name__.strip("_"), changes=[])
            do(assistant, folder, states, journal, chance)
            journal.write(did="nothing", changes=[])


def _put(assistant: Assistant, folder: Path, states: States, journal: Journal, chance: random.Random) -> None:
    changes = {n: states.get(n, 0) + 1 for n in chance.sample(range(400), chance.randint(1, 20))}
    paths = [write_article(folder, n, version) for n, version in changes.items()]
    journal.write(did="put", changes=list(changes.items()))
    events = put_in(assistant.library, assistant.embedding, *paths)
    assert set(outcomes(events)) <= {"added", "updated"}, events
    states |= changes
    journal.write(end=True, did="put", changes=list(changes.items()))


def _remove(assistant: Assistant, _: Path, states: States, journal: Journal, chance: random.Random) -> None:
    present = assistant.library.articles()
    chosen = chance.sample(present, min(len(present), chance.randint(1, 12)))
    changes = [(int(Path(str(article.path)).stem), 0) for article in chosen]
    journal.write(did="remove", changes=changes)
    assistant.library.remove([article.id for article in chosen])
    for number, _version in changes:
        states.pop(number)
    journal.write(end=True, did="remove", changes=changes)


def _rebuild(assistant: Assistant, *_: object) -> None:
    assistant.library.indexes.rebuild()


def _purge(assistant: Assistant, *_: object) -> None:
    assistant.library.purge()


def _describe(assistant: Assistant, _: Path, states: States, journal: Journal, chance: random.Random) -> None:
    if ids := assistant.library.catalogue.ids():
        assistant.intake.edit(chance.choice(ids), {"outlet": f"The Herald {chance.randint(1, 3)}"})


def _ask(assistant: Assistant, _: Path, states: States, journal: Journal, chance: random.Random) -> None:
    ask_and_check(assistant, [chance.randrange(400)])


def assert_holds(store: Path, expected: Expected, seed: int) -> States:
    """Open what was left, with nothing embedded anew, and check everything; what the library holds."""
    with open_assistant(store, may_embed=False) as assistant:
        now = expected.check(held(assistant.library))
        assert_whole(assistant.library)
    with open_assistant(store) as assistant:
        ask_and_check(assistant, random.Random(seed).sample(range(400), 4))
    return now


DONE: dict[str, Callable[[Assistant, Path], object]] = {
    "ingest": lambda assistant, folder: put_in(assistant.library, assistant.embedding, folder),
    "rebuild": lambda assistant, folder: assistant.library.indexes.rebuild(),
    "remove": lambda assistant, folder: assistant.library.remove(assistant.library.catalogue.ids()[:40]),
    "purge": lambda assistant, folder: assistant.library.purge(),
    "back up": lambda assistant, folder: back_up(assistant.library.folder, assistant.library.folder / "b.zip", True),
    "ask": lambda assistant, folder: ask_and_check(assistant, range(3)),
}


def do_on_a_bad_disk(store: Path, folder: Path, report: Path, what: Path) -> None:
    """Open the library and do something; write what was said where it could not be done."""
    said = None
    try:
        with open_assistant(store) as assistant:
            DONE[str(what)](assistant, folder)
    except SecondSourceError as error:
        said = str(error)
    report.write_text(json.dumps({"said": said}))
