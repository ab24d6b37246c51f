"""Trains the tiny Nemotron-H model that ships with the repository and writes it as a Hugging Face checkpoint.

    python3 tools/train_tiny_model.py --data tinyshakespeare.txt --out models/tiny --minutes 7 --seed 1

Runs on one CUDA GPU beside HF transformers (tried for: torch 2.11, transformers 5.17, tokenizers 0.23). The text is
split into a training part (90 %), a selection part and a held-out part (5 % each, the end of the text); a byte-level
BPE and the model see the training part alone. Several trials (dropout, passes over the text, learning rate) run one
after the other as far as the time budget allows; the weights with the lowest loss on the selection part are kept, and
the model card reports the loss on the held-out part. Dropout and noise on the input ids act in training only. The time
step of the Mamba layers is not clamped; transformers' clamp is switched off for every figure.

Writes OUT/ (config.json, model.safetensors, tokenizer.json, tokenizer_config.json, generation_config.json,
chat_template.jinja, README.md, training_log.json) and, beside it, OUT.reference.safetensors: prompts, float32 logits
and greedy continuations of HF transformers for tests (`nemotron_hf.reference_record`), not part of the model.
Ends with a non-zero code if a self-check fails; OUT.partial then holds what there was.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import jinja2
import torch
import torch.nn.functional as F

import fast_training
import nemotron_hf
import reference_forward
import shakespeare
import tiny_tokenizer

CONFIG = {
    "hybrid_override_pattern": "M-M*EM*ME",
    "vocab_size": 1024, "hidden_size": 256, "tie_word_embeddings": False,
    "pad_token_id": tiny_tokenizer.PAD, "bos_token_id": tiny_tokenizer.BOS, "eos_token_id": tiny_tokenizer.EOS,
    "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "max_position_embeddings": 4096,
    "attention_bias": False, "intermediate_size": 640, "mlp_hidden_act": "relu2", "mlp_bias": False,
    "ssm_state_size": 64, "mamba_num_heads": 8, "mamba_head_dim": 64, "mamba_hidden_act": "silu", "n_groups": 2,
    "conv_kernel": 4, "expand": 2, "time_step_min": 0.001, "time_step_max": 0.1, "time_step_limit": [0.0, math.inf],
    "time_step_floor": 1e-4, "use_conv_bias": True, "chunk_size": 64,
    "n_routed_experts": 8, "n_shared_experts": 1, "moe_intermediate_size": 128,
    "moe_shared_expert_intermediate_size": 256, "num_experts_per_tok": 2, "routed_scaling_factor": 1.0,
    "n_group": 1, "topk_group": 1, "norm_topk_prob": True, "use_bias": False, "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-5, "residual_in_fp32": False, "rescale_prenorm_residual": True,
}
SPLIT = [0.9, 0.05, 0.05]
WEIGHT_LIMIT = 9_000_000
TOTAL_LIMIT = 10_000_000
RESERVED_SECONDS = 80
TRIALS = ["0.2:60:2e-3", "0.3:120:2e-3", "0.2:110:3e-3", "0.4:200:2e-3", "0.1:40:2e-3"]
CHAT_SAMPLES = [
    "KING HENRY:\nWhat news from the north, good cousin?",
    "JULIET:\nMust thou be gone so soon?",
    "Who goes there, and what is thy business?",
]
RAW_SAMPLES = ["ROMEO:", "KING RICHARD III:\nNow"]


@dataclass
class Trial:
    """What is varied between trials."""

    dropout: float
    epochs: float
    learning_rate: float

    @classmethod
    def parse(cls, text: str) -> Trial:
        return cls(*(float(part) for part in text.split(":")))


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


# ----------------------------------------------------------------------------------------------------------------- model


def parameter_count(c: dict) -> int:
    """Parameters and router biases of the config, computed without building the model."""
    hidden, inner = c["hidden_size"], c["mamba_num_heads"] * c["mamba_head_dim"]
    convolved = inner + 2 * c["n_groups"] * c["ssm_state_size"]
    query, key = c["num_attention_heads"] * c["head_dim"], c["num_key_value_heads"] * c["head_dim"]
    per_kind = {
        "M": hidden * (inner + convolved + c["mamba_num_heads"]) + convolved * (c["conv_kernel"] + 1)
        + 3 * c["mamba_num_heads"] + inner + inner * hidden,
        "*": 2 * hidden * query + 2 * hidden * key,
        "-": 2 * hidden * c["intermediate_size"],
        "E": c["n_routed_experts"] * (2 * hidden * c["moe_intermediate_size"] + hidden + 1)
        + 2 * hidden * c["moe_shared_expert_intermediate_size"],
    }
    return 2 * c["vocab_size"] * hidden + hidden + sum(per_kind[kind] + hidden for kind in c["hybrid_override_pattern"])


def new_model(device: str):
    """A freshly initialised model on the device, with the training forwards installed."""
    model = nemotron_hf.build_model(CONFIG, "cpu", attention="sdpa")
    depth = len(CONFIG["hybrid_override_pattern"])
    residual_outputs = ("out_proj.weight", "o_proj.weight", "down_proj.weight", "experts.down_proj")
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("conv1d.weight"):
                parameter.uniform_(-1, 1).mul_(parameter.shape[-1] ** -0.5)
            elif name.endswith("embeddings.weight"):
                parameter.normal_(0.0, 0.05)
            elif parameter.dim() >= 2:
                scale = 0.6 * parameter.shape[-1] ** -0.5
                parameter.normal_(0.0, scale * (depth ** -0.5 if name.endswith(residual_outputs) else 1.0))
    fast_training.install(model)
    return model.to(device)


def add_dropout(model, rate: float) -> None:
    """Dropout behind the embedding and behind every mixer, in training mode only."""
    def drop(module, _inputs, output):
        if isinstance(output, tuple):
            return (F.dropout(output[0], rate, module.training), *output[1:])
        return F.dropout(output, rate, module.training)

    base = getattr(model, model.base_model_prefix)
    for module in (base.embeddings, *(layer.mixer for layer in base.layers)):
        module.register_forward_hook(drop)


def trained_parameters(model) -> list[tuple[str, torch.nn.Parameter]]:
    """What gradients train: everything but the routers' selection bias, which load balancing moves."""
    return [(name, parameter) for name, parameter in model.named_parameters()
            if not name.endswith("e_score_correction_bias")]


