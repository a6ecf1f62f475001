"""Keeping a library whole: looked at and mended, written into one file, brought back from it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from rag.interfaces.commands.terminal import AsJson, Store, out, print_json, printable
from rag.settings import read_settings

Force = Annotated[bool, typer.Option("--force", help="Replace what is there.")]


def doctor(
    store: Store = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended without guessing.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look for what is wrong with the library: its database, articles, indexes, models, disk, leftovers."""
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
            out.print(escape(printable(f"mended: {each.what}")))
        for each in report.left:
            out.print(escape(printable(f"{each.what} {each.remedy}")))
        if not report.left:
            out.print(escape(printable(f"The library in {report.folder} is whole.")))
    if report.left:
        raise typer.Exit(1)


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    store: Store = None,
    force: Force = False,
) -> None:
    """Write the library into one file; it may be in use meanwhile."""
    from rag.library.backup import back_up

    articles = back_up(read_settings(store=store).store, file, force)
    out.print(escape(printable(f"{articles} articles written to {file}")))


def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote.")],
    store: Store = None,
    force: Force = False,
) -> None:
    """Make the library the one of a backup."""
    from rag.library.backup import restore
    from rag.library.chroma import server_of
    from rag.library.library import Library
    from rag.library.schema import REPLACED

    settings = read_settings(store=store)
    folder = settings.store
    restored = restore(file, folder, force)
    Library.open(folder, "", "", any_model=True, server=server_of(settings)).close()  # which builds the indexes
    out.print(escape(printable(f"{restored.articles} articles restored to {folder}, as of {restored.made_at}")))
    if (folder / REPLACED).exists():
        out.print(escape(printable(f"The library that was there is kept as {folder / REPLACED}.")))
    if restored.returned:
        out.print("These have been removed from the library since, and are back; `remove` removes them again:")
        for each in restored.returned:
            out.print(escape(printable(f"    {each.id}  {each.label}")))
