"""Parses files in a process of its own, where a hostile file can do no harm.

`python -m rag.ingestion.parse FD` answers requests from the connection FD until it is closed. A request is a JSON
object and the file's bytes, an answer a JSON object; nothing else passes. The process limits its own memory and
processor time, can write no file, and is ended from outside when it takes too long (parser_process.py).
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from multiprocessing.connection import Connection
from typing import Any

from rag.errors import ReadError
from rag.ingestion import documents, exchange_formats, extract, feeds, json_articles

MEMORY_BYTES = 1 << 30
PROCESSOR_SECONDS = 30
"""Many times what real files take."""

Parse = Callable[[bytes, dict[str, Any]], dict[str, Any]]


def _json(content: bytes, request: dict[str, Any]) -> dict[str, Any]:
    """The articles of a JSON document, or of one line of a file of them."""
    text = extract.decode(content)
    document = json_articles.json_document(text.rstrip() if request.get("line") else text, request.get("line"))
    if document == []:
        raise ReadError("it is an empty list")
    found = [document] if request.get("line") else json_articles.articles_in(document)
    return {"articles": [_tried(each) for each in found]}


def _exchanged(content: bytes, request: dict[str, Any]) -> dict[str, Any]:
    found = list(exchange_formats.FORMATS[request["form"]](content))
    return {"articles": [{"error": str(each)} if isinstance(each, ReadError) else asdict(each) for each in found]}


def _tried(document: object) -> dict[str, Any]:
    try:
        return asdict(json_articles.from_json(document))
    except ReadError as error:
        return {"error": str(error)}


def _page(content: bytes, request: dict[str, Any]) -> dict[str, Any]:
    text = extract.decode(content, request.get("charset"))
    return {"article": asdict(extract.from_html(text, request.get("url")))}


def _pdf(content: bytes, _: dict[str, Any]) -> dict[str, Any]:
    return {"article": asdict(documents.from_pdf(content))}


def _docx(content: bytes, _: dict[str, Any]) -> dict[str, Any]:
    return {"article": asdict(documents.from_docx(content))}


def _listing(content: bytes, request: dict[str, Any]) -> dict[str, Any]:
    return {"listing": asdict(feeds.from_xml_or_json(content, request["url"]))}


KINDS: dict[str, Parse] = {
    "page": _page,
    "json": _json,
    "exchanged": _exchanged,
    "pdf": _pdf,
    "docx": _docx,
    "listing": _listing,
}


def answer(request: dict[str, Any], content: bytes) -> dict[str, Any]:
    """The answer to one request: the article or the listing, or under "error" the reason why there is none.

    "spent" means that this process should not be used again; "log" is for the other side's log.
    """
    try:
        return KINDS[request["kind"]](content, request)
    except ReadError as error:
        return {"error": str(error)}
    except (MemoryError, RecursionError):
        return {"error": "reading it takes more memory than a file may", "spent": True}
    except Exception as error:  # noqa: BLE001  the outermost edge of this process: what other people's parsers raise
        return {"error": f"it is damaged ({type(error).__name__})", "log": traceback.format_exc()}


def main(connection: Connection) -> None:
    """Answer requests until the other side closes the connection."""
    limit_next = _limited()
    while True:
        try:
            request, content = json.loads(connection.recv_bytes()), connection.recv_bytes()
        except EOFError:
            return
        limit_next()
        connection.send_bytes(json.dumps(answer(request, content)).encode())


def _limited() -> Callable[[], None]:
    """Limit this process's memory and files; what is returned limits its processor time for one request more."""
    try:
        import resource  # Unix only
    except ImportError:
        return lambda: None
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    with suppress(ValueError, OSError):  # where the system knows no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, most))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    _, most_seconds = resource.getrlimit(resource.RLIMIT_CPU)

    def limit_next() -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime) + PROCESSOR_SECONDS + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, most_seconds))

    return limit_next


if __name__ == "__main__":
    main(Connection(int(sys.argv[1])))
