"""Who speaks: every way in which articles say it, and what readers said of 74 quotations in real ones."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from rag.article import Article, Sentence
from rag.ingestion.split import sentences
from rag.speech import group_meant, person_meant, speaker, unnamed_speaker, utterances
from tests.conftest import DATA, SHARED

LABELS = DATA / "speakers.jsonl"


def spoken(text: str) -> list[tuple[str, str]]:
    """Each utterance's words and its speaker."""
    return [(text[each.start : each.end], each.speaker) for each in utterances(Article(text=text), sentences(text))]


def speakers(text: str) -> list[str]:
    return [who for _, who in spoken(text)]


def sentence_with(words: str, text: str) -> tuple[Article, Sentence, list[Sentence]]:
    found = sentences(text)
    return Article(text=text), next(each for each in found if words in text[each.start : each.end]), found


@pytest.mark.parametrize(
    ("text", "speaker"),
    [
        # After the quotation, either way round.
        ("“We open the quay in May,” said Ilse Marrow.", "Ilse Marrow"),
        ("“We open the quay in May,” Ilse Marrow said on Monday.", "Ilse Marrow"),
        ("“We open the quay in May,” said harbour master Ilse Marrow, who has run it since spring.", "Ilse Marrow"),
        ("“We open the quay in May,” said Dr. Ilse Marrow, president of the pilots.", "Ilse Marrow"),
        # Before it.
        ("Ilse Marrow said: “We open the quay in May.”", "Ilse Marrow"),
        ("Deputy Chief Constable Ilse Marrow added: “We open the quay in May.”", "Ilse Marrow"),
        ("In Vessermark, Ilse Marrow told the Courier: “We open the quay in May.”", "Ilse Marrow"),
        ("Ilse Marrow deadpans: “We open the quay in May.”", "Ilse Marrow"),
        # Around it, in part.
        ("The quay will open “as early as the weather lets us”, Ilse Marrow said.", "Ilse Marrow"),
        ("Ilse Marrow said the quay was “the best we have ever built”.", "Ilse Marrow"),
        ("According to Ilse Marrow, the quay is “the best we have ever built”.", "Ilse Marrow"),
        ("Ilse Marrow was quoted by the wire as saying the quay was “the best we ever built”.", "Ilse Marrow"),
        # With what stands between the speaker and the verb.
        ("“It will hold,” Ilse Marrow, the director of the port, told the Courier.", "Ilse Marrow"),
        ("Ilse Marrow, 46, of Linnet, who lives near the quay, said: “It will hold.”", "Ilse Marrow"),
        ("A resident, Ilse Marrow, told the Linnet Herald: “It will hold.”", "Ilse Marrow"),
        ("The sister of the pilot, Ilse Marrow, from Linnet, said: “It will hold.”", "Ilse Marrow"),
        # Whoever is only told, or spoken of, says nothing.
        ("Asked about Tom Pell, Ilse Marrow said: “He will come back.”", "Ilse Marrow"),
        ("“He will come back,” Ilse Marrow told Tom Pell.", "Ilse Marrow"),
        ("Ilse Marrow’s lawyer said: “She will come back.”", "Ilse Marrow’s lawyer"),
        # Descriptions.
        ("“It will hold,” said a spokeswoman for the port.", "a spokeswoman for the port"),
        ("A Linnet Fire Brigade spokesman said: “It will hold.”", "a Linnet Fire Brigade spokesman"),
        ("“It will not hold,” the judge wrote.", "the judge"),
        ("An officer on the scene sounds the alarm. “It has fallen down,” he says.", "An officer on the scene"),
        ("“It will hold,” another said.", ""),
        # Organisations.
        ("The Vessermark Port Authority said: “It will hold.”", "Vessermark Port Authority"),
        ("“It will hold,” Capstan Wire reported.", "Capstan Wire"),
        # Single marks, with apostrophes in and after them.
        ("‘It’s the pilots’ quay, and it will hold,’ said Ilse Marrow.", "Ilse Marrow"),
        ("'I don't know what they're waiting for,' Ilse Marrow said.", "Ilse Marrow"),
        # A question or a cry ends no sentence.
        ("“How could it ever hold?” Ilse Marrow asked.", "Ilse Marrow"),
        ("“Nobody told us!” Ilse Marrow wrote. It was late.", "Ilse Marrow"),
        ("US Secretary of State Ann Lowe, who was in Hollin, said: “It will hold.”", "Ann Lowe"),
    ],
)
def test_a_sentence_says_who_speaks(text: str, speaker: str) -> None:
    assert speakers(text) == [speaker]


