"""Quantises the checkpoints of make_hf_fixtures.py into NVIDIA's layouts and writes the logits of the dequantised models.

    python3 tools/make_quantized_fixtures.py --in tests/NemotronH.Tests/Fixtures/hf --out tests/NemotronH.Tests/Fixtures/quantized

Runs on the CPU in under a minute. The quantiser in this file is written from the formats alone and shares no code with
the C# one. Each fixture is OUT/NAME with model.safetensors (NVIDIA's names, one tensor per expert), config.json in
NVIDIA's style, hf_quant_config.json and/or a `quantization_config` in config.json as the producing tool would leave
them, and reference.safetensors: `ids_N`, `logits_N` for prompts of 7, 33 and 130 ids and greedy continuations, as HF
transformers computes them in float32 (time-step clamp off) on the weights dequantised by the formats' formulas, the KV
cache unquantised.

| fixture | layout |
|---|---|
| nano-nvfp4 | ModelOpt NVFP4 as 3-Nano: hf_quant_config.json alone, exclude list, FP8 KV without scales |
| super-mixed | ModelOpt MIXED_PRECISION as 3-Super: experts NVFP4, others FP8, both files, k_scale / v_scale |
| dense-mixed | MIXED_PRECISION as Nano-4B: embeddings NVFP4 weight-only, lm_head FP8 weight-only, down_proj FP8 |
| odd-nvfp4 | ModelOpt NVFP4 with biases, quantization_config in config.json alone |
| dense-fp8 | ModelOpt FP8, wildcard exclude list, both files |
| nano-w4a16 | W4A16_NVFP4 with four-over-six as 3.5-Lightning: routed and shared experts and lm_head |
| nano-ct | compressed-tensors nvfp4-pack-quantized |

OUT/fp8-linear.safetensors holds one FP8 linear layer with static W8A8 arithmetic: `x`, `weight`, `weight_scale`,
`input_scale`, the quantised input `x_quantized`, and `y`.

Nothing is written for a fixture that fails a self-check; the script then goes on and ends with a non-zero code.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch

import nemotron_hf
import reference_forward
from fixture_run import make_each, require

E2M1_MAX, E4M3_MAX, E4M3_SMALLEST = 6.0, 448.0, 2.0 ** -9
FOUR_OVER_SIX_MAX = 256.0
BLOCK = 16
TOLERANCE = 1e-3
PROMPTS = (7, 33, 130)
PRODUCER = {"name": "modelopt", "version": "0.43.0"}
Tensors = dict[str, torch.Tensor]


# ------------------------------------------------------------------------------------------------------------ quantisers


def to_e4m3(x: torch.Tensor) -> torch.Tensor:
    """Saturating, round to nearest even."""
    return x.clamp(-E4M3_MAX, E4M3_MAX).to(torch.float8_e4m3fn)


def e2m1_codes(x: torch.Tensor) -> torch.Tensor:
    """uint8 codes 0..15 of float32 values: nearest, ties to the even code, sign kept (a negative zero is code 8)."""
    size = x.abs()
    code = ((size > 0.25).to(torch.uint8) + (size >= 0.75).to(torch.uint8) + (size > 1.25).to(torch.uint8)
            + (size >= 1.75).to(torch.uint8) + (size > 2.5).to(torch.uint8) + (size >= 3.5).to(torch.uint8)
            + (size > 5.0).to(torch.uint8))
    return code + 8 * torch.signbit(x).to(torch.uint8)


def packed(codes: torch.Tensor) -> torch.Tensor:
    """Two codes to a byte along the last dimension, the even column in the low nibble."""
    return codes[..., 0::2] | (codes[..., 1::2] << 4)


def nvfp4(weight: torch.Tensor, four_over_six: bool = False) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """(packed U8 [N, K/2], block scales E4M3 [N, K/16], second-level scale F32 []) of a float32 matrix."""
    rows, columns = weight.shape
    if columns % BLOCK:
        raise ValueError(f"{columns} columns are no multiple of {BLOCK}")
    blocks = weight.float().reshape(rows, columns // BLOCK, BLOCK)
    largest = FOUR_OVER_SIX_MAX if four_over_six else E4M3_MAX
    second = blocks.abs().max() / (E2M1_MAX * largest)
    codes, scales = _coded_blocks(blocks, second, E2M1_MAX)
    if four_over_six:
        other_codes, other_scales = _coded_blocks(blocks, second, 4.0)
        better = _block_error(blocks, other_codes, other_scales, second) < _block_error(blocks, codes, scales, second)
        codes = torch.where(better[..., None], other_codes, codes)
        scales = torch.where(better, other_scales.float(), scales.float()).to(torch.float8_e4m3fn)
    return packed(codes.reshape(rows, columns)), scales, second


def _coded_blocks(blocks: torch.Tensor, second: torch.Tensor, top: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Codes and scales that map a block's largest value to `top`."""
    wanted = (blocks.abs().amax(-1) / top) / second
    scales = wanted.clamp(E4M3_SMALLEST, E4M3_MAX).to(torch.float8_e4m3fn)
    return e2m1_codes(blocks / (scales.float() * second)[..., None]), scales


