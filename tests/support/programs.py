"""What tests run in processes of their own, because it is to be killed there, or may crash."""

from __future__ import annotations

import json
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from rag.errors import LibraryError
from rag.ingestion.pipeline import ingest
from rag.library.backup import restore
from rag.library.library import Library
from tests.support.checks import MAX_MB, assert_whole, put_in
from tests.support.fakes import NothingMayBeEmbedded, WordCountEmbedding


def ingest_into(store: Path, folder: Path) -> None:
    """Ingest `folder` into the library in `store`."""
    embedding = WordCountEmbedding()
    with Library.open(store, embedding.identity, embedding.model_name) as library:
        for _ in ingest(library, embedding, [str(folder)], MAX_MB):
            pass


def open_and_check(store: Path, report: Path) -> None:
    """Open the library, check that everything in it is found, and write why it was repaired."""
    embedding = NothingMayBeEmbedded()
    with Library.open(store, embedding.identity, embedding.model_name) as library:
        assert_whole(library)
        report.write_text(json.dumps({"repaired": library.indexes.repaired, "passages": library.status().passages}))


def ingest_on_a_full_disk(store: Path, folder: Path, report: Path) -> None:
    """Ingest where no file may grow beyond a megabyte, then once more where it may; write what was said and kept."""
    embedding = WordCountEmbedding()
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    with Library.open(store, embedding.identity, embedding.model_name) as library:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
        try:
            put_in(library, embedding, folder)
        except LibraryError as error:
            said = str(error)
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        kept = len(library.articles())
        put_in(library, embedding, folder)
        assert_whole(library)
        report.write_text(json.dumps({"said": said, "kept": kept, "articles": len(library.articles())}))


def purge(store: Path) -> None:
    """Leave nothing in the library in `store` of what was removed from it."""
    embedding = NothingMayBeEmbedded()
    with Library.open(store, embedding.identity, embedding.model_name) as library:
        library.purge()
        assert_whole(library)


def restore_until(file: Path, store: Path, call: Path) -> None:
    """Restore a backup, and be killed where `call` ("os.replace") is to be made."""
    module, name = str(call).split(".")
    setattr(sys.modules[module], name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
    restore(file, store, force=True)


def start(program: Callable[..., None], *arguments: Path) -> Any:
    """A process that runs `program`; forked from one that has imported everything already, it starts at once.

    It would first run what is this process's main script by now, which can be the app: that is kept from it.
    """
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["tests.support.programs"])
    process = processes.Process(target=program, args=arguments)
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main
    return process
