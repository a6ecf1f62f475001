"""One module at a time, without the large models: quick."""