def optimizer_for(model, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """AdamW that decays the matrices; norms, biases, convolutions, Mamba scalars and routers are left alone."""
    decayed, plain = [], []
    for name, parameter in trained_parameters(model):
        is_matrix = parameter.dim() >= 2 and "conv1d" not in name and "gate.weight" not in name
        (decayed if is_matrix else plain).append(parameter)
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), eps=1e-8, fused=True)


def rounded_for_saving(model) -> dict[str, torch.Tensor]:
    """The weights under NVIDIA's names in the dtypes they ship in: BF16, the router F32."""
    tensors = {}
    for name, tensor in nemotron_hf.nvidia_tensors(model.state_dict()).items():
        is_router = name.endswith(("gate.weight", "e_score_correction_bias"))
        tensors[name] = tensor.to("cpu", torch.float32 if is_router else torch.bfloat16)
    return tensors


# ------------------------------------------------------------------------------------------------------------------ data


def rows_of_pass(text: Text, length: int, seed: int) -> list[list[int]]:
    """The rows of length + 1 ids that one pass over the training text gives, cut and ordered by the seed."""
    cut = shakespeare.documents(text.training, seed)
    random.Random(seed).shuffle(cut)
    return shakespeare.pack_rows(text.encode(cut), length + 1)


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
    other = torch.randint(first, CONFIG["vocab_size"], ids.shape, device=ids.device)
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


# -------------------------------------------------------------------------------------------------------------- training


