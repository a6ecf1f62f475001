"""The page's program, started for a test, and the address that it tells."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

from rag.settings import ROOT


@contextmanager
def serving(
    port: int, environment: dict[str, str], command: Sequence[str] = (sys.executable, "-m", "rag.ui.serve")
) -> Iterator[IO[str]]:
    environment = os.environ | environment | {"SECOND_SOURCE_PORT": str(port)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield process.stdout
        finally:
            process.terminate()
            process.wait(20)


def address_in(output: IO[str]) -> str:
    """The address that the page's program tells, once its library is open."""
    line = output.readline()
    while line and " is open at " not in line:
        line = output.readline()
    assert line, "the program ended without telling its address"
    return next(word for word in line.split() if word.startswith("http://"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
