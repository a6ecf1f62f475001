"""The names of outlets: what a domain is called, and by which other names and abbreviations people mean it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit


@cache
def _table() -> dict[str, list[str]]:
    table: dict[str, list[str]] = json.loads(Path(__file__).with_name("outlets.json").read_text("utf-8"))
    return table


def host_of(url: str | None) -> str | None:
    """The host of an address, in lower case, without a leading "www."; None for an address without one."""
    try:
        host = urlsplit(url or "").hostname
    except ValueError:  # a bracket that is not closed
        return None
    return host.removeprefix("www.") if host else None


def name_of(host: str) -> str:
    """What people call the outlet at `host`: from the table, by its longest ending there, else the host itself."""
    host = host.lower().removeprefix("www.")
    labels = host.split(".")
    for first in range(len(labels) - 1):
        if names := _table().get(".".join(labels[first:])):
            return names[0]
    return host


def outlet_named(name: str | None) -> str | None:
    """What an outlet is called here, from any of its names ("BBC News" is the BBC); an unknown name stays."""
    wanted = (name or "").lower().removeprefix("the ")
    meant = {names[0] for names in _table().values() if wanted in {each.lower().removeprefix("the ") for each in names}}
    return meant.pop() if len(meant) == 1 else name


def aliases_of(outlet: str) -> tuple[str, ...]:
    """Every name by which people mean `outlet` (a name as `name_of` gives it), its domains included."""
    aliases = {outlet: None}
    for domain, names in _table().items():
        if names[0] == outlet:
            aliases |= dict.fromkeys([*names, domain])
    return tuple(aliases)


@cache
def every_alias() -> dict[str, str]:
    """Every name of an outlet in the table, in lower case, with the outlet's own name."""
    return {alias.lower(): names[0] for names in _table().values() for alias in names}