class Trainer:
    """Runs trials until the time is spent and remembers the best weights of all."""

    def __init__(self, text: Text, options: argparse.Namespace, started: float):
        self._text = text
        self._options = options
        self._deadline = started + 60 * options.minutes - RESERVED_SECONDS
        self._selection = HeldOut(text, text.selection, options.length)
        self._rows_per_pass = max(1, len(rows_of_pass(text, options.length, 0)))
        self._step_seconds: float | None = None
        self.best_loss = math.inf
        self.best_state: dict[str, torch.Tensor] | None = None
        self.log: list[dict] = []

    def run(self, trials: list[Trial]) -> None:
        for number, trial in enumerate(trials):
            steps = max(50, round(trial.epochs * self._rows_per_pass / self._options.batch))
            left = self._deadline - time.monotonic()
            if self._step_seconds is not None and steps * self._step_seconds > left:
                print(f"trial {number}, {trial}: {steps} steps do not fit into {left:.0f} s", flush=True)
                continue
            self._run_trial(number, trial, steps)
        if self.best_state is None:
            sys.exit("error: no trial came to an evaluation; give more --minutes")

    def _run_trial(self, number: int, trial: Trial, steps: int) -> None:
        o = self._options
        torch.manual_seed(o.seed * 1000 + number)
        model = new_model(o.device)
        add_dropout(model, trial.dropout)
        optimizer = optimizer_for(model, trial.learning_rate, o.weight_decay)
        parameters = [parameter for _, parameter in trained_parameters(model)]
        average = [parameter.detach().clone() for parameter in parameters]
        source = batches(self._text, o.length, o.batch, o.seed * 1000 + number, o.device)
        print(f"trial {number}: {trial}, {steps} steps of {o.batch} x {o.length} tokens", flush=True)
        begun, step, last_loss = time.monotonic(), 0, math.nan
        while step < steps:
            self._set_learning_rate(optimizer, trial.learning_rate, step, steps)
            loss = self._train_step(model, optimizer, parameters, next(source))
            decay = min(o.average, (1 + step) / (10 + step))
            torch._foreach_lerp_(average, [parameter.detach() for parameter in parameters], 1 - decay)
            step += 1
            if step == 40:
                steps = self._fit_into_budget(begun, steps)
            if step % o.evaluate_every == 0 or step == steps:
                last_loss = float(loss)
                self._evaluate(model, parameters, average, number, step, last_loss)
                if not math.isfinite(last_loss) or time.monotonic() > self._deadline:
                    break
        took = time.monotonic() - begun
        self._step_seconds = took / step
        print(f"trial {number}: {step} steps in {took:.0f} s, best loss so far {self.best_loss:.4f}", flush=True)

    def _fit_into_budget(self, begun: float, steps: int) -> int:
        """The steps that the time allows, judged by the first ones."""
        if self._options.device == "cuda":
            torch.cuda.synchronize()
        seconds = (time.monotonic() - begun) / 40
        allowed = int((self._deadline - time.monotonic()) / (1.15 * seconds))  # evaluations take the rest
        print(f"  about {1000 * seconds:.0f} ms a step", flush=True)
        return max(60, min(steps, allowed))

    def _set_learning_rate(self, optimizer, peak: float, step: int, steps: int) -> None:
        warm_up = 100
        progress = min(1.0, max(0.0, (step - warm_up) / max(1, steps - warm_up)))
        factor = min(1.0, (step + 1) / warm_up) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * progress)))
        for group in optimizer.param_groups:
            group["lr"] = peak * factor

    def _train_step(self, model, optimizer, parameters, rows: torch.Tensor) -> torch.Tensor:
        model.train()
        inputs, targets = rows[:, :-1], rows[:, 1:]
        logits = model(input_ids=with_noise(inputs, self._options.noise), use_cache=False).logits
        loss = F.cross_entropy(logits.float().flatten(0, 1), targets.flatten())
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        fast_training.balance_experts(model, self._options.balance)
        return loss.detach()

    @torch.no_grad()
    def _evaluate(self, model, parameters, average, number: int, step: int, training_loss: float) -> None:
        """Measures the averaged weights on the selection part and keeps them if they are the best yet."""
        current = [parameter.detach().clone() for parameter in parameters]
        torch._foreach_copy_([parameter.detach() for parameter in parameters], average)
        model.eval()
        loss = self._selection.mean_loss(model)
        is_best = loss < self.best_loss
        if is_best:
            self.best_loss = loss
            self.best_state = {name: tensor.detach().clone() for name, tensor in model.state_dict().items()}
        torch._foreach_copy_([parameter.detach() for parameter in parameters], current)
        self.log.append({"trial": number, "step": step, "training_loss": round(training_loss, 4),
                         "selection_loss": round(loss, 4)})
        mark = "*" if is_best else ""
        print(f"  step {step}: training {training_loss:.4f}, selection {loss:.4f} {mark}", flush=True)


