"""The HTTP API for other programs on this machine, served with the page."""
