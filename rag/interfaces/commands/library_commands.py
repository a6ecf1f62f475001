"""The commands for the library: list, show, edit, duplicates, remove, status and reindex."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final

import typer
from pydantic import TypeAdapter
from rich.markup import escape
from rich.table import Table

from rag.article import DESCRIBED, Article
from rag.errors import UsageError
from rag.interfaces.commands.terminal import AsJson, Store, opened, out, print_json, printable, reached
from rag.interfaces.service import NO_SELECTION, Json

ARTICLE: Final = TypeAdapter(Article)


def list_(store: Store = None, as_json: AsJson = False) -> None:
    """List the articles, the latest first."""
    with reached(store, reading=True) as library:
        articles = library.articles()["articles"]
    labels = [each.pop("label") for each in articles]
    if as_json:
        print_json(articles)
        return
    lines = [
        (each["id"], each["published"] or "undated", each["outlet"] or "unknown outlet", label)
        for each, label in zip(articles, labels, strict=True)
    ]
    if not out.is_terminal:
        for line in lines:
            typer.echo(printable("\t".join(line)))  # Rich would replace the tabs
        return
    table = Table("id", "published", "outlet", "headline")
    for line in lines:
        table.add_row(*(escape(printable(cell)) for cell in line))
    out.print(table)


def show(
    id: Annotated[str, typer.Argument(help="An article's id.")], store: Store = None, as_json: AsJson = False
) -> None:
    """Print one article with its text."""
    with reached(store, reading=True) as library:
        article = library.article(id)
        versions = library.versions(id)
    if as_json:
        print_json(article)
        return
    for line in _known(article):
        out.print(escape(printable(line)))
    for each in versions:
        counts = ", ".join(f"{count} {kind}" for kind, count in each["changes"].items()) or "same text as now"
        out.print(f"version {each['version']}, until {each['replaced_at']}: {counts}")
    typer.echo("\n" + printable(article["text"]))


def edit(
    id: Annotated[str, typer.Argument(help="An article's id.")],
    values: Annotated[
        list[str], typer.Argument(metavar="FIELD=VALUE…", help="The corrections; an empty value means unknown.")
    ],
    store: Store = None,
) -> None:
    """Correct an article's details; corrections survive re-reading."""
    pairs = [value.partition("=") for value in values]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise UsageError(f'{wrong[0]!r} is not a correction: write it as field=value, for example outlet="The Herald".')
    with reached(store) as library:
        article = library.edit(id, {name.strip(): value for name, _, value in pairs})
    for line in _known(article):
        out.print(escape(printable(line)))


def duplicates(store: Store = None, as_json: AsJson = False) -> None:
    """List articles that are copies of each other: an agency's story, or a story and its updates."""
    with reached(store, reading=True) as library:
        found = library.duplicates()
        articles = {id: ARTICLE.validate_python(library.article(id)) for group in found for id in group["articles"]}
    if as_json:
        print_json(found)
        return
    for group in found:
        outlets = group["outlets"]
        kind = f"updates of one story by {outlets[0]}" if len(outlets) == 1 else "the same copy"
        out.print(escape(printable(f"{kind}, origin: {group['origin'] or 'not credited'}")))
        for each in (articles[id] for id in group["articles"]):
            parts = (each.id, each.published or "undated", each.outlet or "unknown outlet", each.label)
            out.print(escape(printable("    " + "  ".join(parts))))
    if not found:
        out.print("no duplicates")


def remove(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Articles' ids.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Remove all articles of this outlet.")] = None,
    store: Store = None,
) -> None:
    """Remove articles and everything derived from them."""
    if bool(ids) == bool(outlet):
        raise UsageError(NO_SELECTION)
    with reached(store, reading=True) as library:
        number = library.remove(ids or (), outlet)
    out.print(f"{number} removed")


def status(store: Store = None, as_json: AsJson = False) -> None:
    """Show the size of the library and the state of its indexes."""
    with reached(store, reading=True) as library:
        found = library.status()
    if as_json:
        print_json(found)
        return
    held = f"{found['articles']} articles of {found['outlets']} outlets, {found['passages']} passages"
    out.print(escape(f"{found['folder']}: {held}"))
    out.print(escape(f"embedding model: {found['model']}"))
    repaired = found["repaired"]
    out.print(escape(f"indexes: rebuilt just now ({repaired})") if repaired else "indexes: complete")


def reindex(
    store: Store = None,
    embed: Annotated[
        bool, typer.Option("--embed", help="Embed every article again, with the model in the settings.")
    ] = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="Also rewrite the database, so that no trace of removed articles is left.")
    ] = False,
) -> None:
    """Rebuild the indexes from the database, without embedding again."""
    from rag.evaluation.report import forget  # imported late: most commands do not need it

    with opened(store, reading=True) as assistant:
        if embed:
            assistant.intake.embed_anew()
        if purge:
            forget([id for id, _, _ in assistant.library.catalogue.removals()], assistant.library.folder)
            assistant.library.purge()
        elif not embed:
            assistant.library.indexes.rebuild()
        found = assistant.library.status()
    out.print(f"indexes rebuilt: {found.articles} articles, {found.passages} passages")


def _known(known: Json) -> Iterator[str]:
    """The details of an article, one per line, with their sources."""
    article = ARTICLE.validate_python(known)
    yield f"id: {article.id} (version {article.version})"
    for name in DESCRIBED:
        value, basis = getattr(article, name), article.basis_of(name)
        if name == "authors":
            value = "; ".join(value)
        if name == "published" and not value and (article.published_from or article.published_until):
            value = f"undated, from {article.published_from or '…'} until {article.published_until or '…'}"
        quoted = [f"“{' '.join(article.text[start:end].split())}”" for start, end in basis.spans]
        reasons = "; ".join(filter(None, [basis.how, basis.note])).removeprefix("unknown")
        line = f"{name}: {value or 'unknown'}" + (f" ({reasons})" if reasons else "")
        yield line + "".join(f"\n    {each}" for each in quoted)
        if name == "published" and article.published_at:
            yield f"published at: {article.published_at}"
    for name, place in (("url", article.url), *(("also at", url) for url in article.addresses), ("file", article.path)):
        if place:
            yield f"{name}: {place}"
    for voice in article.voices:
        yield f"voice: {voice.role}{f' {voice.name}' if voice.name else ''}, {voice.start} to {voice.end}"
    if article.omitted:
        yield f"not searched: {len(article.omitted)} spans, {sum(b - a for a, b in article.omitted)} characters"
