"""Verification of an exported chat, against the library or by itself."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from rag.article import Article, fingerprint
from rag.chats.exchange_rows import head_hash, row_hash
from rag.errors import UnknownArticle, UsageError
from rag.library.library import Library

State = Literal["holds", "stands", "changed", "removed", "altered"]


@dataclass(frozen=True, slots=True)
class VerificationFinding:
    """The result for one citation: number `number` of exchange `exchange` (from 1).

    `number` is None for a related sentence of `article_id`, or for the exchange as a whole. "holds": the quote is in
    place in the cited version. "stands": it is in place in a later version. "changed": it is not there now. "removed":
    its article is not in the library, or was not at the export. "altered": the export itself was changed.
    """

    exchange: int
    number: int | None
    article_id: str | None
    state: State
    told: str

    @property
    def holds(self) -> bool:
        return self.state in ("holds", "stands")

    def to_json(self) -> dict[str, Any]:
        return asdict(self) | {"holds": self.holds}


def verify(data: Mapping[str, Any], library: Library | None, readable: bool = True) -> list[VerificationFinding]:
    """Check every citation of an export; without a library, check the export by itself.

    `readable` is the second result of `chat_export.parse`. Raises UsageError if the data is incomplete.
    """
    findings = [] if readable else [_altered(0, None, None, "its visible text does not match its data")]
    try:
        for number, exchange in enumerate(data["exchanges"], 1):
            findings += _of_exchange(number, exchange, library)
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"The export is incomplete: {error!r} in its exchanges. Export the chat again.") from error
    return findings


def _of_exchange(number: int, exchange: Mapping[str, Any], library: Library | None) -> Iterator[VerificationFinding]:
    citations = {citation["number"]: citation for citation in exchange.get("citations", ())}
    for citation in (*citations.values(), *exchange.get("coverage", {}).get("citations", ())):
        yield _of_citation(number, citation["number"], citation, exchange, library)
    for related in exchange.get("more", ()):
        finding = _of_citation(number, None, related, exchange, library)
        about = ", ".join(str(related[name]) for name in ("outlet", "title") if related[name])
        of_article = f"article {related['article_id']}" + (f" ({about})" if about else "")
        yield replace(finding, told=f"the related sentence of {of_article}: {finding.told}")
    for passage in exchange.get("retrieved", ()):
        if passage["text"] is not None and fingerprint(passage["text"]) != passage["sha256"]:
            yield _altered(number, None, passage["article_id"], f"passage {passage['rank']} was changed")
    for statement in exchange.get("statements", ()):
        for told in _of_statement(statement, exchange, citations):
            yield _altered(number, None, None, told)
    for block in exchange.get("blocks", ()):
        for message in _of_block(block, citations):
            yield _altered(number, None, None, message)


def _of_statement(
    statement: Mapping[str, Any], exchange: Mapping[str, Any], citations: Mapping[int, Mapping[str, Any]]
) -> Iterator[str]:
    """What was changed in a sentence of the answer."""
    if statement["text"] is not None and fingerprint(statement["text"]) != statement["sha256"]:
        yield f"a sentence of the answer was changed: {statement['text']!r}"
    for cited in statement["citations"]:
        if cited not in citations:
            yield f"the answer cites [{cited}], which the export does not have"
    # Refusals are the program's own words, without citations.
    extracted = exchange["answered_by"] == "extract" and (statement["citations"] or not exchange["abstained"])
    if statement.get("direct"):
        astray = _astray_in_direct(statement, citations)
    else:
        astray = _astray(statement, citations) if extracted else None
    if astray:
        yield f"the answer has words that its citations do not have: {astray!r}"


def _of_block(block: Mapping[str, Any], citations: Container[int]) -> Iterator[str]:
    """What was changed in a block of the answer."""
    kind, title, columns, rows = block["kind"], block["title"], block["columns"], block["rows"]
    if title is None:  # removed with its rows
        altered = any(row["cells"] is not None for row in rows)
    else:
        altered = head_hash(kind, title, columns) != block["sha256"]
    if altered:
        yield f"the head of a table of the answer was changed: {title!r}"
    for row in rows:
        if row["cells"] is not None and row_hash(row["cells"], row["citations"]) != row["sha256"]:
            yield f"a row of a table of the answer was changed: {row['cells']!r}"
        for cited in row["citations"]:
            if cited not in citations:
                yield f"a table of the answer cites [{cited}], which the export does not have"


def _of_citation(
    number: int,
    citation_number: int | None,
    citation: Mapping[str, Any],
    exchange: Mapping[str, Any],
    library: Library | None,
) -> VerificationFinding:
    def found(state: State, message: str) -> VerificationFinding:
        return VerificationFinding(number, citation_number, citation["article_id"], state, message)

    quote, hash = citation["quote"], citation["sha256"]
    start, end = int(citation["start"]), int(citation["end"])
    if quote is not None and (fingerprint(quote) != hash or len(quote) != end - start):
        return found("altered", "the quote was changed: its hash or length differs")
    if library is None:
        return _alone(citation, exchange, found)
    try:
        article = library.article(citation["article_id"])
    except UnknownArticle:
        return found("removed", "its article is not in the library")
    if _stands(article.text, start, end, hash):
        if article.version == citation["version"]:
            return found("holds", "the quote is in place")
        return found("stands", f"the quote is still in place, in version {article.version} of the article")
    return found("changed", _where(article, quote, start, end))


def _alone(
    citation: Mapping[str, Any], exchange: Mapping[str, Any], found: Callable[[State, str], VerificationFinding]
) -> VerificationFinding:
    quote = citation["quote"]
    if quote is None:
        return found("removed", "its article was removed before the export; only the hash is left")
    for passage in exchange.get("retrieved", ()):
        start, end = citation["start"] - passage["start"], citation["end"] - passage["start"]
        if passage["article_id"] != citation["article_id"] or passage["text"] is None:
            continue
        if start >= 0 and citation["end"] <= passage["end"] and passage["text"][start:end] != quote:
            return found("altered", f"passage {passage['rank']} has other words in its place")
    return found("holds", "the quote matches its hash")


def _stands(text: str, start: int, end: int, hash: str) -> bool:
    return 0 <= start < end and fingerprint(text[start:end]) == hash


def _where(article: Article, quote: str | None, start: int, end: int) -> str:
    """Where a quote is now, if it is not in its place."""
    version = f"version {article.version} of the article"
    if quote and (at := article.text.find(quote)) >= 0:
        return f"the quote has moved to {at} to {at + len(quote)} in {version}"
    return f"the quote is not in {version}; in its place: {article.text[start:end][:200]!r}"


def _astray(statement: Mapping[str, Any], citations: Mapping[int, Mapping[str, Any]]) -> str | None:
    """The first words of an extracted statement that none of its citations has, ignoring words marked as added."""
    text, at, pieces = statement["text"], 0, []
    if text is None:
        return None
    for start, end, kind in statement["marks"]:
        if kind != "answer":
            pieces.append(text[at:start])
            at = end
    quotes = " ".join(
        " ".join((citations[number]["quote"] or "").split()) for number in statement["citations"] if number in citations
    )
    said = (piece.strip() for piece in (*pieces, text[at:]))
    return next((str(piece) for piece in said if piece and piece not in quotes), None)


def _astray_in_direct(statement: Mapping[str, Any], citations: Mapping[int, Mapping[str, Any]]) -> str | None:
    """The first words of a direct answer that none of its citations has, ignoring the program's own words.

    The answer can start with a capital letter that is lower case in the article.
    """
    text, at, spans = statement["text"], 0, []
    if text is None:
        return None
    for start, end, kind in statement["marks"]:
        spans += [text[at:start], text[start:end] if kind == "answer" else ""]
        at = end
    quotes = [
        " ".join((citations[each]["quote"] or "").split()) for each in statement["citations"] if each in citations
    ]
    for span in (each.strip() for each in (*spans, text[at:])):
        forms = {span, span[:1].lower() + span[1:] if text.startswith(span) else span}
        if span and not any(form in quote for form in forms for quote in quotes):
            return str(span)
    return None


def _altered(exchange: int, number: int | None, article_id: str | None, message: str) -> VerificationFinding:
    return VerificationFinding(exchange, number, article_id, "altered", message)
