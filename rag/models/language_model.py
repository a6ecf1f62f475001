"""The language model of the settings, through LlamaIndex's integrations.

Each integration is an extra (requirements-model.txt, requirements-anthropic.txt), imported only if it is configured. A
key is given to the client and to nothing else.
"""

from __future__ import annotations

import importlib
import queue
import re
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseGen,
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
    MessageRole,
)
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.llms import LLM, CustomLLM

from rag.errors import LanguageModelError, UsageError
from rag.settings import Settings

Kind = Literal["file", "ollama", "anthropic", "address"]
_NEEDS: dict[Kind, tuple[str, str, str]] = {
    # The module, the file of requirements that has it, and the command that installs it.
    "file": ("xllamacpp", "requirements-model.txt", "pip install -r"),
    "ollama": ("llama_index.llms.ollama", "requirements-model.txt", "pip install -r"),
    "address": ("llama_index.llms.openai_like", "requirements-model.txt", "pip install -r"),
    "anthropic": ("llama_index.llms.anthropic", "requirements-anthropic.txt", "pip install --no-deps -r"),
}
_OLLAMA = "http://127.0.0.1:11434"
_ON_THIS_MACHINE = re.compile(r"(?:localhost|127(?:\.\d+){3}|::1|.+\.localhost)")
TEMPERATURE = 0.0
"""The same question with the same passages should get the same answer."""


@dataclass(frozen=True, slots=True)
class Model:
    """A language model that can be chosen: `written` as in the setting, `name` as it is shown."""

    written: str
    kind: Kind
    name: str
    address: str = ""

    @property
    def leaves_the_machine(self) -> bool:
        """Whether asking it sends passages of articles to another machine."""
        return self.kind != "file" and not _ON_THIS_MACHINE.fullmatch(urlsplit(self.address).hostname or "")


def read_model(written: str) -> Model:
    """The model that the setting LANGUAGE_MODEL names.

    `FILE.gguf`, `ollama:NAME`, `ollama:NAME@http://host:port`, `anthropic:NAME`, or an OpenAI-compatible address with
    the model's name after "#": `http://127.0.0.1:8000/v1#NAME`. Raises UsageError for anything else.
    """
    kind, _, rest = written.partition(":")
    if kind == "ollama" and rest:
        name, _, address = rest.partition("@")
        if name and (not address or _is_address(address)):
            return Model(written, "ollama", name, address or _OLLAMA)
    if kind == "anthropic" and rest:
        return Model(written, "anthropic", rest, "https://api.anthropic.com")
    address, _, name = written.partition("#")
    if _is_address(address):
        return Model(written, "address", name or urlsplit(address).netloc, address)
    if written.endswith(".gguf"):
        return Model(written, "file", Path(written).stem, written)
    raise UsageError(
        f"The setting SECOND_SOURCE_LANGUAGE_MODEL is {written!r}, which names no model: give it a .gguf file, "
        "ollama:NAME, anthropic:NAME, or an OpenAI-compatible address with the model's name, as in "
        "http://127.0.0.1:8000/v1#NAME."
    )


def models(settings: Settings) -> list[Model]:
    """The models that can be chosen: the one of the settings, then every GGUF file in the folder of models.

    Raises UsageError if the setting does not name a model.
    """
    named = [read_model(settings.language_model)] if settings.language_model else []
    files = [str(path) for path in sorted(settings.models.glob("*.gguf"))]
    return named + [read_model(path) for path in files if path not in [model.written for model in named]]


