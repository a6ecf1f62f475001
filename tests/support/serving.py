"""The page as `make run` serves it, with a fetcher that may ask one port of this machine, which is its argument."""

from __future__ import annotations

import sys
from functools import partial

from rag.assistant import Assistant
from rag.ingestion.fetch import Fetcher
from rag.ui import serve

if __name__ == "__main__":
    fetcher = partial(Fetcher, local_ports={int(sys.argv[1])}, pause=0, backoff=0)
    Assistant.open = partial(Assistant.open, make_fetcher=fetcher)  # type: ignore[method-assign]
    serve.main()
