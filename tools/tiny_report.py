"""What is said about the trained tiny model: samples, lengths of replies, the model card."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

import torch

import nemotron_hf
import shakespeare
import tiny_model
import tiny_tokenizer
from tiny_data import Text
from tiny_trainer import Trainer, Trial

CHAT_SAMPLES = [
    "KING HENRY:\nWhat news from the north, good cousin?",
    "JULIET:\nMust thou be gone so soon?",
    "Who goes there, and what is thy business?",
]
RAW_SAMPLES = ["ROMEO:", "First Citizen:\n", "KING RICHARD III:\nNow"]


@torch.no_grad()
def sample(model, prompts: list[list[int]], most: int, temperature: float, seed: int) -> list[list[int]]:
    """Sampled continuations of all prompts at once; rows are padded on the right, which a causal model does not see."""
    device = next(model.parameters()).device
    generator = torch.Generator(device=device).manual_seed(seed)
    stops = (tiny_tokenizer.EOS, tiny_tokenizer.TURN_END)
    rows, open_rows = [list(prompt) for prompt in prompts], set(range(len(prompts)))
    for _ in range(most):
        active = sorted(open_rows)
        if not active:
            break
        width = max(len(rows[index]) for index in active)
        ids = torch.tensor([rows[index] + [0] * (width - len(rows[index])) for index in active], device=device)
        last = torch.tensor([len(rows[index]) - 1 for index in active], device=device)
        logits = model(input_ids=ids, use_cache=False).logits[torch.arange(len(active), device=device), last]
        drawn = torch.multinomial((logits.float() / temperature).softmax(-1), 1, generator=generator).flatten().tolist()
        for index, token in zip(active, drawn, strict=True):
            rows[index].append(token)
            if token in stops:
                open_rows.discard(index)
    return [row[len(prompt):] for row, prompt in zip(rows, prompts, strict=True)]


def sample_report(model, text: Text, seed: int) -> tuple[list[tuple[str, str]], dict]:
    """A few samples to read, and how long replies to held-out speeches are and whether they end."""
    shown = [shakespeare.chat_prompt(user) for user in CHAT_SAMPLES] + RAW_SAMPLES
    users = [shakespeare.clipped(speech, 60) for speech in shakespeare.speeches(text.held_out)[:32]]
    prompts = text.encode(shown + [shakespeare.chat_prompt(user) for user in users])
    outputs = sample(model, prompts, 400, 0.8, seed)
    texts = text.tokenizer.decode_batch(outputs, skip_special_tokens=True)
    lengths = sorted(shakespeare.word_count(reply) for reply in texts[len(shown):])
    ended = sum(output[-1] == tiny_tokenizer.TURN_END for output in outputs[len(shown):])
    figures = {"replies": len(lengths), "median_words": lengths[len(lengths) // 2], "shortest_words": lengths[0],
               "ended_by_turn_end": ended}
    return list(zip(CHAT_SAMPLES + RAW_SAMPLES, texts, strict=False)), figures


def model_card(options: argparse.Namespace, text: Text, held_out: dict, perplexity: dict, samples, replies: dict,
               trials: list[Trial], trainer: Trainer) -> str:
    c = tiny_model.CONFIG
    chat, raw = held_out["chat_replies"], held_out["raw_text"]
    versions = ", ".join(f"{name} {version}" for name, version in nemotron_hf.versions().items())
    shown = "\n\n".join(f"Prompt:\n\n```text\n{prompt}\n```\n\nContinuation:\n\n```text\n{reply.strip()}\n```"
                        for prompt, reply in samples)
    tried = "; ".join(f"dropout {trial.dropout}, {trial.epochs:g} passes, learning rate {trial.learning_rate:g}"
                      for trial in trials)
    return f"""---
license: apache-2.0
language: en
library_name: transformers
pipeline_tag: text-generation
---

# Tiny Nemotron-H

A Nemotron-H hybrid of {tiny_model.parameter_count(c):,} parameters with every kind of layer the family has (pattern
`{c["hybrid_override_pattern"]}`: Mamba-2, attention, MLP, mixture of {c["n_routed_experts"]} experts with a shared
one), trained from nothing on Tiny Shakespeare. It answers in Shakespeare-like dialogue and knows nothing else. It
is there to run, to test and to show the runtime of this repository, in the file layout of NVIDIA's checkpoints.

## Data

Tiny Shakespeare ({text.held_out_start + len(text.held_out):,} characters of the plays, public domain). Training: the
first {len(text.training):,} characters; choice among trials and steps: the {len(text.selection):,} characters after
them; held out and never looked at: the last {len(text.held_out):,}, from character {text.held_out_start:,} on.
Documents are dialogue turns in the chat markup of Nemotron 3 (a speech as the user's turn, the speeches after it as the
reply) and, two times in five, plain excerpts that end with `<|im_end|>`; they are cut anew for each pass.

## Figures on the held-out part

| | tokens | loss per token (nats) | perplexity | bits per byte |
|---|---|---|---|---|
| replies in the chat format | {chat["tokens"]} | {chat["loss_per_token"]:.4f} | {chat["perplexity"]:.2f} | {chat["bits_per_byte"]:.3f} |
| plain excerpts | {raw["tokens"]} | {raw["loss_per_token"]:.4f} | {raw["perplexity"]:.2f} | {raw["bits_per_byte"]:.3f} |
| running text, window {perplexity["window"]}, stride {perplexity["stride"]} | {perplexity["tokens"]} | {perplexity["nll"]:.4f} | {perplexity["perplexity"]:.2f} | |

Measured with the BF16 weights in float32. Sampled at temperature 0.8, {replies["replies"]} replies to held-out speeches
had {replies["median_words"]} words in the median ({replies["shortest_words"]} the shortest);
{replies["ended_by_turn_end"]} of {replies["replies"]} ended with `<|im_end|>` within 400 tokens.

## How it was made

    python3 tools/train_tiny_model.py --data tinyshakespeare.txt --out models/{options.out.name} --minutes {options.minutes:g} --seed {options.seed}

{datetime.now(UTC):%Y-%m-%d}, one {torch.cuda.get_device_name() if options.device == "cuda" else "CPU"}; {versions}.
Trials in order (later ones only where the time allowed): {tried}. AdamW, weight decay {options.weight_decay:g}, cosine
schedule, averaged weights, {100 * options.noise:g} % of input ids replaced, rows of {options.length} tokens, batches of
{options.batch}. Best selection loss {trainer.best_loss:.4f}; `training_log.json` holds every measurement. Training on a
GPU is not bit-for-bit repeatable. The Mamba time step was never clamped.

## Samples (temperature 0.8)

{shown}
"""