def _block_error(blocks, codes, scales, second) -> torch.Tensor:
    values = torch.tensor(nemotron_hf.E2M1_VALUES)[codes.long()] * scales.float()[..., None] * second
    return (values - blocks).square().sum(-1)


def nvfp4_tensors(module: str, weight: torch.Tensor, options: Format) -> Tensors:
    codes, scales, second = nvfp4(weight, options.four_over_six)
    tensors = {f"{module}.weight": codes, f"{module}.weight_scale": scales, f"{module}.weight_scale_2": second}
    if options.input_scale:
        tensors[f"{module}.input_scale"] = torch.tensor(_input_amax(module) / (E2M1_MAX * E4M3_MAX))
    return tensors


def fp8_tensors(module: str, weight: torch.Tensor, options: Format) -> Tensors:
    scale = weight.float().abs().max() / E4M3_MAX
    tensors = {f"{module}.weight": to_e4m3(weight.float() / scale), f"{module}.weight_scale": scale}
    if options.input_scale:
        tensors[f"{module}.input_scale"] = torch.tensor(_input_amax(module) / E4M3_MAX)
    return tensors


def compressed_tensors(module: str, weight: torch.Tensor, options: Format) -> Tensors:
    """nvfp4-pack-quantized: the global scale is the inverse of ModelOpt's second-level scale."""
    blocks = weight.float().reshape(weight.shape[0], -1, BLOCK)
    global_scale = E4M3_MAX * E2M1_MAX / blocks.abs().max()
    scales = (blocks.abs().amax(-1) / E2M1_MAX * global_scale).clamp(E4M3_SMALLEST, E4M3_MAX).to(torch.float8_e4m3fn)
    codes = e2m1_codes(blocks * global_scale / scales.float()[..., None])
    return {
        f"{module}.weight_packed": packed(codes.reshape(weight.shape)), f"{module}.weight_scale": scales,
        f"{module}.weight_global_scale": global_scale.reshape(1),
        f"{module}.input_global_scale": torch.tensor([E4M3_MAX * E2M1_MAX / _input_amax(module)]),
    }


def _input_amax(module: str) -> float:
    """A plausible largest activation, different for every module and always the same."""
    return 4.0 + (sum(module.encode()) % 97) / 16


# --------------------------------------------------------------------------------------------------------------- formats


@dataclass(frozen=True)
class Format:
    """How the weight of a module is stored, and the algorithm's name in the configs (none = left in BF16)."""

    algorithm: str
    tensors: Callable[[str, torch.Tensor, Format], Tensors]
    input_scale: bool = True
    four_over_six: bool = False


