"""The command `model pull`, which downloads a language model."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

from rag.interfaces.commands.terminal import err, out, printable
from rag.settings import read_settings

model = typer.Typer(no_args_is_help=True, help="Download a language model to run on this machine.")


@model.callback()
def _group() -> None:
    """Keeps `pull` a subcommand, although it is the only one."""


@model.command("pull")
def pull(
    hub: Annotated[
        str | None, typer.Option(help="Where to download it from, instead of SECOND_SOURCE_MODEL_HUB.")
    ] = None,
) -> None:
    """Download the recommended small model (GGUF, 1.1 GB) to the models folder; resumes interrupted downloads."""
    from rag.models.download import RECOMMENDED, fetch

    settings = read_settings(model_hub=hub)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task(RECOMMENDED.file, total=RECOMMENDED.size)
        path = fetch(
            RECOMMENDED, settings.model_hub, settings.models, lambda done: progress.update(task, completed=done)
        )
    out.print(escape(printable(f"{path}: complete, checksum verified")))
    out.print(escape(printable(f"to use it, set SECOND_SOURCE_LANGUAGE_MODEL={path}")))
