"""An answer as HTML, built from its statements, so that every citation link is our own."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from types import MappingProxyType

from rag.chats.exchange import Correction, Kept
from rag.reply import IN_THEIR_WORDS, MORE, Block, Citation, Reply, RetrievedPassage, Row, Statement
from rag.ui.html.escape import as_html, web_address
from rag.ui.html.labels import day, outlet_name, shortened

LONG_QUESTION = 160
STANDS_IN = {
    "unsupported": "The articles do not support the model's answer. These are the articles' own sentences.",
    "model_failed": (
        "The model did not answer. These are the articles' own sentences. Under “Answer mode” you can test it or "
        "choose another one."
    ),
}
MANNERS = {"extract": "From the articles' own sentences", "library": "From the library's own records"}
STRUCK_OUT = "Sentences removed because their citation failed its check: {}."
NOT_SUPPORTED = "Sentences of the model removed because the articles do not support them: {}."
_KINDS = {"answered": "answer", "related": "answer related", "nothing": "answer refusal"}
_STATES = {"related": "Related only", "nothing": "Not answered"}
"""Above a reply that does not answer."""
_MARKED = {
    "answer": "<strong>{}</strong>",
    "added": '<span class="added">{}</span>',
    "outlet": '<span class="account">{}</span>',
    "fixed": "{}",
}
NOT_FOUND = "Citation {} was not found word for word in its article."


def question_html(question: str) -> str:
    """The question as the heading of its turn."""
    size = "question long" if len(question) > LONG_QUESTION else "question"
    return f'<h2 class="{size}" tabindex="-1">{as_html(question)}</h2>'


def answer_html(turn: int, reply: Reply, opened: int | None, kept: Mapping[int, Kept] = MappingProxyType({})) -> str:
    """The answer of one turn with its citation links; `opened` is the citation in the reader, if any.

    `kept` says for each citation number whether its article was removed; a mark then replaces its words. A direct
    answer comes first, in a paragraph of its own. A reply that does not answer lists related sentences, without
    numbers.
    """
    removed, citations = _removed_of(kept), _there(reply, kept)
    direct: list[str] = []
    paragraphs: list[list[str]] = [[]]
    for statement in reply.statements:
        links = [
            _link(turn, citations[number], opened, number in statement.added)
            for number in statement.citations
            if number in citations
        ]
        words = _supported(statement) + "".join(f"&#8288;{link}" for link in links)
        if statement.direct:
            direct.append(
                f'<p class="direct">{words if statement.text else _removed(statement.citations, removed)}</p>'
            )
        elif not statement.text:
            paragraphs.append([_removed(statement.citations, removed)])
        elif paragraphs[-1] and any(mark.kind == "outlet" for mark in statement.marks):
            paragraphs.append([words])
        else:
            paragraphs[-1].append(words)
    notes = [STANDS_IN.get(reply.reason or "", ""), as_html(reply.note)]
    if reply.struck_out:
        written = reply.answered_by not in MANNERS
        notes.append((NOT_SUPPORTED if written else STRUCK_OUT).format(reply.struck_out))
    notes += [NOT_FOUND.format(citation.number) for citation in citations.values() if not citation.checked]
    content = "".join([*direct, *(f"<p>{' '.join(sentences)}</p>" for sentences in paragraphs if sentences)])
    if reply.abstained:
        content += _list_of_related(turn, reply, opened, removed)
    state = f'<p class="state">{_STATES[reply.state]}</p>' if reply.state in _STATES else ""
    return f'<div class="{_KINDS[reply.state]}">{state}{content}</div>' + "".join(
        f'<p class="aside">{note}</p>' for note in notes if note
    )


def blocks_html(turn: int, reply: Reply, opened: int | None, kept: Mapping[int, Kept] = MappingProxyType({})) -> str:
    """The tables of an answer: our own words, and in the last column the quotes of each row."""
    return "".join(_block(turn, block, _there(reply, kept), opened, _removed_of(kept)) for block in reply.blocks)


def more_html(turn: int, reply: Reply, opened: int | None, kept: Mapping[int, Kept] = MappingProxyType({})) -> str:
    """Sentences related to a question that is answered, without numbers."""
    return f'<div class="related more">{_list_of_related(turn, reply, opened, _removed_of(kept))}</div>'


def _removed_of(kept: Mapping[int, Kept]) -> dict[int, Kept]:
    return {number: each for number, each in kept.items() if each.removed_at}


def _there(reply: Reply, kept: Mapping[int, Kept]) -> dict[int, Citation]:
    """The citations whose articles still exist, by number."""
    return {each.number: each for each in reply.citations if each.number not in _removed_of(kept)}


def _block(
    turn: int, block: Block, citations: Mapping[int, Citation], opened: int | None, removed: Mapping[int, Kept]
) -> str:
    columns = _columns(block)
    rows = ""
    for row in block.rows:
        if not removed.keys().isdisjoint(row.citations):
            rows += f'<tr><td colspan="{len(columns)}">{_removed(row.citations, removed)}</td></tr>'
            continue
        cited = [citations[number] for number in row.citations if number in citations]
        outlets = {outlet_name(each.outlet) for each in cited}
        cells = ""
        for column, cell in zip(columns, row.cells, strict=False):
            tag = "td" if cells else 'th scope="row"'
            words = _cell(cell, cell in outlets or column == "Outlet")
            cells += f'<{tag} data-column="{as_html(column)}">{words}</{tag[:2]}>'
        quotes = "".join(_quote(turn, each, opened, outlet_name(each.outlet) not in row.cells) for each in cited)
        last = f'<td class="words" data-column="{IN_THEIR_WORDS}">{quotes}</td>' if IN_THEIR_WORDS in columns else ""
        rows += f"<tr>{cells}{last}</tr>"
    head = "".join(f'<th scope="col">{as_html(column)}</th>' for column in columns)
    title = f"<caption><bdi>{as_html(block.title)}</bdi></caption>" if block.title else ""
    return f'<div class="block"><table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'


def _columns(block: Block) -> list[str]:
    """The columns of a block, and one for the quotes if any row has citations."""
    return [*block.columns, *[IN_THEIR_WORDS] * any(row.citations for row in block.rows)]


def _cell(text: str, is_outlet: bool) -> str:
    words = f"<bdi>{as_html(text)}</bdi>"
    return f"<strong>{words}</strong>" if is_outlet else words


def _quote(turn: int, citation: Citation, opened: int | None, named: bool) -> str:
    """A quote with its link, and with its outlet if `named`."""
    outlet = f"{_cell(outlet_name(citation.outlet) + ':', is_outlet=True)} " if named else ""
    words = as_html(" ".join(citation.quote.split()))
    return f'<p dir="auto">{outlet}<span>{words}</span>&#8288;{_link(turn, citation, opened)}</p>'


def _list_of_related(turn: int, reply: Reply, opened: int | None, removed: Mapping[int, Kept]) -> str:
    items = "".join(_related(turn, each, opened, removed) for each in reply.more)
    return f"<ul>{items}</ul>" if items else ""


def _supported(statement: Statement) -> str:
    """The statement. If the articles do not support it, or only in part, it is marked with the reason."""
    words = _marked(statement)
    if statement.support not in ("partly", "unsupported"):
        return f"<span>{words}</span>"
    verdict = "Not supported" if statement.support == "unsupported" else "Partly supported"
    lack = f"{verdict}: {statement.lack}" if statement.lack else verdict
    mark = f'<span class="mark"> [{verdict.lower()}]</span>'
    return f'<span class="{statement.support}" title="{as_html(lack)}">{words}{mark}</span>'


def _related(turn: int, citation: Citation, opened: int | None, removed: Mapping[int, Kept]) -> str:
    """A related sentence as a link, with its outlet."""
    source = f"{outlet_name(citation.outlet)}, {day(citation.published)}"
    if citation.number in removed:
        words = _removed((citation.number,), removed)
    else:
        state = ' aria-current="true"' if citation.number == opened else ""
        words = f'<a class="cite" href="#cite-{turn}-{citation.number}"{state}>{as_html(citation.quote)}</a>'
    return f'<li dir="auto">{words} <span class="source"><bdi>{as_html(source)}</bdi></span></li>'


def _removed(numbers: Sequence[int], removed: Mapping[int, Kept]) -> str:
    """The mark that replaces words of these citations, whose article was removed."""
    gone = [removed[number] for number in numbers if number in removed]
    when = f" on {day((gone[0].removed_at or '')[:10])}" if gone else ""
    hashes = "".join(f' <code title="sha256 {as_html(each.hash)}">{as_html(each.hash[:12])}</code>' for each in gone)
    return f'<span class="gone">[removed: the article was removed from the library{when}{hashes}]</span>'


def _marked(statement: Statement) -> str:
    """The statement's words, with the answering words in bold and added words marked."""
    pieces, at = [], 0
    for mark in statement.marks:
        pieces.append(as_html(statement.text[at : mark.start]))
        words = as_html(statement.text[mark.start : mark.end])
        pieces.append(_MARKED[mark.kind].format(words))
        at = mark.end
    return "".join([*pieces, as_html(statement.text[at:])])


