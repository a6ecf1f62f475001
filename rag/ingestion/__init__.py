"""Bringing articles into the library: read → extract → describe → clean → split → embed → keep."""
