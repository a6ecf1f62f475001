"""Names of outlets: the name for a domain, and the other names and abbreviations that people use for it."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import urlsplit

from rag.text.words import fold

NO_OUTLET = "Unknown outlet"
"""What an article without an outlet is listed under."""
_NOT_DISTINCTIVE = frozenset(
    re.findall(
        r"\w+",
        "daily evening group international magazine media national network news now online press publishing radio "
        "report review sunday television times today weekly world",
    )
)
"""Last words of outlets' names that many outlets share, and that name none alone."""
_REST = re.compile(r" (?:of|du|de|des|della|del|der|von|and|&|for) ", re.IGNORECASE)


@cache
def _table() -> dict[str, list[str]]:
    table: dict[str, list[str]] = json.loads(Path(__file__).with_name("outlet_names.json").read_text("utf-8"))
    return table


def host_of(url: str | None) -> str | None:
    """The host of an address, in lower case, without a leading "www."; None for an address without one."""
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # a bracket that is not closed
        return None
    return host.removeprefix("www.") if host else None


def name_of(host: str) -> str:
    """The name of the outlet at `host`, from the table (its longest ending that is listed), else the host itself."""
    host = host.lower().removeprefix("www.")
    labels = host.split(".")
    for first in range(len(labels) - 1):
        if names := _table().get(".".join(labels[first:])):
            return names[0]
    return host


def outlet_named(name: str | None) -> str | None:
    """The main name of an outlet, from any of its names ("BBC News" is the BBC); an unknown name is returned."""
    wanted = (name or "").lower().removeprefix("the ")
    meant = {names[0] for names in _table().values() if wanted in {each.lower().removeprefix("the ") for each in names}}
    return meant.pop() if len(meant) == 1 else name


def aliases_of(outlet: str) -> tuple[str, ...]:
    """All names of `outlet` (a name as `name_of` gives it), its domains included."""
    aliases = {outlet: None}
    for domain, names in _table().items():
        if names[0] == outlet:
            aliases |= dict.fromkeys([*names, domain])
    return tuple(aliases)


@cache
def every_alias() -> dict[str, str]:
    """All names in the table in lower case, each with the main name of its outlet."""
    return {alias.lower(): names[0] for names in _table().values() for alias in names}


@lru_cache(4096)
def bare(name: str) -> str:
    """An outlet's name in the form in which names are compared: folded, "and" for "&", without "the"."""
    return re.sub(r"\s*&\s*", " and ", fold(unicodedata.normalize("NFC", name.strip()))).removeprefix("the ")


def meant(name: str, outlets: Sequence[str]) -> str | None:
    """The one of `outlets` that `name` means, however it is typed: by its main name first, then by any other.

    None if it means none of them, or several.
    """
    if name in outlets:
        return name
    own = [each for each in outlets if bare(each) == bare(name)]
    found = own or [each for each in outlets if bare(name) in map(bare, aliases_of(each))]
    return found[0] if len(found) == 1 else None


def parts_of(outlets: Sequence[str]) -> dict[str, str]:
    """The parts of names that mean just one of `outlets`, as `bare` has them, each with its outlet.

    These are the last word of a name ("Courier"), unless many outlets share it, and the words before "of" and the like
    ("Radio Skarn" for "Radio Skarn & Sons"). A part of another outlet's name is left out.
    """
    found: dict[str, set[str]] = {}
    for outlet in outlets:
        name = bare(outlet)
        if "." in name or " " not in name:
            continue
        head, last = _REST.split(name)[0], name.split()[-1]
        if " " in head and head != name:
            found.setdefault(head, set()).add(outlet)
        if head == name and len(last) > 3 and last not in _NOT_DISTINCTIVE:
            found.setdefault(last, set()).add(outlet)
    words = {outlet: {f" {bare(alias)} " for alias in aliases_of(outlet)} for outlet in outlets}
    return {
        part: owners.pop()
        for part, owners in found.items()
        if len(owners) == 1 and sum(any(f" {part} " in name for name in names) for names in words.values()) == 1
    }
