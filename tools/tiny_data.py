"""The tiny model's text: its parts, batches for training and losses on what was held back."""

from __future__ import annotations

import math
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import torch
import torch.nn.functional as F

import shakespeare
import tiny_model
import tiny_tokenizer


@dataclass
class Text:
    """The three parts of the corpus and the tokenizer that was trained on the first."""

    training: str
    selection: str
    held_out: str
    held_out_start: int
    tokenizer: object

    def encode(self, texts: list[str]) -> list[list[int]]:
        return [entry.ids for entry in self.tokenizer.encode_batch(texts, add_special_tokens=False)]


def rows_of_pass(text: Text, length: int, seed: int) -> list[list[int]]:
    """The rows of length + 1 ids that one pass over the training text gives, cut and ordered by the seed."""
    cut = shakespeare.documents(text.training, seed)
    rng = random.Random(seed)
    rng.shuffle(cut)
    parts = [split_raw(document, rng) for document in cut]
    encoded = iter(text.encode([part for pair in parts for part in pair]))
    return shakespeare.pack_rows([next(encoded) + next(encoded) for _ in parts], length + 1)


def split_raw(document: str, rng: random.Random) -> tuple[str, str]:
    """Half of the raw documents in two parts that are encoded apart: a prompt may end anywhere, within a usual token too."""
    if document.startswith(shakespeare.SYSTEM_BLOCK) or rng.random() < 0.5:
        return document, ""
    end_of_speaker = document.find(":") + 1 or 1
    place = end_of_speaker if rng.random() < 0.5 else rng.randrange(1, min(len(document) - len(shakespeare.TURN_END), 200))
    return document[:place], document[place:]


def batches(text: Text, length: int, batch: int, seed: int, device: str):
    """Endless [batch, length + 1] id tensors; a thread prepares the next pass while this one is used up."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        coming, number, rows = pool.submit(rows_of_pass, text, length, seed * 100_003), 0, []
        while True:
            rows = rows + coming.result()
            number += 1
            coming = pool.submit(rows_of_pass, text, length, seed * 100_003 + number)
            while len(rows) >= batch:
                yield torch.tensor(rows[:batch], dtype=torch.long).to(device)
                rows = rows[batch:]


def with_noise(ids: torch.Tensor, rate: float) -> torch.Tensor:
    """The ids with a share of the ordinary ones replaced at random."""
    first = len(tiny_tokenizer.ADDED_TOKENS)
    other = torch.randint(first, tiny_model.CONFIG["vocab_size"], ids.shape, device=ids.device)
    replace = (torch.rand(ids.shape, device=ids.device) < rate) & (ids >= first)
    return torch.where(replace, other, ids)


@torch.no_grad()
def document_loss(model, encoded: list[list[int]], masks: list[list[bool]], batch: int = 16) -> tuple[float, int]:
    """(nats, tokens) over the tokens that are marked and have one before them; documents do not see each other."""
    device = next(model.parameters()).device
    total, count = torch.zeros((), dtype=torch.float64, device=device), 0
    order = sorted(range(len(encoded)), key=lambda index: len(encoded[index]))
    for start in range(0, len(order), batch):
        group = order[start:start + batch]
        width = max(len(encoded[index]) for index in group)
        ids = torch.tensor([encoded[index] + [0] * (width - len(encoded[index])) for index in group], device=device)
        marked = torch.tensor([masks[index] + [False] * (width - len(masks[index])) for index in group], device=device)
        logits = model(input_ids=ids, use_cache=False).logits.float()
        losses = F.cross_entropy(logits[:, :-1].transpose(1, 2), ids[:, 1:], reduction="none")
        total += (losses.double() * marked[:, 1:]).sum()
        count += int(marked[:, 1:].sum())
    return float(total), count


class HeldOut:
    """Fixed chat and raw documents of one part of the text, and the losses on them."""

    def __init__(self, text: Text, part: str, longest: int):
        self._tokenizer = text.tokenizer
        documents = [document for seed in (11, 12, 13) for document in shakespeare.documents(part, seed)]
        encoded = [ids[:longest] for ids in text.encode(documents)]
        is_chat = [ids[0] == tiny_tokenizer.TURN_START for ids in encoded]
        self.chat = [ids for ids, chat in zip(encoded, is_chat, strict=True) if chat]
        self.raw = [ids for ids, chat in zip(encoded, is_chat, strict=True) if not chat]
        self.chat_masks = [
            shakespeare.reply_mask(ids, tiny_tokenizer.THINK_END, tiny_tokenizer.TURN_END) for ids in self.chat]
        self.raw_masks = [[True] * len(ids) for ids in self.raw]

    def mean_loss(self, model) -> float:
        """Nats per token over replies and raw text together: what trials are compared by."""
        chat, chat_count = document_loss(model, self.chat, self.chat_masks)
        raw, raw_count = document_loss(model, self.raw, self.raw_masks)
        return (chat + raw) / (chat_count + raw_count)

    def report(self, model) -> dict:
        """Loss per token, perplexity and bits per byte, of replies in the chat format and of raw text."""
        return {
            "chat_replies": self._figures(model, self.chat, self.chat_masks),
            "raw_text": self._figures(model, self.raw, self.raw_masks),
        }

    def _figures(self, model, encoded, masks) -> dict:
        nats, count = document_loss(model, encoded, masks)
        scored = [[token for place, token in enumerate(ids) if place > 0 and mask[place]]
                  for ids, mask in zip(encoded, masks, strict=True)]
        size = sum(len(text.encode()) for text in self._tokenizer.decode_batch(scored, skip_special_tokens=True))
        return {
            "tokens": count, "bytes": size, "loss_per_token": nats / count, "perplexity": math.exp(nats / count),
            "bits_per_byte": nats / math.log(2) / size}
