"""Cross-encoders of sentence-transformers: which one is used, and loading it safely."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import ModelError

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder


def chosen_model(configured: str | None, folder: Path) -> str | None:
    """The model of the settings, else the one that lies in `folder`; None where there is none."""
    return configured or (str(folder) if (folder / "config.json").exists() else None)


def load_cross_encoder(name: str, what: str, setting: str) -> CrossEncoder:
    """The cross-encoder of that name or in that folder, its weights read from safetensors only.

    Raises ModelError, which calls it `what` and names the `setting` to mend, where it cannot be loaded.
    """
    from sentence_transformers import CrossEncoder  # late: it takes seconds, and few have one

    try:
        encoder: CrossEncoder = CrossEncoder(name, trust_remote_code=False, model_kwargs={"use_safetensors": True})
    except (OSError, ValueError) as error:
        raise ModelError(
            f"The {what} {name!r} could not be loaded: {(str(error).splitlines() or ['?'])[0]}. "
            f"Give {setting} the name or folder of one with safetensors weights, or unset it."
        ) from error
    return encoder
