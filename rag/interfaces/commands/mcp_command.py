"""The command `mcp`."""

from __future__ import annotations

from rag.interfaces.commands.terminal import Store, reached


def mcp(store: Store = None) -> None:
    """Run an MCP server (Model Context Protocol) for the library on stdin and stdout."""
    from rag.interfaces.mcp_server import server  # imported late: it takes a second

    server(lambda: reached(store)).run("stdio")
