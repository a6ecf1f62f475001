"""The library: a SQLite catalogue, and the vector and keyword indexes derived from it."""
