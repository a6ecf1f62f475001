"""Shared parts of the commands: the terminal, common options, and opening the library."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from rag.interfaces.service import Service
from rag.library.lock import door_of
from rag.settings import DATA, IN_CHECKOUT, read_settings

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.interfaces.client import Client


out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_FOLDER = "store/" if IN_CHECKOUT else str(DATA)
Store = Annotated[Path | None, typer.Option("--store", help="The library's folder.", show_default=_FOLDER)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def opened(store: Path | None, reading: bool = False) -> Assistant:
    """The assistant for the library in `store`; `reading` accepts any embedding model."""
    # Imports create some hundred thousand permanent objects; garbage collection of them would take 0.3 s.
    gc.disable()
    from rag.assistant import Assistant  # imported late: `--help` and a mistyped option do not need it

    gc.freeze()
    gc.enable()
    return Assistant.open(read_settings(store=store), any_model=reading)


def reached(store: Path | None, reading: bool = False) -> Service | Client:
    """The library in `store`: through the process that has it open, if that serves the API, else opened here."""
    settings = read_settings(store=store)
    if door := door_of(settings.store):
        from rag.interfaces.client import Client  # imported late: it is rarely needed

        return Client(door, settings.store)
    return Service(opened(store, reading))


def print_json(value: object) -> None:
    """Print `value` as JSON: on a terminal indented, elsewhere on one line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")


def printable(text: str) -> str:
    """Text from articles and file names without terminal control characters."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)
