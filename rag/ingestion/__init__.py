"""An article's path: read → extract → split → embed → library."""
