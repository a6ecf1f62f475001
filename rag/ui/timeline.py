"""The timeline as a chart: a lane for each outlet, a mark for each day that it tells of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from rag.coverage.coverage import Coverage
from rag.coverage.timeline import Dated, Entry
from rag.ui.coverage import Links
from rag.ui.describe import outlet_name, period, shortened
from rag.ui.escape import as_text

if TYPE_CHECKING:
    import altair

STATED, COMPUTED, DISPUTED = "stated", "computed", "the articles differ"
KNOWN = [STATED, COMPUTED, DISPUTED]
FEWEST_DAYS, A_YEAR = 14, 365
LANE, AXIS = 34, 70
"""Pixels of a lane, and of what is above and below all of them."""
LONGEST_NAME, LONGEST_TEXT = 22, 160
COLOURS = {"light": ["#1c4f82", "#7fa3c7", "#b3541e"], "dark": ["#8fb9e3", "#5d7f9f", "#f0a06a"]}
"""Stated, computed, disputed: the theme's accent, fainter, and one that stands out."""
SELECTION, NUMBER = "chosen", "number"


@dataclass(frozen=True)
class Window:
    """What is near to the news: the entries within the days `first` to `last`, and those before and after."""

    first: date
    last: date
    near: tuple[Entry, ...]
    before: tuple[Entry, ...]
    after: tuple[Entry, ...]


def window(coverage: Coverage) -> Window | None:
    """The entries about the days on which the articles were published, and as long again on either side.

    What lies further off (a bridge's opening 70 years ago) would press these together into one place. All of them
    where no article is dated or nothing lies near; None where nothing is dated.
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


def lanes(entries: Sequence[Entry], links: Links) -> list[dict[str, str | int]]:
    """A record for each outlet and each day (or days) that it dates something to: how these are known, how many
    sentences do, and the first of them with its citation's number.
    """
    told: dict[tuple[str, date, date], list[tuple[Entry, Dated]]] = {}
    for entry in entries:
        for each in entry.told:
            told.setdefault((outlet_name(each.article.outlet), each.first, each.last), []).append((entry, each))
    return [
        {
            "outlet": shortened(as_text(name), LONGEST_NAME),
            "from": first.isoformat(),
            "to": (last + timedelta(last > first)).isoformat(),
            "when": period(first, last),
            "known": _known(several),
            "sentences": len(several),
            "says": shortened(as_text(several[0][1].text), LONGEST_TEXT),
            NUMBER: links.number(several[0][1].article, several[0][1].sentence),
        }
        for (name, first, last), several in told.items()
    ]


def chart(records: Sequence[dict[str, str | int]], dark: bool) -> altair.LayerChart:
    """A dot for a day, the larger the more sentences; a bar for several days. A click chooses the record's number."""
    import altair  # late: it takes half a second, and only this needs it

    chosen = altair.selection_point(SELECTION, fields=[NUMBER], toggle=False)
    palette = dict(zip(KNOWN, COLOURS["dark" if dark else "light"], strict=True))
    known = [each for each in KNOWN if any(record["known"] == each for record in records)]
    colours = altair.Scale(domain=known, range=[palette[each] for each in known])
    first, last = (
        date.fromisoformat(str(end([each[key] for each in records]))) for end, key in ((min, "from"), (max, "to"))
    )
    names = list(dict.fromkeys(str(each["outlet"]) for each in records))
    data = altair.Data(values=list(records))  # type: ignore[no-untyped-call]
    base = altair.Chart(data).encode(
        y=altair.Y(
            "outlet:N", sort=names, title=None, axis=altair.Axis(grid=True, ticks=False, domain=False, labelLimit=200)
        ),
        color=altair.Color("known:N", scale=colours, title=None, legend=altair.Legend(orient="top", labelLimit=0)),
        tooltip=[
            altair.Tooltip(f"{name}:N", title=title)
            for name, title in (("when", "when"), ("outlet", "outlet"), ("says", "says"), ("sentences", "sentences"))
        ],
    )
    # Days have no hour: in the reader's own time zone they could be the ones before.
    time = altair.X(
        "from:T",
        title=None,
        scale=altair.Scale(type="utc", padding=14),
        axis=altair.Axis(
            labelFlush=False,
            labelOverlap=True,
            grid=False,
            tickCount=6,
            format="%-d %b" if last - first < timedelta(A_YEAR) else "%b %Y",
        ),
    )
    size = altair.Size("sentences:Q", legend=None, scale=altair.Scale(domain=[1, 8], range=[60, 340], clamp=True))
    days = base.transform_filter("datum.from == datum.to").mark_circle(opacity=1, cursor="pointer")
    spans = base.transform_filter("datum.from != datum.to").mark_bar(height=5, cornerRadius=2)
    layers: altair.LayerChart = (
        altair.layer(spans.encode(x=time, x2="to:T"), days.encode(x=time, size=size).add_params(chosen))
        .properties(height=LANE * len(names) + AXIS)
        .configure_view(strokeWidth=0)
    )
    return layers


def told_in_words(shown: Window) -> str:
    """What the chart shows, for those who do not see it."""
    days = period(shown.first, shown.last)
    return f"What each outlet dates, {days}. The table below has the sentences."


def _known(several: Sequence[tuple[Entry, Dated]]) -> str:
    if any(entry.disputed for entry, _ in several):
        return DISPUTED
    return COMPUTED if all(told.computed for _, told in several) else STATED
