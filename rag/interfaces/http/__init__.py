"""The HTTP API: the library for other programs of this machine, served with the page."""
