"""The command line: `python -m rag`. Exit codes: 0 done, 1 some items failed, 2 wrong usage or nothing done."""

from __future__ import annotations

import gc
import json
import logging
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rag.article import DESCRIBED, Article, Filters, Reply
from rag.errors import SecondSourceError, UsageError
from rag.evaluation.evaluate import evaluate as ask_all
from rag.evaluation.evaluate import run_of
from rag.evaluation.questions import read_index, read_lines, read_questions
from rag.evaluation.report import compare, keep, kept
from rag.evaluation.tell import tell_change, tell_run
from rag.settings import read_settings

if TYPE_CHECKING:
    from rag.assistant import Assistant

app = typer.Typer(
    help="Ask your news library. Every sentence cited, every citation checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

NEAREST, EXCERPT = 3, 240
"""Of a refusal's nearest passages: how many are printed, and how many characters of each."""
STOPPED = 130
"""The exit code after Ctrl-C, which Typer turns into an exit of its own."""

Store = Annotated[Path | None, typer.Option("--store", help="The library's folder.", show_default="store/")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command()
def ingest(
    places: Annotated[
        list[str],
        typer.Argument(metavar="PATH|URL…", help="Files, folders, globs; addresses of pages, feeds and sitemaps."),
    ],
    store: Store = None,
) -> None:
    """Add articles: text, Markdown, HTML, PDF, Word, news-please or trafilatura JSON, JSONL of either; pages, feeds."""
    with _open(store) as assistant:
        _conclude(_report(assistant.ingest(places)))


def _conclude(outcomes: Counter[str]) -> None:
    """Print the outcomes' counts. Exits with 1 where some failed, 2 where all did."""
    failed = outcomes["failed"]
    out.print(", ".join(f"{outcomes[name]} {name}" for name in _OUTCOMES if outcomes[name]) or "nothing to do")
    if failed:
        raise typer.Exit(2 if failed == outcomes.total() else 1)


_OUTCOMES = ("added", "updated", "unchanged", "duplicate", "failed")


def _report(events: Iterator[Any]) -> Counter[str]:
    """Show progress on a terminal, a line for what failed or doubled anywhere; the outcomes' counts."""
    outcomes: Counter[str] = Counter()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        task = progress.add_task("Reading", total=None)
        for event in events:
            if event.outcome == "fetching":
                progress.update(task, total=event.total, description=escape(_printable(f"Fetching {event.source}")))
                continue
            outcomes[event.outcome] += 1
            counts = ", ".join(f"{outcomes[name]} {name}" for name in _OUTCOMES if outcomes[name])
            progress.update(task, completed=event.done, total=event.total, description=counts)
            line = f"{event.outcome}: {event.source}" + (f": {event.reason}" if event.reason else "")
            if event.outcome in ("failed", "duplicate"):
                err.print(escape(_printable(line)))
            elif not err.is_terminal and event.outcome != "unchanged":
                err.print(escape(_printable(f"[{event.done}/{event.total}] {line}")))
    return outcomes


@app.command()
def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in quotation marks.")] = None,
    store: Store = None,
    as_json: AsJson = False,
    outlet: Annotated[list[str] | None, typer.Option(help="Only this outlet; may be repeated.")] = None,
    since: Annotated[str | None, typer.Option(help="Only articles from this day on (YYYY-MM-DD).")] = None,
    until: Annotated[str | None, typer.Option(help="Only articles up to this day (YYYY-MM-DD).")] = None,
    batch: Annotated[Path | None, typer.Option(help="A JSONL file of questions.")] = None,
    answers: Annotated[Path | None, typer.Option("--out", help="Where the batch's answers go, as JSONL.")] = None,
    timings: Annotated[bool, typer.Option("--timings", help="Print where the time went.")] = False,
) -> None:
    """Answer one question, or a file of them."""
    if (question is None) == (batch is None):
        raise UsageError("Give one question in quotation marks, or --batch QUESTIONS.jsonl with --out ANSWERS.jsonl.")
    given = Filters(tuple(outlet or ()), _day(since, "--since"), _day(until, "--until"))
    filters = given or None  # none given: those that the question itself names
    if batch is not None:
        if answers is None:
            raise UsageError("--batch needs --out ANSWERS.jsonl, the file that the answers are written to.")
        _ask_batch(batch, answers, filters, store)
        return
    with _open(store) as assistant:
        reply = assistant.ask(question or "", filters)
    if as_json:
        _print_json(reply.to_json())
    else:
        _print_reply(reply)
    if timings:
        err.print("  ".join(f"{name.removesuffix('_ms')} {value} ms" for name, value in reply.timings.items()))


def _ask_batch(batch: Path, answers: Path, filters: Filters | None, store: Path | None) -> None:
    questions = read_lines(batch)
    new = answers.with_name(answers.name + ".new")
    try:
        with _open(store) as assistant, new.open("w", encoding="utf-8") as file, _asking() as progress:
            for line, item in progress.track(questions):
                try:
                    reply = assistant.ask_after(item.get("turns") or [], item["question"], filters)
                except UsageError as error:
                    raise UsageError(f"{batch}, line {line}: {error}") from error
                file.write(json.dumps(reply.to_json(item.get("id")), ensure_ascii=False) + "\n")
        os.replace(new, answers)
    except OSError as error:
        raise UsageError(f"{answers} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            new.unlink()
    out.print(f"{len(questions)} answers written to {escape(str(answers))}")


@app.command()
def coverage(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    store: Store = None,
    as_json: AsJson = False,
    form: Annotated[str, typer.Option("--format", help="md (Markdown) or csv.")] = "md",
) -> None:
    """Say who says what: each outlet's account, quotes side by side, origins, a timeline, people."""
    from rag.coverage.export import FORMS

    if form not in FORMS:
        raise UsageError(f"--format {form!r} is none: choose {' or '.join(FORMS)}.")
    with _open(store) as assistant:
        found = assistant.coverage(question)
    if as_json:
        _print_json(found.to_json())
    else:
        typer.echo(_printable(FORMS[form](found)), nl=False)


def _asking() -> Progress:
    """Progress on a terminal; nothing elsewhere."""
    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


@app.command()
def evaluate(
    questions: Annotated[Path, typer.Argument(metavar="QUESTIONS.jsonl", help="Questions with their answers.")],
    articles: Annotated[
        list[Path] | None,
        typer.Option(help="A JSON index of the articles' ids, addresses and events; may be repeated."),
    ] = None,
    store: Store = None,
    as_json: AsJson = False,
    worst: Annotated[int, typer.Option(min=0, help="How many failures to list.")] = 20,
) -> None:
    """Ask questions whose answers are known, score what is answered, and compare with the last run."""
    asked = read_questions(questions)
    index = read_index(articles) if articles else None
    with _open(store) as assistant:
        with _asking() as progress:
            results = list(progress.track(ask_all(assistant, asked, index), total=len(asked)))
        run = run_of(assistant, questions.name, [path.name for path in articles or ()], results)
        change = compare(run, kept(assistant.library.folder))
        path = keep(run, assistant.library.folder)
    if as_json:
        _print_json({"file": str(path), **run.model_dump(mode="json"), "change": change and change.to_json()})
    else:
        for line in (*tell_run(run, worst), "", *tell_change(change), "", f"kept in {path}"):
            out.print(escape(_printable(line)))
    if any(result.problem for result in results):
        raise typer.Exit(1)


@app.command("list")
def list_(store: Store = None, as_json: AsJson = False) -> None:
    """List the articles, the latest first."""
    with _open(store, reading=True) as assistant:
        articles = assistant.library.articles()
    if as_json:
        _print_json([_article_json(article, text=False) for article in articles])
        return
    if not out.is_terminal:
        for each in articles:
            line = "\t".join((each.id, each.published or "undated", each.outlet or "unknown outlet", each.label))
            typer.echo(_printable(line))  # Rich would make spaces of the tabs
        return
    table = Table("id", "published", "outlet", "headline")
    for each in articles:
        cells = (each.id, each.published or "undated", each.outlet or "unknown outlet", each.label)
        table.add_row(*(escape(_printable(cell)) for cell in cells))
    out.print(table)


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="An article's id.")], store: Store = None, as_json: AsJson = False
) -> None:
    """Print one article with its text."""
    with _open(store, reading=True) as assistant:
        article = assistant.library.article(id)
        versions = assistant.library.versions(id)
    if as_json:
        _print_json(_article_json(article, text=True))
        return
    for line in _known(article):
        out.print(escape(_printable(line)))
    for version, differences in versions:
        kinds = Counter(each.kind for each in differences)
        counts = ", ".join(f"{kinds[kind]} {kind}" for kind in kinds) or "the text as it is now"
        out.print(f"version {version.version}, until {version.replaced_at}: {counts}")
    typer.echo("\n" + _printable(article.text))


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


