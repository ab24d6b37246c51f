"""Nemotron-H checkpoints in Hugging Face transformers: names, configs, loading, dequantising, reference records.

Shared by the scripts of this folder. A checkpoint is read straight from its safetensors files and put into
`NemotronHForCausalLM` by name, so that NVIDIA's layout (`backbone.`, one tensor per expert, NVFP4 / FP8 modules) and
transformers' own (`model.`, experts fused into 3-D tensors) go the same way. Everything runs in float32 with eager
attention and eager experts, and the lower clamp that transformers puts on the Mamba time step is switched off unless
a caller switches it on.
"""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import platform
import re
import shutil
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # before transformers is imported: nothing here asks the network

KIND_LETTERS = {
    "mamba": "M", "linear_attention": "M", "M": "M",
    "attention": "*", "full_attention": "*", "*": "*",
    "mlp": "-", "-": "-",
    "moe": "E", "E": "E",
}

# The fields of NemotronHConfig that decide the model's arithmetic, with the ids that belong to the tokenizer.
CONFIG_FIELDS = (
    "vocab_size", "hidden_size", "tie_word_embeddings", "pad_token_id", "bos_token_id", "eos_token_id",
    "num_attention_heads", "num_key_value_heads", "head_dim", "max_position_embeddings", "attention_bias",
    "intermediate_size", "mlp_hidden_act", "mlp_bias", "ssm_state_size", "mamba_num_heads", "mamba_head_dim",
    "mamba_hidden_act", "n_groups", "conv_kernel", "expand", "time_step_min", "time_step_max", "time_step_limit",
    "time_step_floor", "use_conv_bias", "chunk_size", "n_routed_experts", "n_shared_experts", "moe_intermediate_size",
    "moe_shared_expert_intermediate_size", "moe_latent_size", "num_experts_per_tok", "routed_scaling_factor",
    "n_group", "topk_group", "norm_topk_prob", "use_bias", "initializer_range", "layer_norm_epsilon",
    "residual_in_fp32", "rescale_prenorm_residual",
)

NAME_PREFIXES = (
    "language_model.backbone.", "model.language_model.backbone.", "language_model.model.backbone.", "model.backbone.",
    "backbone.", "model.",
)

E2M1_VALUES = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0)
COMPANIONS = (
    "weight_scale", "weight_scale_2", "weight_global_scale", "input_scale", "input_global_scale", "k_scale", "v_scale",
)
PROMPT_LENGTHS = (1, 2, 7, 33, 130)
GREEDY_PROMPTS = (7, 33)
GREEDY_STEPS = 24


