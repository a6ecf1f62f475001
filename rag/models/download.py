"""Downloads a language model's file from a hub: a pinned revision, checked by its sha256, resumed if interrupted."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
from filelock import FileLock
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential

from rag.errors import LanguageModelError
from rag.models.files import sha256

SECONDS = 30
"""Without an answer or another byte, after which an attempt ends."""
ATTEMPTS = 4
"""In all, with longer and longer pauses: enough for a short fault of the network."""


@dataclass(frozen=True, slots=True)
class Published:
    """A file on a hub: its repository, the revision it is pinned to, its size in bytes and its sha256."""

    repository: str
    revision: str
    file: str
    size: int
    sha256: str

    def address(self, hub: str) -> str:
        return f"{hub.rstrip('/')}/{self.repository}/resolve/{self.revision}/{self.file}"


RECOMMENDED = Published(
    repository="Qwen/Qwen2.5-1.5B-Instruct-GGUF",
    revision="91cad51170dc346986eccefdc2dd33a9da36ead9",
    file="qwen2.5-1.5b-instruct-q4_k_m.gguf",
    size=1_117_320_736,
    sha256="6a1a2eb6d15622bf3c96857206351ba97e1af16c30d7a74ee38970e434e9407e",
)


def fetch(published: Published, hub: str, folder: Path, tell: Callable[[int], None], wait: float = 1.0) -> Path:
    """Download the file into `folder` and return its path. A finished file is kept, a partial one is resumed.

    `tell` is called with the number of bytes so far; `wait` is the number of seconds before the second attempt. Raises
    LanguageModelError if the hub cannot be reached, or if the file is not the one that was published.
    """
    target = folder / published.file
    part = target.with_name(target.name + ".part")
    folder.mkdir(parents=True, exist_ok=True)
    attempts = Retrying(
        retry=retry_if_exception_type((httpx.TransportError, _TryAgain)),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_exponential(wait, max=30),
        reraise=True,
    )
    with FileLock(f"{target}.lock"):
        if target.exists() and sha256(target) == published.sha256:
            tell(published.size)
            return target
        try:
            attempts(_continue, published.address(hub), part, published.size, tell)
        except (httpx.HTTPError, _TryAgain) as error:
            raise LanguageModelError(_no_way(published, hub, folder, error)) from error
        found = sha256(part)
        if found != published.sha256:
            part.unlink()
            raise LanguageModelError(
                f"What {published.address(hub)} gave is not the file that was published (sha256 {found[:12]}, expected "
                f"{published.sha256[:12]}): it was thrown away. Try again, or another hub (--hub)."
            )
        os.replace(part, target)
    return target


class _TryAgain(Exception):
    """The hub closed the connection, or is overloaded."""


def _continue(address: str, part: Path, size: int, tell: Callable[[int], None]) -> None:
    """Fetch the rest of the file into `part`."""
    have = part.stat().st_size if part.exists() else 0
    if have >= size:
        part.unlink(missing_ok=True)
        have = 0
    headers = {"Range": f"bytes={have}-"} if have else {}
    with httpx.stream("GET", address, headers=headers, timeout=SECONDS, follow_redirects=True) as response:
        if response.status_code in (429, 500, 502, 503, 504):
            raise _TryAgain(f"HTTP {response.status_code}")
        response.raise_for_status()
        goes_on = response.status_code == httpx.codes.PARTIAL_CONTENT
        with part.open("ab" if goes_on else "wb") as file:
            done = have if goes_on else 0
            for piece in response.iter_bytes():
                done += len(piece)
                if done > size:
                    raise _TryAgain("more than was published")
                file.write(piece)
                tell(done)
    if done < size:
        raise _TryAgain(f"broken off after {done} of {size} bytes")


def _no_way(published: Published, hub: str, folder: Path, error: Exception) -> str:
    status = f"HTTP {error.response.status_code}" if isinstance(error, httpx.HTTPStatusError) else type(error).__name__
    if isinstance(error, _TryAgain):
        status = str(error)
    return (
        f"{published.file} could not be fetched from {hub} ({status}). If this network does not allow it: fetch "
        f"{published.address(hub)} on a machine that may, copy it into {folder}, and check that its sha256 is "
        f"{published.sha256}; or name a mirror with --hub; or run another model: ollama:NAME, or an OpenAI-compatible "
        "address in SECOND_SOURCE_LANGUAGE_MODEL. What was fetched so far is kept."
    )
