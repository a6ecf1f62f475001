"""Dates as files and pages state them: in figures of any order, in other languages, as seconds, and impossible ones."""

from __future__ import annotations

import pytest

from rag.errors import UsageError
from rag.text.stated_dates import order_of, read_date, typed_date


@pytest.mark.parametrize(
    ("stated", "host", "language", "day"),
    [
        ("07/02/2019", "gazette.co.uk", "en", "2019-02-07"),
        ("07/02/2019", "gazette.us", "en", "2019-07-02"),
        ("07/02/2019", "gazette.example", "en-US", "2019-07-02"),
        ("07/02/2019", "blatt.example", "de", "2019-02-07"),
        ("07/02/2019", "gazette.co", "en", None),
        ("07/02/2019", None, None, None),
        ("17/02/2019", None, None, "2019-02-17"),
        ("02/17/2019", None, None, "2019-02-17"),
        ("07.02.2019, 9:30 Uhr", None, None, "2019-02-07"),
        ("07-02-2019", "krant.nl", "en", "2019-02-07"),
        ("7/2/19", None, None, None),
        ("7 février 2019 à 9h30", None, "fr", "2019-02-07"),
        ("7 lutego 2019", None, "pl", "2019-02-07"),
        ("7 de febrero del 2019", None, None, "2019-02-07"),
        ("2019年2月7日", None, None, "2019-02-07"),
        ("٧ فبراير ٢٠١٩", None, None, "2019-02-07"),
        ("Thu, 07 Feb 2019 23:30:00 -0400", None, None, "2019-02-07"),
        (1549531800, None, None, "2019-02-07"),
        ("1549531800000", None, None, "2019-02-07"),
        (True, None, None, None),
        ("31/02/2019", None, None, None),
        ("1.2.3", None, None, None),
    ],
)
def test_the_day_of_a_stated_date(stated: object, host: str | None, language: str | None, day: str | None) -> None:
    assert read_date([stated], order_of(host, language), language).day == day


def test_both_readings_of_an_undecided_date_are_offered() -> None:
    found = read_date(["07/02/2019"])

    assert found.day is None
    assert found.basis
    assert (found.basis.how, found.basis.note) == ("unknown", "“07/02/2019” can be read as 2019-02-07 or 2019-07-02")


@pytest.mark.parametrize(
    ("stated", "reason"),
    [
        ("2091-05-01", "too far in the future"),
        ("1970-01-01 00:00:00", "programs write where they know no date"),
        (0, "programs write where they know no date"),
        ("0001-01-01T00:00:00Z", "programs write where they know no date"),
        ("1203-05-01", "before there were newspapers"),
    ],
)
def test_what_cannot_be_is_doubted(stated: object, reason: str) -> None:
    found = read_date([stated])

    assert found.day is None
    assert found.basis
    assert reason in str(found.basis.note)
    assert read_date([stated, "2019-02-07"]).day == "2019-02-07"


def test_a_month_alone_bounds_the_day() -> None:
    found = read_date(["February 2019"])

    assert (found.day, found.first, found.last) == (None, "2019-02-01", "2019-02-28")


def test_what_people_type() -> None:
    assert typed_date("7 February 2019", "--since") == "2019-02-07"
    assert typed_date("17/2/2019", "--since") == "2019-02-17"
    with pytest.raises(UsageError, match="can be read as 2019-02-07 or 2019-07-02: write one of these"):
        typed_date("7/2/2019", "--since")
    with pytest.raises(UsageError, match="--since 'spring' is not a day: write it as YYYY-MM-DD"):
        typed_date("spring", "--since")
