"""The commands that ask: ask, search, coverage and evaluate."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from rag.errors import UsageError
from rag.interfaces.commands.terminal import AsJson, Store, err, opened, out, print_json, printable, reached
from rag.interfaces.service import COVERAGE_FORMS, Json, related
from rag.reply import FROM_THE_QUESTION, IN_THEIR_WORDS, MORE, Filters
from rag.text.stated_dates import typed_date

NEAREST, EXCERPT = 3, 240
"""How many of the nearest passages a refusal prints, and how many characters of each."""
Outlet = Annotated[list[str] | None, typer.Option(help="Only this outlet; may be repeated.")]
Since = Annotated[str | None, typer.Option(help="Only articles from this day on (YYYY-MM-DD).")]
Until = Annotated[str | None, typer.Option(help="Only articles up to this day (YYYY-MM-DD).")]


def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in quotation marks.")] = None,
    store: Store = None,
    as_json: AsJson = False,
    outlet: Outlet = None,
    since: Since = None,
    until: Until = None,
    within: Annotated[str | None, typer.Option(help="Only this collection, or the article with this id.")] = None,
    batch: Annotated[Path | None, typer.Option(help="A JSONL file of questions.")] = None,
    answers: Annotated[Path | None, typer.Option("--out", help="The file for the batch's answers (JSONL).")] = None,
    timings: Annotated[bool, typer.Option("--timings", help="Print the time of each stage.")] = False,
) -> None:
    """Answer one question or a file of questions."""
    if (question is None) == (batch is None):
        raise UsageError("Give one question in quotation marks, or --batch QUESTIONS.jsonl with --out ANSWERS.jsonl.")
    given = Filters(tuple(outlet or ()), *_days(since, until), collection=within)
    filters = replace(given, read=not (given.outlets or given.since or given.until))
    if batch is not None:
        if answers is None:
            raise UsageError("--batch needs --out ANSWERS.jsonl, the file for the answers.")
        _ask_batch(batch, answers, filters, store)
        return
    with reached(store) as library:
        reply = library.ask(question or "", filters)
    if as_json:
        print_json(reply)
    else:
        _print_reply(reply)
    if timings:
        err.print("  ".join(f"{name.removesuffix('_ms')} {value} ms" for name, value in reply["timings"].items()))


def search(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    store: Store = None,
    as_json: AsJson = False,
    outlet: Outlet = None,
    since: Since = None,
    until: Until = None,
) -> None:
    """Print the passages found for a question, best first."""
    filters = Filters(tuple(outlet or ()), *_days(since, until)) or FROM_THE_QUESTION
    with reached(store) as library:
        found = library.search(question, filters)
    if as_json:
        print_json(found)
        return
    for each in found["retrieved"]:
        about = (each["article_id"], f"{each['start']}-{each['end']}", each["outlet"] or "unknown outlet")
        typer.echo(printable("\t".join((*about, " ".join(each["text"].split())))))


def _ask_batch(batch: Path, answers: Path, filters: Filters, store: Path | None) -> None:
    from rag.evaluation.question_file import read_lines  # late, as above

    questions = read_lines(batch)
    new = answers.with_name(answers.name + ".new")
    try:
        with reached(store) as library, new.open("w", encoding="utf-8") as file, _asking() as progress:
            for line, item in progress.track(questions):
                try:
                    reply = library.ask(item["question"], filters, item.get("turns") or [])
                except UsageError as error:
                    raise UsageError(f"{batch}, line {line}: {error}") from error
                file.write(json.dumps(reply | {"id": item.get("id")}, ensure_ascii=False) + "\n")
        os.replace(new, answers)
    except OSError as error:
        raise UsageError(f"{answers} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            new.unlink()
    out.print(f"{len(questions)} answers written to {escape(str(answers))}")


def coverage(
    question: Annotated[str, typer.Argument(help="The question, in quotation marks.")],
    store: Store = None,
    as_json: AsJson = False,
    form: Annotated[str, typer.Option("--format", help="md (Markdown) or csv.")] = "md",
) -> None:
    """Show who says what: each outlet's account, quotes side by side, origins, a timeline, people."""
    if form not in COVERAGE_FORMS:
        raise UsageError(f"--format {form!r} is not supported: choose {' or '.join(COVERAGE_FORMS)}.")
    with reached(store) as library:
        if as_json:
            print_json(library.coverage(question))
        else:
            typer.echo(printable(library.coverage_as(form, question)), nl=False)