NVFP4 = Format("NVFP4", nvfp4_tensors)
NVFP4_WEIGHT_ONLY = Format("W4A16_NVFP4", nvfp4_tensors, input_scale=False)
NVFP4_FOUR_OVER_SIX = Format("W4A16_NVFP4", nvfp4_tensors, input_scale=False, four_over_six=True)
FP8 = Format("FP8", fp8_tensors)
FP8_WEIGHT_ONLY = Format("FP8", fp8_tensors, input_scale=False)
COMPRESSED = Format("nvfp4-pack-quantized", compressed_tensors)


@dataclass(frozen=True)
class Recipe:
    """One fixture: the source, the rules (first match wins) and the config files."""

    name: str
    source: str
    rules: tuple[tuple[str, Format | None], ...]
    configs: Callable[[dict[str, Format], list[str]], tuple[dict | None, dict | None]]
    router_dtype: torch.dtype = torch.float32
    kv_scales: bool = False
    expected: tuple[str, ...] = ()

    def format_of(self, module: str) -> Format | None:
        return next((format_ for pattern, format_ in self.rules if fnmatch.fnmatchcase(module, pattern)), None)


def nano_configs(formats, plain):
    """hf_quant_config.json alone, with exact names of what is excluded; FP8 KV cache."""
    return None, {"producer": PRODUCER, "quantization": {
        "quant_algo": "NVFP4", "kv_cache_quant_algo": "FP8", "group_size": BLOCK, "exclude_modules": plain}}


def mixed_configs(formats, plain):
    """Both files with one entry per quantised module."""
    layers = {module: {"quant_algo": format_.algorithm}
              | ({"group_size": BLOCK} if "NVFP4" in format_.algorithm else {}) for module, format_ in formats.items()}
    fp8 = {"dynamic": False, "num_bits": 8, "type": "float"}
    fp4 = {"dynamic": False, "num_bits": 4, "type": "float", "group_size": BLOCK}
    in_config = {
        "config_groups": {
            "group_0": {"input_activations": fp8, "weights": fp8,
                        "targets": [module for module, format_ in formats.items() if format_.algorithm == "FP8"]},
            "group_1": {"input_activations": fp4, "weights": fp4,
                        "targets": [module for module, format_ in formats.items() if format_.algorithm != "FP8"]}},
        "quantized_layers": layers, "ignore": [], "quant_algo": "MIXED_PRECISION",
        "kv_cache_scheme": {"dynamic": False, "num_bits": 8, "type": "float"},
        "producer": PRODUCER, "quant_method": "modelopt"}
    own_file = {"producer": PRODUCER, "quantization": {
        "quant_algo": "MIXED_PRECISION", "kv_cache_quant_algo": "FP8", "quantized_layers": layers}}
    return in_config, own_file


def config_only(formats, plain):
    """`quantization_config` in config.json alone, no KV cache scheme."""
    weights = {"dynamic": False, "num_bits": 4, "type": "float", "group_size": BLOCK}
    return {"config_groups": {"group_0": {"input_activations": weights, "weights": weights, "targets": ["Linear"]}},
            "ignore": plain, "quant_algo": "NVFP4", "producer": PRODUCER, "quant_method": "modelopt"}, None


def fp8_configs(formats, plain):
    """Both files, the excluded modules as one wildcard per kind."""
    excluded = ["lm_head", "*.conv1d", "*.mixer.q_proj", "*.mixer.k_proj", "*.mixer.v_proj", "*.mixer.o_proj"]
    missed = [module for module in plain if not any(fnmatch.fnmatchcase(module, entry) for entry in excluded)]
    covered = [module for module in formats if any(fnmatch.fnmatchcase(module, entry) for entry in excluded)]
    if missed or covered:
        raise ValueError(f"the wildcards of the FP8 fixture miss {missed} or cover {covered}")
    fp8 = {"dynamic": False, "num_bits": 8, "type": "float"}
    in_config = {"config_groups": {"group_0": {"input_activations": fp8, "weights": fp8, "targets": ["Linear"]}},
                 "ignore": excluded, "quant_algo": "FP8", "producer": PRODUCER, "quant_method": "modelopt"}
    own_file = {"producer": PRODUCER, "quantization": {
        "quant_algo": "FP8", "kv_cache_quant_algo": None, "exclude_modules": excluded}}
    return in_config, own_file


