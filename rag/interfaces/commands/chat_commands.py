"""The commands for chats: list, export and verify."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from rag.errors import UsageError
from rag.interfaces.commands.terminal import AsJson, Store, err, opened, out, print_json, printable

if TYPE_CHECKING:
    from rag.chats.export_verification import VerificationFinding

chats = typer.Typer(no_args_is_help=True, help="List and export saved chats.")
Out = Annotated[Path | None, typer.Option("--out", help="The file to write; default: print it.")]


@chats.command("list")
def list_(
    search: Annotated[str, typer.Argument(metavar="[WORDS]", help="Only chats that contain these words.")] = "",
    store: Store = None,
    as_json: AsJson = False,
) -> None:
    """List the chats, the latest first."""
    with opened(store, reading=True) as assistant:
        found = assistant.chats.chats(search)
    if as_json:
        print_json([{"id": each.id, "name": each.name, "asked_at": each.asked_at} for each in found])
        return
    for each in found:
        typer.echo(printable("\t".join((each.id, each.asked_at, " ".join(each.name.split())))))


@chats.command()
def export(
    id: Annotated[str, typer.Argument(help="A chat's id.")],
    store: Store = None,
    form: Annotated[str, typer.Option("--format", help="md (Markdown), json or html (one page).")] = "",
    to: Out = None,
) -> None:
    """Export a chat with its quotes, offsets, hashes and model; `verify` checks the file."""
    from rag.chats.chat_export import FORMS
    from rag.chats.chat_export import export as data_of

    form = form or (to.suffix.lstrip(".").lower() if to else "json")
    if form not in FORMS:
        raise UsageError(f"--format {form!r} is not supported: choose {', '.join(FORMS)}.")
    with opened(store, reading=True) as assistant:
        content = FORMS[form](data_of(assistant.chats, assistant.library, id))
    _write(content, to)


@chats.command()
def questions(store: Store = None, to: Out = None) -> None:
    """Export rated answers as a questions file for `evaluate`."""
    from rag.chats.ratings import evaluation_set

    with opened(store, reading=True) as assistant:
        found, left_out = evaluation_set(assistant.chats)
    _write("".join(json.dumps(each, ensure_ascii=False) + "\n" for each in found), to)
    err.print(
        f"{len(found)} rated questions"
        + (f"; {left_out} left out, because the right answer is not known" * bool(left_out))
    )


def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An exported chat: JSON, Markdown or HTML.")],
    store: Store = None,
    as_json: AsJson = False,
    alone: Annotated[bool, typer.Option("--alone", help="Check the file itself, without the library.")] = False,
) -> None:
    """Check every citation of an exported chat and list those that no longer hold."""
    from rag.chats.chat_export import parse
    from rag.chats.export_verification import verify as check

    try:
        content = file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{file} cannot be read: {error}.") from error
    data, readable = parse(content, str(file))
    if alone:
        findings = check(data, None, readable)
    else:
        with opened(store, reading=True) as assistant:
            findings = check(data, assistant.library, readable)
    failed = [finding for finding in findings if not finding.holds]
    if as_json:
        print_json({"holds": not failed, "citations": [finding.to_json() for finding in findings]})
    else:
        for each in findings:
            if each.state != "holds":
                _say(each)
        # Related sentences and changes to the export as a whole have no number.
        cited = [finding for finding in findings if finding.number is not None or finding.state != "altered"]
        holding = sum(finding.holds for finding in cited)
        out.print(f"{holding} of {len(cited)} citations hold")
    if failed:
        raise typer.Exit(1)


def _say(finding: VerificationFinding) -> None:
    place = f"question {finding.exchange}" if finding.exchange else ""
    which = "the export" if finding.state == "altered" else ""
    if finding.number is not None:
        which = f"citation {finding.number}, article {finding.article_id}"
    where = ", ".join(filter(None, (place, which)))
    out.print(escape(printable(f"{finding.state}: {where}: {finding.told}")))


def _write(content: str, to: Path | None) -> None:
    if to is None:
        sys.stdout.write(printable(content) if sys.stdout.isatty() else content)
        return
    try:
        to.write_text(content, "utf-8")
    except OSError as error:
        raise UsageError(f"{to} cannot be written: {error.strerror or error}.") from error
    out.print(escape(printable(f"written to {to}")))
