"""What happens as the library grows: questions, one more article, start-up, memory and disk at several sizes.

Run as `python -m benchmarks.growth [--sizes 1000 2000 10000 100000] [--rounds N] [--fresh]`. The smallest library is
the development set as it is; for the larger ones see invented.py.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import common, invented
from benchmarks.common import percentile, say, spread

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.reply import Reply

AS_IS = 1000
"""Up to this size the library is the development set and nothing else."""
BASE = 2000
QUESTIONS_BEFORE_MEMORY = 50
CAPTION = """
The first library is the development set as it is. The others are filled up with invented articles: runs of sentences of
real articles put together to 8 to 20, each passage with the mean of the vectors of the passages that its sentences come
from and a little noise. Each size has a process of its own; each question, {questions} of questions.jsonl in random
order, is put to one size after the other before the next, so that a busy machine hits all of them alike. {rounds}
rounds, each with new processes. A ratio is the median of the questions' own ratios.
"""
Run = dict[str, Any]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[1000, 2000, 10_000, 100_000], metavar="PASSAGES")
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--questions", type=int, default=64)
    arguments.add_argument("--fresh", action="store_true", help="build the libraries anew")
    arguments.add_argument("--serve", type=Path, metavar="STORE", help="one library, measured by lines on stdin")
    given = arguments.parse_args()
    if given.serve:
        _serve(given.serve)
        return
    stores = {s: common.dev_library() if s <= AS_IS else invented.library(s, given.fresh) for s in given.sizes}
    asked = [item["question"] for item in common.questions()]
    random.Random(1).shuffle(asked)
    runs: dict[int, list[Run]] = defaultdict(list)
    for number in range(1, given.rounds + 1):
        say(f"Round {number} of {given.rounds}")
        for size, run in _round(stores, asked[: given.questions], last=number == given.rounds).items():
            runs[size].append(run)
    caption = CAPTION.format(questions=given.questions, rounds=given.rounds).strip()
    common.write_section("Growth", f"{caption}\n\n{_table(runs)}")


def _round(stores: dict[int, Path], asked: Sequence[str], last: bool) -> dict[int, Run]:
    """Every measure of every size once; the indexes are built anew in the last round, once all else is done."""
    served: dict[int, _Served] = {}
    runs: dict[int, Run] = {}
    for size, store in stores.items():
        served[size] = each = _Served(store)
        runs[size] = each.answer() | {"asked": []}
        runs[size]["first"] = each.do("ask", asked[-1])
    for number, question in enumerate(asked, 1):
        for size, each in served.items():
            runs[size]["asked"].append(each.do("ask", question))
        if number == min(QUESTIONS_BEFORE_MEMORY, len(asked)):
            for size, each in served.items():
                runs[size] |= each.do("memory")
            say(f"  {number} questions at each size")
    for size, each in served.items():
        say(f"  adding to {size} passages" + (", then building its indexes anew" if last else ""))
        runs[size] |= each.do("add")
        if last:
            runs[size] |= each.do("reindex")
        each.close()
    return runs


class _Served:
    """The process that has one library open."""

    def __init__(self, store: Path) -> None:
        command = [sys.executable, "-m", "benchmarks.growth", "--serve", str(store)]
        self._process = subprocess.Popen(
            command, cwd=common.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, *what: str) -> Run:
        assert self._process.stdin is not None
        print(json.dumps(what), file=self._process.stdin, flush=True)
        return self.answer()

    def answer(self) -> Run:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            sys.exit("A library's process ended: see above.")
        run: Run = json.loads(line)
        return run

    def close(self) -> None:
        self._process.communicate()


def _serve(store: Path) -> None:
    import rag.assistant  # noqa: F401  so that opening is timed, not importing

    began = time.perf_counter()
    with common.open_assistant(store) as assistant:
        seconds, status = time.perf_counter() - began, assistant.library.status()
        disk = sum(path.stat().st_size for path in store.rglob("*") if path.is_file()) / 1e6
        found: Run = {"articles": status.articles, "passages": status.passages, "open": seconds, "disk": disk}
        found["repaired"] = status.repaired is not None
        print(json.dumps(found), flush=True)
        doing: dict[str, Callable[..., Run]] = {
            "ask": lambda question: _asked(assistant.ask(question)),
            "memory": lambda: {name: _memory(name) for name in ("VmRSS", "VmHWM")},
            "add": lambda: {"add": _add(assistant)},
            "reindex": lambda: {"reindex": _reindex(assistant)},
        }
        for line in sys.stdin:
            name, *values = json.loads(line)
            print(json.dumps(doing[name](*values)), flush=True)


def _asked(reply: Reply) -> Run:
    characters = sum(len(passage.text) for passage in reply.retrieved)
    return {**reply.timings, "answered": not reply.abstained, "characters": characters}


def _add(assistant: Assistant) -> list[float]:
    """Seconds from handing over a file to both indexes finding its article, for a few; they are removed again."""
    taken, library = [], assistant.library
    for file in sorted(assistant.settings.samples.rglob("*.json"))[:4]:
        began = time.perf_counter()
        (id,) = [event.article_id or "" for event in assistant.ingest([file])]
        wanted = library.catalogue.embedded(id)[0]
        by_words = library.by_words(" ".join(library.article(id).text.split()[:12]), 20)
        by_meaning = library.by_meaning(np.frombuffer(wanted.vector, np.float32).tolist(), 20)
        taken.append(time.perf_counter() - began)
        for found in (by_words, by_meaning):
            assert wanted.passage.id in dict(found), f"{file.name} is not found"
        library.remove([id])
    return taken


def _reindex(assistant: Assistant) -> float:
    began = time.perf_counter()
    assistant.library.indexes.rebuild()
    return time.perf_counter() - began


def _memory(name: str) -> float:
    """MB, as Linux counts it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) * 1024 / 1e6


