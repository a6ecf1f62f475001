"""Nothing connects to another machine on its own: not the program, and not the libraries it is made of."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from benchmarks.visitor import one_question
from rag.settings import ROOT
from rag.ui.access import is_loopback
from tests.support.served import address_in, free_port, serving

ARTICLE = ROOT / "rag" / "samples" / "articles" / "06-linnet-herald-correction.json"
STRACE = ("strace", "-D", "-f", "-qq", "--seccomp-bpf", "-e", "trace=connect,sendto", "-e", "signal=none", "-o")


def traced(folder: Path) -> Sequence[str]:
    """What a command is run with to see what its native code connects to, where that can be seen here."""
    tried = [*STRACE, str(folder / "tried"), sys.executable, "-c", "pass"]
    if not shutil.which("strace") or subprocess.run(tried, capture_output=True, check=False).returncode:
        return ()
    return [*STRACE, str(folder / "traced")]


def elsewhere(folder: Path) -> list[str]:
    """The other machines, by name or address, that were asked for."""
    report, trace = folder / "report", folder / "traced"
    asked = [line.split()[1] for line in report.read_text().splitlines()] if report.exists() else []
    if trace.exists():
        asked += re.findall(r'inet_(?:addr|pton)\((?:AF_INET6, )?"([^"]+)"', trace.read_text(errors="replace"))
    return [name for name in asked if not (is_loopback(name) or name in ("None", "0.0.0.0") or name.startswith("/"))]


def environment(folder: Path) -> dict[str, str]:
    """As a person's: nothing of it tells a library to be quiet."""
    quiet = (
        "CI",
        "PYTEST_",
        "ORT_",
        "HF_",
        "TRANSFORMERS_",
        "ANONYMIZED_",
        "DO_NOT_TRACK",
        "STREAMLIT_",
        "NO_PROXY",
        "no_proxy",
    )
    kept = {name: value for name, value in os.environ.items() if not name.startswith(quiet)}
    return kept | {"HOME": str(folder), "SECOND_SOURCE_STORE": str(folder / "store")}


def test_the_check_sees_what_it_should(tmp_path: Path) -> None:
    program = "import socket\ntry: socket.create_connection(('192.0.2.7', 9), 0.1)\nexcept OSError: pass"
    watched = f"from tests.support.offline import watch\nfrom pathlib import Path\nwatch(Path('{tmp_path}/report'))"
    command = [*traced(tmp_path), sys.executable, "-c", f"{watched}\n{program}"]
    subprocess.run(command, cwd=ROOT, check=True)

    seen = elsewhere(tmp_path)
    assert set(seen) == {"192.0.2.7"}
    assert len(seen) >= (3 if traced(tmp_path) else 2)


def test_ingesting_and_asking(tmp_path: Path) -> None:
    command = [*traced(tmp_path), sys.executable, "-m", "tests.support.offline", str(tmp_path / "report"), str(ARTICLE)]
    ran = subprocess.run(command, cwd=ROOT, env=environment(tmp_path), capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert elsewhere(tmp_path) == []


def test_serving(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A visit, a question, its suggestions, and a page of another site that tries to speak to this one."""
    for name in set(os.environ) - set(environment(tmp_path)):
        monkeypatch.delenv(name)
    command = [*traced(tmp_path), sys.executable, "-m", "tests.support.offline", str(tmp_path / "report"), "serve"]
    with serving(free_port(), environment(tmp_path), command) as output:
        address = address_in(output)
        answer = asyncio.run(one_question(address, "How many people were injured when the barge hit?"))
        with pytest.raises(InvalidStatus, match="403"):
            connect(address.replace("http", "ws") + "/_stcore/stream", origin="http://evil.example")  # type: ignore[arg-type]

    assert "#cite-0-1" in answer
    assert elsewhere(tmp_path) == []