def evaluate(
    questions: Annotated[
        Path, typer.Argument(metavar="QUESTIONS.jsonl", help="A file of questions with known answers.")
    ],
    articles: Annotated[
        list[Path] | None,
        typer.Option(help="A JSON index of articles' ids, addresses and events; may be repeated."),
    ] = None,
    store: Store = None,
    as_json: AsJson = False,
    worst: Annotated[int, typer.Option(min=0, help="How many failures to list.")] = 20,
) -> None:
    """Ask questions with known answers, score the replies, and compare with the last run."""
    from rag.evaluation.evaluate import evaluate as ask_all  # imported late: asking one question does not need it
    from rag.evaluation.evaluate import run_of
    from rag.evaluation.question_file import read_index, read_questions
    from rag.evaluation.report import compare, keep, kept
    from rag.evaluation.report_text import comparison_lines, run_lines

    asked = read_questions(questions)
    index = read_index(articles) if articles else None
    with opened(store) as assistant:
        with _asking() as progress:
            results = list(progress.track(ask_all(assistant, asked, index), total=len(asked)))
        run = run_of(assistant, questions.name, [path.name for path in articles or ()], results)
        change = compare(run, kept(assistant.library.folder))
        path = keep(run, assistant.library.folder)
    if as_json:
        print_json({"file": str(path), **run.model_dump(mode="json"), "change": change and change.to_json()})
    else:
        for line in (*run_lines(run, worst), "", *comparison_lines(change), "", f"saved in {path}"):
            out.print(escape(printable(line)))
    if any(result.problem for result in results):
        raise typer.Exit(1)


def _asking() -> Progress:
    """A progress bar on a terminal, nothing elsewhere."""
    columns = (TextColumn("Asking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    return Progress(*columns, console=err, transient=True, disable=not err.is_terminal)


def _days(since: str | None, until: str | None) -> tuple[date | None, date | None]:
    first, last = _day(since, "--since"), _day(until, "--until")
    if first and last and first > last:
        raise UsageError(f"--since {first} is after --until {last}: nothing can be between them.")
    return first, last


def _day(value: str | None, option: str) -> date | None:
    return date.fromisoformat(typed_date(value, option)) if value else None


def _print_reply(reply: Json) -> None:
    direct = reply["direct"] or ""
    if direct:
        out.print(Text(printable(direct), "bold"))
    if rest := reply["answer"].removeprefix(direct).lstrip():
        out.print(escape(printable(rest)))
    for block in reply["blocks"]:
        out.print(_table(block, reply["citations"]), soft_wrap=False)
    if "note" in reply:
        out.print(escape(printable(reply["note"])))
    for each in reply["citations"]:
        about = ", ".join(
            (each["outlet"] or "unknown outlet", each["published"] or "undated", each["title"] or "no headline")
        )
        place = each["url"] or each["path"] or each["article_id"]
        out.print(escape(printable(f"[{each['number']}] {about} ({place})")))
    if reply["more"] and not reply["abstained"]:
        out.print(f"{MORE}:")
    for line in related(reply):
        out.print(escape(printable(f"- {line}")))
    if reply["state"] == "nothing" and reply["retrieved"]:
        out.print("The nearest passages:")
        for passage in reply["retrieved"][:NEAREST]:
            text = " ".join(passage["text"].split())
            about = passage["outlet"] or "unknown outlet"
            out.print(escape(printable(f"- {about}: {text[:EXCERPT]}{'…' if len(text) > EXCERPT else ''}")))


def _table(block: Json, citations: list[Json]) -> Table:
    """A block as a table, with the quotes of each row in the last column."""
    table = Table(title=Text(printable(block["title"])), title_justify="left", title_style="bold")
    columns = [*block["columns"], *[IN_THEIR_WORDS] * any(row["citations"] for row in block["rows"])]
    for column in columns:
        table.add_column(Text(printable(column)), overflow="fold")
    for row in block["rows"]:
        cited = [each for each in citations if each["number"] in row["citations"]]
        quotes = "\n".join(f"{' '.join(each['quote'].split())} [{each['number']}]" for each in cited)
        table.add_row(*(Text(printable(cell)) for cell in [*row["cells"], quotes][: len(columns)]))
    return table
