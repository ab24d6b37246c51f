"""Writes small random Nemotron-H checkpoints with HF transformers, and the logits that transformers computes for them.

    python3 tools/make_hf_fixtures.py --out tests/NemotronH.Tests/Fixtures/hf

Runs on the CPU in under a minute. Four shapes: `nano` (Mamba, experts, attention), `super` (latent experts in groups),
`dense` (Mamba, MLP, attention) and `odd` (every kind of layer, biases, no convolution bias, kernel 3, chunks of 5,
as many KV heads as heads, one expert without normalisation, vocabulary 131). Each becomes OUT/NAME with

* the files of `save_pretrained`: config.json, model.safetensors or shards with an index, in BF16 or F32, with NVIDIA's
  or with transformers' tensor names;
* reference.safetensors: `ids_N` and `logits_N` for prompts of 1, 2, 7, 33 and 130 random ids, greedy continuations
  `greedy_7_ids`, `greedy_33_ids` with the gap between the two best logits at every step (`..._gaps`). Computed in
  float32 by full passes without a cache and without transformers' lower clamp on the Mamba time step. `nano` holds
  `logits_130_hf_clamp` too: the same with that clamp (at `time_step_min`) in force.

Nothing is written for a shape whose logits an independent float64 pass (reference_forward.py) does not reproduce; the
script then goes on with the other shapes and ends with a non-zero code.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
from dataclasses import dataclass
from pathlib import Path

import torch

import nemotron_hf
import reference_forward
from fixture_run import CheckFailed, make_each, require

TOLERANCE = 1e-3

COMMON = {
    "tie_word_embeddings": False, "pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2,
    "max_position_embeddings": 512, "attention_bias": False, "mlp_hidden_act": "relu2", "mlp_bias": False,
    "mamba_hidden_act": "silu", "conv_kernel": 4, "expand": 2, "time_step_min": 0.001, "time_step_max": 0.1,
    "time_step_limit": [0.0, math.inf], "time_step_floor": 1e-4, "use_conv_bias": True, "use_bias": False,
    "n_shared_experts": 1, "n_group": 1, "topk_group": 1, "norm_topk_prob": True, "initializer_range": 0.02,
    "layer_norm_epsilon": 1e-5, "residual_in_fp32": False, "rescale_prenorm_residual": True,
    "n_routed_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32,
    "moe_shared_expert_intermediate_size": 64, "routed_scaling_factor": 1.0,
}


@dataclass(frozen=True)
class Fixture:
    """One checkpoint: its config, how it is saved and what its random weights are like."""

    name: str
    fields: dict
    dtype: torch.dtype
    original_names: bool
    shard_size: str = "50GB"
    time_steps: tuple[float, float] = (0.002, 0.3)
    skip_scale: float = 1.0
    with_clamp: bool = False

    @property
    def config(self) -> dict:
        return COMMON | self.fields


FIXTURES = (
    Fixture("nano", {
        "hybrid_override_pattern": "MEM*EM", "vocab_size": 128, "hidden_size": 64, "num_attention_heads": 4,
        "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 32, "ssm_state_size": 16, "mamba_num_heads": 4,
        "mamba_head_dim": 16, "n_groups": 2, "chunk_size": 16, "num_experts_per_tok": 3, "routed_scaling_factor": 2.5,
    }, torch.bfloat16, original_names=False, time_steps=(1e-4, 0.1), skip_scale=0.1, with_clamp=True),
    Fixture("super", {
        "hybrid_override_pattern": "ME*ME", "vocab_size": 160, "hidden_size": 64, "num_attention_heads": 4,
        "num_key_value_heads": 1, "head_dim": 16, "intermediate_size": 64, "ssm_state_size": 32, "mamba_num_heads": 8,
        "mamba_head_dim": 16, "n_groups": 4, "chunk_size": 32, "n_routed_experts": 16, "num_experts_per_tok": 4,
        "n_group": 4, "topk_group": 2, "moe_latent_size": 32, "routed_scaling_factor": 2.5,
    }, torch.bfloat16, original_names=True, shard_size="150KB"),
    Fixture("dense", {
        "hybrid_override_pattern": "M-M*-M-", "vocab_size": 128, "hidden_size": 64, "num_attention_heads": 8,
        "num_key_value_heads": 2, "head_dim": 16, "intermediate_size": 128, "ssm_state_size": 16, "mamba_num_heads": 4,
        "mamba_head_dim": 16, "n_groups": 2, "chunk_size": 128,
    }, torch.float32, original_names=False),
    Fixture("odd", {
        "hybrid_override_pattern": "ME-*M", "vocab_size": 131, "hidden_size": 48, "num_attention_heads": 3,
        "num_key_value_heads": 3, "head_dim": 16, "intermediate_size": 80, "ssm_state_size": 24, "mamba_num_heads": 3,
        "mamba_head_dim": 16, "n_groups": 3, "chunk_size": 5, "conv_kernel": 3, "use_conv_bias": False,
        "use_bias": True, "mlp_bias": True, "attention_bias": True, "n_routed_experts": 5, "num_experts_per_tok": 1,
        "norm_topk_prob": False, "routed_scaling_factor": 1.7, "moe_latent_size": 32,
        "moe_shared_expert_intermediate_size": 48,
    }, torch.float32, original_names=True),
)


# --------------------------------------------------------------------------------------------------------------- weights


@torch.no_grad()
def randomize(model, fixture: Fixture, seed: int) -> None:
    """Weights for which every part of the model matters and the logits have a standard deviation of about two."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in sorted(model.state_dict().items()):
        tensor.copy_(_random_values(name, tensor, fixture, generator))
        if not name.endswith("e_score_correction_bias"):
            tensor.copy_(tensor.to(fixture.dtype).float())