def w4a16_configs(formats, plain):
    return None, {"producer": PRODUCER, "quantization": {
        "quant_algo": "W4A16_NVFP4", "kv_cache_quant_algo": None, "group_size": BLOCK, "exclude_modules": plain}}


def compressed_configs(formats, plain):
    """compressed-tensors: attention by a regular expression, the rest of what is left out by name."""
    attention = re.compile(r".*mixer\.[qkvo]_proj$")
    ignore = ["re:" + attention.pattern] + [
        module for module in plain if not attention.match(module) and not module.endswith("conv1d")]
    common = {"num_bits": 4, "type": "float", "strategy": "tensor_group", "group_size": BLOCK, "symmetric": True}
    return {
        "config_groups": {"group_0": {
            "format": "nvfp4-pack-quantized", "targets": ["Linear"],
            "weights": common | {"dynamic": False, "observer": "minmax"},
            "input_activations": common | {"dynamic": "local", "observer": "minmax"}}},
        "format": "nvfp4-pack-quantized", "ignore": ignore, "kv_cache_scheme": None,
        "quant_method": "compressed-tensors", "quantization_status": "compressed"}, None


EXPERTS, SHARED, ATTENTION = "*.mixer.experts.*", "*.mixer.shared_experts.*", "*.mixer.[qkvo]_proj"

RECIPES = (
    # The Mamba layer before the attention stays in BF16, as in 3-Nano.
    Recipe("nano-nvfp4", "nano", (
        (EXPERTS, NVFP4), (SHARED, NVFP4), ("backbone.layers.2.mixer.*", None),
        ("*.mixer.in_proj", NVFP4), ("*.mixer.out_proj", NVFP4)), nano_configs, expected=("NVFP4",)),
    Recipe("super-mixed", "super", (
        (EXPERTS, NVFP4), ("backbone.layers.1.mixer.shared_experts.down_proj", NVFP4), (SHARED, FP8),
        ("backbone.layers.1.mixer.fc?_latent_proj", FP8), ("backbone.layers.0.mixer.in_proj", FP8),
        ("backbone.layers.3.mixer.out_proj", FP8), ("*.mixer.o_proj", FP8)),
        mixed_configs, router_dtype=torch.bfloat16, kv_scales=True, expected=("NVFP4", "FP8")),
    Recipe("dense-mixed", "dense", (
        ("backbone.embeddings", NVFP4_WEIGHT_ONLY), ("lm_head", FP8_WEIGHT_ONLY),
        ("*.mixer.down_proj", FP8), ("*.mixer.up_proj", NVFP4), ("*.mixer.in_proj", NVFP4),
        ("*.mixer.out_proj", NVFP4), (ATTENTION, NVFP4)), mixed_configs, expected=("NVFP4", "FP8", "W4A16_NVFP4")),
    Recipe("odd-nvfp4", "odd", (
        ("lm_head", None), ("*.mixer.o_proj", None), ("*.mixer.gate", None), ("*.conv1d", None),
        ("backbone.layers.*_proj", NVFP4)), config_only, expected=("NVFP4",)),
    Recipe("dense-fp8", "dense", (
        ("*.mixer.in_proj", FP8), ("*.mixer.out_proj", FP8), ("*.mixer.up_proj", FP8), ("*.mixer.down_proj", FP8)),
        fp8_configs, expected=("FP8",)),
    Recipe("nano-w4a16", "nano", (
        (EXPERTS, NVFP4_FOUR_OVER_SIX), (SHARED, NVFP4_FOUR_OVER_SIX), ("lm_head", NVFP4_FOUR_OVER_SIX)),
        w4a16_configs, expected=("W4A16_NVFP4",)),
    Recipe("nano-ct", "nano", (
        (EXPERTS, COMPRESSED), (SHARED, COMPRESSED), ("*.mixer.in_proj", COMPRESSED), ("*.mixer.out_proj", COMPRESSED)),
        compressed_configs, expected=("nvfp4-pack-quantized",)),
)


