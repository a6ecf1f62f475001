"""Shared parts of the two indexes: day numbers, and the error for a damaged index."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from datetime import date
from typing import ParamSpec, TypeVar

UNDATED = 0
LONGEST_REASON = 200
"""Characters; tantivy prints the complete file that it cannot read."""
Given = ParamSpec("Given")
Result = TypeVar("Result")


class TornIndex(Exception):
    """The index is damaged and must be rebuilt from the catalogue."""


def day_number(published: date | str | None) -> int:
    """Days since the year 1 of a date (ISO where it is text), which an index can compare; UNDATED for none."""
    if not published:
        return UNDATED
    day = date.fromisoformat(published[:10]) if isinstance(published, str) else published
    return day.toordinal()


def guarded(call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs) -> Result:
    """Run a call into an index's library; any error means that the index is damaged."""
    try:
        return call(*args, **kwargs)
    except (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError):
        raise
    except BaseException as error:  # a panic of a Rust core is no Exception
        raise TornIndex(shortened(error)) from error


def shortened(error: BaseException) -> str:
    """What an index's library said, in a line."""
    return textwrap.shorten(str(error) or type(error).__name__, LONGEST_REASON)
