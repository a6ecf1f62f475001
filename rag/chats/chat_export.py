"""Export of a chat as Markdown, JSON or one HTML page.

Markdown and HTML contain the data in a hidden place, so that each form can be verified: its citations, and whether the
visible text matches the data. The fixed words here are part of the format: exports are compared with them.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any, Final

from rag.chats.chats import Chats
from rag.chats.exchange import Exchange, Kept
from rag.errors import UsageError
from rag.library.database import now
from rag.library.library import Library
from rag.reply import IN_THEIR_WORDS, MORE, Citation, Reply

FORMAT, VERSION = "second-source-chat", 1
REMOVED = "[removed: its article was taken out of the library]"
_HIDDEN = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"})
_DATA = re.compile(r'<!-- second-source (\{.*\}) -->|<script type="application/json" id="data">(\{.*\})</script>')
_MARKDOWN = re.compile(r"[\\`*_{}\[\]()#+!|~$<>&:@-]")
_STYLE = (
    ":root{color-scheme:light dark}body{max-width:40rem;margin:2rem auto;padding:0 1rem;font:1.1rem/1.6 Charter,"
    "Georgia,serif}h2{margin-top:2.5rem;line-height:1.3}p,li{overflow-wrap:anywhere}small,code,.about{font:0.85rem/1.5 "
    "system-ui,sans-serif}blockquote{margin:0.4rem 0;padding-left:0.8rem;border-left:3px solid #8884}"
)
# Separate, so that pages exported before there were tables can still be verified.
_STYLE_OF_BLOCKS = (
    ".direct{font-size:1.25rem}table{width:100%;margin:1rem 0;border-collapse:collapse}caption,th,td{padding:0.4rem "
    "0.8rem 0.4rem 0;text-align:left;vertical-align:top;overflow-wrap:anywhere}caption,th{font:bold 0.85rem/1.5 "
    "system-ui,sans-serif}td{border-top:1px solid #8884}td p{margin:0}"
)


def export(chats: Chats, library: Library, id: str) -> dict[str, Any]:
    """A saved chat as JSON data, see the README. Raises UsageError if there is no such chat."""
    chat = chats.chat(id)
    return {
        "format": FORMAT,
        "version": VERSION,
        "exported_at": now(),
        "model": {"name": library.catalogue.meta("model_name"), "identity": library.catalogue.meta("model")},
        "chat": {"id": chat.id, "name": chat.name, "begun_at": chat.begun_at},
        "exchanges": [_exchange(each) for each in chats.exchanges(id)],
    }


def as_json(data: Mapping[str, Any]) -> str:
    """The data itself."""
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"


def as_markdown(data: Mapping[str, Any]) -> str:
    """The chat with its sources; all text of articles and people is escaped."""
    lines = [f"# {_plain(data['chat']['name'])}", "", _plain(_origin(data)), ""]
    for exchange in data["exchanges"]:
        lines += [f"## {_plain(exchange['question'])}", ""]
        lines += [_plain(note) + "\n" for note in _notes(exchange)]
        direct, others = _statements(exchange)
        for each in direct:
            lines += [f"**{_plain(each['text'] or REMOVED)}**{_numbers(each)}", ""]
        if others or not direct:
            lines += [" ".join(_plain(each["text"] or REMOVED) + _numbers(each) for each in others), ""]
        for block in exchange.get("blocks", ()):
            lines += _block_lines(block, exchange)
        if _has_more(exchange):
            lines += [f"{MORE}:", ""]
        for each in exchange.get("more", ()):
            lines += _source_lines("-", each)
        for line in _accounts(exchange):
            lines += [f"- {_plain(line)}", ""]
        for each in _sources(exchange):
            lines += _source_lines(f"{each['number']}.", each)
    return "\n".join([*lines, f"<!-- second-source {_hidden(data)} -->", ""])


def as_html(data: Mapping[str, Any]) -> str:
    """The chat as one self-contained page, which cannot load or run anything."""
    name = html.escape(data["chat"]["name"])
    body = [f'<h1>{name}</h1><p class="about">{html.escape(_origin(data))}</p>']
    for exchange in data["exchanges"]:
        body.append(f"<h2>{html.escape(exchange['question'])}</h2>")
        body += [f'<p class="about">{html.escape(note)}</p>' for note in _notes(exchange)]
        direct, others = _statements(exchange)
        for each in direct:
            words = f"<strong>{html.escape(each['text'] or REMOVED)}</strong>{_numbers(each)}"
            body.append(f'<p class="direct">{words}</p>')
        content = " ".join(html.escape((each["text"] or REMOVED) + _numbers(each)) for each in others)
        content = f"<p>{content}</p>" if others or not direct else ""
        content += "".join(_block_html(block, exchange) for block in exchange.get("blocks", ()))
        accounts = "".join(f"<li>{html.escape(line)}</li>" for line in _accounts(exchange))
        related = "".join(f"<li>{_source_html(each)}</li>" for each in exchange.get("more", ()))
        content += f"<p>{MORE}:</p>" if _has_more(exchange) else ""
        lists = "".join(f"<ul>{items}</ul>" for items in (related, accounts) if items)
        body.append(f"{content}{lists}<ol>")
        body += [f'<li value="{int(each["number"])}">{_source_html(each)}</li>' for each in _sources(exchange)]
        body.append("</ol>")
    style = _STYLE + (_STYLE_OF_BLOCKS if any("blocks" in each for each in data["exchanges"]) else "")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{name}</title>'
        '<meta name="viewport" content="width=device-width"><meta http-equiv="Content-Security-Policy" content="'
        "default-src 'none'; style-src 'unsafe-inline'\">"
        f"<style>{style}</style></head>\n<body>\n" + "\n".join(body) + "\n"
        f'<script type="application/json" id="data">{_hidden(data)}</script>\n</body></html>\n'
    )


FORMS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "md": as_markdown,
    "json": as_json,
    "html": as_html,
}
"""The export functions, by file extension."""


def parse(content: str, name: str) -> tuple[dict[str, Any], bool]:
    """The data in an export, and whether its visible text matches the data.

    Raises UsageError if the file called `name` is not an exported chat.
    """
    text = content.removeprefix("\ufeff").replace("\r\n", "\n")
    hidden = _DATA.search(text)
    try:
        data = json.loads((hidden[1] or hidden[2]) if hidden else text)
        if data["format"] != FORMAT or data["version"] != VERSION:
            raise ValueError(f"its format is {data['format']!r}, version {data['version']!r}")
        form = as_json if not hidden else as_markdown if hidden[1] else as_html
        return data, hidden is None or _as_read(form(data)) == _as_read(text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise UsageError(
            f"{name} is not an exported chat ({error}). Export one on the page or with `python -m rag chats export ID`."
        ) from error


def _as_read(text: str) -> str:
    """A text without the blanks at the ends of its lines and of itself, which editors remove or add."""
    return "\n".join(line.rstrip() for line in text.rstrip().split("\n"))


def file_name(name: str, form: str) -> str:
    """A file name made of the letters and digits of a chat's name."""
    words = "-".join(re.findall(r"[^\W_]+", name.lower()))
    return f"{words[:60].strip('-') or 'chat'}.{form}"