def _table(runs: dict[int, list[Run]]) -> str:
    def laps(of: list[Run], name: str = "total_ms") -> list[float]:
        return [asked[name] for run in of for asked in run["asked"]]

    def each(name: str, unit: str = "s", digits: int = 2) -> Callable[[list[Run]], str]:
        return lambda of: spread([run[name] for run in of if name in run], unit, digits)

    def median(name: str) -> Callable[[list[Run]], str]:
        return lambda of: f"{statistics.median(laps(of, name)):.0f} ms"

    def to_base(of: list[Run]) -> str:
        pairs = zip(laps(of), laps(runs[BASE]), strict=True)
        return f"{statistics.median(ours / max(1, base) for ours, base in pairs):.2f}×"

    parts = [name for name in next(iter(runs.values()))[0]["first"] if name.endswith("_ms") and name != "total_ms"]
    rows: dict[str, Callable[[list[Run]], str]] = {
        "articles": lambda of: f"{of[0]['articles']:,}",
        "a question, median": median("total_ms"),
        "a question, 95th percentile": lambda of: f"{percentile(laps(of), 0.95):.0f} ms",
        **{f"of it {name.removesuffix('_ms')}, median": median(name) for name in parts},
        **({f"a question's time, to that at {BASE:,} passages": to_base} if BASE in runs else {}),
        "the first question after the start": lambda of: spread([run["first"]["total_ms"] for run in of], "ms", 0),
        "questions answered, not refused": lambda of: f"{statistics.mean(laps(of, 'answered')):.0%}",
        "characters in a question's passages": lambda of: f"{statistics.mean(laps(of, 'characters')):,.0f}",
        "start (`Assistant.open`, imports not counted)": each("open"),
        "starts that found whole indexes torn": lambda of: f"{sum(run['repaired'] for run in of)} of {len(of)}",
        "one new article until words and meaning find it": lambda of: spread([t for run in of for t in run["add"][1:]]),
        "the same, the first of a process": lambda of: spread([run["add"][0] for run in of]),
        f"memory after {QUESTIONS_BEFORE_MEMORY} questions": each("VmRSS", "MB", 0),
        "the highest by then": each("VmHWM", "MB", 0),
        "the folder on disk": each("disk", "MB", 0),
        "all indexes built anew": each("reindex", "s", 1),
    }
    header = ["", *(f"{of[0]['passages']:,} passages" for of in runs.values())]
    return common.table(header, [[label, *(figure(of) for of in runs.values())] for label, figure in rows.items()])


if __name__ == "__main__":
    main()