def test_he_said_is_who_spoke_last_or_was_named_last() -> None:
    named = "Ilse Marrow, 46, has run the port since spring.\n“I did not plan to,” she said.\n"

    assert speakers(named) == ["Ilse Marrow"]
    assert speakers(named + "Tom Pell, a pilot, disagreed.\n“She did,” he said.") == ["Ilse Marrow", "Tom Pell"]
    assert speakers("Tom Pell, 46, said the quay would fall. He said it was “as good as gone already”.") == ["Tom Pell"]
    assert speakers("Tom Pell, 46, fell. “It hurt a great deal,” the 46-year-old said.") == ["Tom Pell"]
    assert speakers("A port spokesman said it was shut. “It opens at noon,” they added.") == ["a port spokesman"]


def test_he_is_no_one_who_is_a_she() -> None:
    text = (
        "Mr Tom Pell spoke first, and the pilots cheered.\nMs Ilse Marrow left.\n“I saw it coming for years,” he said."
    )

    assert speakers(text) == [""]
    assert speakers(text.replace("he said", "she said")) == ["Ilse Marrow"]


@pytest.mark.parametrize(
    "text",
    [
        "Ilse Marrow and Tom Pell met on the quay. “We have a long way to go,” he said.",
        "Ilse Marrow and Tom Pell met on the quay.\n“We have a long way to go, and little time.”",
        "“We have a long way to go, and little time.”",
        "The storm took the quay. “We have a long way to go,” he said.",
        "Police arrested Tom Pell, 46, at the quay. Rain fell.\n“There was shouting all through the night.”",
        "The sign on the quay reads “no bathing from the steps at any hour”.",
    ],
)
def test_nobody_is_named_where_the_text_does_not_say_who(text: str) -> None:
    assert speakers(text) == [""]


def test_a_turn_of_phrase_or_a_title_is_no_speech() -> None:
    assert spoken("The “lone wolf” of the harbour watched “House of Salt” again.") == []


def test_speech_goes_on() -> None:
    within = "“It will hold,” Ilse Marrow said. “We built it in a year.” “We are proud of it.”"
    over_paragraphs = 'Ilse Marrow said: "It will hold.\n"We built it in a year.\n"We are proud of it."\nRain fell.'
    over_a_caption = "Ilse Marrow said: “It will hold.\nImage copyright Linnet Herald\n“We built it in a year.”"
    after_indirect = "Ilse Marrow said the quay would hold.\n“We built it in a year, and we are proud of it.”"
    for text in (within, over_paragraphs, over_a_caption, after_indirect):
        assert set(speakers(text)) == {"Ilse Marrow"}, text
    assert [words for words, _ in spoken(over_paragraphs)] == [
        '"It will hold.',
        '"We built it in a year.',
        '"We are proud of it."',
    ]


def test_a_transcript_s_clip_follows_the_sentence_that_introduces_it() -> None:
    clip = "\n“We open the quay in May, and not a day before that.”\nThe two are to meet again."

    assert speakers(f"Harbour master Ilse Marrow spoke to reporters on the quay.{clip}") == ["Ilse Marrow"]
    assert speakers(f"Reporters crowded the quay in Vessermark on Monday.{clip}") == [""]


def test_the_whole_name_is_given_where_one_person_has_it() -> None:
    one = "Ilse Marrow, 46, runs the port. “It will hold,” Ms Marrow said."
    two = "Ilse Marrow, 46, and her son Tom Marrow, 20, run the port. “It will hold,” the elder Marrow said."

    assert speakers(one) == ["Ilse Marrow"]
    assert speakers(two) == ["Marrow"]


def test_a_description_stands_for_the_name_that_was_given_with_it() -> None:
    text = "Another brother, Tom Pell, of Linnet, said it was over. Nobody asked why. “It is,” the brother said."

    assert speakers(text) == ["Tom Pell"]
    two = (
        "Prime Minister Ilse Marrow met Prime Minister Tom Pell. Rain fell. “It is over now,” the prime minister said."
    )
    assert speakers(two) == ["the prime minister"]


def test_an_utterance_points_to_its_attribution() -> None:
    text = "Ilse Marrow spoke at noon. “It will hold,” she said. “We built it in a year.”"
    first, second = utterances(Article(text=text), sentences(text))

    assert (text[first.start : first.end], text[second.start : second.end]) == (
        "“It will hold,”",
        "“We built it in a year.”",
    )
    assert first.sentence == second.sentence
    assert second.sentence is not None
    assert text[second.sentence.start : second.sentence.end] == "“It will hold,” she said."


