"""The reader: a small trained model that finds answers in passages, checks claims and compares sentences.

It runs on onnxruntime. `training/` makes it; `rag/models/reader.json` says from what, and how well it reads.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from rag.errors import ModelError
from rag.models.files import open_session, sha256
from rag.models.priority_lock import MACHINE

MODEL = Path(__file__).with_name("reader.onnx")
MOST_QUESTION_TOKENS, MOST_TITLE_TOKENS, MOST_TOKENS = 48, 32, 320
MOST_CLAIM_TOKENS = 80
"""As in training: the model has seen nothing longer."""
CLS, SEPARATOR = 101, 102
LONGEST_ANSWER = 40
"""The most tokens that the answer within a sentence may have."""

_AUXILIARIES = """
do does did is are was were has have had will would can could may might shall should must
"""
AUXILIARIES = frozenset(_AUXILIARIES.split())
ASKING = frozenset(("who", "whom", "whose", "what", "which", "when", "where", "why", "how"))
MOST_PLACES = 4
"""Places that are tried for the auxiliary of a yes-or-no question: its subject can end at any of them."""
_GOES_ON = """
a an the any some no both all every each other own its his her their our of and or in for on at from to with by over
near behind between against about into than as after before who that which whose
"""
GOES_ON = frozenset(_GOES_ON.split())
"""Words that cannot end a subject."""
_LAST_SENTENCE = re.compile(r"(.*\w\w[.!?]\s+)?(.+)", re.DOTALL)

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader says about one sentence of a passage.

    `score` is a logit that can be compared across the passages of one question. `sentence[start:end]` is the answer
    within the sentence, and `span` its probability among all spans of the sentence. `yes` is the probability that it
    says yes, for a question that asks yes or no.
    """

    score: float
    start: int
    end: int
    span: float
    yes: float

    @property
    def probability(self) -> float:
        """The probability that the sentence answers, by its score alone."""
        return probability(self.score)


@dataclass(frozen=True, slots=True)
class Reading:
    """A passage read with a question: one answer for each sentence that fits, and the logit of "not here"."""

    answers: tuple[Answer, ...]
    nothing: float

    @property
    def score(self) -> float:
        """The score of the best sentence, comparable across the passages of one question."""
        return max((answer.score for answer in self.answers), default=-math.inf)


@dataclass(frozen=True, slots=True)
class Layout:
    """One input: token `ids` and their `types` (0 for the question or claim, 1 for the text it is compared with).

    `sentences` has the tokens `[first, last)` of each sentence that fits, in order. `offsets` has for each token the
    number of its sentence and its characters `[start, end)` in it, or None outside sentences.
    """

    ids: list[int]
    types: list[int]
    sentences: list[tuple[int, int]]
    offsets: list[tuple[int, int, int] | None]


def lay_out(tokenizer: Tokenizer, question: str, title: str, sentences: Sequence[str]) -> Layout:
    """A question with a passage: the headline of its article and as many of its `sentences` as fit into MOST_TOKENS."""
    ids = [CLS, *_ids(tokenizer, question)[:MOST_QUESTION_TOKENS], SEPARATOR]
    types = [0] * len(ids)
    ids += _ids(tokenizer, f"{title}.")[:MOST_TITLE_TOKENS] if title else []
    offsets: list[tuple[int, int, int] | None] = [None] * len(ids)
    spans = []
    for number, sentence in enumerate(sentences):
        room = MOST_TOKENS - 1 - len(ids)
        if room <= 0:
            break
        read = tokenizer.encode(sentence, add_special_tokens=False)
        spans.append((len(ids), len(ids) + len(read.ids[:room])))
        ids += read.ids[:room]
        offsets += [(number, start, end) for start, end in read.offsets[:room]]
    ids.append(SEPARATOR)
    return Layout(ids, types + [1] * (len(ids) - len(types)), spans, [*offsets, None])


