"""The command line: `python -m rag`. Exit codes: 0 done, 1 some items failed, 2 wrong usage or nothing done."""

from __future__ import annotations

import logging
import signal
import sys
from collections.abc import Callable

import typer
from rich.markup import escape

from rag.errors import SecondSourceError
from rag.interfaces.commands import (
    backup_commands,
    chat_commands,
    ingest_commands,
    library_commands,
    mcp_command,
    model_commands,
    question_commands,
)
from rag.interfaces.commands.terminal import err, printable
from rag.settings import prepare_process

STOPPED, ENDED = 130, 143
"""The exit codes after Ctrl-C, which Typer handles itself, and after SIGTERM."""

app = typer.Typer(
    help="Ask your news library. Every sentence cited, every citation checked.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.command("run")
def serve_page() -> None:
    """Serve the page on this machine until it is stopped; the settings are read from the environment."""
    from rag.ui import serve  # late: no other command needs Streamlit

    serve.main()


for command in (
    ingest_commands.ingest,
    question_commands.ask,
    question_commands.search,
    question_commands.coverage,
    question_commands.evaluate,
    library_commands.list_,
    library_commands.show,
    library_commands.edit,
    library_commands.duplicates,
    library_commands.remove,
    library_commands.status,
    library_commands.reindex,
    backup_commands.doctor,
    backup_commands.backup,
    backup_commands.restore,
    chat_commands.verify,
    mcp_command.mcp,
):
    app.command(command.__name__.rstrip("_"))(command)
app.add_typer(ingest_commands.feeds, name="feeds")
app.add_typer(model_commands.model, name="model")
app.add_typer(chat_commands.chats, name="chats")


def main(run: Callable[[], None] = app) -> None:
    """Run the command line. Errors that a person can fix are printed as one sentence."""
    prepare_process()
    before = signal.signal(signal.SIGTERM, _end)
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("rag").setLevel(logging.INFO)
    for name in ("rag.questions", "rag.ingests"):
        logging.getLogger(name).setLevel(logging.WARNING)  # these are for servers
    try:
        run()
    except SecondSourceError as error:
        err.print(escape(printable(str(error))))
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as stopped:
        if isinstance(stopped, SystemExit) and stopped.code not in (STOPPED, ENDED):
            raise
        err.print("Stopped. Everything reported so far is saved.")
        sys.exit(stopped.code if isinstance(stopped, SystemExit) else STOPPED)
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(*_: object) -> None:
    sys.exit(ENDED)


if __name__ == "__main__":
    main()