def test_marks_that_do_not_match() -> None:
    assert [words for words, _ in spoken("Ilse Marrow said: “It will hold, all of it.'' Rain fell.")] == [
        "“It will hold, all of it.''"
    ]
    assert [words for words, _ in spoken("Ilse Marrow said: “It “truly” will hold.” Rain fell.")] == [
        "“It “truly” will hold.”"
    ]
    assert spoken("In the ’90s they sang of the pilots’ quay, 'em and us.") == []


def test_a_sentence_s_speaker() -> None:
    text = "Ilse Marrow said the quay would hold. “We built it in a year,” she said. “It cost us dear.” Rain fell."

    assert speaker(*sentence_with("would hold", text)) == "Ilse Marrow"
    assert speaker(*sentence_with("in a year", text)) == "Ilse Marrow"
    assert speaker(*sentence_with("cost", text)) == "Ilse Marrow"
    assert speaker(*sentence_with("Rain", text)) is None
    assert unnamed_speaker(*sentence_with("cost", text)) == "Ilse Marrow"
    assert unnamed_speaker(*sentence_with("in a year", text)) is None
    assert unnamed_speaker(*sentence_with("Rain", text)) is None


def test_whom_he_means() -> None:
    plain = "Tom Pell, 46, left the port in May. He now lives in Linnet."
    assert person_meant(*sentence_with("Linnet", plain)) == (2, "Tom Pell")
    for unclear in (
        "Tom Pell, 46, and Ned Orr, 50, left the port in May. He now lives in Linnet.",
        "Tom Pell, 46, left. Ned Orr, 50, stayed, and he now lives in Linnet.",
        "The port closed in May. He now lives in Linnet.",
        "Tom Pell, 46, left the port. “He now lives in Linnet.”",
        # Who has just spoken may be speaking of somebody else.
        "“We miss the old man,” said Tom Pell, a pilot. He now lives in Linnet.",
        "Ms Ilse Marrow left the port in May. He now lives in Linnet.",
    ):
        assert person_meant(*sentence_with("Linnet", unclear)) is None, unclear


@pytest.mark.parametrize(
    "piece", ["A ", "Ann Lee ", "Ann Lee, ", "“a ", "'a ", '"A, b" ', "the man of ", "A-", "he, a of "]
)
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    text = piece * (20_000 // len(piece))
    found = sentences(text)
    start = time.perf_counter()

    utterances(Article(text=text), found)

    assert time.perf_counter() - start < 5


def test_real_quotations(bench: Path) -> None:
    """Half of the labels' events were there to develop on; of the other half, some were looked at later."""
    addresses = {each["id"]: each["url"] for each in json.loads((bench / "index.json").read_text("utf-8"))}
    articles = {
        item["url"]: item
        for item in (json.loads(path.read_text("utf-8")) for path in (bench / "articles").glob("*.json"))
    }
    right = wrong = unknown = 0
    labels = [json.loads(line) for line in LABELS.read_text("utf-8").splitlines()]
    for label in labels:
        text = articles[addresses[label["article"]]]["maintext"]
        found = utterances(Article(text=text), sentences(text))
        who = next((each.speaker for each in found if each.start < label["end"] and label["start"] < each.end), "")
        if not who:
            unknown += 1
        elif who.split()[-1].strip(".").lower() in label["speaker"].lower():
            right += 1
        else:
            wrong += 1
    print(f"{right} of {len(labels)} speakers right, {wrong} wrong, {unknown} unknown ({SHARED.name}/bench)")

    assert right >= 0.9 * len(labels)
    assert right >= 0.95 * (right + wrong)


COMPANIES = (
    "Marram Air, an airline that flies to the islands, lost a barge. The airline said that it had sunk.\n"
    "Tern and Sons owns the quay. The company will not pay, and the company's lawyer agrees.\n"
    "Bank of Quay lent the money. The bank wants it back."
)


def test_the_airline_is_the_one_that_was_named_just_before() -> None:
    article = Article(text=COMPANIES)
    told = sentences(COMPANIES)
    meant = [
        (COMPANIES[each.start : each.end][: found[0]], found[1])
        for each in told
        if (found := group_meant(article, each, told))
    ]

    assert meant == [("The airline", "Marram Air")], "what is not said to be a company, or not named whole, is not it"


def test_the_company_may_be_the_one_of_the_headline() -> None:
    text = "Nobody was hurt. The company's barge sank. The council met."
    article = Article(text=text, title="The shipping company Brigg Lines loses a barge")
    told = sentences(text)

    assert [group_meant(article, each, told) for each in told] == [None, (len("The company"), "Brigg Lines"), None]
