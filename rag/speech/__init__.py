"""Who speaks in an article: its quotations, its attributions, its persons, and whom "he" means."""

from rag.speech.attributions import NAME, QUOTED, SAYING, names
from rag.speech.speakers import Utterance, group_meant, person_meant, speaker, spoken, unnamed_speaker, utterances

__all__ = [
    "NAME",
    "QUOTED",
    "SAYING",
    "Utterance",
    "group_meant",
    "names",
    "person_meant",
    "speaker",
    "spoken",
    "unnamed_speaker",
    "utterances",
]
