"""Every setting, frozen, with defaults that run. The only reader of the environment."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import UsageError

ROOT = Path(__file__).resolve().parent.parent
IN_CHECKOUT = (ROOT / "pyproject.toml").is_file()
"""Whether this is a checkout of the repository; else it is an installed package."""
DATA = ROOT / "store" if IN_CHECKOUT else platformdirs.user_data_path("second-source", appauthor=False)
"""Where a library and its models are kept unless the settings say otherwise."""
PACKAGED_MODEL = "all-MiniLM-L6-v2"
Engine = Literal["local", "ray"]
"""Where what comes in is embedded: in the process that holds the library, or by Ray's actors."""


class Settings(BaseSettings):
    """Read from the environment (prefix SECOND_SOURCE_) once, at the door, and passed down from there."""

    model_config = SettingsConfigDict(env_prefix="SECOND_SOURCE_", frozen=True, extra="ignore")

    store: Path = DATA
    """The folder that holds the library."""
    models: Path = DATA / "models"
    """Where the packaged embedding model is kept in the form it is run in; made once, shared by all libraries."""
    chroma: str | None = None
    """The address of a Chroma server for the vectors, as in http://127.0.0.1:8000; none: the library's folder."""
    chroma_token: SecretStr | None = None
    """The token that the Chroma server's gate wants."""
    embedding_model: str = PACKAGED_MODEL
    """The packaged model, or any sentence-transformers model by name or folder."""
    reader: Path = ROOT / "rag" / "models" / "reader.onnx"
    """The model that finds the sentences that answer; `make reader` makes another one."""
    language_model: str | None = None
    """What writes the answers: FILE.gguf, ollama:NAME, anthropic:NAME, address#NAME; none: the articles' own words."""
    model_key: SecretStr | None = None
    """The key of the language model's address."""
    model_timeout: float = Field(default=60, gt=0)
    """How many seconds the language model may be silent before it is given up."""
    model_tokens: int = Field(default=400, ge=16)
    """How many tokens an answer of the language model may have."""
    model_context: int = Field(default=4096, ge=1024)
    """How many tokens the language model reads at once; half of them are for passages."""
    model_price: str | None = Field(default=None, pattern=r"^\d+(\.\d+)?/\d+(\.\d+)?$")
    """What a million tokens cost that are read and that are written, as in "0.15/0.60"; shown with each answer."""
    entailment_model: str | None = None
    """A cross-encoder for natural language inference, by name or folder, that checks what the language model wrote."""
    unsupported: Literal["strike", "mark"] = "strike"
    """Whether sentences that fail their check are left out of an answer or only marked."""
    model_hub: str = "https://huggingface.co"
    """Where `model pull` fetches its file."""
    samples: Path = ROOT / "rag" / "samples"
    """What an empty library is offered at the first visit of the page."""
    max_file_mb: float = 20
    """A file larger than this is refused rather than read."""
    port: int = Field(default=8501, ge=1, le=65535)
    """Where the page is served; on this machine, when it is busy, the next free one is taken."""
    host: str = "127.0.0.1"
    """The address the page is served on; one that others can reach asks for a log-in or `behind_proxy`."""
    behind_proxy: bool = False
    """Whether a proxy in front of the page asks people who they are."""
    editors: str = ""
    """Who changes the library where people log in: e-mail addresses, or @domains, parted by commas."""
    readers: str = ""
    """Who may ask where people log in, written like `editors`; empty: everybody whom the log-in knows."""
    questions_a_minute: int = Field(default=30, ge=1)
    """How many questions one person may ask within a minute."""


def read_settings(**given: Any) -> Settings:
    """The settings of the environment, with those of `given` that are not None in their place.

    Raises UsageError naming each setting whose value is none.
    """
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = [("_".join(map(str, each["loc"])).upper(), each["input"], each["msg"]) for each in error.errors()]
        raise UsageError(
            " ".join(f"The setting SECOND_SOURCE_{name} is {value!r}: {message}." for name, value, message in wrong)
        ) from error


def stop_reports() -> None:
    """Keep the libraries from reporting to their makers, here and in the processes that this one starts.

    To be called before they are imported: onnxruntime reports from its native code before any of its functions is
    called, Hugging Face's hub reads the environment when it is imported, Chroma does in processes of its own.
    """
    for name, value in (
        ("ORT_DISABLE_TELEMETRY", "1"),
        ("HF_HUB_DISABLE_TELEMETRY", "1"),
        ("ANONYMIZED_TELEMETRY", "False"),
        ("DO_NOT_TRACK", "1"),
    ):
        os.environ.setdefault(name, value)


def prepare_process() -> None:
    """What our own programs do first, before numpy is imported: no reports, and one thread for numpy.

    numpy's threads wait for each other by spinning. While the embedding model has the processors, that costs a question
    a second; what numpy is asked for here is small.
    """
    stop_reports()
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
