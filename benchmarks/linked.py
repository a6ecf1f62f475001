"""How many of the sixty questions of `linked.jsonl`, which link two facts of the development articles, are answered.

Run as `python -m benchmarks.linked [--answers FILE] [--dry]`. Right and cited are as the development set's score.py has
them; what is worked out of the two facts is not looked for in the quotes.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from benchmarks import common

FILE = Path(__file__).with_name("linked.jsonl")
CAPTION = """
Sixty questions that link two facts of the development articles, written before what answers them. Right: each side's
fact, and what is worked out of them, in the answer; cited: each side's fact also stands in a sentence cited.
"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--answers", type=Path, help="write the answers here, a line each")
    arguments.add_argument("--dry", action="store_true", help="do not write the figures into results.md")
    options = arguments.parse_args()
    asked = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    with common.open_assistant(common.dev_library()) as assistant:
        answers = list(common.answers(assistant, asked))
    if options.answers:
        options.answers.write_text("".join(json.dumps(each) + "\n" for each in answers), "utf-8")
    table = _table(asked, answers)
    print(table)
    if not options.dry:
        common.write_section("Linked", f"{CAPTION.strip()}\n\n{table}")


def _table(asked: list[dict[str, Any]], answers: list[dict[str, Any]]) -> str:
    rows = defaultdict(list)
    for question, answer in zip(asked, answers, strict=True):
        row = _scored(question, answer)
        rows[question["form"]].append(row)
        rows["all"].append(row)
    lines = ["| form | questions | right | cited | words |", "|---|---:|---:|---:|---:|"]
    for form, scored in rows.items():
        if form != "all":
            lines.append(_line(form, scored))
    return "\n".join([*lines, _line("all", rows["all"])])


def _line(form: str, scored: list[dict[str, float]]) -> str:
    mean = {name: sum(row[name] for row in scored) / len(scored) for name in ("right", "cited", "words")}
    return f"| {form} | {len(scored)} | {mean['right']:.2f} | {mean['cited']:.2f} | {mean['words']:.0f} |"


def _scored(question: dict[str, Any], answer: dict[str, Any]) -> dict[str, float]:
    scorer = common.scorer()
    text = scorer.norm(answer["answer"])
    quotes = [scorer.norm(each["quote"]) for each in answer["citations"]]
    facts = question["answers"]
    sides = [fact for n, fact in enumerate(facts) if n != question.get("conclusion")]
    right = not answer["abstained"] and all(scorer.has(text, fact) for fact in facts)
    cited = right and all(any(scorer.has(quote, fact) for quote in quotes) for fact in sides)
    return {"right": right, "cited": cited, "words": len(answer["answer"].split())}


if __name__ == "__main__":
    main()
