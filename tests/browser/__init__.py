"""The served pages in Chromium."""
