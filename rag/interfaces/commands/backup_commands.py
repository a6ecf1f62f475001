"""The commands `doctor`, `backup` and `restore`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from rag.interfaces.commands.terminal import AsJson, Store, out, print_json, printable
from rag.settings import read_settings

Force = Annotated[bool, typer.Option("--force", help="Replace an existing file or library.")]


def doctor(
    store: Store = None,
    fix: Annotated[bool, typer.Option("--fix", help="Repair what can be repaired safely.")] = False,
    as_json: AsJson = False,
) -> None:
    """Check the library for problems: database, articles, indexes, models, disk space and leftover files."""
    from rag.doctor.doctor import look_after  # late, as in `opened`

    report = look_after(read_settings(store=store), fix)
    if as_json:
        findings = [(each, True) for each in report.mended] + [(each, False) for each in report.left]
        print_json(
            {
                "folder": report.folder,
                "whole": not report.left,
                "findings": [{"what": f.what, "remedy": f.remedy, "mended": mended} for f, mended in findings],
            }
        )
    else:
        for each in report.mended:
            out.print(escape(printable(f"repaired: {each.what}")))
        for each in report.left:
            out.print(escape(printable(f"{each.what} {each.remedy}")))
        if not report.left:
            out.print(escape(printable(f"No problems found in {report.folder}.")))
    if report.left:
        raise typer.Exit(1)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    store: Store = None,
    force: Force = False,
) -> None:
    """Write the library to one file, also while it is in use."""
    from rag.library.backup import back_up

    articles = back_up(read_settings(store=store).store, file, force)
    out.print(escape(printable(f"{articles} articles written to {file}")))


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.")],
    store: Store = None,
    force: Force = False,
) -> None:
    """Restore the library from a backup."""
    from rag.library.backup import restore
    from rag.library.chroma import server_of
    from rag.library.library import Library
    from rag.library.schema import REPLACED

    settings = read_settings(store=store)
    folder = settings.store
    restored = restore(file, folder, force)
    Library.open(folder, "", "", any_model=True, server=server_of(settings)).close()  # this builds the indexes
    out.print(escape(printable(f"{restored.articles} articles restored to {folder}, as of {restored.made_at}")))
    if (folder / REPLACED).exists():
        out.print(escape(printable(f"The previous library was kept as {folder / REPLACED}.")))
    if restored.returned:
        out.print(
            "These articles had been removed since the backup and are back now. Use `remove` to remove them again:"
        )
        for each in restored.returned:
            out.print(escape(printable(f"    {each.id}  {each.label}")))
