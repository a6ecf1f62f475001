"""The nouns of an answer: what a question's conditions, a citation, a statement and a reply are. All frozen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

from rag.article import Article, Excerpt

State = Literal["answered", "related", "nothing"]
"""An answer; only sentences that are related to the question; neither."""
Support = Literal["supported", "partly", "unsupported"]
Intent = Literal[
    "fact", "summary", "comparison", "wording", "statements", "timeline", "person", "holdings", "new", "small_talk",
    "cannot",
]  # fmt: skip
"""What a question is for: `training/data/intents.jsonl` has phrasings of each."""
Verdict = Literal["answers", "supports", "contradicts", "related", "not mentioned", "not read"]
"""What an outlet has on a question: an answer, something near it, or nothing; "not read" if not all of its passages
were read. On a sentence: it supports it, contradicts it, has something near it, or nothing.
"""
SaysYes = Callable[[str, Sequence[tuple[str, str]]], Sequence[bool | None] | None]
"""Whether each text (a headline, or "", and a sentence) says yes to a question; None where that is not clear, and for
all of them if the question does not ask yes or no.
"""
Reason = Literal["not_covered", "outside_filters", "empty_library", "unsupported", "model_failed"]


@dataclass(frozen=True, slots=True)
class Filters:
    """Conditions on what may be retrieved; `since` and `until` are both inclusive.

    `articles` are the ids of those that were chosen, or of a `collection` by its name, which may be empty. With `read`
    the conditions that a question itself names are to be read from it and hold as well.
    """

    outlets: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    articles: tuple[str, ...] = ()
    collection: str | None = None
    read: bool = False

    def __bool__(self) -> bool:
        return bool(self.outlets or self.since or self.until or self.within)

    @property
    def within(self) -> bool:
        """Whether only chosen articles, or those of a collection, are meant."""
        return bool(self.articles) or self.collection is not None

    def leaves_open(self, article: Article) -> bool:
        """Whether there is a condition on dates of which nobody can say that `article` meets it.

        An undated article meets it where every day of its inferred range does.
        """
        if article.published or not (self.since or self.until):
            return False
        after = not self.since or bool(article.published_from and article.published_from >= self.since.isoformat())
        before = not self.until or bool(article.published_until and article.published_until <= self.until.isoformat())
        return not (after and before)

    def to_json(self) -> dict[str, Any]:
        """As the command line prints it: "collection" or "articles" only where only these are meant."""
        told: dict[str, Any] = {
            "outlets": list(self.outlets),
            "since": self.since.isoformat() if self.since else None,
            "until": self.until.isoformat() if self.until else None,
        }
        if self.collection is not None:
            told["collection"] = self.collection
        elif self.articles:
            told["articles"] = list(self.articles)
        return told | ({"read": True} if self.read else {})

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> Filters:
        """The conditions that `to_json` told; of a collection its name, not its articles."""
        since, until = (date.fromisoformat(told[name]) if told[name] else None for name in ("since", "until"))
        articles, collection = tuple(told.get("articles", ())), told.get("collection")
        return cls(tuple(told["outlets"]), since, until, articles, collection, told.get("read", False))


FROM_THE_QUESTION = Filters(read=True)
"""The conditions that a question names itself, and no others."""


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered pointer to sentences of one article; `checked` means quote == text[start:end] as stored."""

    number: int
    article_id: str
    title: str | None
    outlet: str | None
    origin: str | None
    published: str | None
    url: str | None
    path: str | None
    start: int
    end: int
    quote: str
    checked: bool = False
    published_at: str | None = None

    @classmethod
    def of(cls, excerpt: Excerpt, number: int = 0) -> Citation:
        """The citation of an excerpt."""
        article = excerpt.article
        return cls(
            number, article.id, article.title, article.outlet, article.origin, article.published, article.url,
            article.path, excerpt.start, excerpt.end, excerpt.text, checked=True, published_at=article.published_at,
        )  # fmt: skip

    def unnumbered(self) -> dict[str, Any]:
        """A sentence that is only related, as JSON: no answer refers to it."""
        return {name: value for name, value in asdict(self).items() if name != "number"}


@dataclass(frozen=True, slots=True)
class ScoredSentence(Excerpt):
    """A sentence that may answer a question, or speak of what another does, and how well: `score` is the reader's score
    (see `rag.models.reader.Answer`), or the cosine of the two.

    `words` are the start and end of the words that answer, in the article, and `sure` is how likely the reader holds
    them among all the words of the sentence.
    """

    score: float
    words: tuple[int, int] | None = None
    sure: float = 0.0


