"""How the reader is made: labels that point where they say, rows that keep what answers, training that goes on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

import training.train
from rag.models.reader import MODEL, lay_out
from training import sources
from training.export import Outputs
from training.model import Reader, batch, load_weights
from training.train import Trainer, _cut, _drawn

TEXT = "Rain fell over Linnet. Forty-two ferries left at noon. Tom Pell sells ice cream. Nobody was hurt."
SENTENCES = [
    "Rain fell over Linnet.",
    "Forty-two ferries left at noon.",
    "Tom Pell sells ice cream.",
    "Nobody was hurt.",
]
PASSAGE = {"title": "Ferries", "sentences": SENTENCES, "gold": [1], "words": [[1, 0, 9]]}
NEAR = {"title": "Trams", "sentences": ["The tram was late.", "It rained."], "gold": [], "words": []}


# Labels


@pytest.mark.parametrize(("name", "count"), [("questions", 10_243), ("claims", 3_311), ("pairs", 1_778)])
def test_the_labels_are_ids_and_offsets(name: str, count: int) -> None:
    found = list(sources.labels(name))

    assert len(found) == count
    for each in found:
        spans = [*each.get("gold", ()), *each.get("pair", ()), *([each] if "span" in each else ())]
        for span in spans:
            assert 0 <= span["span"][0] < span["span"][1]
            if span.get("words"):
                assert span["span"][0] <= span["words"][0] < span["words"][1] <= span["span"][1]
        assert "text" not in each
        assert len(each["batch"]) == 2


# Rows


def test_a_passage_is_cut_around_what_answers_and_its_offsets_follow() -> None:
    random.seed(0)
    for _ in range(50):
        cut = _cut(PASSAGE | {"sentences": [each * 9 for each in SENTENCES]})
        (gold,) = cut["gold"]
        assert cut["sentences"][gold] == SENTENCES[1] * 9
        assert cut["words"] == [[gold, 0, 9]]


def test_a_row_keeps_what_answers_and_draws_among_the_rest() -> None:
    random.seed(0)
    row = {"need": "one", "passages": [PASSAGE, *[NEAR] * 12]}

    drawn = _drawn(row)
    unanswered = _drawn({"need": "one", "passages": [NEAR] * 12})

    assert [bool(each["gold"]) for each in drawn["passages"]] == [True, False, False, False]
    assert len(unanswered["passages"]) == 4


# The model


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tiny base in the place of the real one, and a few rows to train on."""

    def make_base(folder: Path) -> None:
        torch.manual_seed(0)
        sizes = {"hidden_size": 16, "num_hidden_layers": 6, "num_attention_heads": 2, "intermediate_size": 32}
        config = BertConfig(vocab_size=30522, **sizes)
        BertModel(config, add_pooling_layer=False).save_pretrained(folder)
        Tokenizer.from_file(str(MODEL.with_name("reader-tokenizer.json"))).save(str(folder / "tokenizer.json"))

    def labels(name: str) -> Iterator[dict[str, Any]]:
        sides = {"article": "1", "span": [23, 54]}
        if name == "claims":
            said = [{"text": "42 ferries left.", "label": "supported"}, {"text": "Nine left.", "label": "contradicted"}]
            yield from ({**sides, "batch": number, "claims": said} for number in ("00", "09"))
        elif name == "pairs":
            yield {"batch": "00", "label": "differ", "pair": [sides, sides]}

    monkeypatch.setattr(sources, "WORK", tmp_path)
    monkeypatch.setattr(sources, "GENERIC", tmp_path / "not there")
    monkeypatch.setattr(sources, "make_base", make_base)
    monkeypatch.setattr(sources, "labels", labels)
    monkeypatch.setattr(sources, "news", lambda: {"1": {"title": "Ferries", "text": TEXT}})
    monkeypatch.setattr(training.train, "EVERY", 1)
    row = {"question": "How many left?", "kind": "howmany", "need": "one", "answer": None, "batch": "00"}
    rows = [row | {"passages": [PASSAGE, *[NEAR] * 4]} for _ in range(9)]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(each) for each in rows))
    return tmp_path


def test_training_goes_on_where_it_was_stopped_as_if_it_had_not_been(
    small: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Trainer(None).train(minutes=1000, epochs=1)
    whole = load_file(small / "reader.safetensors")
    (small / "reader.safetensors").unlink()

    stopped = Trainer(None)
    keep, kept = stopped._keep, list[int]()

    def stop(checkpoint: Path, step: int, *rest: Any) -> None:
        keep(checkpoint, step, *rest)
        kept.append(step)
        if step == 3:
            raise KeyboardInterrupt

    monkeypatch.setattr(stopped, "_keep", stop)
    with pytest.raises(KeyboardInterrupt):
        stopped.train(minutes=1000, epochs=1)
    assert not (small / "reader.safetensors").exists()
    Trainer(None).train(minutes=1000, epochs=1)
    again = load_file(small / "reader.safetensors")

    assert kept == [1, 2, 3]
    assert whole.keys() == again.keys()
    for name in whole:
        torch.testing.assert_close(whole[name], again[name])
    assert not (small / "checkpoint.pt").exists()


def test_the_batches_that_are_held_back_are_never_trained_on(small: Path) -> None:
    data = training.train.Data()

    assert {each["batch"] for each in data._claims} == {"00"}
    assert {each["batch"] for each in sources.labels("claims")} == {"00", "09"}


def test_only_what_is_trained_is_kept(small: Path) -> None:
    sources.make_base(small / "base")
    model = Reader(small / "base")
    model.freeze()

    kept = model.trained_parts()

    assert not any("embeddings" in name or ".layer.0." in name for name in kept)
    assert any(".layer.5." in name for name in kept)
    missing = load_weights(Reader(small / "base"), kept)
    assert all("embeddings" in name or ".layer." in name for name in missing)


def test_weights_of_another_model_are_refused(small: Path) -> None:
    sources.make_base(small / "base")

    with pytest.raises(ValueError, match="another model's: something"):
        load_weights(Reader(small / "base"), {"something": torch.zeros(1)})


def test_the_exported_graph_says_what_the_trained_model_says(small: Path) -> None:
    sources.make_base(small / "base")
    model = Reader(small / "base").eval()
    tokenizer = Tokenizer.from_file(str(small / "base" / "tokenizer.json"))
    layouts = [lay_out(tokenizer, "How many?", "", SENTENCES), lay_out(tokenizer, "Why?", "Trams", SENTENCES[:2])]
    ids, types, mask = batch(layouts)
    members = torch.zeros(2, 4, ids.shape[1])
    for row, layout in enumerate(layouts):
        for number, (first, last) in enumerate(layout.sentences):
            members[row, number, first:last] = 1

    with torch.no_grad():
        sentences, nothing, span, yes_no, support, relation = Outputs(model)(ids, types, mask, members)
        vectors = model(ids, types, mask)
        for row, layout in enumerate(layouts):
            pooled = model.pooled(vectors[row], layout.sentences)
            count = len(layout.sentences)
            torch.testing.assert_close(sentences[row, :count], model.sentence(pooled).squeeze(-1))
            torch.testing.assert_close(yes_no[row, :count], model.yes_no(pooled))
    torch.testing.assert_close(nothing, model.nothing(vectors[:, 0]).squeeze(-1))
    torch.testing.assert_close(span, model.span(vectors))
    assert support.shape == relation.shape == (2, 3)
