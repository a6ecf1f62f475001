"""The commands of the command line, by topic; `rag/__main__.py` registers them."""