def _exchange(exchange: Exchange) -> dict[str, Any]:
    asked: dict[str, Any] = {"question": exchange.question, "asked_at": exchange.asked_at, "problem": exchange.problem}
    rating = {"liked": exchange.liked, "remark": exchange.remark or None, "expected": exchange.expected or None}
    if exchange.reply is None:
        return asked | rating
    return asked | _reply(exchange, exchange.reply) | rating


def _reply(exchange: Exchange, reply: Reply) -> dict[str, Any]:
    whole = reply.to_json()
    fields = ("query", "filters", "state", "abstained", "reason", "answered_by", "intent", "timings")
    return {
        **{name: whole[name] for name in fields},
        "struck_out": reply.struck_out,
        "statements": [
            {
                "text": each.text or None,
                "citations": list(each.citations),
                "sha256": hash,
                "marks": [[mark.start, mark.end, mark.kind] for mark in each.marks],
                "direct": each.direct,
            }
            for each, hash in zip(reply.statements, exchange.statements, strict=True)
        ],
        "blocks": list(exchange.blocks),
        "citations": [asdict(each) | _pointed(each, exchange) for each in reply.citations],
        "more": [each.unnumbered() | _pointed(each, exchange) for each in reply.more],
        "retrieved": [
            asdict(each) | {"text": each.text or None} | _kept(exchange.considered[each.rank])
            for each in reply.retrieved
        ],
    }


