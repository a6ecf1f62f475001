"""The interfaces for other programs and for the terminal: the command line, HTTP, MCP, and the client they share."""
