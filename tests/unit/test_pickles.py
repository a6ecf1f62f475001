"""Model folders that hold a pickle, which would run whatever it says when it is read: it is not read."""

from __future__ import annotations

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rag.errors import ModelError
from rag.models.embedding import SentenceTransformerEmbedding, _packaged_folder
from rag.models.entailment import local_entailment


class Touch:
    """A pickle that makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __reduce__(self) -> tuple[Callable[..., object], tuple[object, ...]]:
        return Path.touch, (self._path,)


@pytest.fixture
def planted(tmp_path: Path) -> Path:
    """The packaged model with a pickle in the place of its weights."""
    folder = tmp_path / "model"
    shutil.copytree(_packaged_folder(), folder)
    (folder / "model.safetensors").unlink()
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(Touch(tmp_path / "it ran")))
    return folder


def test_the_pickle_would_run(planted: Path, tmp_path: Path) -> None:
    pickle.loads((planted / "pytorch_model.bin").read_bytes())

    assert (tmp_path / "it ran").exists()


def test_no_model_is_read_from_a_pickle(planted: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="safetensors"):
        SentenceTransformerEmbedding(str(planted))
    with pytest.raises(ModelError):
        local_entailment(str(planted), tmp_path)

    assert not (tmp_path / "it ran").exists()