def _pointed(citation: Citation, exchange: Exchange) -> dict[str, Any]:
    kept = exchange.citations[citation.number]
    return {"quote": citation.quote or None, "version": kept.version} | _kept(kept)


def _kept(kept: Kept) -> dict[str, Any]:
    return {"sha256": kept.hash, "removed_at": kept.removed_at}


def _origin(data: Mapping[str, Any]) -> str:
    model = data["model"]
    return (
        f"A chat with Second Source, exported {data['exported_at']}. Embedding model: {model['name']} "
        f"({str(model['identity'])[:12]}). `python -m rag verify FILE` checks every citation."
    )


def _notes(exchange: Mapping[str, Any]) -> Iterator[str]:
    """The conditions, who answered, and errors."""
    if exchange["problem"]:
        yield exchange["problem"]
    if "statements" not in exchange:
        return
    filters = exchange["filters"]
    only = [*filters["outlets"], *(f"{name} {filters[name]}" for name in ("since", "until") if filters[name])]
    if filters.get("collection"):
        only.append(f"the collection {filters['collection']}")
    if filters.get("articles"):
        only.append(f"the articles {', '.join(filters['articles'])}")
    yield f"Answered by {exchange['answered_by']}" + (f", only from {', '.join(only)}" if only else "") + "."


def _source_lines(mark: str, citation: Mapping[str, Any]) -> Iterator[str]:
    """A source as a Markdown list item that starts with `mark`."""
    address = f" <{citation['url']}>" if re.fullmatch(r"https?://[^\s<>]+", citation["url"] or "") else ""
    yield f"{mark} {_plain(_about(citation))}{address}  "
    yield from (f"   > {_plain(citation['quote'] or REMOVED)}", "", f"   `{_place(citation)}`", "")


def _source_html(citation: Mapping[str, Any]) -> str:
    """A source as the content of an HTML list item."""
    address = ""
    if re.fullmatch(r"https?://[^\s<>\"']+", citation["url"] or ""):
        url = html.escape(citation["url"])
        address = f' <a href="{url}" rel="noopener noreferrer nofollow">{url}</a>'
    return (
        f'<span class="about">{html.escape(_about(citation))}{address}</span>'
        f"<blockquote>{html.escape(citation['quote'] or REMOVED)}</blockquote>"
        f"<code>{html.escape(_place(citation))}</code>"
    )


