"""What "on Monday" was: in sentences of ours, and on labels over real articles."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from rag.text.dates import day_and_hour, relative_dates
from tests.conftest import DATA

FRIDAY = date(2031, 6, 13)
LABELS = DATA / "relative-dates.jsonl"


@pytest.mark.parametrize(
    ("sentence", "expression", "told"),
    [
        ("The ferry sank on Monday.", "Monday", "9 June 2031"),
        ("The ferry sank on Friday.", "Friday", "13 June 2031"),
        ("The minister said Saturday that she would resign.", "Saturday", "7 June 2031"),
        ("The court will decide on Monday.", "Monday", "16 June 2031"),
        ("On Tuesday, the council is expected to vote.", "Tuesday", "17 June 2031"),
        ("Divers found the bell next Monday's crew had left.", "next Monday", "16 June 2031"),
        ("It rained last Friday.", "last Friday", "6 June 2031"),
        ("It opened yesterday.", "yesterday", "12 June 2031"),
        ("The vote is tomorrow.", "tomorrow", "14 June 2031"),
        ("Prices rose last month.", "last month", "May 2031"),
        ("Prices rose last May.", "last May", "May 2031"),
        ("Prices rose last year.", "last year", "2030"),
        ("It was sold last week.", "last week", "2 to 8 June 2031"),
        ("It was sold over the weekend.", "over the weekend", "7 to 8 June 2031"),
        ("It was sold three days ago.", "three days ago", "10 June 2031"),
        ("It was sold 5 years ago.", "5 years ago", "2026"),
        # On a Friday, "last Thursday" is not yesterday.
        ("It rained last Thursday.", "last Thursday", "5 June 2031"),
        ("It rained last Tuesday.", "last Tuesday", "10 June 2031"),
        ("The crew has a second try on Wednesday.", "Wednesday", "18 June 2031"),
        ("The crew has a plan, it said on Wednesday.", "Wednesday", "11 June 2031"),
        ("The council called a meeting for later Saturday.", "Saturday", "14 June 2031"),
        ("The lock broke on New Year’s Eve.", "New Year’s Eve", "31 December 2030"),
        ("The lock broke on Halloween.", "Halloween", "31 October 2031"),
        ("The river was low last summer.", "last summer", "1 June to 31 August 2030"),
        ("The river was high last winter.", "last winter", "1 December 2030 to 28 February 2031"),
        ("In 2029 more was sold than in the previous year.", "the previous year", "2028"),
        ("It opened in 2024 and shut the following year.", "the following year", "2025"),
    ],
)
def test_an_expression_comes_to_a_date(sentence: str, expression: str, told: str) -> None:
    (found,) = relative_dates(sentence, FRIDAY)

    assert sentence[found.start : found.end] == expression
    assert str(found) == told


@pytest.mark.parametrize(
    "sentence",
    [
        "It opened on Monday, June 9.",
        "It opened on Monday 9 June.",
        "The shops are full on Black Friday.",
        "She told the Sunday Times.",
        "It opens on Mondays.",
        "It rained on New Year's Eve 2015.",
        "Less was sold than the previous year.",
        "“We met on Monday,” the mayor said.",
        "A ten year old wed in the fri market.",
        "It sank on 11 April last, a Monday.",
    ],
)
def test_what_is_no_such_date_is_left_alone(sentence: str) -> None:
    assert relative_dates(sentence, FRIDAY) == []


@pytest.mark.parametrize(
    ("sentence", "published", "plain"),
    [
        ("The ferry sank on Monday.", FRIDAY, True),
        ("The ferry sank on Saturday.", FRIDAY, False),
        ("She testifies on Monday, when she may tell more.", FRIDAY, False),
        ("They expect to hear more when she testifies on Monday.", FRIDAY, False),
        ("The crew expects to sail, the port said on Monday.", FRIDAY, True),
        ("The rule will be scrapped from Monday.", FRIDAY, True),
        ("In 2029, the ferry sank on Monday.", FRIDAY, False),
        ("It was sold last week.", FRIDAY, True),
        ("It was sold last week.", date(2031, 6, 15), False),
        ("It was sold this week.", FRIDAY, False),
        ("It was sold last month.", FRIDAY, True),
        ("It was sold last month.", date(2031, 6, 1), False),
        ("It was sold early this month.", date(2031, 6, 29), True),
        ("Over the last year prices rose.", FRIDAY, False),
        ("Prices rose last year.", FRIDAY, True),
        ("Prices rose last summer.", FRIDAY, False),
        ("It was sold three days ago.", FRIDAY, True),
        ("It was sold three months ago.", FRIDAY, False),
        ("Two years ago this month it sank.", FRIDAY, False),
        ("The port opened today.", FRIDAY, True),
        ("It is today seen as a wreck.", FRIDAY, False),
        ("The port of today has no ferry that sank.", FRIDAY, False),
        ("That is relevant today, the port told us.", FRIDAY, False),
        ("The port heard nothing until Monday.", FRIDAY, False),
        ("The ferry will stay until Monday.", FRIDAY, True),
        ("It rained last Monday.", date(2031, 6, 11), False),
        ("It rained last Friday.", date(2031, 6, 11), True),
        ("It opens next Friday.", date(2031, 6, 11), False),
        ("It opens next Monday.", date(2031, 6, 11), True),
    ],
)
def test_what_can_hardly_mean_another_time_is_plain(sentence: str, published: date, plain: bool) -> None:
    assert [each.plain for each in relative_dates(sentence, published)][-1:] == [plain]


def test_last_decade_is_no_month() -> None:
    assert relative_dates("Prices rose last decade, as the last mayor said.", FRIDAY) == []


def test_a_month_that_is_over_ends_a_range() -> None:
    (found,) = relative_dates("It was sold last week.", date(2031, 7, 3))

    assert str(found) == "23 to 29 June 2031"
    (found,) = relative_dates("It was sold last week.", date(2031, 7, 9))
    assert str(found) == "30 June to 6 July 2031"


def test_on_labelled_expressions_of_real_articles(bench: Path) -> None:
    """Of the expressions that are read as relative dates, 0.95 come to the labelled days, and all that are plain; 0.85
    of all are read, 0.75 as plain.
    """
    address = {article["id"]: article["url"] for article in json.loads((bench / "index.json").read_text("utf-8"))}
    articles = {each["url"]: each for path in (bench / "articles").glob("*.json") if (each := _json(path))}
    right, read, plain, labels = 0, 0, 0, [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    for label in labels:
        article = articles[address[label["article"]]]
        text = article["maintext"]
        start = max(text.rfind("\n", 0, label["start"]), text.rfind(". ", 0, label["start"]), -1) + 1
        end = min(at for mark in ("\n", ". ") if (at := (text + "\n. ").find(mark, label["end"])) >= 0)
        found = [
            each
            for each in relative_dates(text[start:end], date.fromisoformat(article["date_publish"][:10]))
            if each.start + start < label["end"] and each.end + start > label["start"]
        ]
        read += bool(found)
        is_right = bool(found) and [str(found[0].first), str(found[0].last)] == [label["from"], label["until"]]
        right += is_right
        if found and found[0].plain:
            plain += 1
            assert is_right, label
    print(f"{right} of {read} right, {plain} plain, {len(labels)} labelled")
    assert plain / len(labels) >= 0.75
    assert right / read >= 0.95
    assert read / len(labels) >= 0.85


def _json(path: Path) -> dict[str, str]:
    article: dict[str, str] = json.loads(path.read_text("utf-8"))
    return article


@pytest.mark.parametrize(
    ("published", "published_at", "told"),
    [
        ("2017-10-02", "2017-10-02T14:05:00+09:00", "2 October 2017, 14:05"),
        ("2017-10-02", "2017-10-02T08:05:00", "2 October 2017, 08:05"),
        ("2017-10-02", None, "2 October 2017"),
        ("2017-10-02", "2017-10-01T23:05:00+00:00", "2 October 2017"),
        ("2017-10-02", "torn", "2 October 2017"),
        (None, None, "undated"),
    ],
)
def test_a_day_and_its_hour(published: str | None, published_at: str | None, told: str) -> None:
    assert day_and_hour(published, published_at) == told
