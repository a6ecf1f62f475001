"""The command line: `python -m rag`. Exit codes: 0 done, 1 some items failed, 2 wrong usage or nothing done."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable

import typer
from rich.markup import escape

from rag.commands import intake, library, model, questions
from rag.commands.terminal import err, printable
from rag.errors import SecondSourceError

STOPPED = 130
"""The exit code after Ctrl-C, which Typer turns into an exit of its own."""

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
    questions.coverage,
    questions.evaluate,
    library.list_,
    library.show,
    library.edit,
    library.duplicates,
    library.remove,
    library.status,
    library.reindex,
):
    app.command(command.__name__.rstrip("_"))(command)
app.add_typer(intake.feeds, name="feeds")
app.add_typer(model.model, name="model")


def main(run: Callable[[], None] = app) -> None:
    """Run the command line; what a person can mend is said in one sentence."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("rag").setLevel(logging.INFO)
    try:
        run()
    except SecondSourceError as error:
        err.print(escape(printable(str(error))))
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as stopped:
        if isinstance(stopped, SystemExit) and stopped.code != STOPPED:
            raise
        err.print("Stopped. What was reported is kept.")
        sys.exit(STOPPED)


if __name__ == "__main__":
    main()
