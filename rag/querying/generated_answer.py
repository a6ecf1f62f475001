"""A language model's answer as it grows, and what stands in for it when it fails or is not borne out."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from threading import Event

from llama_index.core.schema import NodeWithScore

from rag.errors import LanguageModelError
from rag.querying.claim_check import Checker
from rag.querying.generate import Usage, Writer
from rag.querying.generated_statements import GeneratedStatements
from rag.reply import Citation, Reply, Statement

STOPPED = "Stopped before anything was written. These are the articles' own sentences."
logger = logging.getLogger(__name__)


def replies(
    extracted: Reply, found: Sequence[NodeWithScore], writer: Writer, checker: Checker, strike: bool, stop: Event
) -> Iterator[Reply]:
    """The reply after each sentence of the model, and the last one, which is the answer.

    `extracted` is the articles' own sentences on the same question, `found` its passages, best first. It stands in,
    with its reason, where the model fails or nothing that it wrote is borne out. Once `stop` is set, what was written
    is kept.
    """
    began = time.perf_counter()
    sources = writer.fits(found)
    prose = GeneratedStatements(checker, extracted.question, sources, strike)
    usage = Usage()

    def so_far() -> Reply:
        took = round((time.perf_counter() - began) * 1000)
        timings = extracted.timings
        statements, citations = _with_direct_line(extracted, prose)
        return replace(
            extracted,
            statements=statements,
            citations=citations,
            answered_by=writer.name,
            struck_out=prose.struck,
            timings={
                **timings,
                "answer_ms": timings.get("answer_ms", 0) + took,
                "total_ms": timings.get("total_ms", 0) + took,
            },
        )

    try:
        for _ in prose.follow(writer.answer(extracted.question, sources, stop, usage)):
            yield so_far()
    except LanguageModelError as error:
        logger.warning("the language model failed: %s", error)
        yield replace(extracted, reason="model_failed", note=f"{error}.")
        return
    last, cost = so_far(), writer.cost(usage)
    if stop.is_set():
        kept = last if prose.statements else extracted
        yield replace(kept, note="Stopped. This is what was written so far." if prose.statements else STOPPED)
    elif prose.gives_up and not prose.supported:
        none = Statement(f"{writer.name} found no answer to this in the {len(sources)} closest passages.")
        yield replace(last, statements=(none,), citations=(), state="nothing", reason="not_covered", note=cost)
    elif not prose.supported:
        yield replace(extracted, timings=last.timings, reason="unsupported", note=cost)
    else:
        yield replace(last, note=cost)


def _with_direct_line(
    extracted: Reply, prose: GeneratedStatements
) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """The direct line of the articles' own words before the model's prose, and the citations of both."""
    citations = list(prose.citations)
    places = {(each.article_id, each.start): each.number for each in citations}
    numbers = {}
    for each in extracted.citations:
        if any(each.number in line.citations for line in extracted.statements if line.direct):
            place = each.article_id, each.start
            if place not in places:
                places[place] = max(places.values(), default=0) + 1
                citations.append(replace(each, number=places[place]))
            numbers[each.number] = places[place]
    direct = [
        replace(line, citations=tuple(numbers[number] for number in line.citations))
        for line in extracted.statements
        if line.direct
    ]
    return (*direct, *(each for each in prose.statements if not each.struck)), tuple(citations)