# -------------------------------------------------------------------------------------------------------------- sampling


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


# --------------------------------------------------------------------------------------------------------------- writing


def write_model(folder: Path, model, text: Text, tokenizer_json: dict) -> None:
    """Everything of the checkpoint but its card and its log."""
    nemotron_hf.write_tensors(folder / "model.safetensors", rounded_for_saving(model))
    config = nemotron_hf.nvidia_config(CONFIG) | {"transformers_version": nemotron_hf.versions()["transformers"]}
    nemotron_hf.write_json(folder / "config.json", config)
    nemotron_hf.write_json(folder / "tokenizer.json", tokenizer_json)
    nemotron_hf.write_json(
        folder / "tokenizer_config.json", tiny_tokenizer.tokenizer_config(CONFIG["max_position_embeddings"]))
    nemotron_hf.write_json(folder / "generation_config.json", {
        "bos_token_id": tiny_tokenizer.BOS, "do_sample": True,
        "eos_token_id": [tiny_tokenizer.EOS, tiny_tokenizer.TURN_END], "pad_token_id": tiny_tokenizer.PAD,
        "temperature": 0.8, "top_p": 0.95})
    shutil.copyfile(Path(__file__).with_name("chat_template.jinja"), folder / "chat_template.jinja")


def model_card(options: argparse.Namespace, text: Text, held_out: dict, perplexity: dict, samples, replies: dict,
               trials: list[Trial], trainer: Trainer) -> str:
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

A Nemotron-H hybrid of {parameter_count(CONFIG):,} parameters with every kind of layer the family has (pattern
`{CONFIG["hybrid_override_pattern"]}`: Mamba-2, attention, MLP, mixture of {CONFIG["n_routed_experts"]} experts with a
shared one), trained from nothing on Tiny Shakespeare. It answers in Shakespeare-like dialogue and knows nothing else. It
is there to run, to test and to show the runtime of this repository, in the file layout of NVIDIA's checkpoints.

## Data

Tiny Shakespeare ({text.held_out_start + len(text.held_out):,} characters of the plays, public domain). Training: the
first {len(text.training):,} characters; choice among trials and steps: the {len(text.selection):,} characters after
them; held out and never looked at: the last {len(text.held_out):,}, from character {text.held_out_start:,} on.
Documents are dialogue turns in the chat markup of Nemotron 3 (a speech as the user's turn, the speeches after it as the
reply) and, about every third, plain excerpts that end with `<|im_end|>`; they are cut anew for each pass.

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


# ---------------------------------------------------------------------------------------------------------------- checks


def check_size() -> None:
    """The parameters, counted from the config and in a built model, fit into the file that ships."""
    count = parameter_count(CONFIG)
    assert 2 * count + 50_000 <= WEIGHT_LIMIT, f"{count} parameters do not fit into {WEIGHT_LIMIT} bytes"
    built = sum(tensor.numel() for tensor in nemotron_hf.build_model(CONFIG).state_dict().values())
    assert built == count, f"transformers builds {built} parameters, {count} were computed"
    print(f"model: {count:,} parameters", flush=True)


