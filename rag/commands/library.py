"""The library's articles: listed, shown, corrected, removed; its indexes looked after."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from rag.article import DESCRIBED, Article
from rag.commands.terminal import AsJson, Store, opened, out, print_json, printable
from rag.errors import UsageError


def list_(store: Store = None, as_json: AsJson = False) -> None:
    """List the articles, the latest first."""
    with opened(store, reading=True) as assistant:
        articles = assistant.library.articles()
    if as_json:
        print_json([_article_json(article, text=False) for article in articles])
        return
    if not out.is_terminal:
        for each in articles:
            line = "\t".join((each.id, each.published or "undated", each.outlet or "unknown outlet", each.label))
            typer.echo(printable(line))  # Rich would make spaces of the tabs
        return
    table = Table("id", "published", "outlet", "headline")
    for each in articles:
        cells = (each.id, each.published or "undated", each.outlet or "unknown outlet", each.label)
        table.add_row(*(escape(printable(cell)) for cell in cells))
    out.print(table)


def show(
    id: Annotated[str, typer.Argument(help="An article's id.")], store: Store = None, as_json: AsJson = False
) -> None:
    """Print one article with its text."""
    with opened(store, reading=True) as assistant:
        article = assistant.library.article(id)
        versions = assistant.library.versions(id)
    if as_json:
        print_json(_article_json(article, text=True))
        return
    for line in _known(article):
        out.print(escape(printable(line)))
    for version, differences in versions:
        kinds = Counter(each.kind for each in differences)
        counts = ", ".join(f"{kinds[kind]} {kind}" for kind in kinds) or "the text as it is now"
        out.print(f"version {version.version}, until {version.replaced_at}: {counts}")
    typer.echo("\n" + printable(article.text))


def edit(
    id: Annotated[str, typer.Argument(help="An article's id.")],
    values: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE…", help="What to correct; nothing: unknown.")],
    store: Store = None,
) -> None:
    """Correct what is known of an article; it survives every reading anew."""
    pairs = [value.partition("=") for value in values]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise UsageError(f'{wrong[0]!r} is no correction: write it as field=value, for example outlet="The Herald".')
    with opened(store) as assistant:
        article = assistant.intake.edit(id, {name.strip(): value for name, _, value in pairs})
    for line in _known(article):
        out.print(escape(printable(line)))


def duplicates(store: Store = None, as_json: AsJson = False) -> None:
    """List the articles that print the same copy: an agency's story, or a story and its updates."""
    with opened(store, reading=True) as assistant:
        found = assistant.library.copies()
        articles = {id: assistant.library.article(id) for group in found for id in group.articles}
    if as_json:
        print_json([asdict(group) for group in found])
        return
    for group in found:
        kind = f"updates of one story by {group.outlets[0]}" if len(group.outlets) == 1 else "the same copy"
        out.print(escape(printable(f"{kind}, origin: {group.origin or 'not credited'}")))
        for each in (articles[id] for id in group.articles):
            parts = (each.id, each.published or "undated", each.outlet or "unknown outlet", each.label)
            out.print(escape(printable("    " + "  ".join(parts))))
    if not found:
        out.print("no two articles print the same copy")


def remove(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Articles' ids.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Remove all articles of this outlet.")] = None,
    store: Store = None,
) -> None:
    """Remove articles, with all that is derived from them."""
    if bool(ids) == bool(outlet):
        raise UsageError("Say which articles to remove: their ids, or --outlet NAME.")
    from rag.evaluation.report import forget  # late: most commands need none of it

    with opened(store, reading=True) as assistant:
        before = len(assistant.library.catalogue.removals())
        if outlet:
            number = assistant.library.remove_outlet(outlet)
        else:
            chosen = list(dict.fromkeys(ids or ()))
            assistant.library.remove(chosen)
            number = len(chosen)
        forget([id for id, _, _ in assistant.library.catalogue.removals()[before:]], assistant.library.folder)
    out.print(f"{number} removed")


def status(store: Store = None, as_json: AsJson = False) -> None:
    """Say what the library holds and whether its indexes are whole."""
    with opened(store, reading=True) as assistant:
        found = assistant.library.status()
    if as_json:
        print_json(asdict(found))
        return
    out.print(
        escape(f"{found.folder}: {found.articles} articles of {found.outlets} outlets, {found.passages} passages")
    )
    out.print(escape(f"embedding model: {found.model}"))
    out.print(escape(f"indexes: built anew just now ({found.repaired})") if found.repaired else "indexes: whole")


def reindex(
    store: Store = None,
    embed: Annotated[
        bool, typer.Option("--embed", help="Embed every article anew, with the model of the settings.")
    ] = False,
    purge: Annotated[
        bool, typer.Option("--purge", help="Also write the database anew, so that nothing removed is left in it.")
    ] = False,
) -> None:
    """Build the indexes anew from the database, without embedding again."""
    from rag.evaluation.report import forget  # late, as above

    with opened(store, reading=True) as assistant:
        if embed:
            assistant.intake.embed_anew()
        if purge:
            forget([id for id, _, _ in assistant.library.catalogue.removals()], assistant.library.folder)
            assistant.library.purge()
        elif not embed:
            assistant.library.indexes.rebuild()
        found = assistant.library.status()
    out.print(f"indexes built anew: {found.articles} articles, {found.passages} passages")


def _known(article: Article) -> Iterator[str]:
    """What is known of an article, a line each, with what it rests on."""
    yield f"id: {article.id} (version {article.version})"
    for name in DESCRIBED:
        value, basis = getattr(article, name), article.basis_of(name)
        if name == "authors":
            value = "; ".join(value)
        if name == "published" and not value and (article.published_from or article.published_until):
            value = f"undated, from {article.published_from or '…'} until {article.published_until or '…'}"
        quoted = [f"“{' '.join(article.text[start:end].split())}”" for start, end in basis.spans]
        reasons = "; ".join(filter(None, [basis.how, basis.note])).removeprefix("unknown")
        said = f"{name}: {value or 'unknown'}" + (f" ({reasons})" if reasons else "")
        yield said + "".join(f"\n    {each}" for each in quoted)
    for name, place in (("url", article.url), *(("also at", url) for url in article.addresses), ("file", article.path)):
        if place:
            yield f"{name}: {place}"
    for voice in article.voices:
        yield f"voice: {voice.role}{f' {voice.name}' if voice.name else ''}, {voice.start} to {voice.end}"
    if article.omitted:
        yield f"left out: {len(article.omitted)} stretches, {sum(b - a for a, b in article.omitted)} characters"


def _article_json(article: Article, text: bool) -> dict[str, Any]:
    fields = asdict(article) | {"authors": list(article.authors)}
    fields["basis"] = {name: asdict(article.basis_of(name)) for name in DESCRIBED}
    fields.pop("read_as")
    whole = {name: fields.pop(name) for name in ("omitted", "voices", "text")}
    return {"id": fields.pop("id"), **fields} | (whole if text else {})
