"""What outlets are called."""

from __future__ import annotations

import pytest

from rag.text.outlet_names import aliases_of, host_of, meant, name_of, parts_of


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


@pytest.mark.parametrize(
    ("name", "outlet"),
    [
        ("elsin courier", "Elsin Courier"),
        ("the Elsin Courier", "Elsin Courier"),
        ("Le Telegraphe du Port", "Le Télégraphe du Port"),
        ("LE TÉLÉGRAPHE DU PORT", "Le Télégraphe du Port"),
        ("Radio Skarn and Sons", "Radio Skarn & Sons"),
        ("O’Hara's Journal", "O'Hara’s Journal"),
        ("bbc news", "BBC"),
        ("Courier", None),
        ("Elsin", None),
    ],
)
def test_an_outlet_is_meant_however_its_name_is_typed(name: str, outlet: str | None) -> None:
    outlets = ["Elsin Courier", "Le Télégraphe du Port", "Radio Skarn & Sons", "O'Hara’s Journal", "BBC"]

    assert meant(name, outlets) == outlet


def test_a_name_that_means_two_outlets_means_the_one_written_so_or_none() -> None:
    assert meant("Le Télégraphe", ["Le Telegraphe", "Le Télégraphe"]) == "Le Télégraphe"
    assert meant("le telegraphe", ["Le Telegraphe", "Le Télégraphe"]) is None


def test_the_parts_of_names_that_mean_one_outlet() -> None:
    outlets = ["Elsin Courier", "Radio Skarn & Sons", "Le Télégraphe du Port", "The Straits Times", "a.example"]
    assert parts_of(outlets) == {
        "courier": "Elsin Courier", "radio skarn": "Radio Skarn & Sons", "le telegraphe": "Le Télégraphe du Port"
    }  # fmt: skip
    assert parts_of(["Elsin Courier", "Dundee Courier"]) == {}
