"""The reader as it is trained: one encoder, and a head for each thing that is asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import BertModel

from rag.models.reader import Layout

SUPPORT = ("supported", "contradicted", "not stated")
RELATION = ("agree", "differ", "other")
YES_NO = ("yes", "no")
FROZEN_LAYERS = 5
"""The encoder's first layers stay as they are, with the word vectors: training them changed nothing but the time."""


class Compare(nn.Module):
    """Three logits from the first token, the means of both texts and their product."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.net = nn.Sequential(nn.Linear(4 * hidden, hidden), nn.GELU(), nn.Linear(hidden, 3))

    def forward(self, vectors: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """(texts, 3) of token vectors (texts, tokens, hidden)."""
        first, second = ((types == part) & (mask == 1) for part in (0, 1))
        a, b = ((vectors * part[..., None]).sum(1) / part.sum(1, keepdim=True).clamp(min=1) for part in (first, second))
        return self.net(torch.cat([vectors[:, 0], a, b, a * b], -1))


class Reader(nn.Module):
    """See `rag.models.reader.Reader` for what its heads mean."""

    def __init__(self, base: Path) -> None:
        super().__init__()
        # No dropout: its random numbers cost as much as the rest of a step.
        self.bert = BertModel.from_pretrained(
            base,
            add_pooling_layer=False,
            attn_implementation="eager",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
        hidden = self.bert.config.hidden_size
        self.sentence = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.GELU(), nn.Linear(hidden, 1))
        self.yes_no = nn.Sequential(nn.Linear(3 * hidden, hidden), nn.GELU(), nn.Linear(hidden, len(YES_NO)))
        self.nothing, self.span = nn.Linear(hidden, 1), nn.Linear(hidden, 2)
        self.support, self.relation = Compare(hidden), Compare(hidden)

    def forward(self, ids: Tensor, types: Tensor, mask: Tensor) -> Tensor:
        """Token vectors (texts, tokens, hidden); computed in bfloat16 while training, in half the time."""
        with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
            return self.bert(input_ids=ids, token_type_ids=types, attention_mask=mask).last_hidden_state.float()

    def pooled(self, vectors: Tensor, sentences: Sequence[tuple[int, int]]) -> Tensor:
        """(sentences, 3 × hidden) of one passage's token vectors: mean and maximum of each, and the first token."""
        return torch.stack(
            [torch.cat([vectors[a:b].mean(0), vectors[a:b].max(0).values, vectors[0]]) for a, b in sentences]
        )

    def trained_parts(self) -> dict[str, Tensor]:
        """The weights that training changes."""
        kept = {name for name, weight in self.named_parameters() if weight.requires_grad}
        return {name: weight for name, weight in self.state_dict().items() if name in kept}

    def freeze(self) -> None:
        """Leave the word vectors and the first layers as they are."""
        for part in (self.bert.embeddings, *self.bert.encoder.layer[:FROZEN_LAYERS]):
            for weight in part.parameters():
                weight.requires_grad = False


def batch(layouts: Sequence[Layout]) -> tuple[Tensor, Tensor, Tensor]:
    """Ids, types and mask, (texts, longest) each."""
    longest = max(len(each.ids) for each in layouts)

    def padded(rows: Sequence[Sequence[int]]) -> Tensor:
        return torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])

    return (
        padded([each.ids for each in layouts]),
        padded([each.types for each in layouts]),
        padded([[1] * len(each.ids) for each in layouts]),
    )


OLD_NAMES = {"sent.": "sentence.", "null.": "nothing."}
"""The prototype's names of two heads."""


def load_weights(model: Reader, weights: Mapping[str, Tensor]) -> list[str]:
    """Put saved weights into the model, the prototype's too; returns the names of what they do not have."""
    renamed = {}
    for name, weight in weights.items():
        old = next((old for old in OLD_NAMES if name.startswith(old)), "")
        name = name.replace(old, OLD_NAMES[old], 1) if old else name
        # The prototype's comparing heads had a dropout between their layers.
        name = name.replace(".net.3.", ".net.2.")
        renamed[name] = weight.float()
    missing, unexpected = model.load_state_dict(renamed, strict=False)
    if unexpected:
        raise ValueError(f"the weights are another model's: {', '.join(unexpected)}")
    return list(missing)
