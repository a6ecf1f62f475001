"""What the outlets say to one sentence of an article: who supports it, who contradicts it, who has something else."""

from __future__ import annotations

from collections.abc import Sequence

from rag.article import Article, Excerpt, outlet_key
from rag.coverage.claims import Account, Claim
from rag.coverage.origins import Origin
from rag.coverage.relation import Judgement, judge
from rag.library.library import Library
from rag.library.word_vectors import read
from rag.models.embedding import Embedding
from rag.reply import ScoredSentence, Verdict

HEARD = 4
"""How many sentences of an outlet, its nearest, are compared with the one that is asked about."""
NEAR = 0.5
"""Cosine from which a sentence bears on it: one further off is on something else, however it reads beside the other."""


def claim_of(
    sentence: Excerpt,
    tellings: Sequence[ScoredSentence],
    articles: Sequence[Article],
    origins: Sequence[Origin],
    library: Library,
    embedding: Embedding,
) -> Claim:
    """Lay what the other outlets of `articles` say beside a `sentence`, whose own outlet says it.

    Args:
        sentence: The one that is asked about.
        tellings: The articles' sentences, with how near each comes to it.
        articles: All articles on the event.
        origins: Those of the articles.
        library: Where the articles are.
        embedding: The model that the words are compared with.

    Returns:
        The outlets that say the same, then those that contradict it, then those that have something else, the surest
        first of each. An outlet none of whose sentences comes near is silent. `rag.coverage.relation.judge` decides.

    Raises:
        ModelError: The packaged reader is missing or was changed.
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
    judged = judge(
        [
            ((lead, article.title or ""), (sense, told.article.title or ""))
            for told, sense in zip(several, senses, strict=True)
        ]
    )
    judgement_of = {id(told): each for told, each in zip(several, judged, strict=True)}

    own_articles = tuple(by_outlet.get(own, [article]))
    accounts: dict[Verdict, list[Account]] = {
        "supports": [Account(article.outlet, "supports", own_articles, article, sentence, group=0)]
    }
    heard = {key: _heard([(each, judgement_of[id(each)]) for each in found]) for key, found in near.items()}
    for key, (best, verdict, _) in sorted(heard.items(), key=lambda each: -each[1][2]):
        first = best.article if best else by_outlet[key][0]
        group = 0 if verdict == "supports" else None
        account = Account(first.outlet, verdict, tuple(by_outlet[key]), first, best, group=group)
        accounts.setdefault(verdict, []).append(account)
    writer_of = {id: origin.writer for origin in origins for id in origin.articles}
    agreeing = len({writer_of.get(each.article.id) for each in accounts["supports"]})
    order: tuple[Verdict, ...] = ("supports", "contradicts", "related", "not mentioned")
    laid = tuple(each for verdict in order for each in accounts.get(verdict, ()))
    return Claim(sentence.text, laid, (), (agreeing,), "contradicts" in accounts)


def _heard(found: Sequence[tuple[ScoredSentence, Judgement]]) -> tuple[ScoredSentence | None, Verdict, float]:
    """The sentence of an outlet, of its nearest, that most surely agrees or differs, what it does, and how surely."""
    if not found:
        return None, "not mentioned", 0.0
    sure: list[tuple[ScoredSentence, Verdict, float]] = [
        (near, "supports", each.agree) if each.relation == "agree" else (near, "contradicts", each.differ)
        for near, each in found
        if each.relation
    ]
    nearest = found[0][0]
    return max(sure, key=lambda each: each[2], default=(nearest, "related", nearest.score))