def lay_out_two(tokenizer: Tokenizer, first: str, title: str, second: str) -> Layout:
    """A claim or sentence, and the text it is compared with, under the headline `title` ("" for none)."""
    ids = [CLS, *_ids(tokenizer, first)[:MOST_CLAIM_TOKENS], SEPARATOR]
    types = [0] * len(ids)
    ids += _ids(tokenizer, f"{title}.")[:MOST_TITLE_TOKENS] if title else []
    ids = [*[*ids, *_ids(tokenizer, second)][: MOST_TOKENS - 1], SEPARATOR]
    return Layout(ids, types + [1] * (len(ids) - len(types)), [], [])


def statements(question: str) -> list[tuple[str, str]]:
    """A yes-or-no question as statements, each with its denial: "It did rain." and "It did not rain."

    Only a parser could say where the subject ends. So the auxiliary is put after the first word, after the second and
    so on, in MOST_PLACES places at most. Empty if the question does not ask yes or no.
    """
    found = _LAST_SENTENCE.fullmatch(question.strip().rstrip("?").rstrip())
    if not found:
        return []
    before, words = found[1] or "", found[2].split()
    plain = [_without_not(word.lower().replace("’", "'")) for word in words]
    at = next((n for n, word in enumerate(plain) if word in AUXILIARIES), len(words))
    if at == len(words) or (at and not words[at - 1].endswith(",")) or plain[0].strip(",") in ASKING:
        return []
    opening, auxiliary, rest = words[:at], plain[at], words[at + 1 :]
    places = [
        n
        for n in range(1, min(len(rest), 7))
        if rest[n - 1].lower() not in GOES_ON and rest[n].lower() not in ("of", "and", "or")
    ]
    made = []
    for n in places[:MOST_PLACES]:
        said, denied = (" ".join([*opening, *rest[:n], *verb, *rest[n:]]) for verb in ([auxiliary], [auxiliary, "not"]))
        made.append((f"{before}{said[:1].upper()}{said[1:]}.", f"{before}{denied[:1].upper()}{denied[1:]}."))
    return made


def _without_not(word: str) -> str:
    """An auxiliary without its "n't": "Didn't it rain?" is answered like "Did it rain?"."""
    return {"won't": "will", "can't": "can", "cannot": "can", "shan't": "shall"}.get(word, word.removesuffix("n't"))


