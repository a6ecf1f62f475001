"""Many people asking at once while articles come in: errors, lost answers, how long they wait, memory.

The page runs as `make run` serves it, on a library of the samples and the development articles. First one person asks
alone; then so many do while the development articles are taken out and read in again, over and over, as the page's own
"Add" does it. Each asks, reads for a while, and asks again, through Streamlit's own messages (benchmarks/visitor.py).

`python -m benchmarks.load --minutes 0.5 --people 4 --alone 0.3` tries it quickly, and writes nothing into results.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from benchmarks.common import ROOT, bench, percentile, questions, say, table, write_section
from benchmarks.visitor import Failed, Visitor

PEOPLE, MINUTES, ALONE, READING = 20, 5.0, 2.5, 15.0
READING_ALONE = 6.0
LONGEST_WAIT = 120
QUESTIONS_OF_A_CHAT = 8
SAMPLED = 5.0
"""Seconds between two looks at the server's memory; the first two minutes are not held against it."""
SETTLED = 120.0
AFTERWARDS = 150.0
"""Seconds without anybody, after which the memory is looked at once more: Streamlit keeps a session for two minutes."""


# The server, in a process of its own


def serve(articles: Path, begin: Path) -> None:
    """The page; once the file `begin` is there, articles go out and come in, until it is gone again."""
    from rag.ui import serve as page

    Thread(target=_come_and_go, args=(articles, begin), daemon=True).start()
    page.main()


def _come_and_go(articles: Path, begin: Path) -> None:
    from rag.ui.health import opening
    from rag.ui.jobs.ingest_job import adding

    while opening.assistant is None:
        time.sleep(0.1)
    assistant = opening.assistant
    library = assistant.library

    def ingest() -> None:
        adding().start("the development articles", lambda: assistant.ingest([articles]))
        adding().wait(3600)

    for _ in assistant.ingest([assistant.settings.samples / "articles"]):
        pass  # which stay: a library that is empty cannot be asked
    ingest()
    begin.with_suffix(".ready").touch()
    while True:
        while not begin.exists():
            time.sleep(0.1)
        library.remove([each.id for each in library.articles() if Path(each.path or "").parent == articles.resolve()])
        ingest()


# The people


