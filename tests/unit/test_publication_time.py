"""The time at which an article was published, in the notations that state it."""

from __future__ import annotations

import pytest

from rag.ingestion.publication_time import goes_with, published_at


@pytest.mark.parametrize(
    ("stated", "at"),
    [
        ("2018-10-29T14:05:00+09:00", "2018-10-29T14:05:00+09:00"),
        ("2018-10-29T14:05:00.250-03:30", "2018-10-29T14:05:00-03:30"),
        ("2018-10-29T14:05Z", "2018-10-29T14:05:00+00:00"),
        (" 2018-10-29 14:05:10 ", "2018-10-29T14:05:10"),
        ("Mon, 29 Oct 2018 14:05:00 +0900 (JST)", "2018-10-29T14:05:00+09:00"),
        ("Mon, 29 Oct 2018 14:05:00 GMT", "2018-10-29T14:05:00+00:00"),
        ("Mon, 29 Oct 2018 14:05:00 PDT", "2018-10-29T14:05:00-07:00"),
        # Not a feed's notation: "CST" may be China's, and "GMT+9" is not POSIX.
        ("Mon Oct 29 14:05:00 CST 2018", "2018-10-29T14:05:00"),
        ("Mon Oct 29 2018 14:05:00 GMT+0900", "2018-10-29T14:05:00+09:00"),
        ("October 29, 2018 2:05 PM", "2018-10-29T14:05:00"),
        ("2018-10-29", None),
        ("29 October 2018", None),
        ("20181029", None),
        ("2018-10-29 00:00:00", None),
        ("2018-10-29T00:00:00+09:00", "2018-10-29T00:00:00+09:00"),
        ("29 October 2018 2 pm", None),
        ("2018-10-29T14:05:00+99:00", None),
        ("yesterday", None),
        ("9" * 30, None),
        ("", None),
        (None, None),
        (["2018-10-29T14:05:00"], None),
        # Another day, by its zone or not.
        ("2018-10-28T23:05:00Z", "2018-10-28T23:05:00+00:00"),
        ("2018-10-30T02:05:00+09:00", "2018-10-30T02:05:00+09:00"),
        ("2018-10-28T09:05:00Z", None),
        ("2018-10-28T23:05:00", None),
        ("2018-10-27T23:05:00-12:00", None),
    ],
)
def test_a_time_is_kept_as_it_is_stated(stated: object, at: str | None) -> None:
    assert published_at("2018-10-29", [stated]) == at


@pytest.mark.parametrize(
    ("stated", "at"),
    [
        (["2018-10-29", "2018-10-29T14:05:00", "2018-10-29T16:00:00Z"], "2018-10-29T14:05:00"),
        (["2018-10-29T14:05:00", "2018-10-29T14:05:00+09:00"], "2018-10-29T14:05:00+09:00"),
        (["2018-10-28T23:05:00Z", "2018-10-29T08:05:00"], "2018-10-29T08:05:00"),
    ],
)
def test_of_several_the_first_of_the_day(stated: list[str], at: str) -> None:
    assert published_at("2018-10-29", stated) == at


def test_without_a_day_there_is_no_time() -> None:
    assert published_at(None, ["2018-10-29T14:05:00"]) is None
    assert published_at("0001-01-01", ["0001-01-02T00:05:00+00:00"]) is not None
    assert published_at("9999-12-30", ["9999-12-31T23:05:00-09:00"]) is None
    assert goes_with("2018-10-29", "2018-10-29T14:05:00")
    assert not goes_with("2018-10-28", "2018-10-29T14:05:00")
    assert not goes_with("2018-10-28", None)
