"""The commands `ingest` and `feeds`, which add articles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from rag.ingestion.file_kinds import suffix_of
from rag.interfaces.commands.terminal import AsJson, Store, err, out, print_json, printable, reached
from rag.interfaces.service import Json
from rag.settings import Engine

feeds = typer.Typer(no_args_is_help=True, help="Follow feeds (RSS, Atom, JSON) and news sitemaps.")
_OUTCOMES = ("added", "updated", "unchanged", "duplicate", "failed")
_ALIKE = 20
"""Files of one ending that are named one by one when they fail for the same reason; the others are counted."""


def ingest(
    places: Annotated[
        list[str],
        typer.Argument(metavar="PATH|URL…", help="Files, folders, globs; addresses of pages, feeds and sitemaps."),
    ],
    store: Store = None,
    engine: Annotated[
        Engine, typer.Option(help="Where to embed: in this process, or with Ray (at RAY_ADDRESS, if set).")
    ] = "local",
) -> None:
    """Add articles: text, Markdown, HTML, PDF, Word, news-please or trafilatura JSON, JSONL of either; pages, feeds."""
    with reached(store) as library:
        _conclude(_report(library.ingest(places, engine=engine)))


@feeds.command("add")
def feeds_add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed's or sitemap's address.")], store: Store = None
) -> None:
    """Follow a feed; `feeds refresh` reads its articles."""
    with reached(store) as library:
        feed = library.follow(url)
    out.print(escape(printable(f"following {feed['title'] or feed['url']}; `feeds refresh` reads its articles")))


@feeds.command("list")
def feeds_list(store: Store = None, as_json: AsJson = False) -> None:
    """List the feeds, when each was last read, and the result."""
    with reached(store, reading=True) as library:
        found = library.feeds()
    if as_json:
        print_json(found)
        return
    for feed in found:
        line = (feed["url"], feed["read_at"] or "never read", feed["result"] or "", feed["title"] or "")
        typer.echo(printable("\t".join(line)))


@feeds.command("refresh")
def feeds_refresh(
    urls: Annotated[list[str] | None, typer.Argument(metavar="[URL…]", help="Only these feeds.")] = None,
    store: Store = None,
) -> None:
    """Add new and changed articles of the feeds."""
    with reached(store) as library:
        _conclude(_report(library.refresh(urls or ())))


@feeds.command("remove")
def feeds_remove(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed's address.")], store: Store = None
) -> None:
    """Stop following a feed; its articles stay."""
    with reached(store, reading=True) as library:
        library.unfollow(url)
    out.print("1 removed")


def _conclude(outcomes: Counter[str]) -> None:
    """Print the counts of outcomes. Exits with 1 if some failed, 2 if all did."""
    failed = outcomes["failed"]
    out.print(", ".join(f"{outcomes[name]} {name}" for name in _OUTCOMES if outcomes[name]) or "nothing to do")
    if failed:
        raise typer.Exit(2 if failed == outcomes.total() else 1)


def _report(events: Iterator[Json]) -> Counter[str]:
    """Show progress on a terminal, and a line for each failure or duplicate; returns the counts of outcomes."""
    outcomes: Counter[str] = Counter()
    alike: Counter[tuple[str, str]] = Counter()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Reading", total=None)
        for event in events:
            if event["outcome"] == "fetching":
                progress.update(
                    task, total=event["total"], description=escape(printable(f"Fetching {event['source']}"))
                )
                continue
            if event["outcome"] == "skipped":
                err.print(escape(printable(f"{event['source']}: {event['reason']}")))
                continue
            outcomes[event["outcome"]] += 1
            counts = ", ".join(f"{outcomes[name]} {name}" for name in _OUTCOMES if outcomes[name])
            progress.update(task, completed=event["done"], total=event["total"], description=counts)
            line = f"{event['outcome']}: {event['source']}" + (f": {event['reason']}" if event["reason"] else "")
            foreign = event["outcome"] in ("added", "updated") and event["reason"]  # its language, if not English
            if foreign:
                line = f"{event['outcome']}, {foreign}: {event['source']}"
            if event["outcome"] == "failed":
                kind = suffix_of(event["source"]), event["reason"]
                alike[kind] += 1
                if alike[kind] > _ALIKE:
                    continue
            if event["outcome"] in ("failed", "duplicate") or foreign:
                err.print(escape(printable(line)))
            elif not err.is_terminal and event["outcome"] != "unchanged":
                err.print(escape(printable(f"[{event['done']}/{event['total']}] {line}")))
    for (suffix, reason), count in alike.items():
        if count > _ALIKE:
            err.print(escape(printable(f"failed: {count - _ALIKE:,} more {suffix or 'such'} files: {reason}")))
    return outcomes
