"""What the outlets say to one sentence of an article: the same, otherwise, or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rag.article import Article, Sentence, Telling
from rag.coverage.claims import Account, Claim, Verdict
from rag.coverage.origins import Origin
from rag.coverage.relation import Relation, Sense, likelihood, read, relation
from rag.embedding import Embedding
from rag.library.library import Library

HEARD = 4
"""How many sentences of an outlet, its nearest, are compared with the one that is asked about."""
_VERDICTS: tuple[tuple[Relation, Verdict], ...] = (("agree", "says"), ("differ", "otherwise"))


def claim_of(
    article: Article,
    sentence: Sentence,
    tellings: Sequence[Telling],
    articles: Sequence[Article],
    origins: Sequence[Origin],
    library: Library,
    embedding: Embedding,
) -> Claim:
    """Lay what the other outlets of `articles` say beside a sentence of `article`, whose outlet says it.

    `tellings` are their sentences with how near each comes to it; `origins` those of the articles. Whether they agree
    or differ, `rag.coverage.relation` tells; an outlet none of whose nearest sentences does either is silent.
    """
    by_outlet: dict[str, list[Article]] = {}
    for each in articles:
        by_outlet.setdefault(_key(each), []).append(each)
    own = _key(article)
    near: dict[str, list[Telling]] = {key: [] for key in by_outlet if key != own}
    for told in sorted(tellings, key=lambda told: -told.worth):
        if len(near.get(_key(told.article), [0] * HEARD)) < HEARD:
            near[_key(told.article)].append(told)
    text = article.text[sentence.start : sentence.end]
    several = [told for each in near.values() for told in each]
    lead, *senses = read([text, *(told.text for told in several)], embedding, library)
    sense_of = {id(told): sense for told, sense in zip(several, senses, strict=True)}

    says = [Account(article.outlet, "says", tuple(by_outlet.get(own, [article])), article, sentence, None, 0)]
    otherwise: list[Account] = []
    silent: list[Account] = []
    for key, found in near.items():
        of_outlet = tuple(by_outlet[key])
        heard, verdict = _heard(found, lead, sense_of)
        if heard is None:
            silent.append(Account(of_outlet[0].outlet, "silent", of_outlet, of_outlet[0]))
        elif verdict == "says":
            says.append(Account(heard.article.outlet, "says", of_outlet, heard.article, heard.sentence, None, 0))
        else:
            place = (heard.article, heard.sentence)
            otherwise.append(Account(heard.article.outlet, "otherwise", of_outlet, *place, None, len(otherwise) + 1))
    writer_of = {id: origin.writer for origin in origins for id in origin.articles}
    agreeing = len({writer_of.get(each.article.id) for each in says})
    return Claim(text, (*says, *otherwise, *silent), (agreeing, *(1 for _ in otherwise)))


def _heard(found: Sequence[Telling], lead: Sense, sense_of: Mapping[int, Sense]) -> tuple[Telling | None, Verdict]:
    """The sentence among `found` that says most surely the same as `lead`, else the contrary; None for neither."""
    for wanted, verdict in _VERDICTS:
        such = [told for told in found if relation(lead, sense_of[id(told)]) == wanted]
        if such:
            return max(such, key=lambda told: likelihood(lead, sense_of[id(told)], wanted)), verdict
    return None, "silent"


def _key(article: Article) -> str:
    return article.outlet or article.id
