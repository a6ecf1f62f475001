"""The errors that people see. Each message says what is wrong, with which value, and what to do.

SecondSourceError
├── ReadError          a file, folder or address without an article
├── LibraryError       the library cannot be opened or used
│   ├── LibraryBusy    another process is using it
│   ├── UnknownArticle no article has that id
│   ├── Superseded     an article was replaced or removed while it was being read
│   └── ChromaAway     the Chroma server that keeps the vectors does not answer
├── ModelError         the embedding model is missing, altered, or a different one from the library's
├── LanguageModelError the language model is not installed, cannot be reached, or fails
└── UsageError         an invalid request: an empty question, an impossible date
"""

from __future__ import annotations


class SecondSourceError(Exception):
    """An error that the person at the keyboard can act on."""


class ReadError(SecondSourceError):
    """A file, folder or address without an article."""


class LibraryError(SecondSourceError):
    """The library cannot be opened or used."""


class LibraryBusy(LibraryError):
    """Another process is using the library's folder."""


class UnknownArticle(LibraryError):
    """The library has no article with that id."""

    @classmethod
    def of(cls, id: str) -> UnknownArticle:
        return cls(f"There is no article with the id {id!r}. `python -m rag list` shows the ids.")


class Superseded(LibraryError):
    """An article was replaced by its next version, or removed, while it was being read."""


class ChromaAway(LibraryError):
    """The Chroma server that keeps the library's vectors does not answer; no article is lost."""


class ModelError(SecondSourceError):
    """The embedding model is missing, altered, or not the one the library was built with."""


class LanguageModelError(SecondSourceError):
    """The language model is not installed, cannot be reached, or failed. Never has a client's error text."""


class UsageError(SecondSourceError):
    """The request is invalid."""