@app.command()
def edit(
    id: Annotated[str, typer.Argument(help="An article's id.")],
    values: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE…", help="What to correct; nothing: unknown.")],
    store: Store = None,
) -> None:
    """Correct what is known of an article; it survives every reading anew."""
    pairs = [value.partition("=") for value in values]
    if wrong := [name for name, equals, _ in pairs if not equals]:
        raise UsageError(f'{wrong[0]!r} is no correction: write it as field=value, for example outlet="The Herald".')
    with _open(store) as assistant:
        article = assistant.intake.edit(id, {name.strip(): value for name, _, value in pairs})
    for line in _known(article):
        out.print(escape(_printable(line)))


@app.command()
def duplicates(store: Store = None, as_json: AsJson = False) -> None:
    """List the articles that print the same copy: an agency's story, or a story and its updates."""
    with _open(store, reading=True) as assistant:
        found = assistant.library.copies()
        articles = {id: assistant.library.article(id) for group in found for id in group.articles}
    if as_json:
        _print_json([asdict(group) for group in found])
        return
    for group in found:
        kind = f"updates of one story by {group.outlets[0]}" if len(group.outlets) == 1 else "the same copy"
        out.print(escape(_printable(f"{kind}, origin: {group.origin or 'not credited'}")))
        for each in (articles[id] for id in group.articles):
            parts = (each.id, each.published or "undated", each.outlet or "unknown outlet", each.label)
            out.print(escape(_printable("    " + "  ".join(parts))))
    if not found:
        out.print("no two articles print the same copy")


