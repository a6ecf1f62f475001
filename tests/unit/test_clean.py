"""What is no part of a story, and that nothing of the story goes with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from rag.ingestion.clean import kept, omitted
from rag.ingestion.extract import tidy
from rag.ingestion.json_articles import from_json
from rag.library.copies import line_hash

LEAD = "The ferry left Port Linnet on Tuesday, and came back in the evening with all 31 passengers on board."
MORE = "The harbour master, Annika Thoresby, said the river would stay shut until the divers had finished their work."


def left_out(*paragraphs: str, boilerplate: tuple[str, ...] = ()) -> list[str]:
    text = "\n\n".join(paragraphs)
    hashes = {hash for line in boilerplate if (hash := line_hash(line)) is not None}
    return [text[start:end] for start, end in omitted(text, hashes)]


@pytest.mark.parametrize(
    "line",
    [
        "READ MORE: How the bridge was lost",
        "Read more",
        "Related: Five bridges that fell",
        "Advertisement",
        "Scroll down for video",
        "Story continues below",
        "Join the Herald's Telegram channel and get the latest news first.",
        "Sign up for our morning newsletter.",
        "Follow Edda Carrow on Twitter: @eddacarrow",
        "Do you have a story for us? Email us at tips@linnet.example",
        "Subscribe to our YouTube channel",
        "Share this article",
        "Copyright 2031 Capstan Wire. All rights reserved.",
        "PHOTO: CAPSTAN WIRE",
        "The ferry at the quay in Port Linnet. Photo: Gunnar Tressick",
        "The ferry at the quay in Port Linnet on Tuesday. (Gunnar Tressick/AP)",
        "The Little Auk at the quay. [Photo/Agencies]",
        "FILE - In this March 11, 2031 file photo, the ferry lies at the quay. (Gunnar Tressick/Associated Press)",
        "Enlarge this image toggle caption Gunnar Tressick/Getty Images",
    ],
)
def test_what_is_no_part_of_the_story(line: str) -> None:
    assert left_out(LEAD, line, MORE) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "Follow-up inspections by e-mail and by telephone will go on for weeks.",
        "Like Facebook before it, the ferry company has learned what a crowd is.",
        '"Join our channel," the pirate station tells whoever tunes in to its app.',
        "The minister posted a video: it showed the pier, the barge and the fog.",
        "Advertisement revenue fell by a third, the ferry company said.",
        "Read more slowly, the report says what nobody wanted to hear.",
        "Watch repairers on Customs Quay said that they had lost their customers.",
        "The picture that emerged was of a ferry that nobody steered (or so it seemed).",
    ],
)
def test_what_only_looks_like_it(line: str) -> None:
    assert left_out(LEAD, line, MORE) == []


def test_the_plea_at_the_end_of_a_paragraph_goes_alone() -> None:
    assert left_out(LEAD, f"{MORE} Sign up for our newsletter here.") == ["Sign up for our newsletter here."]


def test_other_stories_headlines_at_the_end() -> None:
    assert left_out(LEAD, MORE, "Read more:", "The barge nobody saw\nWho pays for the bridge") == [
        "Read more:\n\nThe barge nobody saw\nWho pays for the bridge"
    ]


def test_what_a_caption_tells_beyond_the_picture_stays() -> None:
    told = "The company has carried 3,400 passengers since Wednesday."
    caption = f"The ferry at the quay. {told} (Gunnar Tressick/Associated Press)"

    assert left_out(LEAD, caption, MORE) == [
        "The ferry at the quay.",
        "(Gunnar Tressick/Associated Press)",
    ]
    figure = "The ferry with its 120 passengers."
    assert left_out(LEAD, f"{figure} Photo: Gunnar Tressick", MORE) == ["Photo: Gunnar Tressick"]


def test_captions_that_are_the_story_stay() -> None:
    gallery = [f"The ferry {place}. (Gunnar Tressick/AP)" for place in ("at sea", "at the quay", "in the fog")]

    assert left_out(*gallery) == []


def test_an_outlets_boilerplate() -> None:
    line = "The Herald is printed on paper from the mills of Hollin."

    assert left_out(LEAD, line, MORE) == []
    assert left_out(LEAD, line.upper(), MORE, boilerplate=(line,)) == [line.upper()]


def test_what_is_kept_is_the_rest() -> None:
    text = f"{LEAD}\n\nAdvertisement\n\n{MORE}"

    assert [text[start:end].strip() for start, end in kept(text, omitted(text))] == [LEAD, MORE]
    assert list(kept(LEAD, ())) == [(0, len(LEAD))]


def test_none_of_the_evidence_is_lost(bench: Path) -> None:
    """Of 320 quoted pieces of evidence in 193 articles each still stands in the story, wherever it stood before."""
    texts = {path.stem: from_json(json.loads(path.read_text("utf-8"))).text for path in (bench / "articles").iterdir()}
    stories = {id: [text[a:b] for a, b in kept(text, omitted(text))] for id, text in texts.items()}
    lost, looked_at = [], 0
    for name in ("questions.jsonl", "more-questions.jsonl"):
        for line in (bench / name).read_text("utf-8").splitlines():
            for evidence in json.loads(line)["evidence"]:
                id, quote = evidence["article"], tidy(evidence["quote"])
                if quote in texts[id]:
                    looked_at += 1
                    if not any(quote in stretch for stretch in stories[id]):
                        lost.append((id, quote))

    assert lost == []
    assert looked_at > 300