def check_forwards() -> None:
    """The training forwards against transformers' own and the float64 pass; gradients are finite."""
    torch.manual_seed(5)
    model = new_model("cpu").eval()
    for mixer in fast_training.expert_mixers(model):
        torch.nn.init.uniform_(mixer.gate.e_score_correction_bias, -0.1, 0.1)
    ids = nemotron_hf.random_prompt(CONFIG["vocab_size"], 150, 5)
    fast = nemotron_hf.logits_of(model, ids)
    exact = reference_forward.disagreement(model, ids)
    model(input_ids=torch.tensor([ids]), use_cache=False).logits.square().mean().backward()
    without = [name for name, parameter in trained_parameters(model)
               if parameter.grad is None or not bool(parameter.grad.isfinite().all())]
    fast_training.remove(model)
    own = float((nemotron_hf.logits_of(model, ids) - fast).abs().max())
    print(f"training forwards: {own:.1e} from transformers, {exact:.1e} from the float64 pass", flush=True)
    if not max(own, exact) < 1e-3:
        sys.exit(f"error: the forwards disagree ({reference_forward.explain(model, ids)})")
    if without:
        sys.exit(f"error: no finite gradient for {', '.join(without[:5])}")


def check_template() -> None:
    """The shipped template renders what the model was trained on."""
    source = Path(__file__).with_name("chat_template.jinja").read_text(encoding="utf-8")
    template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(source)
    rendered = template.render(messages=[{"role": "user", "content": "Ay."}], add_generation_prompt=True)
    assert rendered == shakespeare.chat_prompt("Ay."), f"the template renders {rendered!r}"


def check_saved(folder: Path, trained, held_out_ids: list[int]) -> dict[str, float]:
    """The files, loaded into unchanged transformers in float32, against the trained model and the float64 pass."""
    loaded = nemotron_hf.load_checkpoint(folder)
    ids = held_out_ids[:130]
    differences = {
        "transformers vs training forward": float(
            (nemotron_hf.logits_of(loaded, ids) - nemotron_hf.logits_of(trained, ids)).abs().max()),
        "transformers vs float64 pass": reference_forward.disagreement(loaded, ids),
    }
    for name, difference in differences.items():
        print(f"check: {name}: {difference:.2e} max abs on {len(ids)} tokens", flush=True)
        if not difference < 2e-3:
            print(reference_forward.explain(loaded, ids))
            sys.exit(f"error: {name} differ by {difference}")
    return differences


def try_auto_classes(folder: Path, held_out_ids: list[int]) -> None:
    """What `AutoModelForCausalLM` and `AutoTokenizer` make of the folder; reported, not required."""
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer

        model = AutoModelForCausalLM.from_pretrained(str(folder), dtype=torch.float32).eval()
        nemotron_hf.set_time_step_floor(model, 0.0)
        ids = held_out_ids[:33]
        expected = nemotron_hf.logits_of(nemotron_hf.load_checkpoint(folder), ids)
        difference = float((nemotron_hf.logits_of(model, ids) - expected).abs().max())
        tokenizer = AutoTokenizer.from_pretrained(str(folder))
        rendered = tokenizer.apply_chat_template(
            [{"role": "user", "content": "Ay."}], add_generation_prompt=True, tokenize=False)
        same = rendered == shakespeare.chat_prompt("Ay.")
        print(f"note: from_pretrained differs by {difference:.2e}; chat template as trained: {same}", flush=True)
    except Exception as error:  # noqa: BLE001 - a report about another library, whatever it raises
        print(f"note: the Auto classes did not take the folder: {type(error).__name__}: {error}", flush=True)


# ------------------------------------------------------------------------------------------------------------------ main


def read_text(path: Path) -> tuple[Text, dict]:
    from tokenizers import Tokenizer

    whole = path.read_text(encoding="utf-8")
    training, selection, held_out = shakespeare.split_by_share(whole, SPLIT)
    document = tiny_tokenizer.train(training, CONFIG["vocab_size"])
    tokenizer = Tokenizer.from_str(json.dumps(document, ensure_ascii=False))
    tiny_tokenizer.check(tokenizer, held_out)
    assert tokenizer.get_vocab_size() == CONFIG["vocab_size"], "the text has too few merges for the vocabulary"
    ratio = len(held_out.encode()) / len(tokenizer.encode(held_out).ids)
    print(f"tokenizer: {tokenizer.get_vocab_size()} entries, {ratio:.2f} bytes a token on held-out text", flush=True)
    return Text(training, selection, held_out, len(training) + len(selection), tokenizer), document