def _random_values(name: str, tensor: torch.Tensor, fixture: Fixture, generator: torch.Generator) -> torch.Tensor:
    normal = torch.randn(tensor.shape, generator=generator)
    uniform = torch.rand(tensor.shape, generator=generator)
    if name.endswith("e_score_correction_bias"):
        return 0.4 * uniform - 0.1
    if name.endswith("dt_bias"):
        low, high = (math.log(step) for step in fixture.time_steps)
        return torch.log(torch.expm1(torch.exp(low + (high - low) * uniform)))
    if name.endswith("A_log"):
        return torch.log(1 + 15 * uniform)
    if name.endswith(".D"):
        return fixture.skip_scale * (0.3 + 0.3 * normal)
    if name.endswith(("norm.weight", "norm_f.weight")):
        return 1 + 0.2 * normal
    if name.endswith("conv1d.weight"):
        return 1.4 * uniform - 0.7
    if name.endswith(".bias"):
        return 0.2 * normal
    if name.endswith("embeddings.weight"):
        return normal
    gain = 2.0 if name.startswith("lm_head") else 1.0
    return gain * tensor.shape[-1] ** -0.5 * normal


# ---------------------------------------------------------------------------------------------------------------- checks


def check_against_float64(model, prompts: dict[int, list[int]], floor: float = 0.0) -> float:
    worst = 0.0
    for ids in prompts.values():
        difference = reference_forward.disagreement(model, ids, floor)
        if not difference <= TOLERANCE:
            raise CheckFailed(f"{len(ids)} ids: logits differ from the float64 pass by {difference:.2e} "
                              f"({reference_forward.explain(model, ids, floor)})")
        worst = max(worst, difference)
    return worst


def check_sensitivity(model, ids: list[int], expected: torch.Tensor) -> None:
    """The router's selection bias and its groups have to show in the logits, where the model has them."""
    if "E" not in nemotron_hf.pattern_of(model.config):
        return
    tensors = nemotron_hf.nvidia_tensors(model.state_dict())
    unbiased = {name: torch.zeros_like(tensor) if name.endswith("e_score_correction_bias") else tensor
                for name, tensor in tensors.items()}
    variants = {"selection bias": reference_forward.ReferenceForward(unbiased, model.config)}
    if model.config.n_group > 1:
        ungrouped = copy.deepcopy(model.config)
        ungrouped.n_group = ungrouped.topk_group = 1
        variants["expert groups"] = reference_forward.ReferenceForward(tensors, ungrouped)
    for name, variant in variants.items():
        difference = float((variant.run(ids)[0] - expected.double()).abs().max())
        print(f"  without the {name} the logits move by {difference:.2f}")
        require(difference > 0.01, f"the {name} does not show in the logits ({difference:.2e})")