# ------------------------------------------------------------------------------------------------------------- quantising


def linear_modules(weights: Tensors) -> list[str]:
    """Names of the modules a quantiser looks at: all matrices but the router's, the embedding's and the convolution's."""
    return [name.removesuffix(".weight") for name, tensor in weights.items()
            if name.endswith(".weight") and tensor.dim() == 2
            and not name.endswith(("gate.weight", "embeddings.weight"))]


def quantized_checkpoint(recipe: Recipe, source: Tensors) -> tuple[Tensors, dict[str, Format], list[str]]:
    """(the tensors as stored, the format of each quantised module, the linear and convolution modules left plain)."""
    stored, formats = {}, {}
    for name, tensor in source.items():
        module = name.removesuffix(".weight")
        format_ = recipe.format_of(module) if name.endswith(".weight") and tensor.dim() == 2 else None
        if format_ is not None:
            formats[module] = format_
            stored |= format_.tensors(module, tensor.float(), format_)
        elif name.endswith("e_score_correction_bias"):
            stored[name] = tensor.float()
        else:
            stored[name] = tensor.to(recipe.router_dtype if name.endswith("gate.weight") else torch.bfloat16)
    if recipe.kv_scales:
        for name in [name for name in source if name.endswith(("k_proj.weight", "v_proj.weight"))]:
            kind = name.split(".")[-2][0]
            stored[name.removesuffix("weight") + f"{kind}_scale"] = torch.tensor(1.0)
    plain = [module for module in linear_modules(source) if module not in formats]
    plain += [name.removesuffix(".weight") for name in source if name.endswith("conv1d.weight")]
    return stored, formats, sorted(plain)


def check_codes() -> None:
    """The encoder against a search over all codes, and the packing against the decoder."""
    values = torch.tensor(nemotron_hf.E2M1_VALUES[:8], dtype=torch.float64)
    samples = torch.linspace(-7, 7, 28001)
    distances = (samples.double().abs()[:, None] - values).abs()
    best = distances.amin(1, keepdim=True)
    is_best = distances == best
    even_first = torch.tensor([0, 2, 4, 6, 1, 3, 5, 7])
    expected = even_first[is_best[:, even_first].to(torch.int32).argmax(1)]
    require(bool(((e2m1_codes(samples) & 7).long() == expected).all()), "E2M1 codes are not the nearest ones")
    require(int(e2m1_codes(torch.tensor([-0.1]))[0]) == 8, "a negative that rounds to zero lost its sign")
    require(packed(torch.tensor([1, 2], dtype=torch.uint8)).tolist() == [0x21], "the even column is not the low nibble")
    matrix = torch.randn(4, 64, generator=torch.Generator().manual_seed(3))
    matrix[1, :16] = 0
    error = (nemotron_hf.dequantize_nvfp4(*nvfp4(matrix)) - matrix).abs().max()
    require(float(error) < 0.25 * float(matrix.abs().max()), f"NVFP4 is off by {error}")
    better = (nemotron_hf.dequantize_nvfp4(*nvfp4(matrix, True)) - matrix).square().mean()
    plain = (nemotron_hf.dequantize_nvfp4(*nvfp4(matrix)) - matrix).square().mean()
    print(f"mean squared error {float(plain):.2e}, four-over-six {float(better):.2e}")