class Asked:
    """What came of the questions of one phase."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.lost: list[str] = []
        self.errors: list[str] = []


async def person(address: str, number: int, until: float, asked: Asked, pool: Sequence[str], reading: float) -> None:
    """Ask, read, ask, in one chat after another, until then."""
    chance = random.Random(number)
    await asyncio.sleep(chance.uniform(0, reading))
    while time.monotonic() < until:
        try:
            async with Visitor(address) as visitor:
                await asyncio.wait_for(visitor.open(), LONGEST_WAIT)
                for _ in range(QUESTIONS_OF_A_CHAT):
                    if time.monotonic() >= until:
                        return
                    await _ask(visitor, chance.choice(pool), asked)
                    await asyncio.sleep(chance.uniform(0.5, 1.5) * reading)
        except (OSError, TimeoutError, Failed) as error:
            asked.errors.append(f"{type(error).__name__}: {error}")
            await asyncio.sleep(1)


async def _ask(visitor: Visitor, question: str, asked: Asked) -> None:
    try:
        asked.seconds.append(await asyncio.wait_for(visitor.ask(question), LONGEST_WAIT))
    except TimeoutError:
        asked.lost.append(f"no answer within {LONGEST_WAIT} s")
        raise
    except Failed as error:
        asked.lost.append(str(error))
        raise


async def phase(address: str, people: int, seconds: float, pool: Sequence[str], reading: float) -> Asked:
    """So many people asking for so long; whoever waits then is waited for."""
    asked, until = Asked(), time.monotonic() + seconds
    await asyncio.gather(*(person(address, number, until, asked, pool, reading) for number in range(people)))
    return asked


# Memory


class Memory:
    """The resident memory of a process in MB, looked at now and then: seconds since the start, and the figure."""

    def __init__(self, process: int) -> None:
        self._process = process
        self._began = time.monotonic()
        self.samples: list[tuple[float, float]] = []

    def now(self) -> float:
        status = Path(f"/proc/{self._process}/status").read_text()
        found = re.search(r"VmRSS:\s*(\d+)", status)
        return int(found[1]) / 1024 if found else float("nan")

    async def watch(self) -> None:
        self._began = time.monotonic()
        while True:
            self.samples.append((time.monotonic() - self._began, self.now()))
            await asyncio.sleep(SAMPLED)

    def growth(self) -> float:
        """MB a minute, by least squares over what comes after the first two minutes; nan where that is too little."""
        late = [(at, size) for at, size in self.samples if at >= SETTLED]
        if len(late) < 10:
            return float("nan")
        middle = sum(at for at, _ in late) / len(late)
        return 60 * sum((at - middle) * size for at, size in late) / sum((at - middle) ** 2 for at, _ in late)


# The run


async def measure(address: str, process: int, begin: Path, pool: Sequence[str], given: argparse.Namespace) -> Any:
    """Both phases, and the memory before, during and after the second."""
    memory = Memory(process)
    say(f"One person alone, {given.alone * 60:.0f} s")
    alone = await phase(address, 1, given.alone * 60, pool, min(given.reading, READING_ALONE))
    before = memory.now()
    say(f"{given.people} people, {given.minutes * 60:.0f} s, while articles come in")
    begin.touch()
    watching = asyncio.create_task(memory.watch())
    together = await phase(address, given.people, given.minutes * 60, pool, given.reading)
    begin.unlink()
    watching.cancel()
    end = memory.now()
    await asyncio.sleep(AFTERWARDS if _is_full(given) else 0)
    return alone, together, memory, (before, end, memory.now())


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve, ask, and write the section."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=PEOPLE)
    options.add_argument("--minutes", type=float, default=MINUTES, help="of everybody asking at once")
    options.add_argument("--alone", type=float, default=ALONE, help="minutes of one person asking alone before")
    options.add_argument("--reading", type=float, default=READING, help="seconds from an answer to the next question")
    given = options.parse_args(arguments)
    articles = (bench() / "articles").resolve()
    pool = [each["question"] for each in questions() if not each.get("turns")]
    with TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        begin = Path(folder) / "begin"
        server = f"from benchmarks.load import *; serve(Path({str(articles)!r}), Path({str(begin)!r}))"
        environment = os.environ | {
            "SECOND_SOURCE_STORE": f"{folder}/store",
            "SECOND_SOURCE_PORT": "8700",
            "SECOND_SOURCE_QUESTIONS_A_MINUTE": "600",
        }
        say("Serving, and reading the articles in")
        with subprocess.Popen(
            [sys.executable, "-c", server], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process:
            try:
                assert process.stdout
                line = ""
                while " is open at " not in line:
                    line = process.stdout.readline() or sys.exit("The page could not be served.")
                address = next(word for word in line.split() if word.startswith("http://"))
                while not begin.with_suffix(".ready").exists():
                    time.sleep(0.2)
                alone, together, memory, edges = asyncio.run(measure(address, process.pid, begin, pool, given))
            finally:
                process.terminate()
        log.seek(0)
        lines = log.read().splitlines()
    ingests = [found for each in lines if (found := _job(each)) and found.get("added", 0) > 100]
    tracebacks = [each for each in lines if each.startswith("Traceback")]
    tell(given, alone, together, memory, edges, len(ingests) - 1, tracebacks)


def _is_full(given: argparse.Namespace) -> bool:
    return bool((given.people, given.minutes) == (PEOPLE, MINUTES))


def _job(line: str) -> dict[str, Any] | None:
    with suppress(ValueError):
        found: dict[str, Any] = json.loads(line[line.index("{") :])
        return found if "job" in found else None
    return None


def tell(
    given: argparse.Namespace,
    alone: Asked,
    together: Asked,
    memory: Memory,
    edges: tuple[float, float, float],
    ingests: int,
    tracebacks: Sequence[str],
) -> None:
    """Print the figures; a run of full length goes into results.md."""
    p95 = percentile(together.seconds, 0.95)
    few = percentile(alone.seconds, 0.95)
    quarters = [memory.samples[len(memory.samples) * n // 4][1] for n in range(1, 4)]
    sizes = [edges[0], *quarters, *edges[1:]]
    rows = [
        ["questions answered", f"{len(alone.seconds)}", f"{len(together.seconds)}"],
        ["answers lost", f"{len(alone.lost)}", f"{len(together.lost)}"],
        ["errors", f"{len(alone.errors)}", f"{len(together.errors) + len(tracebacks)}"],
        ["median", f"{percentile(alone.seconds, 0.5):.2f} s", f"{percentile(together.seconds, 0.5):.2f} s"],
        ["95th percentile", f"{few:.2f} s", f"{p95:.2f} s"],
        ["… to that of one alone", "", f"{p95 / few:.2f}×"],
        ["longest", f"{max(alone.seconds):.2f} s", f"{max(together.seconds):.2f} s"],
    ]
    grows = memory.growth()
    body = "\n\n".join(
        [
            f"{given.people} people for {given.minutes:g} minutes, each reading {given.reading:g} s on average between "
            f"two questions, while the development articles are removed and read in again ({ingests} times).",
            table(("", "one alone", f"{given.people} together"), rows),
            f"Memory of the server: {sizes[0]:.0f} MB before, {', '.join(f'{each:.0f}' for each in sizes[1:4])} MB "
            f"after each quarter, {sizes[4]:.0f} MB at the end, {sizes[5]:.0f} MB when everybody has gone; "
            f"after the first two minutes it grows by {grows:.1f} MB a minute.",
        ]
    )
    for problem in dict.fromkeys([*alone.errors, *together.errors, *together.lost, *tracebacks]):
        say(problem)
    if _is_full(given):
        write_section("Twenty people at once", body)
    else:
        print(body)


if __name__ == "__main__":
    main()
