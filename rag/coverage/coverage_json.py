"""Coverage as JSON: the one shape that the command line prints, and that HTTP and MCP answer with."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, Field

from rag.article import Article, Excerpt
from rag.reply import Citation, Verdict

if TYPE_CHECKING:  # the shape alone is described without what fills it
    from rag.coverage.claims import Account, Claim
    from rag.coverage.coverage import Coverage
    from rag.coverage.origins import Carrier
    from rag.coverage.quotes import QuoteRow, Wording
    from rag.coverage.timeline import TimelineEntry
    from rag.text.dated_sentences import DatedSentence


class AboutModel(BaseModel):
    """An article, without its text."""

    article_id: str
    outlet: str | None
    origin: str | None
    published: str | None
    title: str | None
    url: str | None
    path: str | None
    published_at: str | None


class AccountModel(BaseModel):
    """What one outlet says to what is asked; those of one `group` give the same answer."""

    outlet: str | None
    verdict: Verdict
    group: int | None
    words: str | None
    articles: list[str]
    citation: Citation | None
    also: list[Citation]

    @classmethod
    def of(cls, account: Account) -> Self:
        return cls(
            outlet=account.outlet,
            verdict=account.verdict,
            group=account.group,
            words=account.article.text[slice(*account.words)] if account.words else None,
            articles=[article.id for article in account.articles],
            citation=Citation.of(account.excerpt.quotable) if account.excerpt else None,
            also=_citations(account.also),
        )


class ClaimModel(BaseModel):
    """One thing that is asked, and each outlet's account of it.

    `values` are the answers in short, by the number of their group; `origins` counts each group's independent ones.
    """

    asked: str
    outlets: int
    answering: int
    differs: bool
    accounts: list[AccountModel]
    values: list[str]
    origins: list[int]

    @classmethod
    def of(cls, claim: Claim) -> Self:
        return cls(
            asked=claim.asked,
            outlets=claim.outlets,
            answering=claim.answering,
            differs=claim.differs,
            accounts=list(map(AccountModel.of, claim.accounts)),
            values=list(claim.values),
            origins=list(claim.origins),
        )


class DifferingModel(BaseModel):
    """A stretch of words that differ from the other wordings."""

    start: int
    end: int
    words: str


class WordingModel(BaseModel):
    """How one outlet words an utterance."""

    outlet: str | None
    manner: str
    speaker: str | None
    citation: Citation
    differing: list[DifferingModel]

    @classmethod
    def of(cls, wording: Wording) -> Self:
        text = wording.article.text
        return cls(
            outlet=wording.article.outlet,
            manner=wording.manner,
            speaker=wording.speaker or None,
            citation=Citation.of(wording.quotable),
            differing=[DifferingModel(start=start, end=end, words=text[start:end]) for start, end in wording.differing],
        )


class UtteranceModel(BaseModel):
    """One utterance, in every wording of it."""

    speaker: str | None
    verdict: str
    outlets: list[str | None]
    wordings: list[WordingModel]

    @classmethod
    def of(cls, row: QuoteRow) -> Self:
        wordings = list(map(WordingModel.of, row.wordings))
        return cls(speaker=row.speaker or None, verdict=row.verdict, outlets=list(row.outlets), wordings=wordings)


class CarrierModel(AboutModel):
    """An article that prints a copy, and the sentences that it cut and added."""

    fullest: bool
    cut: list[Citation]
    added: list[Citation]

    @classmethod
    def of(cls, carrier: Carrier) -> Self:
        cut, added = _citations(carrier.cut), _citations(carrier.added)
        return cls(**_about(carrier.article), fullest=carrier.fullest, cut=cut, added=added)


class OriginModel(BaseModel):
    """One copy and who carries it."""

    name: str | None
    carriers: list[CarrierModel]


class _PeriodModel(BaseModel):
    from_: str = Field(alias="from")
    until: str
    computed: bool


class DateModel(_PeriodModel):
    """A date as one sentence tells it."""

    words: str
    citation: Citation

    @classmethod
    def of(cls, dated: DatedSentence) -> Self:
        return cls.model_validate(
            _period(dated) | {"words": dated.article.text[slice(*dated.words)], "citation": Citation.of(dated.quotable)}
        )


class TimelineEntryModel(_PeriodModel):
    """What happened on a day, and who tells it."""

    disputed: bool
    told: list[DateModel]

    @classmethod
    def of(cls, entry: TimelineEntry) -> Self:
        return cls.model_validate(
            _period(entry) | {"disputed": entry.disputed, "told": list(map(DateModel.of, entry.told))}
        )


class PersonModel(BaseModel):
    """Somebody, under every spelling of the name, with the sentences that have it."""

    name: str
    spellings: dict[str, list[Citation]]


class CoverageModel(BaseModel):
    """All articles on the event that is asked about, side by side."""

    question: str
    statement: str
    articles: list[AboutModel]
    claims: list[ClaimModel]
    quotes: list[UtteranceModel]
    origins: list[OriginModel]
    timeline: list[TimelineEntryModel]
    people: list[PersonModel]
    timings: dict[str, int]

    @classmethod
    def of(cls, coverage: Coverage) -> Self:
        return cls(
            question=coverage.question,
            statement=coverage.statement,
            articles=[AboutModel(**_about(each)) for each in coverage.articles],
            claims=list(map(ClaimModel.of, coverage.claims)),
            quotes=list(map(UtteranceModel.of, coverage.quotes)),
            origins=[
                OriginModel(name=each.name, carriers=list(map(CarrierModel.of, each.carriers)))
                for each in coverage.origins
            ],
            timeline=list(map(TimelineEntryModel.of, coverage.timeline)),
            people=[
                PersonModel(
                    name=each.name, spellings={name: _citations(where) for name, where in each.spellings.items()}
                )
                for each in coverage.people
            ],
            timings=dict(coverage.timings),
        )


def coverage_json(coverage: Coverage) -> dict[str, Any]:
    """All of it, every cell with its citation."""
    return CoverageModel.of(coverage).model_dump(by_alias=True)


def _about(article: Article) -> dict[str, Any]:
    names = AboutModel.model_fields.keys() - {"article_id"}
    return {"article_id": article.id, **{name: getattr(article, name) for name in names}}


def _period(of: DatedSentence | TimelineEntry) -> dict[str, Any]:
    return {"from": of.first.isoformat(), "until": of.last.isoformat(), "computed": of.computed}


def _citations(excerpts: Iterable[Excerpt]) -> list[Citation]:
    return [Citation.of(each.quotable) for each in excerpts]