def clamped_logits(model, fixture: Fixture, ids: list[int], unclamped: torch.Tensor) -> torch.Tensor:
    """Logits with the time step clamped at `time_step_min`; says whether that is what transformers does by default."""
    from transformers import NemotronHForCausalLM

    floor = fixture.config["time_step_min"]
    nemotron_hf.set_time_step_floor(model, floor)
    try:
        clamped = nemotron_hf.logits_of(model, ids)
        worst = check_against_float64(model, {len(ids): ids}, floor)
    finally:
        nemotron_hf.set_time_step_floor(model, 0.0)
    untouched = NemotronHForCausalLM(nemotron_hf.hf_config(fixture.config)).to(torch.float32).eval()
    untouched.load_state_dict(model.state_dict())
    by_default = float((nemotron_hf.logits_of(untouched, ids) - clamped).abs().max())
    effect = float((clamped - unclamped).abs().max())
    print(f"  clamp: float64 {worst:.1e}, effect {effect:.2e}, distance to transformers' default {by_default:.1e}")
    require(effect > 4e-3, f"the time-step clamp moves no logit by more than {effect:.2e}")
    if by_default > 1e-4:
        print("  note: this version of transformers does not clamp at time_step_min by default")
    return clamped


# --------------------------------------------------------------------------------------------------------------- writing


def save_checkpoint(model, fixture: Fixture, folder: Path) -> None:
    """`save_pretrained` in the fixture's dtype; the routers' selection bias stays float32, as transformers keeps it."""
    biases = {name: tensor.clone() for name, tensor in model.state_dict().items()
              if name.endswith("e_score_correction_bias")}
    model.to(fixture.dtype)
    for name, tensor in [*model.named_buffers(), *model.named_parameters()]:
        if name in biases:
            tensor.data = biases[name]
    try:
        model.save_pretrained(
            str(folder), max_shard_size=fixture.shard_size, save_original_format=fixture.original_names)
    except Exception as error:  # noqa: BLE001 - transformers' way back to the original names is its own affair
        print(f"  note: save_pretrained failed ({type(error).__name__}: {error}); again with transformers' own names")
        model.save_pretrained(str(folder), max_shard_size=fixture.shard_size, save_original_format=False)


def describe(folder: Path) -> str:
    tensors = nemotron_hf.read_tensors(folder)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    files = sorted(path.name for path in folder.glob("model*.safetensors"))
    examples = [name for name in tensors if "embedding" in name]
    examples += [name for name in tensors if ".experts." in name][:1]
    dtypes = sorted({str(tensor.dtype).removeprefix("torch.") for tensor in tensors.values()})
    kinds = config.get("layers_block_type") or config.get("hybrid_override_pattern")
    return (f"{len(tensors)} tensors ({', '.join(dtypes)}) in {len(files)} file(s), such as {', '.join(examples)}; "
            f"kinds {kinds}")


def make(fixture: Fixture, target: Path, seed: int) -> None:
    print(f"{fixture.name}: {fixture.config['hybrid_override_pattern']}", flush=True)
    model = nemotron_hf.build_model(fixture.config)
    randomize(model, fixture, seed)
    vocab = fixture.config["vocab_size"]
    prompts = {length: nemotron_hf.random_prompt(vocab, length, seed) for length in nemotron_hf.PROMPT_LENGTHS}
    record = nemotron_hf.reference_record(model, prompts)
    worst = check_against_float64(model, prompts)
    longest = max(prompts)
    spread = float(record[f"logits_{longest}"].std())
    print(f"  float64 {worst:.1e}; logits have a standard deviation of {spread:.2f}", flush=True)
    require(0.5 < spread < 6, f"logits have a standard deviation of {spread:.2f}")
    check_sensitivity(model, prompts[longest], record[f"logits_{longest}"])
    if fixture.with_clamp:
        record[f"logits_{longest}_hf_clamp"] = clamped_logits(
            model, fixture, prompts[longest], record[f"logits_{longest}"])

    with nemotron_hf.written_whole(target) as folder:
        save_checkpoint(model, fixture, folder)
        nemotron_hf.write_record(folder / "reference.safetensors", record, seed=seed, time_step_clamp="off")
        print(f"  {describe(folder)}", flush=True)
        reread = nemotron_hf.logits_of(nemotron_hf.load_checkpoint(folder), prompts[longest])
        difference = float((reread - record[f"logits_{longest}"]).abs().max())
        require(difference <= 1e-5, f"the saved checkpoint gives other logits ({difference:.2e})")
    print(f"  {nemotron_hf.directory_bytes(target)} bytes", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="folder that gets one folder per shape")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--only", nargs="+", choices=[fixture.name for fixture in FIXTURES])
    options = parser.parse_args()
    print(json.dumps(nemotron_hf.versions()), flush=True)
    nemotron_hf.use_reference_arithmetic(options.seed)

    wanted = [(number, fixture) for number, fixture in enumerate(FIXTURES) if not options.only or fixture.name in options.only]
    make_each(wanted, lambda number, fixture: make(fixture, options.out / fixture.name, options.seed + number), options.out)


if __name__ == "__main__":
    main()
