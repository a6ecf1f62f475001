"""How often the evidence is among the first passages: this program and stock LlamaIndex, on the same questions.

Run as `python -m benchmarks.retrieval [--fresh]`.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from benchmarks import common
from benchmarks.common import say

FILES = {"questions": "questions.jsonl", "more": "more-questions.jsonl"}
DEPTHS = (1, 3, 5, 10, 20)
CAPTION = """
The share of the answerable questions of the development set whose evidence (a passage with the quoted evidence), or all
of whose facts (in passages of the right articles), are among the first k passages; scored by the set's own score.py.

Stock is `VectorStoreIndex` over Chroma with `SentenceSplitter(chunk_size=256)` and the same all-MiniLM-L6-v2 through
sentence-transformers, without a language model, asked with `as_retriever(similarity_top_k=20)`; with the splitter's
default overlap of {default} tokens, and with {small}, which stores {ratio:.1f} times fewer chunks. For a follow-up
question stock gets what was typed and nothing else, which is what stock does; this program has seen the turns before.
"""
DEFAULT_OVERLAP = 200

Rows = list[dict[str, Any]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--fresh", action="store_true", help="build the libraries anew")
    fresh = arguments.parse_args().fresh
    asked = {name: common.questions(file) for name, file in FILES.items()}
    programs: dict[str, dict[str, Rows]] = {"Second Source": _ours(asked, fresh)}
    chunks = []
    for name, overlap in (("stock, default overlap", DEFAULT_OVERLAP), ("stock, overlap 20", common.STOCK_OVERLAP)):
        programs[name], count = _stock(asked, overlap, fresh)
        chunks.append(count)
    caption = CAPTION.format(default=DEFAULT_OVERLAP, small=common.STOCK_OVERLAP, ratio=chunks[0] / chunks[1])
    common.write_section("Retrieval", f"{caption.strip()}\n\n{_table(asked, programs)}")


def _ours(asked: dict[str, Rows], fresh: bool) -> dict[str, Rows]:
    store = common.dev_library(fresh)
    found = {}
    with common.open_assistant(store) as assistant:
        for name, items in asked.items():
            say(f"Second Source: {len(items)} of {FILES[name]}")
            found[name] = list(common.answers(assistant, items))
    return found


def _stock(asked: dict[str, Rows], overlap: int, fresh: bool) -> tuple[dict[str, Rows], int]:
    """The stock program's passages in the form of our answers, and how many chunks it holds."""
    _, index = common.stock_index(overlap, fresh)
    retriever = index.as_retriever(similarity_top_k=20)
    found: dict[str, Rows] = {}
    for name, items in asked.items():
        say(f"Stock LlamaIndex, overlap {overlap}: {len(items)} of {FILES[name]}")
        found[name] = [
            {
                "id": item["id"],
                "retrieved": [
                    {"url": hit.node.ref_doc_id, "text": hit.node.get_content()}
                    for hit in retriever.retrieve(item["question"])
                ],
            }
            for item in items
        ]
    return found, int(index.vector_store.client.count())


def _table(asked: dict[str, Rows], programs: dict[str, dict[str, Rows]]) -> str:
    columns = [(name, program) for name in asked for program in programs]
    rows = {column: _scored(asked[column[0]], programs[column[1]][column[0]]) for column in columns}
    header = ["", *(f"{program}, {len(asked[name])} {name}" for name, program in columns)]
    share = common.scorer().share
    lines = []
    for label, key in [
        *((f"evidence@{k}", f"evidence@{k}") for k in DEPTHS),
        *((f"facts@{k}", f"facts@{k}") for k in DEPTHS),
        ("MRR", "rr"),
    ]:
        lines.append([label, *(f"{share(rows[column], key):.3f}" for column in columns)])
    lines.append(["follow-ups with the evidence in the first 5", *(_follow_ups(rows[column]) for column in columns)])
    return common.table(header, lines)


def _scored(asked: Rows, answers: Rows) -> Rows:
    """A row of score.py for each answerable question."""
    index = json.loads((common.bench() / "index.json").read_text("utf-8"))
    event_of_url, url_of_id = {a["url"]: a["event"] for a in index}, {a["id"]: a["url"] for a in index}
    given = {answer["id"]: answer for answer in answers}
    score = common.scorer().score
    return [score(item, given[item["id"]], event_of_url, url_of_id) for item in asked if item["answerable"]]


def _follow_ups(rows: Rows) -> str:
    found = [row["evidence@5"] for row in rows if row["type"] == "followup"]
    return f"{sum(found)} of {len(found)}"


if __name__ == "__main__":
    main()