def make(recipe: Recipe, source_folder: Path, target: Path, seed: int) -> None:
    print(f"{recipe.name}:", flush=True)
    fields = nemotron_hf.complete_fields(nemotron_hf.read_config(source_folder))
    source = nemotron_hf.nvidia_tensors(nemotron_hf.read_tensors(source_folder))
    stored, formats, plain = quantized_checkpoint(recipe, source)
    found = {format_.algorithm for format_ in formats.values()}
    require(found == set(recipe.expected), f"the rules gave {sorted(found)}, expected {recipe.expected}")
    in_config, own_file = recipe.configs(formats, plain)

    with nemotron_hf.written_whole(target) as folder:
        config = nemotron_hf.nvidia_config(fields)
        nemotron_hf.write_json(folder / "config.json", config | ({"quantization_config": in_config} if in_config else {}))
        if own_file:
            nemotron_hf.write_json(folder / "hf_quant_config.json", own_file)
        nemotron_hf.write_tensors(folder / "model.safetensors", stored)
        model = nemotron_hf.load_checkpoint(folder)
        prompts = {length: nemotron_hf.random_prompt(fields["vocab_size"], length, seed) for length in PROMPTS}
        worst = 0.0
        for ids in prompts.values():
            difference = reference_forward.disagreement(model, ids)
            require(difference <= TOLERANCE, f"{len(ids)} ids: logits differ from the float64 pass by "
                    f"{difference:.2e} ({reference_forward.explain(model, ids)})")
            worst = max(worst, difference)
        record = nemotron_hf.reference_record(model, prompts)
        original = nemotron_hf.logits_of(nemotron_hf.load_checkpoint(source_folder), prompts[130])
        likeness = float(torch.corrcoef(torch.stack([original.flatten(), record["logits_130"].flatten()]))[0, 1])
        require(likeness > 0.5, f"the quantised model is unlike its source (correlation {likeness:.2f})")
        nemotron_hf.write_record(folder / "reference.safetensors", record, seed=seed, time_step_clamp="off",
                                 source=recipe.source, arithmetic="float32 on dequantised weights, KV unquantised")
    print(f"  {len(formats)} quantised modules, {len(plain)} plain; float64 {worst:.1e}; correlation with the source "
          f"{likeness:.3f}; {nemotron_hf.directory_bytes(target)} bytes", flush=True)


def write_static_linear(path: Path) -> None:
    """One static W8A8 linear layer; some inputs lie beyond the range of the input scale and saturate."""
    generator = torch.Generator().manual_seed(7)
    x = torch.randn(5, 64, generator=generator) * 3
    weight = torch.randn(48, 64, generator=generator) / 8
    weight_scale, input_scale = weight.abs().max() / E4M3_MAX, torch.tensor(6.0 / E4M3_MAX)
    x_quantized, weight_quantized = to_e4m3(x / input_scale), to_e4m3(weight / weight_scale)
    require(bool((x.abs() > 6).any()), "no input saturates")
    product = x_quantized.double() @ weight_quantized.double().T
    y = (product * input_scale.double() * weight_scale.double()).float()
    nemotron_hf.write_record(path, {
        "x": x, "weight": weight_quantized, "weight_scale": weight_scale, "input_scale": input_scale,
        "x_quantized": x_quantized, "y": y}, rule="y = (e4m3(x / input_scale) @ weight^T) * input_scale * weight_scale")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--in", dest="source", type=Path, required=True, help="folder that make_hf_fixtures.py wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=40)
    options = parser.parse_args()
    print(json.dumps(nemotron_hf.versions()), flush=True)
    nemotron_hf.use_reference_arithmetic(options.seed)
    check_codes()
    options.out.mkdir(parents=True, exist_ok=True)
    write_static_linear(options.out / "fp8-linear.safetensors")

    def make_from_source(number: int, recipe: Recipe) -> None:
        folder = options.source / recipe.source
        require(folder.is_dir(), f"{folder} does not exist")
        make(recipe, folder, options.out / recipe.name, options.seed + number)

    make_each(enumerate(RECIPES), make_from_source, options.out)


if __name__ == "__main__":
    main()
