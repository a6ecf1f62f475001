"""The interfaces for other programs and the terminal: the command line, HTTP, MCP, and their shared client."""
