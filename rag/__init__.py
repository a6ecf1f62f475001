"""Second Source: ask your news library; every sentence cited, every citation checked."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag.article import Article
    from rag.assistant import Assistant
    from rag.interfaces.functions import ask, ingest
    from rag.library.library import Library
    from rag.reply import Citation, Filters, Reply
    from rag.settings import Settings

__version__ = "1.0.0"
__all__ = [
    "Article",
    "Assistant",
    "Citation",
    "Filters",
    "Library",
    "Reply",
    "Settings",
    "__version__",
    "ask",
    "ingest",
]
_HOMES = {
    "Article": "rag.article",
    "Assistant": "rag.assistant",
    "Citation": "rag.reply",
    "Filters": "rag.reply",
    "Library": "rag.library.library",
    "Reply": "rag.reply",
    "Settings": "rag.settings",
    "ask": "rag.interfaces.functions",
    "ingest": "rag.interfaces.functions",
}
"""Where the names are: a module is imported when one of its names is first used, so that `import rag` takes no time."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
