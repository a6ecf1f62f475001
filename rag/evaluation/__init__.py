"""Evaluation: asking questions with known answers, scoring the replies, and comparing runs."""
