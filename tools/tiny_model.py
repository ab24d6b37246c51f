"""The tiny model: its config, how it is initialised, what it weighs and how it is stored."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

import fast_training
import nemotron_hf
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


def rounded_for_saving(model) -> dict[str, torch.Tensor]:
    """The weights under NVIDIA's names in the dtypes they ship in: BF16, the router F32."""
    tensors = {}
    for name, tensor in nemotron_hf.nvidia_tensors(model.state_dict()).items():
        is_router = name.endswith(("gate.weight", "e_score_correction_bias"))
        tensors[name] = tensor.to("cpu", torch.float32 if is_router else torch.bfloat16)
    return tensors


def reduced_to_saved(model, state: dict[str, torch.Tensor]) -> None:
    """Puts the best weights into the model as they will be on disk (rounded to BF16, computed in float32)."""
    model.load_state_dict(state, strict=True)
    nemotron_hf.put_weights(model, nemotron_hf.dequantized(rounded_for_saving(model)))
    model.eval()
