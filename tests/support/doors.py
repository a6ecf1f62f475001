"""The page as `make run` serves it, with the model that counts words."""

from __future__ import annotations

import rag.assistant
from rag.ui import serve
from tests.support.fakes import WordCountEmbedding

if __name__ == "__main__":
    rag.assistant.load_embedding = lambda settings: WordCountEmbedding()  # type: ignore[assignment]
    serve.main()
