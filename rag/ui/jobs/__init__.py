"""Background jobs of the app."""
