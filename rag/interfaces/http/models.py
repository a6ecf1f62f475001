"""Models of the API's requests and responses; the responses are those of the command line."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.types import StringConstraints

from rag.article import Provenance, Span, Voice
from rag.reply import FROM_THE_QUESTION, Block, Citation, Filters, Intent, Reason, RetrievedPassage, State, Turn
from rag.settings import Engine

MOST_TURNS = 50
LONGEST_SEARCH, LONGEST_ID, LONGEST_PLACE = 300, 300, 5_000
MOST_PLACES = 100_000

Text = Annotated[str, StringConstraints(max_length=LONGEST_PLACE)]
Id = Annotated[str, StringConstraints(max_length=LONGEST_ID)]


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AskBody(_Asked):
    """A question. If `filters` is null, the filters are read from the question."""

    question: str = Field(description="At most 1000 characters.", examples=["How many were hurt?"])
    filters: Filters | None = None

    @property
    def conditions(self) -> Filters:
        return FROM_THE_QUESTION if self.filters is None else self.filters


class ChatAskBody(AskBody):
    """A question with the earlier chat: `turns` are earlier questions that are asked first, `chat` also has their
    answers.
    """

    turns: list[Text] = Field(default=[], max_length=MOST_TURNS)
    chat: list[Turn] = Field(default=[], max_length=MOST_TURNS)


class Places(_Asked):
    """Files, folders and globs on this machine, and addresses. Relative paths start in `folder`."""

    places: list[Text] = Field(min_length=1, max_length=MOST_PLACES)
    folder: Text | None = None
    engine: Engine = "local"


class FeedAddress(_Asked):
    """A feed's or sitemap's address."""

    url: Text


class FeedAddresses(_Asked):
    """The feeds to refresh; all if empty."""

    urls: list[Text] = Field(default=[], max_length=MOST_PLACES)


class Removal(_Asked):
    """The articles to remove: by id, or all of an outlet."""

    ids: list[Id] = Field(default=[], max_length=MOST_PLACES)
    outlet: Text | None = None


class Problem(BaseModel):
    """An error in one sentence."""

    error: str


class Health(BaseModel):
    """The process is alive."""

    status: Literal["ok"] = "ok"


class StatusModel(BaseModel):
    """The size of the library; `folder` and `repaired` are only sent to the command line."""

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
    """A sentence that is related to the question but does not answer it: a citation without a number."""

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
        default=None,
        description="The short answer at the start of `answer`, made of the articles' exact words and fixed phrases.",
    )
    state: State = Field(
        description="answered: `answer` is the answer. related: no article says it directly; `more` has the closest "
        "sentences. nothing: neither, and `answer` says so."
    )
    abstained: bool = Field(description="True if the question is not answered (the state is related or nothing).")
    reason: Reason | None
    answered_by: str
    intent: Intent = Field(default="fact", description="The kind of the question.")
    blocks: list[Block] = Field(
        default=[], description="Tables in the answer; the citations of each row have the articles' words."
    )
    citations: list[Citation]
    more: list[Related] = Field(
        description="Related sentences that are not part of `answer`, at most two if nothing answers."
    )
    retrieved: list[RetrievedPassage]
    timings: dict[str, int]
    note: str = ""


class Passages(BaseModel):
    """The passages found for a question, as `search --json` prints them."""

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
        description="The stated date and time in ISO form, with the offset if there is one."
    )


class LabelledArticle(ListedArticle):
    """An article with its label: the headline, or the first words."""

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
    """An earlier version of an article, and the number of changes in the next one, by kind."""

    version: int
    replaced_at: str
    changes: dict[str, int]


class SameCopy(BaseModel):
    """Articles that are copies of each other, as `duplicates --json` prints them."""

    articles: list[str]
    origin: str | None
    outlets: list[str]


class FeedModel(BaseModel):
    """A feed, when it was last read, and the result, as `feeds list --json` prints it."""

    url: str
    title: str | None
    read_at: str | None
    result: str | None


class Removed(BaseModel):
    """How many articles were removed."""

    removed: int


class IngestEventModel(BaseModel):
    """The outcome for one article or source; "fetching" only shows progress."""

    source: str
    outcome: Literal["added", "updated", "unchanged", "duplicate", "failed", "skipped", "fetching"]
    article_id: str | None
    title: str | None
    reason: str | None
    done: int
    total: int
