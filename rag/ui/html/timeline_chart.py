"""The timeline as a chart: one lane per outlet, one mark per day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from rag.coverage.coverage import Coverage
from rag.coverage.timeline import TimelineEntry
from rag.text.dated_sentences import DatedSentence
from rag.ui.html.coverage_html import Links
from rag.ui.html.escape import as_text
from rag.ui.html.labels import outlet_name, period, shortened

STATED, COMPUTED, DISPUTED = "stated", "computed", "the articles differ"
KNOWN = [STATED, COMPUTED, DISPUTED]
FEWEST_DAYS, A_YEAR = 14, 365
LANE, AXIS = 34, 70
"""Pixels of a lane, and of what is above and below all of them."""
LONGEST_NAME, LONGEST_TEXT = 22, 160
COLOURS = {"light": ["#1c4f82", "#7fa3c7", "#b3541e"], "dark": ["#8fb9e3", "#5d7f9f", "#f0a06a"]}
"""Stated, computed, disputed: the theme's accent, fainter, and one that stands out."""
SELECTION, NUMBER = "chosen", "number"
TOOLTIP = ("when", "outlet", "says", "sentences")
"""The fields in a mark's tooltip."""


@dataclass(frozen=True)
class Window:
    """The entries close to the news, from `first` to `last`, and those before and after."""

    first: date
    last: date
    near: tuple[TimelineEntry, ...]
    before: tuple[TimelineEntry, ...]
    after: tuple[TimelineEntry, ...]


def window(coverage: Coverage) -> Window | None:
    """The entries about the days on which the articles were published, and as long again on either side.

    Entries further away (a bridge's opening 70 years ago) would squeeze the others into one place. All entries are
    near if no article is dated or none would be near; None if there are no entries.
    """
    entries = coverage.timeline
    if not entries:
        return None
    days = [date.fromisoformat(article.published[:10]) for article in coverage.articles if article.published]
    first, last = (min(days), max(days)) if days else (date.min, date.max)
    margin = max(timedelta(FEWEST_DAYS), last - first) if days else timedelta(0)
    near = [entry for entry in entries if first - margin <= entry.first and entry.last <= last + margin]
    if not near:
        return Window(entries[0].first, max(entry.last for entry in entries), entries, (), ())
    first, last = near[0].first, max(entry.last for entry in near)
    others = [entry for entry in entries if entry not in near]
    before = tuple(entry for entry in others if entry.first < first)
    return Window(first, last, tuple(near), before, tuple(entry for entry in others if entry.first >= first))


def lanes(entries: Sequence[TimelineEntry], links: Links) -> list[dict[str, str | int]]:
    """One record per outlet and day (or period): whether it is stated, computed or disputed, how many sentences mention
    it, and the first of them with its citation number.
    """
    by_day: dict[tuple[str, date, date], list[tuple[TimelineEntry, DatedSentence]]] = {}
    for entry in entries:
        for each in entry.told:
            by_day.setdefault((outlet_name(each.article.outlet), each.first, each.last), []).append((entry, each))
    return [
        {
            "outlet": shortened(as_text(name), LONGEST_NAME),
            "from": first.isoformat(),
            "to": (last + timedelta(last > first)).isoformat(),
            "when": period(first, last),
            "known": _known(several),
            "sentences": len(several),
            "says": shortened(as_text(several[0][1].text), LONGEST_TEXT),
            NUMBER: links.number(several[0][1]),
        }
        for (name, first, last), several in by_day.items()
    ]


def chart(records: Sequence[dict[str, str | int]], dark: bool) -> dict[str, Any]:
    """A dot for a day, the larger the more sentences; a bar for several days. A click chooses the record's number.

    It is a Vega-Lite specification, written out: the library that writes them looks at other modules while these are
    still being imported by another visit's thread.
    """
    palette = dict(zip(KNOWN, COLOURS["dark" if dark else "light"], strict=True))
    known = [each for each in KNOWN if any(record["known"] == each for record in records)]
    first = date.fromisoformat(min(str(record["from"]) for record in records))
    last = date.fromisoformat(max(str(record["to"]) for record in records))
    names = list(dict.fromkeys(record["outlet"] for record in records))
    # Days have no hour: in the reader's own time zone they could be the ones before.
    time = {"field": "from", "type": "temporal", "title": None, "scale": {"type": "utc", "padding": 14}, "axis": {
        "labelFlush": False, "labelOverlap": True, "grid": False, "tickCount": 6,
        "format": "%-d %b" if (last - first).days < A_YEAR else "%b %Y"}}  # fmt: skip
    days = {
        "transform": [{"filter": "datum.from == datum.to"}],
        "mark": {"type": "circle", "opacity": 1, "cursor": "pointer"},
        "params": [{"name": SELECTION, "select": {"type": "point", "fields": [NUMBER], "toggle": False}}],
        "encoding": {"x": time, "size": {"field": "sentences", "type": "quantitative", "legend": None,
                                         "scale": {"domain": [1, 8], "range": [60, 340], "clamp": True}}},
    }  # fmt: skip
    spans = {
        "transform": [{"filter": "datum.from != datum.to"}],
        "mark": {"type": "bar", "height": 5, "cornerRadius": 2},
        "encoding": {"x": time, "x2": {"field": "to"}},
    }
    return {
        "data": {"values": list(records)},
        "height": LANE * len(names) + AXIS,
        "encoding": {
            "y": {"field": "outlet", "type": "nominal", "sort": names, "title": None,
                  "axis": {"grid": True, "ticks": False, "domain": False, "labelLimit": 200}},
            "color": {"field": "known", "type": "nominal", "title": None,
                      "legend": {"orient": "top", "labelLimit": 0},
                      "scale": {"domain": known, "range": [palette[each] for each in known]}},
            "tooltip": [{"field": name, "type": "nominal", "title": name} for name in TOOLTIP],
        },
        "layer": [spans, days],
        "config": {"view": {"strokeWidth": 0}},
    }  # fmt: skip


def chart_description(shown: Window) -> str:
    """The description of the chart for screen readers."""
    days = period(shown.first, shown.last)
    return f"The days that each outlet reports on, {days}. The table below has the sentences."


def _known(several: Sequence[tuple[TimelineEntry, DatedSentence]]) -> str:
    if any(entry.disputed for entry, _ in several):
        return DISPUTED
    return COMPUTED if all(each.computed for _, each in several) else STATED
