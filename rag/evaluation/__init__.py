"""Evaluation: asking a file of questions whose answers are known, scoring the replies, and comparing runs."""