def correction_html(correction: Correction) -> str:
    """A notice that an article has changed since it was cited, and which cited sentences it no longer has."""
    name = f"<bdi>{as_html(correction.outlet or shortened(correction.label))}</bdi>"
    notice = f"The article of {name} that {_cited(correction.numbers)} has changed"
    if not correction.lost:
        return f'<p class="notice">{notice}. The cited sentences are still in it.</p>'
    these = (
        "The cited sentences"
        if correction.lost == correction.numbers
        else f"The sentences that {_cited(correction.lost)}"
    )
    return f'<p class="notice">{notice}. {these} are no longer in it.</p>'


def copy_text(reply: Reply) -> str:
    """The answer as plain text to paste elsewhere: sentences, tables, citations and related sentences."""
    direct = [str(each) for each in reply.statements if each.text and each.direct]
    sentences = [str(each) for each in reply.statements if each.text and not each.direct]
    blocks = ["\n".join([block.title, *_rows_text(block.rows, reply.citations)]).strip() for block in reply.blocks]
    sources = [f"[{each.number}] {_source(each)}" for each in reply.citations if each.quote]
    related = [f"- {' '.join(each.quote.split())} ({_source(each)})" for each in reply.more if each.quote]
    if related and not reply.abstained:
        related.insert(0, f"{MORE}:")
    parts = ["\n".join(direct), " ".join(sentences), *blocks, "\n".join(sources), "\n".join(related)]
    return "\n\n".join(part for part in parts if part)


