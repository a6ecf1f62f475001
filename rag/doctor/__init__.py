"""Checks of a library: problems with remedies, and safe repairs."""
