"""Saved chats: storage, export, verification, ratings, and suggested questions."""
