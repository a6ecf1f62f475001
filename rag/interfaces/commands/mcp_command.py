"""The library for a language model's program."""

from __future__ import annotations

from rag.interfaces.commands.terminal import Store, reached


def mcp(store: Store = None) -> None:
    """Offer the library to a language model's program: the Model Context Protocol, over stdin and stdout."""
    from rag.interfaces.mcp_server import server  # late: it takes a second to import

    server(lambda: reached(store)).run("stdio")
