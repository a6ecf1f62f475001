"""A program of the project, with every address written down that Python connects to or looks up.

`python -m tests.support.offline REPORT serve`, or `… REPORT ARTICLES` to ingest these and ask.
"""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Any

WATCHED = ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr", "socket.sendto")


def watch(report: Path) -> None:
    """From now on, write each such call into `report`."""

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in WATCHED:
            address = arguments[1] if event in ("socket.connect", "socket.sendto") else arguments[0]
            with report.open("a") as file:
                file.write(f"{event} {address[0] if isinstance(address, tuple) else address}\n")

    sys.addaudithook(hook)


if __name__ == "__main__":
    watch(Path(sys.argv[1]))
    if sys.argv[2] == "serve":
        runpy.run_module("rag.ui.serve", run_name="__main__")
    else:
        from rag.assistant import Assistant
        from rag.settings import read_settings

        with Assistant.open(read_settings()) as assistant:
            assert [event.outcome for event in assistant.ingest([sys.argv[2]])] == ["added"]
            assert not assistant.ask("How many passengers were on the No. 4 tram?").abstained
