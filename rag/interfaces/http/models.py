"""What the API is asked and what it answers, as its description tells; the answers are those of the command line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.types import StringConstraints

from rag.article import (
    FROM_THE_QUESTION,
    Block,
    Citation,
    Filters,
    Intent,
    Provenance,
    Reason,
    RetrievedPassage,
    Span,
    State,
    Turn,
    Voice,
)
from rag.settings import Engine

MOST_TURNS = 50
LONGEST_SEARCH, LONGEST_ID, LONGEST_PLACE = 300, 300, 5_000
MOST_PLACES = 100_000

Text = Annotated[str, StringConstraints(max_length=LONGEST_PLACE)]
Id = Annotated[str, StringConstraints(max_length=LONGEST_ID)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskBody(_Asked):
    """A question. `filters` null: those that the question itself names."""

    question: str = Field(description="At most 1000 characters.", examples=["How many were hurt?"])
    filters: Filters | None = None

    @property
    def conditions(self) -> Filters:
        return FROM_THE_QUESTION if self.filters is None else self.filters


class ChatAskBody(AskBody):
    """A question with the chat before it: as `turns`, earlier questions that are asked first, or as `chat`, with the
    answers they had.
    """

    turns: list[Text] = Field(default=[], max_length=MOST_TURNS)
    chat: list[Turn] = Field(default=[], max_length=MOST_TURNS)


class Places(_Asked):
    """Files, folders, globs of this machine and addresses; relative paths begin in `folder`."""

    places: list[Text] = Field(min_length=1, max_length=MOST_PLACES)
    folder: Text | None = None
    engine: Engine = "local"


class FeedAddress(_Asked):
    """A feed's or sitemap's address."""

    url: Text


class FeedAddresses(_Asked):
    """These of the feeds that are followed; none: all of them."""

    urls: list[Text] = Field(default=[], max_length=MOST_PLACES)


class Removal(_Asked):
    """Which articles to remove: by their ids, or all of an outlet."""

    ids: list[Id] = Field(default=[], max_length=MOST_PLACES)
    outlet: Text | None = None


class Problem(BaseModel):
    """What is wrong, in one sentence."""

    error: str


class Health(BaseModel):
    """The process answers."""

    status: Literal["ok"] = "ok"


class StatusModel(BaseModel):
    """What the library holds; `folder` and `repaired` are told to the command line only."""

    folder: str | None
    articles: int
    passages: int
    outlets: int
    pending: int
    model: str | None
    repaired: str | None


class ConditionsModel(BaseModel):
    """The filters as they were understood."""

    outlets: list[str]
    since: str | None
    until: str | None
    collection: str | None = None
    articles: list[str] = []
    read: bool = False


class Related(BaseModel):
    """A sentence that is only related to the question: a citation without a number, which no answer refers to."""

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
    checked: bool
    published_at: str | None


class ReplyModel(BaseModel):
    """One answer, as `ask --json` prints it."""

    id: Any = None
    question: str
    query: str
    filters: ConditionsModel
    answer: str
    direct: str | None = Field(
        default=None, description="The answer itself, the articles' exact words and fixed ones: how `answer` begins."
    )
    state: State = Field(
        description="answered: `answer` is the answer. related: no article says it directly, and `more` has the "
        "sentences that come closest. nothing: there is neither, and `answer` says so."
    )
    abstained: bool = Field(description="Whether the question is not answered: the state is related or nothing.")
    reason: Reason | None
    answered_by: str
    intent: Intent = Field(default="fact", description="What the question is for.")
    blocks: list[Block] = Field(
        default=[], description="Tables shown in the answer; the articles' words are those of each row's citations."
    )
    citations: list[Citation]
    more: list[Related] = Field(
        description="Sentences that are only related, at most two where nothing answers; `answer` does not tell them."
    )
    retrieved: list[RetrievedPassage]
    timings: dict[str, int]
    note: str = ""


class Passages(BaseModel):
    """The passages that a question would be answered from, as `search --json` prints them."""

    question: str
    query: str
    filters: ConditionsModel
    retrieved: list[RetrievedPassage]


class ListedArticle(BaseModel):
    """An article, as `list --json` prints it."""

    id: str
    title: str | None
    outlet: str | None
    origin: str | None
    published: str | None
    url: str | None
    path: str | None
    authors: list[str]
    language: str | None
    version: int
    place: str | None
    published_from: str | None
    published_until: str | None
    basis: dict[str, Provenance]
    addresses: list[str]
    published_at: str | None = Field(
        description="The date and time that are stated, in ISO form, with their offset where one is stated."
    )


class LabelledArticle(ListedArticle):
    """An article, and what a list calls it: its headline, else its first words."""

    label: str


class WholeArticle(ListedArticle):
    """An article with its text, as `show --json` prints it; offsets count its characters."""

    omitted: list[Span]
    voices: list[Voice]
    text: str


class Articles(BaseModel):
    """A page of the articles, of `total`."""

    total: int
    articles: list[LabelledArticle]


class EarlierVersion(BaseModel):
    """A version of an article until it was replaced, and how many changes of a kind the next one made."""

    version: int
    replaced_at: str
    changes: dict[str, int]


class SameCopy(BaseModel):
    """Articles that print the same copy, as `duplicates --json` prints them."""

    articles: list[str]
    origin: str | None
    outlets: list[str]


class FeedModel(BaseModel):
    """A feed that is followed, when it was last read, and what that came to, as `feeds list --json` prints it."""

    url: str
    title: str | None
    read_at: str | None
    result: str | None


class Removed(BaseModel):
    """How many articles were removed."""

    removed: int


class IngestEventModel(BaseModel):
    """What became of one article, or of what gave none; "fetching" is a sign of life."""

    source: str
    outcome: Literal["added", "updated", "unchanged", "duplicate", "failed", "fetching"]
    article_id: str | None
    title: str | None
    reason: str | None
    done: int
    total: int
