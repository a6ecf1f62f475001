"""Which kind of file it is: by its ending, and where that says nothing, by its first bytes."""

from __future__ import annotations

import re
from pathlib import PurePath

PAGE_ENDINGS = (".html", ".htm", ".xhtml", ".shtml")
KINDS = {
    ".txt": "text",
    ".text": "text",
    ".md": "markdown",
    ".markdown": "markdown",
    **dict.fromkeys(PAGE_ENDINGS, "page"),
    ".json": "json",
    ".jsonl": "lines",
    ".ndjson": "lines",
    ".pdf": "pdf",
    ".docx": "docx",
    ".srt": "subtitles",
    ".vtt": "subtitles",
    ".rtf": "rtf",
    ".eml": "mail",
    ".mhtml": "mail",
    ".mht": "mail",
    ".csv": "table",
    ".tsv": "table",
    ".xlsx": "sheet",
    ".ris": "references",
    ".xml": "agency_xml",
    ".warc": "web_archive",
}
"""The kind of file for an ending."""
HEAD = 4096
"""Bytes at the beginning that show what kind of file it is."""
_OF_NO_KIND = {
    "an image": {".png", ".jpg", ".jpeg", ".gif", ".webp", ".avif", ".bmp", ".tif", ".tiff", ".heic", ".svg", ".ico"},
    "a recording": {".mp3", ".wav", ".m4a", ".ogg", ".flac", ".aac"},
    "a video": {".mp4", ".webm", ".mov", ".avi", ".mkv"},
}
_PAGE = re.compile(
    rb"\s*(?:<!--.*?-->\s*)*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html|head)\b", re.I | re.S
)


def suffix_of(name: str) -> str:
    """The suffix of a file's name in lower case; the name may come from another system."""
    return PurePath(name.replace("\\", "/")).suffix.lower()


def kind_of(suffix: str, head: bytes) -> str | None:
    """The kind of a file with this suffix and these first bytes, as in KINDS; None if it is not read."""
    if head.startswith(b"%PDF-"):
        return "pdf"
    if suffix in KINDS:
        return KINDS[suffix]
    if _PAGE.match(head.removeprefix(b"\xef\xbb\xbf")):
        return "page"
    return None


def why_not(suffix: str) -> str:
    """Why files of this suffix are not read."""
    for name, suffixes in _OF_NO_KIND.items():
        if suffix in suffixes:
            return f"it is {name}, not text ({suffix})"
    return f"this kind of file is not read ({suffix or 'no ending'}). Save it as text, HTML, PDF or Word"
