"""What the library says of itself: its articles on a topic, what is new, and who covers what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from rag.article import Article, Excerpt
from rag.errors import UnknownArticle, UsageError
from rag.library.article_rows import Listed
from rag.querying.citations import check
from rag.querying.library_questions import LibraryQuestion
from rag.querying.query import terms
from rag.querying.retrieve import CANDIDATES, fuse
from rag.querying.search import Searcher
from rag.querying.summarize import Told, in_its_own_sentences
from rag.reply import Citation, Filters, Mark, Statement, Turn
from rag.text.dates import RelativeDate, between, day_and_hour
from rag.text.outlet_names import NO_OUTLET
from rag.text.words import counted, fold

MOST_LISTED = 8
MOST_WORDED = 200
"""Passages that share the topic's words and are looked at; where there are as many, there may be more."""
NEAR = 0.55
"""Cosine from which a passage is about a topic that it does not name in the topic's words."""
RECENT_DAYS = 7
MOST_OUTLETS, FEW_OUTLETS = 20, 8
MOST_OF_AN_OUTLET = 3
"""Cited; of each of many outlets one."""


@dataclass(frozen=True, slots=True)
class _Named:
    """Whose articles are meant, by the name as it is kept."""

    outlet: str | None = None
    origin: str | None = None


class LibraryAnswers:
    """Answers what is asked of a library itself, from what a Searcher finds in it."""

    def __init__(self, searcher: Searcher) -> None:
        self._searcher = searcher
        self._library = searcher.library

    def answer(self, asked: LibraryQuestion, filters: Filters, chat: Sequence[Turn], today: date) -> Told | None:
        """The statements that answer, with their citations; None where a name in what is asked means nobody here."""
        teller = self._teller(asked.teller)
        if teller is None:
            return None
        if asked.kind == "summary":
            return self._summary(asked, teller, filters, chat)
        if asked.kind == "changed":
            return self._changed(asked, filters, today)
        if asked.kind == "new" and not asked.topic:
            return self._new(filters, asked.when, today)
        if asked.kind == "authors":
            return self._authors(asked, filters, chat)
        if asked.kind in ("oldest", "newest", "longest", "shortest"):
            return self._extreme(asked, filters)
        if asked.topic:
            found, more = self._on(asked.topic, filters, teller)
            if asked.kind == "new":
                return self._latest(asked.topic, asked.when, found)
            if asked.kind == "outlets":
                return self._outlets(f"On “{asked.topic}” the library has", found, more)
            return self._listed(asked.topic, found, more)
        held = [each for each in self._held(filters) if self._is_by(each, teller)]
        if asked.kind == "outlets":
            return self._outlets("The library has", self._articles(each.id for each in held))
        return self._count(held, asked.teller)

    # What is told

    def _listed(self, topic: str, found: Sequence[Article], more: bool) -> Told:
        if not found:
            return (Statement(f"The library has nothing on “{topic}”."),), ()
        least = "at least " if more else ""
        size = f"{least}{counted(len(found), 'article')} from {counted(_outlets_in(found), 'outlet')}"
        nearest = f", the nearest {MOST_LISTED} of them" if len(found) > MOST_LISTED else ""
        opening = f"On “{topic}” the library has {size}{between(each.published for each in found)}{nearest}:"
        return self._with_articles(opening, found[:MOST_LISTED])

    def _new(self, filters: Filters, when: tuple[date, date] | None, today: date) -> Told:
        """What was published, else what was added; where no time is named, within the last days."""
        first, last = when or (today - timedelta(RECENT_DAYS), today)
        held = self._held(filters)
        within = f"in the last {RECENT_DAYS} days"
        if when:
            days = str(RelativeDate(0, 0, first, min(last, today)))
            within = f"on {days}" if first == last else f"from {days}" if " to " in days else f"in {days}"
            within = f"since {day_and_hour(first.isoformat())}" if last == date.max else within
        fresh = [each for each in held if each.published and first.isoformat() <= each.published <= last.isoformat()]
        if fresh:
            opening = f"Published {within}: {counted(len(fresh), 'article')}"
        else:
            added = self._library.catalogue.added()
            came = {id: datetime.fromisoformat(moment).astimezone().date() for id, moment in added.items()}
            fresh = [each for each in held if each.id in came and first <= came[each.id] <= last]
            opening = f"No article was published {within}"
            if fresh:
                opening += f", but {counted(len(fresh), 'article')} were added to the library then"
            else:
                fresh = [each for each in held if each.published][:MOST_LISTED]
                opening += ". The latest in the library"
        shown = ", the latest of them" if len(fresh) > MOST_LISTED else ""
        return self._with_articles(f"{opening}{shown}:", self._articles(each.id for each in fresh[:MOST_LISTED]))

    def _latest(self, topic: str, when: tuple[date, date] | None, found: Sequence[Article]) -> Told:
        """The articles on a topic that were published last."""
        if not found:
            return (Statement(f"The library has nothing on “{topic}”."),), ()
        latest = sorted(found, key=lambda each: each.published or "", reverse=True)
        first, last = (day.isoformat() for day in when) if when else ("", "")
        fresh = [each for each in latest if each.published and first <= each.published <= last] if when else latest
        opening = f"The latest on “{topic}”"
        if not fresh:
            opening = f"Nothing on “{topic}” was published in that time. {opening}"
        return self._with_articles(f"{opening}:", (fresh or latest)[:MOST_LISTED])

    def _changed(self, asked: LibraryQuestion, filters: Filters, today: date) -> Told:
        """What was added, replaced and removed, by the library's own record."""
        first, last = asked.when or (today - timedelta(RECENT_DAYS), today)
        if first == last == today - timedelta(1):
            last = date.max

        def within(moment: str) -> bool:
            return first <= datetime.fromisoformat(moment).astimezone().date() <= last

        held, moments = self._held(filters), self._library.catalogue.added()
        came = [each for each in held if each.id in moments and within(moments[each.id])]
        replaced = [each for each in came if each.version > 1]
        added = [each for each in came if each.version == 1]
        removed = sum(within(moment) for _, _, moment in self._library.catalogue.removals())
        since = (
            f"Since {day_and_hour(first.isoformat())}"
            if last >= today
            else f"From {day_and_hour(first.isoformat())} on"
        )
        counts = [
            (len(added), "article", "added"), (len(replaced), "article", "replaced by a new version"),
            (removed, "article", "removed"),
        ]  # fmt: skip
        told = ", ".join(f"{counted(n, thing)} {what}" for n, thing, what in counts if n) or "nothing changed"
        opening = f"{since}, according to the library's records: {told}"
        shown = [*replaced, *added][:MOST_LISTED]
        return self._with_articles(f"{opening}{':' if shown else '.'}", self._articles(each.id for each in shown))

    def _authors(self, asked: LibraryQuestion, filters: Filters, chat: Sequence[Turn]) -> Told:
        """Who wrote an article, or each of those that are meant."""
        if asked.topic:
            articles, _ = self._on(asked.topic, filters, _Named())
        elif meant := self._meant(None, chat):
            articles = [meant]
        else:
            articles = self._articles(each.id for each in self._held(filters)[:MOST_LISTED])
        if not articles:
            return (Statement(f"The library has nothing on “{asked.topic}”."),), ()
        statements, citations = self._with_articles("Authors named by the articles:", articles[:MOST_LISTED])
        written = [", ".join(each.authors) or "no author named" for each in articles[:MOST_LISTED]]
        return (
            statements[0],
            *(replace(each, text=f"{each.text}: {by}") for each, by in zip(statements[1:], written, strict=False)),
        ), citations

    def _extreme(self, asked: LibraryQuestion, filters: Filters) -> Told:
        """The first or last article by its day, or the longest or shortest one; on a topic, if one is named."""
        if asked.topic:
            articles, _ = self._on(asked.topic, filters, _Named())
        else:
            articles = self._articles(each.id for each in self._held(filters))
        if not articles:
            return (Statement("The library has no such article."),), ()
        of = f"Of {counted(len(articles), 'article')}"
        if asked.kind in ("longest", "shortest"):
            size = {each.id: len(each.text.split()) for each in articles}
            found = (max if asked.kind == "longest" else min)(articles, key=lambda each: size[each.id])
            return self._with_articles(f"{of}, the {asked.kind} has {counted(size[found.id], 'word')}:", [found])
        dated = sorted((each for each in articles if each.published), key=lambda each: each.published or "")
        undated = [each for each in articles if not each.published]
        if not dated:
            return self._with_articles(f"{of}, none has a known date:", undated[:MOST_LISTED])
        day = dated[0 if asked.kind == "oldest" else -1].published
        found_of_day = [each for each in dated if each.published == day]
        told, citations = self._with_articles(f"{of}, the {asked.kind} by date:", found_of_day[:MOST_LISTED])
        if undated:
            opening = f"The date of {counted(len(undated), 'article')} is not certain:"
            more, others = self._with_articles(opening, undated[:MOST_OF_AN_OUTLET], len(citations))
            told, citations = (*told, replace(more[0], marks=(Mark(0, 0, "outlet"),)), *more[1:]), (*citations, *others)
        return told, citations

    def _outlets(self, opening: str, found: Sequence[Article], more: bool = False) -> Told:
        by_outlet: dict[str, list[Article]] = {}
        for article in found:
            by_outlet.setdefault(article.outlet or NO_OUTLET, []).append(article)
        if not by_outlet:
            return (Statement(f"{opening} no article."),), ()
        least = "at least " if more else ""
        size = f"{least}{counted(len(found), 'article')} from {counted(_outlets_in(found), 'outlet')}"
        statements, citations = [Statement(f"{opening} {size}:")], list[Citation]()
        for outlet, articles in sorted(by_outlet.items(), key=lambda each: (-len(each[1]), each[0])):
            first = len(citations)
            if len(statements) > MOST_OUTLETS:
                others = len(by_outlet) - MOST_OUTLETS
                statements.append(Statement(f"and {counted(others, 'other outlet')}.", (), (Mark(0, 0, "outlet"),)))
                break
            for article in articles[: 1 if len(by_outlet) > FEW_OUTLETS else MOST_OF_AN_OUTLET]:
                citations += filter(None, [self._lead(len(citations) + 1, article)])
            text = f"{outlet}: {counted(len(articles), 'article')}"
            numbers = tuple(each.number for each in citations[first:])
            statements.append(Statement(text, numbers, (Mark(0, len(outlet) + 1, "outlet"),)))
        return tuple(statements), tuple(citations)

    def _count(self, held: Sequence[Listed], name: str) -> Told:
        """How many there are, and the latest of them."""
        outlets = len({each.outlet for each in held if each.outlet})
        whose = f" from {name}" if name else f" from {counted(outlets, 'outlet')}"
        undated = sum(not each.published for each in held)
        dates = between(each.published for each in held)
        some = f", {undated:,} undated" if undated else ""
        opening = f"The library has {counted(len(held), 'article')}{whose}{dates}{some}."
        if not held:
            return (Statement(opening),), ()
        return self._with_articles(
            f"{opening} {'The latest' if len(held) > MOST_LISTED else 'These are'}:",
            self._articles(each.id for each in held[:MOST_LISTED]),
        )

    def _summary(self, asked: LibraryQuestion, teller: _Named, filters: Filters, chat: Sequence[Turn]) -> Told:
        if asked.topic:
            found, _ = self._on(asked.topic, filters, teller)
            article = found[0] if found else None
            if article is None:
                whose = f" of {asked.teller}" if asked.teller else ""
                return (Statement(f"The library has no article{whose} on “{asked.topic}”."),), ()
        else:
            article = self._meant(asked.citation, chat)
            if article is None:
                what = f"cites an article as [{asked.citation}]" if asked.citation else "has cited an article yet"
                ask = "Ask a question first, or ask for “the article about” something."
                return (Statement(f"No answer of this chat {what}. {ask}"),), ()
        return in_its_own_sentences(article, self._searcher)

    def _with_articles(self, opening: str, articles: Sequence[Article], before: int = 0) -> Told:
        """The opening, and each article by its outlet, headline and date, with its first sentence cited; the numbers
        go on from those `before`.
        """
        statements, citations = [Statement(opening)], list[Citation]()
        for article in articles:
            if citation := self._lead(before + len(citations) + 1, article):
                citations.append(citation)
                outlet = article.outlet or NO_OUTLET
                text = f"{outlet}: {article.label} ({_when(article)})"
                statements.append(Statement(text, (citation.number,), (Mark(0, len(outlet) + 1, "outlet"),)))
        return tuple(statements), tuple(citations)

    # What is found

    def _on(self, topic: str, filters: Filters, teller: _Named) -> tuple[list[Article], bool]:
        """The articles with a passage that has all the topic's words, its headline's counted in, or is near it, best
        first; and whether there may be more.
        """
        library, wanted = self._library, set(terms(fold(topic)))
        if teller.outlet:
            filters = replace(filters, outlets=(teller.outlet,))
        vector = self._searcher.embedding.get_query_embedding(topic)
        near = library.by_meaning(vector, CANDIDATES, filters)
        worded = library.by_words(topic, MOST_WORDED, filters)
        close = {id for id, similarity in near if similarity >= NEAR}
        ranked = fuse([[id for id, _ in near], [id for id, _ in worded]])
        passages = library.passages(list(ranked))
        articles = {each.id: each for each in self._articles(dict.fromkeys(p.article_id for p in passages.values()))}
        found: dict[str, Article] = {}
        for id in (id for id in ranked if id in passages):
            article = articles.get(passages[id].article_id)
            if article is None or (teller.origin and teller.origin not in (article.origin or "")):
                continue
            text = f"{article.title or ''} {article.text[passages[id].start : passages[id].end]}"
            if id in close or (wanted and wanted <= set(terms(fold(text)))):
                found.setdefault(article.id, article)
        return list(found.values()), len(worded) == MOST_WORDED

    def _held(self, filters: Filters) -> list[Listed]:
        """What the filters let through, the latest first, undated ones last; a condition on dates leaves these out."""
        since, until = (day.isoformat() if day else "" for day in (filters.since, filters.until))
        return [
            each
            for each in self._library.listed()
            if (not filters.outlets or each.outlet in filters.outlets)
            and (not filters.within or each.id in filters.articles)
            and (not (since or until) or (each.published and since <= each.published <= (until or each.published)))
        ]

    def _teller(self, name: str) -> _Named | None:
        """Whom a name means: an outlet of the library, else one whose copy others carry; None for nobody."""
        if not name:
            return _Named()
        with suppress(UsageError):
            return _Named(outlet=self._searcher.outlet(name.removeprefix("the ").removeprefix("The ")))
        origins = {origin.lower(): origin for origin in self._library.origins()}
        origin = origins.get(name.lower().removeprefix("the "))
        return _Named(origin=origin) if origin else None

    def _is_by(self, listed: Listed, teller: _Named) -> bool:
        if teller.outlet:
            return listed.outlet == teller.outlet
        return not teller.origin or teller.origin in (listed.origin or "")

    def _meant(self, citation: int | None, chat: Sequence[Turn]) -> Article | None:
        """The article that is read or was cited last; of a number, the one that the last answer cites under it."""
        for turn in reversed(chat):
            ids = [turn.reading or "", *turn.cited] if citation is None else list(turn.cited[citation - 1 : citation])
            if articles := self._articles(ids):
                return articles[0]
            if turn.cited and citation is not None:
                break
        return None

    def _articles(self, ids: Iterable[str]) -> list[Article]:
        """Those of the articles that are still there."""
        found = []
        for id in ids:
            with suppress(UnknownArticle):
                found.append(self._library.article(id))
        return found

    def _lead(self, number: int, article: Article) -> Citation | None:
        """The citation of the first sentence of the article that can be cited."""
        sentences = self._library.sentences_of(article)
        citations = (Citation.of(Excerpt(article, each.start, each.end), number) for each in sentences)
        return next((each for each in citations if check(each, self._library)), None)


def _outlets_in(articles: Iterable[Article]) -> int:
    return len({each.outlet for each in articles if each.outlet})


def _when(article: Article) -> str:
    """The day of an article, and that it is inferred; the days between which it must be, if these are known."""
    if article.published:
        inferred = article.basis_of("published").how == "inferred"
        return day_and_hour(article.published) + ", inferred" * inferred
    first, last = article.published_from, article.published_until
    if first and last:
        return f"inferred: {RelativeDate(0, 0, date.fromisoformat(first), date.fromisoformat(last))}"
    return f"not before {day_and_hour(first)}" if first else f"not after {day_and_hour(last)}" if last else "undated"