def versions() -> dict[str, str]:
    """The versions that decide what a script writes."""
    found = {"python": platform.python_version(), "torch": torch.__version__}
    for package in ("transformers", "tokenizers", "safetensors"):
        try:
            found[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            found[package] = "absent"
    return found


def use_reference_arithmetic(seed: int = 0) -> None:
    """Deterministic float32 on the CPU and on a GPU: no TF32, no nondeterministic kernels."""
    torch.manual_seed(seed)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch.use_deterministic_algorithms(True, warn_only=True)


# --------------------------------------------------------------------------------------------------------------- config


def read_config(directory: str | Path) -> dict:
    """config.json with `hybrid_override_pattern` and a plain `time_step_limit` in every case."""
    fields = json.loads((Path(directory) / "config.json").read_text(encoding="utf-8"))
    if "hybrid_override_pattern" not in fields:
        kinds = fields.get("layers_block_type") or fields["layer_types"]
        fields["hybrid_override_pattern"] = "".join(KIND_LETTERS[kind] for kind in kinds)
    fields["time_step_limit"] = [_plain_number(value) for value in fields.get("time_step_limit") or (0.0, math.inf)]
    return fields


def _plain_number(value: object) -> float:
    return float(value["__float__"]) if isinstance(value, dict) else float(value)


def hf_config(fields: dict, attention: str = "eager"):
    """A NemotronHConfig of the given fields; only fields that decide the arithmetic are handed on."""
    from transformers import NemotronHConfig

    keywords = {name: fields[name] for name in CONFIG_FIELDS if fields.get(name) is not None}
    keywords["time_step_limit"] = tuple(keywords.get("time_step_limit", (0.0, math.inf)))
    config = NemotronHConfig(
        hybrid_override_pattern=fields["hybrid_override_pattern"], use_mamba_kernels=False, **keywords)
    if pattern_of(config) != fields["hybrid_override_pattern"]:
        raise ValueError(f"transformers read the pattern {fields['hybrid_override_pattern']} as {pattern_of(config)}")
    config._attn_implementation = attention
    config._experts_implementation = "eager"
    return config


def pattern_of(config) -> str:
    """The layer pattern of a NemotronHConfig, whichever names its version gives to the kinds."""
    kinds = getattr(config, "layers_block_type", None) or config.layer_types
    return "".join(KIND_LETTERS[kind] for kind in kinds)


def complete_fields(fields: dict) -> dict:
    """The fields with what a config.json left out filled in from transformers' defaults."""
    config = hf_config(fields)
    return fields | {name: getattr(config, name) for name in CONFIG_FIELDS}


def nvidia_config(fields: dict, torch_dtype: str = "bfloat16") -> dict:
    """The fields as NVIDIA's own config.json spells them: one pattern string, every field explicit."""
    written = {
        "architectures": ["NemotronHForCausalLM"],
        "model_type": "nemotron_h",
        "hybrid_override_pattern": fields["hybrid_override_pattern"],
        "num_hidden_layers": len(fields["hybrid_override_pattern"]),
    }
    written |= {name: fields[name] for name in CONFIG_FIELDS if fields.get(name) is not None}
    written |= {
        "attention_dropout": 0.0, "hidden_dropout": 0.0, "mamba_proj_bias": False, "num_logits_to_keep": 1,
        "mamba_ssm_cache_dtype": "float32", "sliding_window": None, "use_cache": True, "use_mamba_kernels": True,
        "torch_dtype": torch_dtype,
    }
    written["time_step_limit"] = list(written["time_step_limit"])
    return dict(sorted(written.items()))


# ---------------------------------------------------------------------------------------------------------------- names


def canonical_name(name: str) -> str:
    """NVIDIA's spelling of a tensor's name: rooted in `backbone.`, or `lm_head.` / `mtp.` as it is.

    transformers reads `embedding.weight` as `embeddings.weight`, and may write it when it saves under original names.
    """
    for prefix in NAME_PREFIXES:
        if name.startswith(prefix):
            rest = name[len(prefix):]
            return "backbone." + ("embeddings.weight" if rest == "embedding.weight" else rest)
    return name.removeprefix("language_model.")


def nvidia_tensors(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The tensors under NVIDIA's names; fused experts [E, out, in] become one matrix per expert."""
    renamed = {}
    for name, tensor in tensors.items():
        name = canonical_name(name)
        if re.search(r"\.experts\.(up_proj|down_proj)$", name):
            stem, _, projection = name.rpartition(".")
            for expert in range(tensor.shape[0]):
                renamed[f"{stem}.{expert}.{projection}.weight"] = tensor[expert].detach().clone().contiguous()
        else:
            renamed[name] = tensor.detach().clone().contiguous()
    return renamed


def hf_tensors(tensors: dict[str, torch.Tensor], root: str = "model.") -> dict[str, torch.Tensor]:
    """The tensors under transformers' names, experts fused; the reverse of `nvidia_tensors`."""
    renamed: dict[str, torch.Tensor] = {}
    experts: dict[str, dict[int, torch.Tensor]] = {}
    for name, tensor in nvidia_tensors(tensors).items():
        name = root + name.removeprefix("backbone.") if name.startswith("backbone.") else name
        match = re.fullmatch(r"(.*\.experts)\.(\d+)\.(up_proj|down_proj)\.weight", name)
        if match:
            experts.setdefault(f"{match[1]}.{match[3]}", {})[int(match[2])] = tensor
        elif not name.startswith("mtp."):
            renamed[name] = tensor
    for name, matrices in experts.items():
        renamed[name] = torch.stack([matrices[expert] for expert in range(len(matrices))])
    return renamed


# ---------------------------------------------------------------------------------------------------------- safetensors


def read_tensors(directory: str | Path) -> dict[str, torch.Tensor]:
    """Every tensor of a checkpoint, from one file or from the shards that its index names."""
    directory = Path(directory)
    index = directory / "model.safetensors.index.json"
    if not index.exists():
        return load_file(str(directory / "model.safetensors"))
    weight_map = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    tensors = {}
    for shard in sorted(set(weight_map.values())):
        tensors |= load_file(str(directory / shard))
    if set(tensors) != set(weight_map):
        raise ValueError(f"{index} and its shards name different tensors")
    return tensors


def write_tensors(path: str | Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None) -> None:
    """One safetensors file, contiguous CPU tensors that share no memory, sorted by name."""
    ready = {name: tensors[name].detach().cpu().contiguous().clone() for name in sorted(tensors)}
    save_file(ready, str(path), metadata={"format": "pt"} | (metadata or {}))


def write_json(path: str | Path, value: object) -> None:
    Path(path).write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


@contextmanager
def written_whole(target: str | Path):
    """Yields a folder beside `target` that takes its place only when the block ends without an exception."""
    target = Path(target)
    partial = target.with_name(target.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    yield partial
    if target.exists():
        shutil.rmtree(target)
    partial.rename(target)


def directory_bytes(directory: str | Path) -> int:
    return sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file())


# --------------------------------------------------------------------------------------------------------- dequantising


def dequantize_nvfp4(packed: torch.Tensor, scale: torch.Tensor, second_scale: torch.Tensor) -> torch.Tensor:
    """float32 [N, K] of U8 [N, K/2] (low nibble = even column), E4M3 [N, K/16] and one float32: e2m1 * scale * second."""
    rows, half = packed.shape
    values = torch.tensor(E2M1_VALUES, dtype=torch.float32)
    nibbles = torch.stack((packed & 15, packed >> 4), dim=-1).reshape(rows, 2 * half)
    blocks = values[nibbles.long()].reshape(rows, -1, 16)
    scales = _as_float(scale).reshape(rows, -1, 1)
    return ((blocks * scales) * second_scale.float().reshape(())).reshape(rows, 2 * half)


def _as_float(scale: torch.Tensor) -> torch.Tensor:
    return (scale.view(torch.float8_e4m3fn) if scale.dtype == torch.uint8 else scale).float()


def dequantized(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """All weights in float32 under their plain names; scales, global scales and KV scales are consumed."""
    weights = {}
    for name, tensor in tensors.items():
        module, _, kind = name.rpartition(".")
        if kind in COMPANIONS:
            continue
        if kind == "weight_packed":
            global_scale = tensors[f"{module}.weight_global_scale"].float().reshape(())
            plain = dequantize_nvfp4(tensor, tensors[f"{module}.weight_scale"], torch.ones(()))
            weights[f"{module}.weight"] = plain / global_scale
        elif kind == "weight" and tensor.dtype == torch.uint8:
            scales = tensors[f"{module}.weight_scale"], tensors[f"{module}.weight_scale_2"]
            weights[name] = dequantize_nvfp4(tensor, *scales)
        elif kind == "weight" and tensor.dtype == torch.float8_e4m3fn:
            weights[name] = tensor.float() * tensors[f"{module}.weight_scale"].float().reshape(())
        elif tensor.dtype in (torch.float32, torch.bfloat16, torch.float16):
            weights[name] = tensor.float()
        else:
            raise ValueError(f"{name}: no rule for a tensor of {tensor.dtype}")
    return weights


# ---------------------------------------------------------------------------------------------------------------- model


def build_model(fields: dict, device: str = "cpu", attention: str = "eager"):
    """NemotronHForCausalLM of the given config in float32, evaluating, the time-step clamp off."""
    from transformers import NemotronHForCausalLM

    model = NemotronHForCausalLM(hf_config(fields, attention)).to(torch.float32).to(device).eval()
    set_time_step_floor(model, 0.0)
    return model


def mamba_mixers(model) -> list:
    """The Mamba mixers of a model, by their parameters rather than by class name."""
    return [module for module in model.modules() if hasattr(module, "dt_bias") and hasattr(module, "A_log")]


def set_time_step_floor(model, floor: float) -> None:
    """Sets the lower clamp of the time step in every Mamba mixer, under each name that transformers has used for it."""
    for mixer in mamba_mixers(model):
        mixer.time_step_limit = (floor, math.inf)
        mixer.time_step_min = floor


def tensor_root(model) -> str:
    """`model.`, or what else transformers puts before `embeddings.weight`."""
    name = next(name for name in model.state_dict() if name.endswith("embeddings.weight"))
    return name.removesuffix("embeddings.weight")


def put_weights(model, tensors: dict[str, torch.Tensor]) -> None:
    """Copies weights of any supported naming into the model; a missing or an unused tensor is an error."""
    state = hf_tensors(tensors, tensor_root(model))
    if model.config.tie_word_embeddings:
        state.setdefault("lm_head.weight", state[tensor_root(model) + "embeddings.weight"])
    model.load_state_dict(state, strict=True)


def load_checkpoint(directory: str | Path, device: str = "cpu", attention: str = "eager"):
    """A checkpoint of either layout in float32, quantised modules dequantised by the formats' formulas."""
    model = build_model(read_config(directory), "cpu", attention)
    put_weights(model, dequantized(read_tensors(directory)))
    return model.to(device)


@torch.no_grad()
def logits_of(model, ids: list[int]) -> torch.Tensor:
    """float32 [n, vocab] on the CPU: one full pass over the ids, no cache."""
    device = next(model.parameters()).device
    output = model(input_ids=torch.tensor([ids], dtype=torch.long, device=device), use_cache=False)
    return output.logits[0].float().cpu()


def greedy_continuation(model, prompt: list[int], steps: int) -> tuple[list[int], list[float]]:
    """The argmax continuation by full passes (no cache), with the gap between the two best logits at each step."""
    ids, gaps = list(prompt), []
    for _ in range(steps):
        best = logits_of(model, ids)[-1].topk(2)
        gaps.append(float(best.values[0] - best.values[1]))
        ids.append(int(best.indices[0]))
    return ids[len(prompt):], gaps


def random_prompt(vocab_size: int, length: int, seed: int) -> list[int]:
    generator = torch.Generator().manual_seed(1000 * seed + length)
    return torch.randint(0, vocab_size, (length,), generator=generator).tolist()


def reference_record(
    model, prompts: dict[int, list[int]], greedy: tuple[int, ...] = GREEDY_PROMPTS, steps: int = GREEDY_STEPS,
) -> dict[str, torch.Tensor]:
    """`ids_N` I64 [N] and `logits_N` F32 [N, vocab] per prompt; `greedy_N_ids` I64 and `greedy_N_gaps` F32 [steps]."""
    record = {}
    for length, ids in prompts.items():
        record[f"ids_{length}"] = torch.tensor(ids, dtype=torch.int64)
        record[f"logits_{length}"] = logits_of(model, ids)
    for length in greedy:
        continuation, gaps = greedy_continuation(model, prompts[length], steps)
        record[f"greedy_{length}_ids"] = torch.tensor(continuation, dtype=torch.int64)
        record[f"greedy_{length}_gaps"] = torch.tensor(gaps, dtype=torch.float32)
    return record


def write_record(path: str | Path, record: dict[str, torch.Tensor], **notes: object) -> None:
    """A record as safetensors whose metadata names the versions and the caller's notes."""
    metadata = versions() | {name: str(value) for name, value in notes.items()}
    write_tensors(path, record, metadata)


# ----------------------------------------------------------------------------------------------------------- perplexity


def scored_windows(count: int, window: int, stride: int) -> list[tuple[int, int, int]]:
    """(begin, end, first) per window: ids[begin:end] is the input, the ids at first..end-1 are scored.

    Windows begin at 0, S, 2S, ... and end at min(begin + W, count); the last one is the first that reaches the end of
    the text. A window scores what no window before it has scored. The id at a window's own first position has nothing
    before it in that window and is never scored there: of the whole text only id 0 is left out when S < W.
    """
    if not 0 < stride <= window:
        raise ValueError(f"the stride {stride} has to lie between 1 and the window {window}")
    windows, scored_to = [], 0
    for begin in range(0, count, stride):
        end = min(begin + window, count)
        windows.append((begin, end, max(scored_to, begin + 1)))
        scored_to = end
        if end == count:
            break
    return [entry for entry in windows if entry[2] < entry[1]]


@torch.no_grad()
def sliding_window_loss(
    model, ids: list[int], window: int, stride: int, batch: int = 8,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[float, int]:
    """(sum of negative log-likelihoods in nats, number of scored ids) by the convention of `scored_windows`."""
    device = next(model.parameters()).device
    windows = scored_windows(len(ids), window, stride)
    total, scored = 0.0, 0
    for start in range(0, len(windows), batch):
        group = windows[start:start + batch]
        width = max(end - begin for begin, end, _ in group)
        rows = [ids[begin:end] + [0] * (width - (end - begin)) for begin, end, _ in group]
        inputs = torch.tensor(rows, dtype=torch.long, device=device)
        logits = model(input_ids=inputs, use_cache=False).logits.float()
        losses = torch.nn.functional.cross_entropy(
            logits[:, :-1].transpose(1, 2), inputs[:, 1:], reduction="none").double().cpu()
        for row, (begin, end, first) in enumerate(group):
            total += float(losses[row, first - 1 - begin:end - 1 - begin].sum())
            scored += end - first
        if progress:
            progress(min(start + batch, len(windows)), len(windows))
    return total, scored
