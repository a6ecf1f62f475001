"""Whether two sentences agree or differ, judged with the packaged reader, on invented sentences."""

from __future__ import annotations

import pytest

from rag.coverage import relation
from rag.coverage.relation import MOST_READ, judge
from rag.library.library import Library
from rag.library.word_vectors import read
from rag.models.embedding import Embedding
from rag.models.reader import Scores, load_reader

HURT = "Seventeen people were hurt when the barge hit the bridge, the police said."
CASES = [
    # Other words, a rounded figure, another order.
    (HURT, "The police said that 17 people had been hurt when the barge hit the bridge.", "agree"),
    ("The storm cut power to about 12,000 homes in Orsk.", "The storm cut power to 11,963 homes in Orsk.", "agree"),
    # Another figure for the same thing.
    (HURT, "Nineteen people were hurt when the barge hit the bridge, the hospital said.", "differ"),
    ("The ferry carried 40 passengers.", "The ferry carried 60 passengers.", "differ"),
    # Different things.
    (HURT, "A bakery on the quay has won a prize for its rye bread.", None),
    ("The mayor of Lindt opened the new harbour.", "A storm closed the road from Lindt to Orsk for two days.", None),
]
DENIALS = [
    ("The minister has resigned.", "The minister has not resigned."),
    ("The company paid the captain a bonus.", "The company never paid the captain a bonus."),
    ("The crew was on board when the barge sank.", "The crew was not on board when the barge sank."),
    ("The prisoners were exchanged on the bridge.", "No prisoners were exchanged on the bridge."),
    ("The harbour master knew of the leak.", "The harbour master denied that he knew of the leak."),
]


@pytest.mark.parametrize(("one", "other", "expected"), CASES)
def test_what_is_sure_of_two_sentences(
    library: Library, model: Embedding, one: str, other: str, expected: str | None
) -> None:
    a, b = read([one, other], model, library)

    there, back = judge([((a, ""), (b, "")), ((b, ""), (a, ""))])

    assert there.relation == expected
    assert there.agree == pytest.approx(back.agree, abs=1e-5)
    assert there.differ == pytest.approx(back.differ, abs=1e-5)


@pytest.mark.parametrize(("said", "denied"), DENIALS)
def test_a_denial_is_never_agreement(library: Library, model: Embedding, said: str, denied: str) -> None:
    a, b = read([said, denied], model, library)

    assert judge([((a, ""), (b, ""))])[0].relation != "agree"


def test_only_the_nearest_pairs_are_read(library: Library, model: Embedding) -> None:
    """The reader takes a while, so what clearly has nothing to do with each other is not read, and never too many."""

    class Counting:
        runs = 0

        def support(self, claim: str, evidence: list[tuple[str, str]]) -> Scores:
            self.runs += 1
            return load_reader().support(claim, evidence)

    hurt, also, bakery = read([HURT, CASES[0][1], CASES[4][1]], model, library)
    reader = Counting()

    judge([((hurt, ""), (bakery, ""))], reader)  # type: ignore[arg-type]
    assert reader.runs == 0
    found = judge([((hurt, ""), (also, ""))] * (MOST_READ + 5), reader)  # type: ignore[arg-type]

    assert reader.runs == 2 * MOST_READ
    assert [each.supported > 0 for each in found] == [True] * MOST_READ + [False] * 5
    assert relation.relation(hurt, bakery) == "unrelated"
