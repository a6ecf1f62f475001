"""What outlets are called."""

from __future__ import annotations

import pytest

from rag.outlets import aliases_of, host_of, name_of


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://www.BBC.co.uk/news/1", "bbc.co.uk"),
        ("http://user@news.linnet.example:8080/x", "news.linnet.example"),
        ("linnet.example/x", None),
        ("http://[", None),
        ("", None),
        (None, None),
    ],
)
def test_the_host_of_an_address(url: str | None, host: str | None) -> None:
    assert host_of(url) == host


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("bbc.co.uk", "BBC"),
        ("www.BBC.com", "BBC"),
        ("news.bbc.co.uk", "BBC"),
        ("abcnews.go.com", "ABC News"),
        ("notbbc.com", "notbbc.com"),
        ("www.linnet.example", "linnet.example"),
        ("com", "com"),
    ],
)
def test_the_name_at_a_host(host: str, name: str) -> None:
    assert name_of(host) == name


def test_every_name_by_which_an_outlet_is_meant() -> None:
    assert aliases_of("BBC") == ("BBC", "BBC News", "British Broadcasting Corporation", "bbc.co.uk", "bbc.com")
    assert aliases_of("Linnet Herald") == ("Linnet Herald",)
