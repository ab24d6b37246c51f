"""An independent Nemotron-H forward pass in float64, written from the layer equations (no transformers code involved).

It exists to check the references themselves: the scripts of this folder refuse to write logits of transformers that
this pass does not reproduce. The Mamba recurrence runs one token at a time, attention is a full score matrix, experts
are looped over: slow and plain on purpose.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F

import nemotron_hf


class ReferenceForward:
    """One model: weights under NVIDIA's names (see `nemotron_hf.nvidia_tensors`) and a NemotronHConfig."""

    def __init__(self, tensors: dict[str, torch.Tensor], config, time_step_floor: float = 0.0):
        self._tensors = {name: tensor.double().cpu() for name, tensor in tensors.items()}
        self._config = config
        self._floor = time_step_floor
        self._mixers = {"M": self._mamba, "*": self._attention, "-": self._mlp, "E": self._moe}

    def run(self, ids: list[int]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """(logits [n, vocab], the hidden states [n, hidden] after every block), in float64."""
        hidden = self._tensors["backbone.embeddings.weight"][torch.tensor(ids)]
        trace = []
        for layer, kind in enumerate(nemotron_hf.pattern_of(self._config)):
            prefix = f"backbone.layers.{layer}."
            hidden = hidden + self._mixers[kind](prefix + "mixer.", self._rms_norm(hidden, prefix + "norm.weight"))
            trace.append(hidden)
        head = "backbone.embeddings" if self._config.tie_word_embeddings else "lm_head"
        return self._linear(self._rms_norm(hidden, "backbone.norm_f.weight"), head), trace

    def _linear(self, x: torch.Tensor, module: str) -> torch.Tensor:
        return F.linear(x, self._tensors[module + ".weight"], self._tensors.get(module + ".bias"))

    def _rms_norm(self, x: torch.Tensor, name: str) -> torch.Tensor:
        return _normalized(x, self._config.layer_norm_epsilon) * self._tensors[name]

    def _mlp(self, prefix: str, x: torch.Tensor) -> torch.Tensor:
        return self._linear(F.relu(self._linear(x, prefix + "up_proj")).square(), prefix + "down_proj")

    def _attention(self, prefix: str, x: torch.Tensor) -> torch.Tensor:
        c, count = self._config, x.shape[0]
        query = self._linear(x, prefix + "q_proj").view(count, c.num_attention_heads, c.head_dim)
        key = self._linear(x, prefix + "k_proj").view(count, c.num_key_value_heads, c.head_dim)
        value = self._linear(x, prefix + "v_proj").view(count, c.num_key_value_heads, c.head_dim)
        sharing = c.num_attention_heads // c.num_key_value_heads
        key, value = key.repeat_interleave(sharing, 1), value.repeat_interleave(sharing, 1)
        scores = torch.einsum("qhd,khd->hqk", query, key) * c.head_dim ** -0.5
        future = torch.ones(count, count, dtype=torch.bool).triu(1)
        weights = scores.masked_fill(future, float("-inf")).softmax(-1)
        return self._linear(torch.einsum("hqk,khd->qhd", weights, value).reshape(count, -1), prefix + "o_proj")

    def _mamba(self, prefix: str, x: torch.Tensor) -> torch.Tensor:
        c, t, count = self._config, self._tensors, x.shape[0]
        heads, width, state_size, groups = c.mamba_num_heads, c.mamba_head_dim, c.ssm_state_size, c.n_groups
        inner, shared = heads * width, groups * state_size
        gate, mixed, dt = self._linear(x, prefix + "in_proj").split([inner, inner + 2 * shared, heads], -1)
        mixed = F.silu(self._convolved(prefix + "conv1d", mixed))
        values, inputs, outputs = mixed.split([inner, shared, shared], -1)
        values = values.reshape(count, heads, width)
        inputs = inputs.reshape(count, groups, state_size).repeat_interleave(heads // groups, 1)
        outputs = outputs.reshape(count, groups, state_size).repeat_interleave(heads // groups, 1)
        dt = F.softplus(dt + t[prefix + "dt_bias"]).clamp(min=self._floor)
        decay = torch.exp(-torch.exp(t[prefix + "A_log"]) * dt)
        state = torch.zeros(heads, width, state_size, dtype=torch.float64)
        scanned = []
        for step in range(count):
            written = (dt[step, :, None] * values[step])[:, :, None] * inputs[step][:, None, :]
            state = decay[step, :, None, None] * state + written
            scanned.append(torch.einsum("hpn,hn->hp", state, outputs[step]))
        y = torch.stack(scanned) + t[prefix + "D"][:, None] * values
        gated = (y.reshape(count, inner) * F.silu(gate)).view(count, groups, inner // groups)
        normed = _normalized(gated, c.layer_norm_epsilon).reshape(count, inner)
        return self._linear(normed * t[prefix + "norm.weight"], prefix + "out_proj")

    def _convolved(self, module: str, x: torch.Tensor) -> torch.Tensor:
        taps = self._tensors[module + ".weight"].squeeze(1)
        kernel, count = taps.shape[1], x.shape[0]
        padded = F.pad(x, (0, 0, kernel - 1, 0))
        total = sum(padded[tap:tap + count] * taps[:, tap] for tap in range(kernel))
        bias = self._tensors.get(module + ".bias")
        return total if bias is None else total + bias

    def _moe(self, prefix: str, x: torch.Tensor) -> torch.Tensor:
        latent = self._linear(x, prefix + "fc1_latent_proj") if self._config.moe_latent_size else x
        chosen, weights = self._route(prefix + "gate.", x)
        routed = torch.zeros_like(latent)
        for token in range(x.shape[0]):
            for expert, weight in zip(chosen[token].tolist(), weights[token], strict=True):
                routed[token] += weight * self._mlp(f"{prefix}experts.{expert}.", latent[token:token + 1])[0]
        if self._config.moe_latent_size:
            routed = self._linear(routed, prefix + "fc2_latent_proj")
        return routed + self._mlp(prefix + "shared_experts.", x)

    def _route(self, prefix: str, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        c = self._config
        scores = (x @ self._tensors[prefix + "weight"].T).sigmoid()
        preference = scores + self._tensors[prefix + "e_score_correction_bias"]
        if c.n_group > 1:
            grouped = preference.view(x.shape[0], c.n_group, -1)
            best = grouped.topk(2, -1).values.sum(-1).topk(c.topk_group, -1).indices
            allowed = torch.zeros(x.shape[0], c.n_group, dtype=torch.bool).scatter_(1, best, True)
            preference = grouped.masked_fill(~allowed[:, :, None], float("-inf")).reshape(x.shape[0], -1)
        chosen = preference.topk(c.num_experts_per_tok, -1).indices
        weights = scores.gather(1, chosen)
        if c.norm_topk_prob:
            weights = weights / (weights.sum(-1, keepdim=True) + 1e-20)
        return chosen, weights * c.routed_scaling_factor


def _normalized(x: torch.Tensor, epsilon: float) -> torch.Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon)


def disagreement(model, ids: list[int], time_step_floor: float = 0.0) -> float:
    """The largest absolute difference between the model's logits and this pass over the model's own weights."""
    tensors = nemotron_hf.nvidia_tensors(model.state_dict())
    expected, _ = ReferenceForward(tensors, model.config, time_step_floor).run(ids)
    return float((nemotron_hf.logits_of(model, ids).double() - expected).abs().max())


@torch.no_grad()
def explain(model, ids: list[int], time_step_floor: float = 0.0) -> str:
    """Where a disagreement begins: the largest absolute difference after every block."""
    tensors = nemotron_hf.nvidia_tensors(model.state_dict())
    _, expected = ReferenceForward(tensors, model.config, time_step_floor).run(ids)
    found: list[torch.Tensor] = []
    layers = getattr(model, model.base_model_prefix).layers
    hooks = [layer.register_forward_hook(
        lambda _module, _inputs, output: found.append(output[0] if isinstance(output, tuple) else output))
        for layer in layers]
    nemotron_hf.logits_of(model, ids)
    for hook in hooks:
        hook.remove()
    pattern = nemotron_hf.pattern_of(model.config)
    differences = [
        f"{layer}{kind}: {float((got.reshape(want.shape).double().cpu() - want).abs().max()):.2e}"
        for layer, (kind, got, want) in enumerate(zip(pattern, found, expected, strict=True))]
    return ", ".join(differences)
