"""Exports the packaged embedding model to ONNX, and keeps the file only if it gives the same vectors.

Run as a program by `rag.models.embedding`: `python -m rag.models.embedding_export MODEL_FOLDER TARGET.onnx`.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import numpy as np

LEAST_COSINE = 0.9999
"""Between the vectors of the two: rounding differs a little, anything else is a mistake."""
PROBES = (
    "The ferry left the harbour at 5 p.m.",
    "Who spoke first?",
    "“We did not expect it,” the minister said; 1,204 passengers waited – some until Tuesday, 3 March.",
    " ".join(["A long text, to reach the end of what the model reads."] * 40),
)


def export(folder: Path, target: Path) -> None:
    """Write the model in `folder` to `target`, and then its sha256 to the same name with the suffix .sha256.

    Raises ValueError if the exported model's vectors differ from those of sentence-transformers.
    """
    import torch
    from onnxruntime.transformers import optimizer
    from sentence_transformers import SentenceTransformer
    from transformers import AutoModel

    from rag.models.embedding import OnnxEmbedding

    model = AutoModel.from_pretrained(
        folder, attn_implementation="eager", use_safetensors=True, local_files_only=True, trust_remote_code=False
    ).eval()

    class TokenVectors(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(
            self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
        ) -> torch.Tensor:
            output = self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids)
            hidden: torch.Tensor = output.last_hidden_state
            return hidden

    sample = torch.ones(2, 8, dtype=torch.long)
    inputs = ["input_ids", "attention_mask", "token_type_ids"]
    with tempfile.TemporaryDirectory(dir=target.parent) as scratch:
        raw, fused = Path(scratch) / "raw.onnx", Path(scratch) / "fused.onnx"
        torch.onnx.export(
            TokenVectors(),
            (sample, sample, torch.zeros_like(sample)),
            str(raw),
            input_names=inputs,
            output_names=["token_vectors"],
            dynamic_axes={name: {0: "batch", 1: "tokens"} for name in [*inputs, "token_vectors"]},
            dynamo=False,
            opset_version=17,
        )
        optimizer.optimize_model(str(raw), model_type="bert", num_heads=12, hidden_size=384).save_model_to_file(
            str(fused)
        )
        original = SentenceTransformer(str(folder), local_files_only=True, model_kwargs={"use_safetensors": True})
        expected = original.encode(list(PROBES), normalize_embeddings=True)
        cosine = float(
            np.min(np.sum(OnnxEmbedding(fused, folder / "tokenizer.json").encode(PROBES) * expected, axis=1))
        )
        if cosine < LEAST_COSINE:
            raise ValueError(f"the exported model's vectors differ from the original's (cosine {cosine:.5f})")
        os.replace(fused, target)
    digest = target.with_suffix(".sha256")
    digest.with_suffix(".new").write_text(hashlib.sha256(target.read_bytes()).hexdigest())
    os.replace(digest.with_suffix(".new"), digest)


if __name__ == "__main__":
    export(Path(sys.argv[1]), Path(sys.argv[2]))