def _ids(tokenizer: Tokenizer, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(text, add_special_tokens=False).ids
    return ids


class Reader:
    """The loaded reader; use `load_reader`. It makes one run at a time, whoever asks."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        self._session = open_session(model)
        self._tokenizer = Tokenizer.from_file(str(tokenizer))

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[str]]]) -> list[Reading]:
        """Read `question` with each of the passages: a headline, or "", and the passage's sentences.

        A reading has an answer only for the sentences that fit into MOST_TOKENS.
        """
        layouts = [lay_out(self._tokenizer, question, title, sentences) for title, sentences in passages]
        readings = []
        for layout, (scores, nothing, span, yes_no) in zip(
            layouts, self._run(layouts, ["sentences", "nothing", "span", "yes_no"]), strict=True
        ):
            answers = (_answer(layout, n, scores[0, n], span[0], yes_no[0, n]) for n in range(len(layout.sentences)))
            readings.append(Reading(tuple(answers), float(nothing[0])))
        return readings

    def support(self, claim: str, evidence: Sequence[tuple[str, str]]) -> Scores:
        """Whether each text (a headline, or "", and sentences) supports the claim.

        Returns an array (texts, 3) of the probabilities: supported, contradicted, not stated.
        """
        return self._compared([lay_out_two(self._tokenizer, claim, title, text) for title, text in evidence], "support")

    def says_yes(self, question: str, evidence: Sequence[tuple[str, str]]) -> Scores | None:
        """Whether each text (a headline, or "", and a sentence that answers) says yes: probabilities (texts,).

        `yes_no.json` says how often that is right, and from which probability on it may be shown. None if the question
        does not ask yes or no.
        """
        leanings = self.leanings(question, evidence)
        return None if leanings is None else np.asarray(1 / (1 + np.exp(-yes_no()["scale"] * leanings)), np.float32)

    def leanings(self, question: str, evidence: Sequence[tuple[str, str]]) -> Scores | None:
        """How much better each text supports the question as a statement than its denial: (texts,)."""
        made = statements(question)
        if not made:
            return None
        layouts = [
            lay_out_two(self._tokenizer, claim, title, text)
            for title, text in evidence
            for both in made
            for claim in both
        ]
        logits = np.array([found[0, 0] for (found,) in self._run(layouts, ["support"])], np.float32)
        said, denied = logits.reshape(len(evidence), len(made), 2).transpose(2, 0, 1)
        return np.asarray((said - denied).mean(axis=1), np.float32)

    def relation(self, pairs: Sequence[tuple[str, str]]) -> Scores:
        """Whether the two sentences of each pair agree, differ or are unrelated: probabilities (pairs, 3)."""
        return self._compared([lay_out_two(self._tokenizer, one, "", other) for one, other in pairs], "relation")

    def _compared(self, layouts: Sequence[Layout], head: str) -> Scores:
        logits = [found[0] for (found,) in self._run(layouts, [head])]
        return _softmax(np.array(logits, np.float32).reshape(-1, 3))

    def _run(self, layouts: Sequence[Layout], outputs: Sequence[str]) -> Iterator[list[Any]]:
        """The model's outputs for each layout.

        One at a time: as fast as a batch on a few cores, and with int8 a batch would change the result for a text.
        """
        for layout in MACHINE.each(layouts):
            yield self._session.run(list(outputs), _feed(layout))


@cache
def load_reader(model: Path = MODEL) -> Reader:
    """The reader in that file, checked and loaded once. Raises ModelError if a file is missing or was changed."""
    check(model)
    return Reader(model, model.with_name("reader-tokenizer.json"))


def check(model: Path = MODEL) -> None:
    """Raise ModelError if the file of the model or tokenizer is missing or is not the original."""
    about = model.with_name("reader.json")
    way_out = "Put the file back as it was delivered: `git checkout -- rag/models`."
    try:
        expected: dict[str, str] = dict(json.loads(about.read_text("utf-8"))["sha256"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{about}, which describes the reader, cannot be read. {way_out}") from error
    for name, digest in expected.items():
        path = model.with_name(name)
        try:
            found = sha256(path)
        except OSError as error:
            raise ModelError(f"The reader's file {path} is missing or cannot be read. {way_out}") from error
        if found != digest:
            raise ModelError(
                f"The reader's file {path} is not the one it should be (sha256 {found[:12]}, expected {digest[:12]}). "
                f"{way_out}"
            )


@cache
def yes_no() -> dict[str, float]:
    """What `training.yes_no` found for `says_yes`: the `scale` of its logit, and `clear`, the least probability of yes,
    or of no, with which an answer is shown.
    """
    kept: dict[str, float] = json.loads(MODEL.with_name("yes_no.json").read_text("utf-8"))["weights"]
    return kept


def probability(score: float) -> float:
    """A score as a probability."""
    return 1 / (1 + math.exp(min(-score, 700.0)))


def _feed(layout: Layout) -> dict[str, NDArray[Any]]:
    tokens = len(layout.ids)
    members = np.zeros((1, max(1, len(layout.sentences)), tokens), np.float32)
    for number, (first, last) in enumerate(layout.sentences):
        members[0, number, first:last] = 1
    ids, types = np.array([layout.ids], np.int64), np.array([layout.types], np.int64)
    return {"input_ids": ids, "token_type_ids": types, "attention_mask": np.ones_like(ids), "members": members}


def _answer(layout: Layout, number: int, score: float, span: Scores, yes_no: Scores) -> Answer:
    """The answer in one sentence; `span` has the logits (tokens, 2) of its start and its end."""
    first, last = layout.sentences[number]
    if first == last:  # no tokens
        return Answer(-math.inf, 0, 0, 0.0, 0.5)
    starts, ends = _softmax(span[first:last].T)
    likely = np.triu(np.outer(starts, ends))
    likely -= np.triu(likely, LONGEST_ANSWER)
    begin, stop = np.unravel_index(int(likely.argmax()), likely.shape)
    one, other = layout.offsets[first + int(begin)], layout.offsets[first + int(stop)]
    assert one is not None
    assert other is not None
    return Answer(float(score), one[1], other[2], float(likely.max()), float(_softmax(yes_no)[0]))


def _softmax(logits: NDArray[Any]) -> Scores:
    """Probabilities along the last axis."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float32)
