"""Chats as they are kept: read, changed, exported, verified; and what could be asked next."""
