"""What the app does in threads of its own."""