def _rows_text(rows: Sequence[Row], citations: Sequence[Citation]) -> list[str]:
    quotes = {each.number: f"{' '.join(each.quote.split())} [{each.number}]" for each in citations}
    gone = {each.number for each in citations if not each.quote}
    lines = []
    for row in rows:
        cited = " ".join(quotes[number] for number in row.citations if number in quotes)
        if not gone.intersection(row.citations):
            lines.append("- " + ": ".join(filter(None, [", ".join(row.cells), cited])))
    return lines


def _source(citation: Citation) -> str:
    about = (outlet_name(citation.outlet), citation.title, day(citation.published), web_address(citation.url))
    return ", ".join(filter(None, about))


def _cited(numbers: Sequence[int]) -> str:
    return f"{_listed(numbers)} {'cites' if len(numbers) == 1 else 'cite'}"


def _listed(numbers: Sequence[int]) -> str:
    return " and ".join(f"[{number}]" for number in numbers)


def manner_html(reply: Reply) -> str:
    """Who wrote the answer, and how long it took."""
    if reply.answered_by == "small_talk":
        return ""
    if reply.abstained:
        manner = "Searched the library"
    else:
        manner = MANNERS.get(reply.answered_by, f"Written by {reply.answered_by}")
    seconds = max(reply.timings.get("total_ms", 0) / 1000, 0.1)
    return f'<p class="aside manner">{as_html(manner)}, {seconds:.{0 if seconds >= 10 else 1}f} s</p>'


def considered_html(
    reply: Reply,
    labels: Mapping[str, str],
    undated: Container[str] = (),
    kept: Mapping[int, Kept] = MappingProxyType({}),
) -> str:
    """The passages that were found, best first; `labels` has the articles' names by id.

    `undated` are the ids of articles that may not meet a condition on dates; `kept` says for each rank whether the
    article was removed.
    """
    about = (
        "The closest passages in the library. None of them answers the question."
        if reply.abstained
        else "All passages that were found, best first. The answer uses only the sentences it cites."
    )
    searched = f" Searched for: “{as_html(reply.query)}”." if reply.query != reply.question else ""
    marked = [passage.article_id in undated for passage in reply.retrieved]
    let_in = " Undated articles come last, because they may be outside the dates." if any(marked) else ""
    items = "".join(
        _considered(passage, labels.get(passage.article_id, ""), mark, kept.get(passage.rank))
        for passage, mark in zip(reply.retrieved, marked, strict=True)
    )
    return f'<p class="aside">{about}{searched}{let_in}</p><ol class="passages">{items}</ol>'


def _link(turn: int, citation: Citation, opened: int | None, added: bool = False) -> str:
    by_us = ", added by the check" if added else ""
    state = ' aria-current="true"' if citation.number == opened else ""
    return (
        f'<a class="cite" href="#cite-{turn}-{citation.number}" title="{as_html(citation.quote)}"{state} '
        f'aria-label="Citation {citation.number}, {as_html(outlet_name(citation.outlet))}{by_us}">'
        f"[{citation.number}{'+' if added else ''}]</a>"
    )


def _considered(passage: RetrievedPassage, label: str, undated: bool, kept: Kept | None) -> str:
    if kept and kept.removed_at:
        hash = as_html(kept.hash)
        return f'<li><p class="about">removed <code title="sha256 {hash}">{hash[:12]}</code></p></li>'
    mark = '<span class="undated">undated</span>' if undated else ""
    return (
        f'<li><p class="about"><bdi>{as_html(outlet_name(passage.outlet))}</bdi> · <bdi>{as_html(label)}</bdi>'
        f'<span class="score">score {passage.score:.3g}</span>{mark}</p>'
        f'<p class="passage">{as_html(passage.text)}</p></li>'
    )
