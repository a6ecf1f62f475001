"""What the outlets say to one sentence of an article: the same, otherwise, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.article import Article, Excerpt, outlet_key
from rag.coverage.claims import Account, Claim
from rag.coverage.origins import Origin
from rag.coverage.relation import Relation, likelihood
from rag.library.library import Library
from rag.library.word_vectors import WordVectors, read
from rag.models.embedding import Embedding
from rag.reply import ScoredSentence, Verdict

HEARD = 4
"""How many sentences of an outlet, its nearest, are compared with the one that is asked about."""
NEAR = 0.5
"""Cosine from which a sentence bears on it: one further off is on something else, however it reads beside the other."""
MORE_LIKELY = 0.5
"""How likely it must be to agree, or to differ, to be told so. Both set on sentences of the sample library."""
_VERDICTS: tuple[tuple[Relation, Verdict], ...] = (("agree", "supports"), ("differ", "contradicts"))


def claim_of(
    sentence: Excerpt,
    tellings: Sequence[ScoredSentence],
    articles: Sequence[Article],
    origins: Sequence[Origin],
    library: Library,
    embedding: Embedding,
) -> Claim:
    """Lay what the other outlets of `articles` say beside a `sentence`, whose own outlet says it.

    `tellings` are their sentences with how near each comes to it; `origins` those of the articles. Whether they agree
    or differ, `rag.coverage.relation` tells; an outlet none of whose sentences comes near is silent.
    """
    by_outlet: dict[str, list[Article]] = {}
    for each in articles:
        by_outlet.setdefault(outlet_key(each), []).append(each)
    article = sentence.article
    own = outlet_key(article)
    near: dict[str, list[ScoredSentence]] = {key: [] for key in by_outlet if key != own}
    for told in sorted(tellings, key=lambda told: -told.score):
        found = near.get(outlet_key(told.article))
        if found is not None and len(found) < HEARD and told.score >= NEAR:
            found.append(told)
    several = [told for each in near.values() for told in each]
    lead, *senses = read([sentence.text, *(told.text for told in several)], embedding, library)
    sense_of = {id(told): sense for told, sense in zip(several, senses, strict=True)}

    own_articles = tuple(by_outlet.get(own, [article]))
    accounts: dict[Verdict, list[Account]] = {
        "supports": [Account(article.outlet, "supports", own_articles, article, sentence, group=0)]
    }
    for key, found in near.items():
        heard, verdict = _heard(found, lead, sense_of)
        first = heard.article if heard else by_outlet[key][0]
        group = 0 if verdict == "supports" else None
        account = Account(first.outlet, verdict, tuple(by_outlet[key]), first, heard, group=group)
        accounts.setdefault(verdict, []).append(account)
    writer_of = {id: origin.writer for origin in origins for id in origin.articles}
    agreeing = len({writer_of.get(each.article.id) for each in accounts["supports"]})
    order: tuple[Verdict, ...] = ("supports", "contradicts", "related", "not mentioned")
    laid = tuple(each for verdict in order for each in accounts.get(verdict, ()))
    return Claim(sentence.text, laid, (), (agreeing,), "contradicts" in accounts)


def _heard(
    found: Sequence[ScoredSentence], lead: WordVectors, sense_of: Mapping[int, WordVectors]
) -> tuple[ScoredSentence | None, Verdict]:
    """What an outlet says to `lead` in the one of its nearest sentences that most surely agrees or differs."""
    if not found:
        return None, "not mentioned"
    read_as = [
        (likelihood(lead, sense_of[id(told)], relation), told, verdict)
        for told in found
        for relation, verdict in _VERDICTS
    ]
    likely, told, verdict = max(read_as, key=lambda each: each[0])
    return (told, verdict) if likely >= MORE_LIKELY else (found[0], "related")
