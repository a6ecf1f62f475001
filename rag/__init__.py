"""Second Source: ask your news library; every sentence cited, every citation checked."""
