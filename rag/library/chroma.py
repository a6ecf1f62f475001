"""Chroma's storage of the vectors: in the library's folder, or on a Chroma server."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, Protocol, TypeVar
from urllib.parse import urlsplit

import chromadb
import httpx
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import AuthorizationError, ChromaAuthError, ChromaError, NotFoundError

from rag.errors import ChromaAway, UsageError
from rag.library.index import TornIndex, guarded, shortened
from rag.settings import Settings

COLLECTION = "passages"
GRAPH = {"hnsw:space": "cosine", "hnsw:M": 48, "hnsw:construction_ef": 200, "hnsw:search_ef": 400}
"""A dense graph: of the 50 nearest of 100,000 passages Chroma's own settings miss one in twenty, these one in 1,000, at
2 ms a search; a passage that is in the index but not found is lost to its reader.
"""
PREFIX = "second-source-"
PATIENCE = httpx.Timeout(60, connect=5)
"""Seconds for a server's answer, and for it to be reached."""
Given = ParamSpec("Given")
Result = TypeVar("Result")


class Place(Protocol):
    """A place that stores generations of the index by name."""

    def guarded(self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Run a call into Chroma. Raises TornIndex if the index is damaged, ChromaAway if its server does not
        respond.
        """

    def connect(self, name: str, create: bool) -> tuple[Any, Any]:
        """The client and collection of a generation. Raises as `guarded` does."""

    def following(self, name: str) -> str:
        """A name for the generation that follows `name`, which may be "" or of another place."""

    def others(self, name: str) -> list[str]:
        """The generations of this library that are here, but for the one of that name. Raises as `guarded` does."""

    def drop(self, name: str) -> None:
        """Delete a generation, as far as it is there."""


class Folder:
    """Generations are folders `chroma-<number>` in the library's own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def guarded(self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """See `Place`."""
        return guarded(call, *args, **kwargs)

    def connect(self, name: str, create: bool) -> tuple[Any, Any]:
        """See `Place`."""
        path = self._folder / name
        if not create and (not name.startswith("chroma-") or not path.is_dir()):
            raise TornIndex(f"{name or 'its folder'} is missing")
        return guarded(
            lambda: _opened(chromadb.PersistentClient(path=str(path), settings=_settings(True)), COLLECTION, create)
        )

    def following(self, name: str) -> str:
        """See `Place`."""
        numbers = [each.rpartition("-")[2] for each in [name, *self.others("")]]
        return f"chroma-{max((int(each) for each in numbers if each.isdigit()), default=0) + 1}"

    def others(self, name: str) -> list[str]:
        """See `Place`."""
        return [path.name for path in sorted(self._folder.glob("chroma-*")) if path.name != name]

    def drop(self, name: str) -> None:
        """See `Place`."""
        shutil.rmtree(self._folder / name, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Server:
    """Generations are collections `second-source-<library>-<number>` of the server at `address`; `token` is what its
    gate wants as a bearer's.
    """

    address: str
    token: str | None = None

    def guarded(self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """See `Place`. Only what the server says it does not have is torn; all else may be well again in a moment."""
        try:
            return call(*args, **kwargs)
        except NotFoundError as error:
            raise TornIndex(shortened(error)) from error
        except (AuthorizationError, ChromaAuthError) as error:
            raise self._away("access was denied: set SECOND_SOURCE_CHROMA_TOKEN") from error
        except (ChromaError, httpx.HTTPError, ValueError) as error:
            raise self._away(shortened(error)) from error
        except Exception as error:
            if type(error) is Exception:  # what the client makes of an answer that is not Chroma's
                raise self._away(shortened(error)) from error
            raise

    def connect(self, name: str, create: bool) -> tuple[Any, Any]:
        """See `Place`."""
        if not create and not name.startswith(PREFIX):
            raise TornIndex("its vectors have been kept elsewhere")
        return self.guarded(lambda: _opened(self._client(), name, create))

    def following(self, name: str) -> str:
        """See `Place`."""
        if not name.startswith(PREFIX):
            return f"{PREFIX}{uuid.uuid4().hex[:12]}-1"
        library, _, number = name.rpartition("-")
        return f"{library}-{int(number) + 1}"

    def others(self, name: str) -> list[str]:
        """See `Place`."""
        library = name.rpartition("-")[0] + "-"
        held = self.guarded(lambda: [each.name for each in self._client().list_collections()])
        return [each for each in held if each.startswith(library) and each != name]

    def drop(self, name: str) -> None:
        """See `Place`."""
        try:
            self.guarded(lambda: self._client().delete_collection(name))
        except (TornIndex, ChromaAway):
            return  # it is deleted, or will be at the next start

    def _client(self) -> Any:
        parts = urlsplit(self.address)
        client: Any = chromadb.HttpClient(
            host=parts.hostname or "",
            port=parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            headers={"Authorization": f"Bearer {self.token}"} if self.token else {},
            settings=_settings(False),
        )
        client._server._session.timeout = PATIENCE  # there is no other way to it, and without it a call waits for ever
        return client

    def _away(self, why: str) -> ChromaAway:
        return ChromaAway(
            f"The Chroma server at {self.address} does not respond correctly: {why}. No article is lost, and "
            "new ones reach it when it is back. Start it, then try again."
        )


def server_of(settings: Settings) -> Server | None:
    """The server of the settings, None where they name none. Raises UsageError for what is no address of one."""
    if not settings.chroma:
        return None
    try:
        parts = urlsplit(settings.chroma)
        whole = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        whole = False
    if not whole or parts.path.strip("/") or parts.query or parts.username:
        raise UsageError(
            f"The setting SECOND_SOURCE_CHROMA is {settings.chroma!r}: it has to be the address of a Chroma server, as "
            "in http://127.0.0.1:8000. A token goes into SECOND_SOURCE_CHROMA_TOKEN."
        )
    return Server(settings.chroma, settings.chroma_token.get_secret_value() if settings.chroma_token else None)


def _settings(persistent: bool) -> ChromaSettings:
    return ChromaSettings(anonymized_telemetry=False, is_persistent=persistent, _env_file=None)  # type: ignore[call-arg]


def _opened(client: Any, collection: str, create: bool) -> tuple[Any, Any]:
    if create:
        return client, client.create_collection(collection, embedding_function=None, metadata=dict(GRAPH))
    return client, client.get_collection(collection, embedding_function=None)
