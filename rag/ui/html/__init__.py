"""Answers, coverage and evaluations as HTML, with all text escaped."""