def load_model(model: Model, settings: Settings) -> LLM:
    """The model, ready to use; a file is read into memory once.

    Raises LanguageModelError if its extra is not installed, or if the file is missing or not a model.
    """
    module, requirements, command = _NEEDS[model.kind]
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise LanguageModelError(
            f"{model.name} needs an extra that is not installed: `.venv/bin/python -m {command} {requirements}`."
        ) from error
    key = settings.model_key.get_secret_value() if settings.model_key else None
    most: dict[str, Any] = {"temperature": TEMPERATURE, "max_tokens": settings.model_tokens}
    if model.kind == "file":
        if not Path(model.address).is_file():
            raise LanguageModelError(f"There is no file {model.address}; `python -m rag model pull` fetches one.")
        return LocalModel(_server(model.address, settings.model_context), model.name, settings)
    if model.kind == "ollama":
        return found.Ollama(  # type: ignore[no-any-return]
            model=model.name,
            base_url=model.address,
            request_timeout=settings.model_timeout,
            context_window=settings.model_context,
            temperature=TEMPERATURE,
            additional_kwargs={"num_predict": settings.model_tokens},
        )
    if model.kind == "anthropic":
        return found.Anthropic(  # type: ignore[no-any-return]
            model=model.name, api_key=key, timeout=settings.model_timeout, max_retries=0, **most
        )
    return found.OpenAILike(  # type: ignore[no-any-return]
        model=model.name,
        api_base=model.address,
        api_key=key or "none",
        is_chat_model=True,
        context_window=settings.model_context,
        timeout=settings.model_timeout,
        max_retries=0,
        additional_kwargs={"stream_options": {"include_usage": True}},
        **most,
    )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and "@" not in parts.netloc


@lru_cache(maxsize=1)
def _server(path: str, context: int) -> Any:
    """The model in memory. xllamacpp also listens on a port of this machine: a random key keeps it closed."""
    import secrets

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = path
    params.n_ctx = context
    params.n_parallel = 1
    params.verbosity = -1
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.poll = 0  # threads that spin while they wait take the processor from each other
    params.cache_ram_mib = 0  # the cache would keep each question's passages, and grow by gigabytes
    params.api_keys = [secrets.token_urlsafe(24)]
    try:
        return xllamacpp.Server(params)
    except (RuntimeError, ValueError, OSError) as error:
        raise LanguageModelError(f"{path} could not be loaded: it is no GGUF file, or too large for memory.") from error


class LocalModel(CustomLLM):
    """A GGUF model that llama.cpp runs in this process."""

    name: str
    context: int
    most_tokens: int
    _server: Any = PrivateAttr()

    def __init__(self, server: Any, name: str, settings: Settings) -> None:
        super().__init__(name=name, context=settings.model_context, most_tokens=settings.model_tokens)
        self._server = server

    @classmethod
    def class_name(cls) -> str:
        return "LocalModel"

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(
            context_window=self.context, num_output=self.most_tokens, is_chat_model=True, model_name=self.name
        )

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:  # noqa: ARG002
        message = self.chat([ChatMessage(role=MessageRole.USER, content=prompt)]).message
        return CompletionResponse(text=message.content or "")

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:  # noqa: ARG002
        for each in self.stream_chat([ChatMessage(role=MessageRole.USER, content=prompt)]):
            yield CompletionResponse(text=each.message.content or "", delta=each.delta, raw=each.raw)

    def chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        last = deque(self.stream_chat(messages, **kwargs), maxlen=1)
        return last[0] if last else ChatResponse(message=ChatMessage(role=MessageRole.ASSISTANT, content=""))

    def stream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseGen:
        """The generated text, piece by piece. Closing the generator stops the model."""
        pieces: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        stopped = threading.Event()
        request = {
            "messages": [{"role": each.role.value, "content": each.content or ""} for each in messages],
            "max_tokens": kwargs.get("max_tokens", self.most_tokens),
            "temperature": TEMPERATURE,
            "stream": True,
            "stream_options": {"include_usage": True},
        }

        def take(piece: dict[str, Any]) -> bool:
            pieces.put(piece)
            return stopped.is_set()

        def generate() -> None:
            try:
                self._server.handle_chat_completions(request, take)
            finally:
                pieces.put(None)

        threading.Thread(target=generate, name="local model", daemon=True).start()
        text = ""
        try:
            while (piece := pieces.get()) is not None:
                if "error" in piece:
                    raise LanguageModelError(f"it could not take the question (HTTP {piece['error'].get('code')})")
                delta = "".join((each.get("delta") or {}).get("content") or "" for each in piece.get("choices") or ())
                text += delta
                message = ChatMessage(role=MessageRole.ASSISTANT, content=text)
                yield ChatResponse(message=message, delta=delta, raw=piece)
        finally:
            stopped.set()