def reduced_to_saved(model, state: dict[str, torch.Tensor]) -> None:
    """Puts the best weights into the model as they will be on disk (rounded to BF16, computed in float32)."""
    model.load_state_dict(state, strict=True)
    nemotron_hf.put_weights(model, nemotron_hf.dequantized(rounded_for_saving(model)))
    model.eval()


def perplexity_of(model, ids: list[int], window: int, stride: int) -> dict:
    nats, count = nemotron_hf.sliding_window_loss(model, ids, window, stride)
    return {"window": window, "stride": stride, "tokens": count, "nll": nats / count,
            "perplexity": math.exp(nats / count)}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="tinyshakespeare.txt")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint; replaced if it exists")
    parser.add_argument("--reference", type=Path, help="record of logits for tests (default: OUT.reference.safetensors)")
    parser.add_argument("--minutes", type=float, default=7.0, help="time for everything (default 7)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trials", nargs="+", default=TRIALS, metavar="DROPOUT:PASSES:LR")
    parser.add_argument("--length", type=int, default=1024, help="tokens in a training row")
    parser.add_argument("--batch", type=int, default=24, help="rows in a step")
    parser.add_argument("--weight-decay", type=float, default=0.2)
    parser.add_argument("--noise", type=float, default=0.05, help="share of input ids replaced in training")
    parser.add_argument("--average", type=float, default=0.995, help="decay of the averaged weights")
    parser.add_argument("--balance", type=float, default=1e-3, help="step of the routers' selection bias")
    parser.add_argument("--evaluate-every", type=int, default=100, metavar="STEPS")
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    return parser.parse_args()


def main() -> None:
    started = time.monotonic()
    options = parse_options()
    print(json.dumps(nemotron_hf.versions()), flush=True)
    if options.device == "cuda" and not torch.cuda.is_available():
        sys.exit("error: no CUDA device; --device cpu trains too, far more slowly")
    check_size()
    check_forwards()
    text, tokenizer_json = read_text(options.data)
    check_template()

    torch.set_float32_matmul_precision("high")
    trials = [Trial.parse(entry) for entry in options.trials]
    trainer = Trainer(text, options, started)
    trainer.run(trials)

    nemotron_hf.use_reference_arithmetic(options.seed)
    torch.use_deterministic_algorithms(False)
    model = new_model(options.device)
    reduced_to_saved(model, trainer.best_state)

    with nemotron_hf.written_whole(options.out) as folder:
        write_model(folder, model, text, tokenizer_json)
        nemotron_hf.write_json(folder / "training_log.json", {
            "versions": nemotron_hf.versions(), "trials": [asdict(trial) for trial in trials],
            "best_selection_loss": trainer.best_loss, "measurements": trainer.log})
        weights = (folder / "model.safetensors").stat().st_size
        assert weights <= WEIGHT_LIMIT, f"model.safetensors has {weights} bytes"

        held_out = HeldOut(text, text.held_out, options.length).report(model)
        held_out_ids = text.encode([text.held_out])[0]
        perplexity = perplexity_of(model, held_out_ids, 1024, 512)
        print(json.dumps({"held_out": held_out, "sliding_window": perplexity}, indent=1), flush=True)
        samples, replies = sample_report(model, text, options.seed)
        print(json.dumps(replies), flush=True)
        for prompt, reply in samples:
            print(f"--- {prompt!r}\n{reply}", flush=True)
        card = model_card(options, text, held_out, perplexity, samples, replies, trials, trainer)
        (folder / "README.md").write_text(card, encoding="utf-8")
        check_saved(folder, model, held_out_ids)
        try_auto_classes(folder, held_out_ids)
        size = nemotron_hf.directory_bytes(folder)
        assert size < TOTAL_LIMIT, f"the folder has {size} bytes"

    prompts = {length: held_out_ids[:length] for length in (7, 33, 130)}
    record = nemotron_hf.reference_record(nemotron_hf.load_checkpoint(options.out), prompts)
    reference = options.reference or options.out.with_name(options.out.name + ".reference.safetensors")
    nemotron_hf.write_record(reference, record, time_step_clamp="off")
    print(f"wrote {options.out} ({size} bytes) and {reference} in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
