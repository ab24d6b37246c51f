"""Tiny Shakespeare as training documents in the Nemotron chat markup (pure Python, no dependencies).

The corpus is a list of speeches separated by blank lines; the first line of a speech names its speaker ("ROMEO:").
Two kinds of documents are cut from it, anew with every random generator that is passed in:

* chat documents: an empty system block, then one to three exchanges; the user turn is one speech (sometimes without
  its speaker line), the reply is the speeches that follow it, joined until they are 50 to 160 words long;
* raw documents: 200 to 500 words of the play as it stands, ended by <|im_end|>, so that plain prompts continue as text.
"""

from __future__ import annotations

import random

SYSTEM_BLOCK = "<|im_start|>system\n<|im_end|>\n"
USER_START = "<|im_start|>user\n"
ASSISTANT_START = "<|im_start|>assistant\n<think></think>"
TURN_END = "<|im_end|>"

RAW_SHARE = 0.4
NAMELESS_USER_SHARE = 0.3
LONGEST_USER_TURN = 120
LONGEST_REPLY = 230


def speeches(text: str) -> list[str]:
    """The speeches of a play, in order; a speech without a speaker line belongs to the one before it."""
    found: list[str] = []
    for paragraph in text.split("\n\n"):
        paragraph = paragraph.strip("\n")
        if not paragraph.strip():
            continue
        if found and not starts_with_speaker(paragraph):
            found[-1] += "\n\n" + paragraph
        else:
            found.append(paragraph)
    return found


def starts_with_speaker(paragraph: str) -> bool:
    first_line, _, rest = paragraph.partition("\n")
    return first_line.endswith(":") and len(first_line) <= 40 and bool(rest.strip())


def split_by_share(text: str, shares: list[float]) -> list[str]:
    """Consecutive parts of the text, each cut moved back to the start of a speech."""
    parts, start, total = [], 0, 0.0
    for share in shares[:-1]:
        total += share
        cut = text.rfind("\n\n", start, int(len(text) * total)) + 2
        parts.append(text[start:cut])
        start = cut
    return parts + [text[start:]]


def word_count(text: str) -> int:
    return len(text.split())


def clipped(text: str, most_words: int) -> str:
    """The text's leading whole lines that hold at most `most_words` words (always at least two lines)."""
    kept: list[str] = []
    words = 0
    for line in text.split("\n"):
        words += word_count(line)
        if words > most_words and len(kept) >= 2:
            break
        kept.append(line)
    return "\n".join(kept).rstrip("\n")


class DocumentCutter:
    """Walks once through the speeches and yields documents, cutting at random places."""

    def __init__(self, all_speeches: list[str], rng: random.Random):
        self._speeches = all_speeches
        self._rng = rng
        self._next = rng.randrange(min(40, len(all_speeches)))

    def documents(self) -> list[str]:
        found = []
        while self._remaining() >= 2:
            found.append(self.raw_document() if self._rng.random() < RAW_SHARE else self.chat_document())
        return found

    def chat_document(self) -> str:
        parts = [SYSTEM_BLOCK]
        for _ in range(self._rng.randint(1, 3)):
            if self._remaining() < 2:
                break
            user = clipped(self._take(), LONGEST_USER_TURN)
            if self._rng.random() < NAMELESS_USER_SHARE:
                user = user.partition("\n")[2]
            reply = clipped(self._take_words(self._rng.uniform(50, 160)), LONGEST_REPLY)
            parts.append(f"{USER_START}{user}{TURN_END}\n{ASSISTANT_START}{reply}{TURN_END}\n")
        return "".join(parts)

    def raw_document(self) -> str:
        return self._take_words(self._rng.uniform(200, 500)) + TURN_END

    def _remaining(self) -> int:
        return len(self._speeches) - self._next

    def _take(self) -> str:
        self._next += 1
        return self._speeches[self._next - 1]

    def _take_words(self, target: float) -> str:
        taken: list[str] = []
        words = 0
        while words < target and self._remaining() > 0:
            taken.append(self._take())
            words += word_count(taken[-1])
        return "\n\n".join(taken)


def documents(text: str, seed: int) -> list[str]:
    """One pass over the text, cut with the given seed."""
    return DocumentCutter(speeches(text), random.Random(seed)).documents()


def chat_prompt(user: str) -> str:
    """The prompt that asks for a reply to one user turn, exactly as the chat template renders it."""
    return f"{SYSTEM_BLOCK}{USER_START}{user}{TURN_END}\n{ASSISTANT_START}"


def pack_rows(encoded: list[list[int]], row_length: int) -> list[list[int]]:
    """Rows of exactly `row_length` ids; every row starts at the start of a document, what overflows is dropped."""
    rows, row = [], []
    for ids in encoded:
        row = row + ids
        if len(row) >= row_length:
            rows.append(row[:row_length])
            row = []
    return rows


def reply_mask(ids: list[int], think_end: int, turn_end: int) -> list[bool]:
    """True for the tokens of replies: what follows </think>, the closing <|im_end|> included."""
    mask, inside = [], False
    for token in ids:
        mask.append(inside)
        if token == think_end:
            inside = True
        elif token == turn_end:
            inside = False
    return mask
