"""Replies, coverage and evaluations as HTML. All text is escaped."""
