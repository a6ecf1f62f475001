"""What the outlets say to one sentence of an article: who supports it, who contradicts it, who has something else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.article import Article, Excerpt
from rag.coverage.claims import Account, Claim, Verdict
from rag.coverage.origins import Origin
from rag.coverage.relation import Judgement, judge
from rag.library.library import Library
from rag.library.word_vectors import read
from rag.models.embedding import Embedding
from rag.reply import ScoredSentence

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
        by_outlet.setdefault(_key(each), []).append(each)
    article = sentence.article
    own = _key(article)
    near: dict[str, list[ScoredSentence]] = {key: [] for key in by_outlet if key != own}
    for told in sorted(tellings, key=lambda told: -told.score):
        found = near.get(_key(told.article))
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
        "says": [Account(article.outlet, "says", own_articles, article, sentence.sentence)]
    }
    heard = {key: _heard([(told, judgement_of[id(told)]) for told in found]) for key, found in near.items()}
    for key, (best, verdict, _) in sorted(heard.items(), key=lambda each: -each[1][2]):
        place = (best.article, best.sentence) if best else (by_outlet[key][0], None)
        account = Account(place[0].outlet, verdict, tuple(by_outlet[key]), *place)
        accounts.setdefault(verdict, []).append(account)
    writer_of = {id: origin.writer for origin in origins for id in origin.articles}
    agreeing = len({writer_of.get(each.article.id) for each in accounts["says"]})
    others = [*accounts.get("otherwise", ()), *accounts.get("beside", ())]
    laid = [*(replace(each, group=0) for each in accounts["says"]),
            *(replace(each, group=number) for number, each in enumerate(others, 1))]  # fmt: skip
    return Claim(sentence.text, (*laid, *accounts.get("silent", ())), (agreeing, *(1 for _ in others)))


def _heard(found: Sequence[tuple[ScoredSentence, Judgement]]) -> tuple[ScoredSentence | None, Verdict, float]:
    """The sentence of an outlet, of its nearest, that most surely agrees or differs, what it does, and how surely."""
    if not found:
        return None, "silent", 0.0
    sure: list[tuple[ScoredSentence, Verdict, float]] = [
        (told, "says", each.agree) if each.relation == "agree" else (told, "otherwise", each.differ)
        for told, each in found
        if each.relation
    ]
    told = found[0][0]
    return max(sure, key=lambda each: each[2], default=(told, "beside", told.score))


def _key(article: Article) -> str:
    return article.outlet or article.id