@dataclass(frozen=True, slots=True)
class ArticleReading:
    """An article read with a question: its sentences, best first, and `nothing`, the mean logit of "not here" over the
    passages that were read. `whole` is true if all passages of the article were read.
    """

    article: Article
    sentences: tuple[ScoredSentence, ...]
    nothing: float
    whole: bool


@dataclass(frozen=True, slots=True)
class RetrievedPassage:
    """A passage that was retrieved for a question, whether or not the answer cites it."""

    rank: int
    article_id: str
    outlet: str | None
    url: str | None
    path: str | None
    start: int
    end: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Found:
    """A question understood, and the passages that it would be answered from, best first."""

    question: str
    query: str
    filters: Filters
    retrieved: tuple[RetrievedPassage, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "question": self.question,
            "query": self.query,
            "filters": self.filters.to_json(),
            "retrieved": [asdict(passage) for passage in self.retrieved],
        }


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of a statement's text: words that `answer`, or that were `added` to the article's own.

    Added are a computed date, whom "he" means and who is speaking; `outlet` marks the name that opens an account;
    `fixed` are the program's own words in a direct line.
    """

    start: int
    end: int
    kind: Literal["answer", "added", "outlet", "fixed"]


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer and the numbers of the citations it rests on.

    Of a sentence that a model wrote, `support` is what its check came to and `lack` what it does not bear out; the
    citations `added` are not the model's own. What is `struck` is no part of the answer. A `direct` one is a line of
    the answer itself, above the sentences: the articles' exact words and fixed ones.
    """

    text: str
    citations: tuple[int, ...] = ()
    marks: tuple[Mark, ...] = ()
    support: Support | None = None
    lack: str = ""
    added: tuple[int, ...] = ()
    struck: bool = False
    direct: bool = False

    def __str__(self) -> str:
        return self.text + "".join(f" [{number}]" for number in self.citations)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a block: a cell a column, and the numbers of the citations whose words belong to it."""

    cells: tuple[str, ...]
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Block:
    """What is shown in an answer and is not prose: a table whose articles' words are those of its rows' citations."""

    kind: Literal["quotes", "accounts", "timeline", "list", "table"]
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


IN_THEIR_WORDS = "In the articles' words"
"""Over the last column of a block: what each row's citations quote."""
MORE = "More on this"
"""Over what is related to a question that is answered."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One earlier question of the same chat and what was answered.

    `cited` are the ids of the articles of its citations, in the order of their numbers; `reading` that of the article
    of the chat that was open when the next question was asked.
    """

    question: str
    answer: str
    cited: tuple[str, ...] = ()
    reading: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, or a refusal with its reason, with its citations and the passages considered."""

    question: str
    query: str
    filters: Filters
    statements: tuple[Statement, ...]
    state: State
    reason: Reason | None
    answered_by: str
    citations: tuple[Citation, ...] = ()
    more: tuple[Citation, ...] = ()
    """What is only related to the question. Their numbers go on from the citations'; no statement has them."""
    retrieved: tuple[RetrievedPassage, ...] = ()
    timings: Mapping[str, int] = field(default_factory=dict)
    struck_out: int = 0
    """How many citations failed their check and were left out."""
    note: str = ""
    """A word on how the answer was come by: why a model's was not taken, that it was stopped, what it cost."""
    intent: Intent = "fact"
    blocks: tuple[Block, ...] = ()

    @property
    def abstained(self) -> bool:
        """Whether the question is not answered."""
        return self.state != "answered"

    @property
    def answer(self) -> str:
        """The answer as one line of text, each statement followed by its citation numbers in brackets."""
        return " ".join(str(statement) for statement in self.statements if not statement.struck)

    @property
    def direct(self) -> str | None:
        """The answer itself with its citation numbers, part of `answer`; None where there is none."""
        return " ".join(str(each) for each in self.statements if each.direct) or None

    def to_json(self, id: str | None = None) -> dict[str, Any]:
        """The reply as the command line prints it (the README's contract); "note" only where there is one."""
        return {
            "id": id,
            "question": self.question,
            "query": self.query,
            "filters": self.filters.to_json(),
            "answer": self.answer,
            "direct": self.direct,
            "state": self.state,
            "abstained": self.abstained,
            "reason": self.reason,
            "answered_by": self.answered_by,
            "intent": self.intent,
            "blocks": [asdict(block) for block in self.blocks],
            "citations": [asdict(citation) for citation in self.citations],
            "more": [citation.unnumbered() for citation in self.more],
            "retrieved": [asdict(passage) for passage in self.retrieved],
            "timings": dict(self.timings),
            **({"note": self.note} if self.note else {}),
        }
