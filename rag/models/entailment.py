"""The optional entailment model: whether one sentence follows from another or contradicts it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag.errors import ModelError
from rag.settings import stop_reports

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


class Entailment(Protocol):
    """A natural-language-inference model."""

    def __call__(self, premise: str, claim: str) -> tuple[float, float]:
        """The probabilities that the premise entails the claim, and that it contradicts it."""


def local_entailment(configured: str | None, models: Path) -> Entailment | None:
    """The model of the settings, else the one in the folder `models`/entailment; None if there is neither.

    Raises ModelError if it cannot be loaded, or does not have the classes entailment and contradiction.
    """
    lying = models / "entailment"
    name = configured or (str(lying) if (lying / "config.json").exists() else None)
    return CrossEncoderEntailment(name) if name else None


class CrossEncoderEntailment:
    """A sentence-transformers cross-encoder with the classes "entailment" and "contradiction"."""

    def __init__(self, name: str) -> None:
        self._encoder = _load(name)
        assert self._encoder.config is not None
        kinds = self._encoder.config.id2label or {}
        labels = {str(label).lower(): int(n) for n, label in kinds.items()}
        if not {"entailment", "contradiction"} <= set(labels):
            raise ModelError(
                f"The entailment model {name!r} tells {', '.join(labels)} apart; it has to tell entailment, neutral "
                "and contradiction."
            )
        self._entails, self._contradicts = labels["entailment"], labels["contradiction"]

    def __call__(self, premise: str, claim: str) -> tuple[float, float]:
        (scores,) = self._encoder.predict([(premise, claim)], show_progress_bar=False, apply_softmax=True)
        found = np.asarray(scores, np.float64)
        return float(found[self._entails]), float(found[self._contradicts])


def _load(name: str) -> CrossEncoder:
    stop_reports()
    from sentence_transformers import CrossEncoder  # late: it takes seconds, and few have one

    try:
        encoder: CrossEncoder = CrossEncoder(name, trust_remote_code=False, model_kwargs={"use_safetensors": True})
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The entailment model {name!r} could not be loaded: {(str(error).splitlines() or ['?'])[0]}. "
            "Give SECOND_SOURCE_ENTAILMENT_MODEL the name or folder of one with safetensors weights, or unset it."
        ) from error
    return encoder
