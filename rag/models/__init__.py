"""The models: the embedding model, the reader, the language model, and their files."""
