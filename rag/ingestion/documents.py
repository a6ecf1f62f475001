"""Reads PDF and Word files: their text in paragraphs, and a headline if there is one."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

from rag.article import Article
from rag.errors import ReadError
from rag.ingestion.extract import LONGEST_HEADLINE, from_text, tidy

MOST_PAGES = 2000
"""More is not an article, and would take too long to read."""
_FILE_NAME = re.compile(r"^(microsoft word|untitled|document\d*$|slide \d)|\.(docx?|pdf|indd|qxp|rtf|odt|tmp)$", re.I)
"""Titles that programs give to a document by themselves."""
_FULL_LINE = 0.75
"""Share of the longest line. A longer line ends at the edge of the page, a shorter one ends a paragraph."""


def from_pdf(content: bytes) -> Article:
    """The text of a PDF file (pypdf), lines joined to paragraphs. Raises ReadError if there is none."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, FileNotDecryptedError, PyPdfError

    encrypted = "it is encrypted: save it without a password first"
    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise ReadError(encrypted)
        if len(reader.pages) > MOST_PAGES:
            raise ReadError(f"it has {len(reader.pages)} pages, more than the {MOST_PAGES} an article may have")
        pages = [page.extract_text() for page in reader.pages]
        given = reader.metadata.title if reader.metadata else None
    except (DependencyError, FileNotDecryptedError) as error:
        raise ReadError(encrypted) from error
    except PyPdfError as error:
        raise ReadError(f"it is no whole PDF file: {error}") from error
    lines = [line.strip() for line in _without_running_lines(pages)]
    text = tidy("\n\n".join(_paragraphs(lines)))
    if not any(char.isalnum() for char in text):
        raise ReadError("its pages are pictures without text, as a scanner makes them: run it through OCR first")
    return _titled(text, str(given) if given else None)


def from_docx(content: bytes) -> Article:
    """The text of a Word file (python-docx), tables included, in order. Raises ReadError if there is none."""
    import docx
    from docx.opc.exceptions import PackageNotFoundError
    from docx.table import Table

    try:
        document = docx.Document(io.BytesIO(content))
    except (PackageNotFoundError, zipfile.BadZipFile, KeyError, ValueError) as error:
        raise ReadError("it is no whole Word file (.docx)") from error
    heading, blocks = None, []
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            blocks += ["\t".join(cell.text.strip() for cell in row.cells) for row in block.rows]
        elif not (text := block.text.strip()):
            continue
        elif heading is None and not blocks and block.style and block.style.name in ("Title", "Heading 1"):
            heading = text
        else:
            blocks.append(text)
    text = tidy("\n\n".join(filter(None, blocks)))
    if not any(char.isalnum() for char in text):
        raise ReadError("it has no text")
    return Article(text=text, title=heading) if heading else _titled(text, document.core_properties.title)


def _titled(text: str, given: str | None) -> Article:
    """The article with the document's own title as its headline, if it has a real one, else as plain text."""
    title = " ".join(tidy(given or "").split())
    if not title or len(title) > LONGEST_HEADLINE or _FILE_NAME.search(title):
        return from_text(text)
    first, _, rest = text.partition("\n")
    return Article(text=rest.strip() if first.strip() == title and rest.strip() else text, title=title)


def _without_running_lines(pages: list[str]) -> Iterator[str]:
    """The lines of the pages without the header and footer that most of them have."""
    split = [[line for line in page.splitlines() if line.strip()] for page in pages]
    edges: dict[str, int] = {}
    for lines in split:
        for line in {_shape(line) for line in [*lines[:1], *lines[-1:]]}:
            edges[line] = edges.get(line, 0) + 1
    running = {line for line, count in edges.items() if count > max(2, len(pages) / 2)}
    for page, lines in zip(pages, split, strict=True):
        kept = page.splitlines()
        for edge in (lines[:1], lines[-1:]):
            if edge and _shape(edge[0]) in running:
                kept.remove(edge[0])
        yield from kept


def _shape(line: str) -> str:
    """A line with "#" for its numbers: "Page 3 of 9" is then the same on every page."""
    return re.sub(r"\d+", "#", line.strip())


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """The lines joined to paragraphs. A paragraph ends at a blank line or with a short line."""
    full = _FULL_LINE * max(map(len, lines), default=0)
    paragraph = ""
    for line in lines:
        if not line:
            if paragraph and (paragraph[-1] in '.!?:”"’' or len(paragraph) < full):
                yield paragraph
                paragraph = ""
            continue
        if re.search(r"[^\W\d_]-$", paragraph) and line[0].islower():
            paragraph = paragraph[:-1] + line
        else:
            paragraph = f"{paragraph} {line}".strip()
        if len(line) < full:
            yield paragraph
            paragraph = ""
    if paragraph:
        yield paragraph
