"""The command line: `python -m rag`. Exit codes: 0 done, 1 some items failed, 2 wrong usage or nothing done."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable

import typer
from rich.markup import escape

from rag.commands import chats, intake, keeping, library, mcp, model, questions
from rag.commands.terminal import err, printable
from rag.errors import SecondSourceError

STOPPED, ENDED = 130, 143
"""The exit codes after Ctrl-C, which Typer turns into an exit of its own, and after SIGTERM."""

app = typer.Typer(
    help="Ask your news library. Every sentence cited, every citation checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
for command in (
    intake.ingest,
    questions.ask,
    questions.search,
    questions.coverage,
    questions.evaluate,
    library.list_,
    library.show,
    library.edit,
    library.duplicates,
    library.remove,
    library.status,
    library.reindex,
    keeping.doctor,
    keeping.backup,
    keeping.restore,
    chats.verify,
    mcp.mcp,
):
    app.command(command.__name__.rstrip("_"))(command)
app.add_typer(intake.feeds, name="feeds")
app.add_typer(model.model, name="model")
app.add_typer(chats.chats, name="chats")


def main(run: Callable[[], None] = app) -> None:
    """Run the command line; what a person can mend is said in one sentence."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("rag").setLevel(logging.INFO)
    for name in ("rag.questions", "rag.ingests"):
        logging.getLogger(name).setLevel(logging.WARNING)  # for whoever watches a server
    try:
        run()
    except SecondSourceError as error:
        err.print(escape(printable(str(error))))
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as stopped:
        if isinstance(stopped, SystemExit) and stopped.code not in (STOPPED, ENDED):
            raise
        err.print("Stopped. What was reported is kept.")
        sys.exit(stopped.code if isinstance(stopped, SystemExit) else STOPPED)


def _end(*_: object) -> None:
    sys.exit(ENDED)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _end)
    main()
