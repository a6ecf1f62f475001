"""The command line's commands, by what they are about; `rag/__main__.py` puts them together."""
