"""Training rows: each question with the passages that answer it and near ones that do not, as retrieval finds them.

Run as `python -m training.rows`. Writes `.training/rows.jsonl`, and `.training/held_back.jsonl` of the batches that no
weight is fitted on. The passages are those of a library of the articles, cut and found as a user's are.

A row: `question`, `kind`, `need`, `batch`, `answer` (yes, no or null), and `passages`, each with its `title`,
`sentences`, `gold` (the numbers of those that answer) and `words` ([sentence, first character, last + 1] of the words
that answer).
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.progress import track

from rag.article import Article
from rag.assistant import Assistant
from rag.querying.retrieve import HybridRetriever
from rag.settings import Settings
from training import sources

NEAR = 12
"""Passages that do not answer, kept for a question; training draws among them anew in each epoch."""
MAY_ANSWER = 0.80
"""Cosine from which a passage of an article that nobody read for the question may well answer it."""
Passage = dict[str, Any]


def main() -> None:
    sources.fetch()
    with Assistant.open(Settings(store=sources.WORK / "library")) as assistant:
        ingest(assistant)
        maker = _Maker(assistant)
        questions = list(sources.labels("questions"))
        with (sources.WORK / "rows.jsonl").open("w") as rows, (sources.WORK / "held_back.jsonl").open("w") as held_back:
            for question in track(questions, "Finding each question's passages"):
                if row := maker.row(question):
                    target = held_back if question["batch"] in sources.HELD_BACK else rows
                    target.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"{maker.lost} of {maker.labelled} labelled sentences were not found in the articles as they are kept.")


def ingest(assistant: Assistant) -> None:
    """Read all of the package's articles that are neither short nor long into the library; what is in stays."""
    folder = sources.WORK / "articles"
    if not folder.exists():
        sources.write_articles(folder)
    for _ in track(assistant.ingest([folder]), "Embedding the articles", total=len(list(folder.iterdir()))):
        pass


class _Maker:
    def __init__(self, assistant: Assistant) -> None:
        self.library, self.embedding = assistant.library, assistant.embedding
        self.news = sources.news()
        self.articles = {Path(article.path or "").stem: article for article in self.library.articles()}
        self.lost = self.labelled = 0

    def row(self, question: dict[str, Any]) -> dict[str, Any] | None:
        """The question's row; None where none of the sentences that answer it can be found."""
        gold = defaultdict(list)
        for each in question["gold"]:
            self.labelled += 1
            if found := self._find(each):
                gold[each["article"]].append(found)
            else:
                self.lost += 1
        if question["gold"] and not gold:
            return None
        holding = [
            made
            for id, found in gold.items()
            for passage in self.library.catalogue.passages_of(self.articles[id].id)
            if (made := self._passage(self.articles[id], passage.start, passage.end, found))["gold"]
        ]
        if question["gold"] and not holding:
            return None
        return {
            "id": question["id"],
            "question": question["question"],
            "kind": question["kind"],
            "need": question["need"],
            "batch": question["batch"],
            "answer": question.get("answer"),
            "passages": holding + self._near(question, gold),
        }

    def _find(self, label: dict[str, Any]) -> tuple[int, int, int, int] | None:
        """Where the label's sentence and its answering words stand in the article as it is kept."""
        article = self.articles.get(label["article"])
        if article is None:
            return None
        (start, end), words = label["span"], label.get("words") or label["span"]
        text = self.news[label["article"]]["text"]
        at = article.text.find(text[start:end])
        return None if at < 0 else (at, at + end - start, at + words[0] - start, at + words[1] - start)

    def _passage(
        self, article: Article, start: int, end: int, gold: Sequence[tuple[int, int, int, int]] = ()
    ) -> Passage:
        spans = [s for s in self.library.sentences(article.id) if start <= s.start and s.end <= end]
        made: Passage = {
            "title": article.title or "",
            "sentences": [article.text[s.start : s.end] for s in spans],
            "gold": [],
            "words": [],
        }
        for number, span in enumerate(spans):
            for first, last, words_first, words_last in gold:
                if first < span.end and span.start < last and min(last, span.end) - max(first, span.start) > 8:
                    made["gold"].append(number)
                    if span.start <= words_first and words_last <= span.end:
                        made["words"].append([number, words_first - span.start, words_last - span.start])
        made["gold"] = sorted(set(made["gold"]))
        return made

    def _near(self, question: dict[str, Any], gold: dict[str, list[tuple[int, int, int, int]]]) -> list[Passage]:
        """The passages nearest to the question that do not answer it, the most tempting one first where it is known."""
        asked = question["question"]
        similar = dict(self.library.by_meaning(self.embedding.get_query_embedding(asked), 50))
        read = {self.articles[id].id for id in question["articles"] if id in self.articles}
        answering = {self._words(each).lower() for each in question["gold"]} - {""}
        found: list[Passage] = []
        if (label := question.get("near")) and (tempting := self._find(label)):
            article = self.articles[label["article"]]
            for passage in self.library.catalogue.passages_of(article.id):
                if passage.start <= tempting[0] < passage.end:
                    found.append(self._passage(article, passage.start, passage.end))
        for each in HybridRetriever(self.library, self.embedding, limit=3 * NEAR).retrieve(asked):
            if len(found) == NEAR:
                break
            article = each.node.metadata["article"]
            made = self._passage(article, each.node.start_char_idx or 0, each.node.end_char_idx or 0)
            own = gold.get(Path(article.path or "").stem, [])
            if any(
                start < (each.node.end_char_idx or 0) and (each.node.start_char_idx or 0) < end
                for start, end, *_ in own
            ):
                continue
            if made in found or not made["sentences"]:
                continue
            if article.id not in read:
                text = " ".join(made["sentences"]).lower()
                if similar.get(each.node.node_id, 0.0) >= MAY_ANSWER or any(words in text for words in answering):
                    continue
            found.append(made)
        return found

    def _words(self, label: dict[str, Any]) -> str:
        first, last = label.get("words") or label["span"]
        return self.news[label["article"]]["text"][first:last]


if __name__ == "__main__":
    main()