def _sources(exchange: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The citations of the answer and of the coverage."""
    return [*exchange.get("citations", ()), *exchange.get("coverage", {}).get("citations", ())]


def _accounts(exchange: Mapping[str, Any]) -> Iterator[str]:
    """Who says what, one line per outlet."""
    if not (coverage := exchange.get("coverage")):
        return
    from rag.coverage.coverage_export import VERDICTS  # imported late: few chats need it

    for claim in coverage["claims"]:
        yield f"Who says what: {claim['asked']}"
        for each in claim["accounts"]:
            number = f" [{int(each['citation'])}]" if each["citation"] is not None else ""
            # Chats of earlier versions have other verdicts, and no values.
            said = each.get("value") or VERDICTS.get(each["verdict"], each["verdict"])
            yield f"{each['outlet'] or 'Unknown outlet'}: {said}{number}"


def _statements(exchange: Mapping[str, Any]) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """The direct answer, and the other statements."""
    statements = exchange.get("statements", ())
    return [each for each in statements if each.get("direct")], [each for each in statements if not each.get("direct")]


def _has_more(exchange: Mapping[str, Any]) -> bool:
    """Whether to show "More on this". Replies that do not answer introduce related sentences in a statement."""
    return bool(exchange.get("more")) and exchange.get("state") == "answered"


def _columns(block: Mapping[str, Any]) -> list[str]:
    """The columns of a block, and one for the quotes if any row has citations."""
    return [*block["columns"], *[IN_THEIR_WORDS] * any(row["citations"] for row in block["rows"])]


def _quoted(row: Mapping[str, Any], exchange: Mapping[str, Any]) -> Iterator[str]:
    """The quotes of a row, each with its number."""
    for citation in exchange["citations"]:
        if citation["number"] in row["citations"]:
            yield f"[{int(citation['number'])}] {' '.join((citation['quote'] or REMOVED).split())}"


def _block_lines(block: Mapping[str, Any], exchange: Mapping[str, Any]) -> Iterator[str]:
    """A block as a table in Markdown."""
    columns = _columns(block)
    if block["title"]:
        yield from (f"**{_plain(block['title'])}**", "")
    yield f"| {' | '.join(map(_plain, columns))} |"
    yield f"|{' --- |' * len(columns)}"
    for row in block["rows"]:
        if row["cells"] is None:
            yield f"| {_plain(REMOVED)} |{' |' * (len(columns) - 1)}"
            continue
        quoted = ["<br>".join(map(_plain, _quoted(row, exchange)))][: len(columns) - len(row["cells"])]
        yield f"| {' | '.join([*map(_plain, row['cells']), *quoted])} |"
    yield ""


def _block_html(block: Mapping[str, Any], exchange: Mapping[str, Any]) -> str:
    """A block as a table in HTML."""
    columns = _columns(block)
    rows = ""
    for row in block["rows"]:
        if row["cells"] is None:
            rows += f'<tr><td colspan="{len(columns)}">{html.escape(REMOVED)}</td></tr>'
            continue
        cells = "".join(f"<td>{html.escape(cell)}</td>" for cell in row["cells"])
        quoted = "".join(f"<p>{html.escape(each)}</p>" for each in _quoted(row, exchange))
        rows += f"<tr>{cells}{f'<td>{quoted}</td>' if IN_THEIR_WORDS in columns else ''}</tr>"
    head = "".join(f'<th scope="col">{html.escape(column)}</th>' for column in columns)
    title = f"<caption>{html.escape(block['title'])}</caption>" if block["title"] else ""
    return f"<table>{title}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _numbers(statement: Mapping[str, Any]) -> str:
    return "".join(f" [{int(number)}]" for number in statement["citations"])


def _about(citation: Mapping[str, Any]) -> str:
    parts = (citation["outlet"] or "Unknown outlet", citation["title"], citation["published"] or "undated")
    return ", ".join(part for part in parts if part)


def _place(citation: Mapping[str, Any]) -> str:
    return (
        f"article {citation['article_id']} version {citation['version']}, characters {citation['start']} to "
        f"{citation['end']}, sha256 {citation['sha256']}"
    )


def _hidden(data: Mapping[str, Any]) -> str:
    """The data on one line that cannot end a comment or a script."""
    return json.dumps(data, ensure_ascii=False).translate(_HIDDEN)


def _plain(text: str) -> str:
    """Text on one line, escaped for Markdown."""
    return _MARKDOWN.sub(r"\\\g<0>", " ".join(text.split()))