@app.command()
def remove(
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID…", help="Articles' ids.")] = None,
    outlet: Annotated[str | None, typer.Option(help="Remove all articles of this outlet.")] = None,
    store: Store = None,
) -> None:
    """Remove articles, with all that is derived from them."""
    if bool(ids) == bool(outlet):
        raise UsageError("Say which articles to remove: their ids, or --outlet NAME.")
    with _open(store, reading=True) as assistant:
        if outlet:
            number = assistant.library.remove_outlet(outlet)
        else:
            chosen = list(dict.fromkeys(ids or ()))
            assistant.library.remove(chosen)
            number = len(chosen)
    out.print(f"{number} removed")


@app.command()
def status(store: Store = None, as_json: AsJson = False) -> None:
    """Say what the library holds and whether its indexes are whole."""
    with _open(store, reading=True) as assistant:
        found = assistant.library.status()
    if as_json:
        _print_json(asdict(found))
        return
    out.print(
        escape(f"{found.folder}: {found.articles} articles of {found.outlets} outlets, {found.passages} passages")
    )
    out.print(escape(f"embedding model: {found.model}"))
    out.print(escape(f"indexes: built anew just now ({found.repaired})") if found.repaired else "indexes: whole")


@app.command()
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
    with _open(store, reading=True) as assistant:
        if embed:
            assistant.intake.embed_anew()
        if purge:
            assistant.library.purge()
        elif not embed:
            assistant.library.rebuild()
        found = assistant.library.status()
    out.print(f"indexes built anew: {found.articles} articles, {found.passages} passages")


