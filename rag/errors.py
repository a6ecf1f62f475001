"""The errors a person sees. Each message says what is wrong, with which value, and what to do.

SecondSourceError
├── ReadError          a file, folder or address that gives no article
├── LibraryError       the library cannot be opened or used as asked
│   ├── LibraryBusy    another process holds it
│   ├── UnknownArticle no article has that id
│   ├── Superseded     an article was replaced, or removed, while it was read
│   └── ChromaAway     the Chroma server that keeps the vectors does not answer
├── ModelError         the embedding model is missing, altered or not the library's own
├── LanguageModelError the language model is not installed, cannot be reached, or fails
└── UsageError         a request that makes no sense: an empty question, a date that is none
"""


class SecondSourceError(Exception):
    """Anything that went wrong in a way the person at the keyboard can act on."""


class ReadError(SecondSourceError):
    """A file, folder or address that gives no article."""


class LibraryError(SecondSourceError):
    """The library cannot be opened or used as asked."""


class LibraryBusy(LibraryError):
    """Another process holds the library's folder."""


class UnknownArticle(LibraryError):
    """No article of the library has that id."""


class Superseded(LibraryError):
    """An article was replaced by its next version, or removed, while it was read."""


class ChromaAway(LibraryError):
    """The Chroma server that keeps the library's vectors does not answer; the articles are where they were."""


class ModelError(SecondSourceError):
    """The embedding model is missing, altered, or not the one the library was built with."""


class LanguageModelError(SecondSourceError):
    """The language model is not installed, cannot be reached, or did not answer. Never holds what a client said."""


class UsageError(SecondSourceError):
    """A request that makes no sense as it stands."""
