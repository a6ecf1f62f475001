"""Whole events in the chat."""