feeds = typer.Typer(no_args_is_help=True, help="Follow feeds (RSS, Atom, JSON) and news sitemaps.")
app.add_typer(feeds, name="feeds")


@feeds.command("add")
def feeds_add(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed's or sitemap's address.")], store: Store = None
) -> None:
    """Follow a feed; `feeds refresh` reads its articles."""
    with _open(store) as assistant:
        feed = assistant.intake.follow(url)
    out.print(escape(_printable(f"following {feed.title or feed.url}; `feeds refresh` reads its articles")))


@feeds.command("list")
def feeds_list(store: Store = None, as_json: AsJson = False) -> None:
    """List the feeds that are followed, when each was last read, and what that came to."""
    with _open(store, reading=True) as assistant:
        found = assistant.intake.feeds()
    if as_json:
        _print_json([asdict(feed) for feed in found])
        return
    for feed in found:
        typer.echo(_printable("\t".join((feed.url, feed.read_at or "never read", feed.result or "", feed.title or ""))))


@feeds.command("refresh")
def feeds_refresh(
    urls: Annotated[list[str] | None, typer.Argument(metavar="[URL…]", help="These feeds only.")] = None,
    store: Store = None,
) -> None:
    """Read what is new or changed in the feeds."""
    with _open(store) as assistant:
        _conclude(_report(assistant.intake.refresh(urls or ())))


@feeds.command("remove")
def feeds_remove(
    url: Annotated[str, typer.Argument(metavar="URL", help="A feed's address.")], store: Store = None
) -> None:
    """Follow a feed no more; its articles stay."""
    with _open(store, reading=True) as assistant:
        assistant.intake.unfollow(url)
    out.print("1 removed")


def _open(store: Path | None, reading: bool = False) -> Assistant:
    # The libraries make some hundred thousand objects that stay: looking among them for garbage takes 0.3 s.
    gc.disable()
    from rag.assistant import Assistant  # late: `--help` and a mistyped option need none of it

    gc.freeze()
    gc.enable()
    return Assistant.open(read_settings(store=store), any_model=reading)


def _day(value: str | None, option: str) -> date | None:
    try:
        return datetime.strptime(value, "%Y-%m-%d").date() if value else None
    except ValueError as error:
        raise UsageError(f"{option} {value!r} is not a day: write it as YYYY-MM-DD, for example 2018-10-29.") from error


def _article_json(article: Article, text: bool) -> dict[str, Any]:
    fields = asdict(article) | {"authors": list(article.authors)}
    fields["basis"] = {name: asdict(article.basis_of(name)) for name in DESCRIBED}
    fields.pop("read_as")
    whole = {name: fields.pop(name) for name in ("omitted", "voices", "text")}
    return {"id": fields.pop("id"), **fields} | (whole if text else {})


def _print_reply(reply: Reply) -> None:
    out.print(escape(_printable(reply.answer)))
    for each in reply.citations:
        about = ", ".join((each.outlet or "unknown outlet", each.published or "undated", each.title or "no headline"))
        place = each.url or each.path or each.article_id
        out.print(escape(_printable(f"[{each.number}] {about} ({place})")))
    if reply.abstained and reply.retrieved:
        out.print("The nearest passages:")
        for passage in reply.retrieved[:NEAREST]:
            text = " ".join(passage.text.split())
            about = passage.outlet or "unknown outlet"
            out.print(escape(_printable(f"- {about}: {text[:EXCERPT]}{'…' if len(text) > EXCERPT else ''}")))


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")


def _printable(text: str) -> str:
    """Text from articles and file names without what a terminal would obey."""
    return "".join(c if c.isprintable() or c in "\n\t" else "\ufffd" for c in text)


def main(run: Callable[[], None] = app) -> None:
    """Run the command line; what a person can mend is said in one sentence."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("rag").setLevel(logging.INFO)
    try:
        run()
    except SecondSourceError as error:
        err.print(escape(_printable(str(error))))
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as stopped:
        if isinstance(stopped, SystemExit) and stopped.code != STOPPED:
            raise
        err.print("Stopped. What was reported is kept.")
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
