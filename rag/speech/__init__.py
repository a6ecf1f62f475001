"""Who is speaking: quotations, attributions, persons, and the reading that puts them together."""

from rag.speech.attributions import NAME, QUOTED, SAYING, TITLE, names
from rag.speech.reading import Utterance, group_meant, person_meant, speaker, spoken, unnamed_speaker, utterances

__all__ = [
    "NAME",
    "QUOTED",
    "SAYING",
    "TITLE",
    "Utterance",
    "group_meant",
    "names",
    "person_meant",
    "speaker",
    "spoken",
    "unnamed_speaker",
    "utterances",
]
