"""Fast training forwards for transformers' Nemotron-H modules.

The forwards of transformers are kept for every check; these replace some of them, on the instances of one model, while
it trains. The Mamba mixer's scan uses matrix products where transformers broadcasts and sums; the mixture of experts
computes every expert for every token and weights the results, which for a handful of small experts is cheaper than
sorting tokens and never makes the host wait; attention repeats the KV heads, for which float32 has a fused kernel.
They are the same functions of the same parameters.
"""

from __future__ import annotations

import types

import torch
import torch.nn.functional as F

import nemotron_hf


def install(model) -> None:
    """Replaces the forwards of the model's Mamba, attention and mixture-of-experts mixers."""
    for mixer in nemotron_hf.mamba_mixers(model):
        mixer.forward = types.MethodType(_mamba_forward, mixer)
        mixer.training_config = model.config
    for mixer in attention_mixers(model):
        mixer.forward = types.MethodType(_attention_forward, mixer)
        mixer.training_config = model.config
    for mixer in expert_mixers(model):
        if model.config.moe_latent_size or model.config.n_group != 1:
            raise ValueError("the fast mixture of experts knows neither latent projections nor groups")
        mixer.forward = types.MethodType(_experts_forward, mixer)
        mixer.training_config = model.config
        mixer.expert_load = None


def remove(model) -> None:
    """Gives the mixers of the model their own forwards back."""
    for mixer in (*nemotron_hf.mamba_mixers(model), *attention_mixers(model), *expert_mixers(model)):
        del mixer.forward


def expert_mixers(model) -> list:
    """The mixture-of-experts mixers of a model."""
    return [module for module in model.modules() if hasattr(module, "gate") and hasattr(module, "shared_experts")]


def attention_mixers(model) -> list:
    """The attention mixers of a model."""
    return [module for module in model.modules() if hasattr(module, "q_proj") and hasattr(module, "o_proj")]


@torch.no_grad()
def balance_experts(model, rate: float) -> None:
    """One step of loss-free load balancing: the selection bias of under-used experts rises, of over-used ones falls."""
    for mixer in expert_mixers(model):
        load = mixer.expert_load
        mixer.gate.e_score_correction_bias.add_(rate * torch.sign(load.mean() - load))


def _mamba_forward(self, hidden_states, cache_params=None, attention_mask=None, **_):
    c = self.training_config
    heads, width, state_size, groups = c.mamba_num_heads, c.mamba_head_dim, c.ssm_state_size, c.n_groups
    inner, shared = heads * width, groups * state_size
    batch, length, _ = hidden_states.shape
    gate, mixed, dt = torch.split(self.in_proj(hidden_states), [inner, inner + 2 * shared, heads], dim=-1)
    mixed = F.silu(_causal_convolution(mixed, self.conv1d.weight.squeeze(1), self.conv1d.bias))
    x, b, c_out = torch.split(mixed, [inner, shared, shared], dim=-1)
    y = ssd_scan(
        x.reshape(batch, length, heads, width),
        F.softplus(dt + self.dt_bias),
        -torch.exp(self.A_log),
        b.reshape(batch, length, groups, state_size),
        c_out.reshape(batch, length, groups, state_size),
        self.D,
        c.chunk_size)
    return self.out_proj(self.norm(y.reshape(batch, length, inner), gate))


def _causal_convolution(x: torch.Tensor, taps: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    """Depthwise over [batch, length, channels]; taps [channels, kernel], the last one is the current token's."""
    length, kernel = x.shape[1], taps.shape[1]
    padded = F.pad(x, (0, 0, kernel - 1, 0))
    total = padded[:, :length] * taps[:, 0]
    for tap in range(1, kernel):
        total = total + padded[:, tap:tap + length] * taps[:, tap]
    return total if bias is None else total + bias


def ssd_scan(x, dt, a, b, c, d, chunk: int) -> torch.Tensor:
    """The Mamba-2 recurrence in chunks: x [B, L, H, P], dt [B, L, H], a [H], b and c [B, L, G, N], d [H] -> like x."""
    batch, length, heads, width = x.shape
    sharing = heads // b.shape[2]
    padding = -length % chunk
    if padding:
        x_padded, b, c = (F.pad(t, (0, 0, 0, 0, 0, padding)) for t in (x, b, c))
        dt = F.pad(dt, (0, 0, 0, padding))
    else:
        x_padded = x
    xdt, b, c = (t.unflatten(1, (-1, chunk)) for t in (x_padded * dt[..., None], b, c))
    log_decay = (dt * a).unflatten(1, (-1, chunk)).cumsum(2)

    # Within a chunk: a masked, decayed attention of outputs to inputs.
    steps = log_decay.permute(0, 1, 3, 2)
    difference = steps[..., :, None] - steps[..., None, :]
    future = torch.ones(chunk, chunk, dtype=torch.bool, device=x.device).triu(1)
    weights = difference.masked_fill(future, float("-inf")).exp()
    similarity = torch.einsum("bcqgn,bcsgn->bcgqs", c, b).repeat_interleave(sharing, dim=2)
    y = torch.einsum("bchqs,bcshp->bcqhp", similarity * weights, xdt)

    # Between chunks: what every chunk leaves behind, decayed to the start of every later one.
    b_heads, c_heads = b.repeat_interleave(sharing, dim=3), c.repeat_interleave(sharing, dim=3)
    to_end = (log_decay[:, :, -1:] - log_decay).exp()
    left = torch.einsum("bcqhn,bcqhp->bchpn", b_heads * to_end[..., None], xdt)
    total = log_decay[:, :, -1]
    after = total.cumsum(1)
    before = after - total
    between = before[:, :, None] - after[:, None]
    chunks = total.shape[1]
    not_past = torch.ones(chunks, chunks, dtype=torch.bool, device=x.device).triu(0)[:, :, None]
    carried = between.masked_fill(not_past, float("-inf")).exp()
    entering = torch.einsum("bckh,bkhpn->bchpn", carried, left)
    y = y + torch.einsum("bcqhn,bchpn->bcqhp", c_heads * log_decay.exp()[..., None], entering)
    return y.flatten(1, 2)[:, :length] + d[:, None] * x


def _attention_forward(self, hidden_states, **_):
    c = self.training_config
    sharing = c.num_attention_heads // c.num_key_value_heads
    query, key, value = (
        projection(hidden_states).unflatten(-1, (-1, c.head_dim)).transpose(1, 2)
        for projection in (self.q_proj, self.k_proj, self.v_proj))
    key, value = key.repeat_interleave(sharing, dim=1), value.repeat_interleave(sharing, dim=1)
    mixed = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    return self.o_proj(mixed.transpose(1, 2).flatten(2)), None


def _experts_forward(self, hidden_states, **_):
    c = self.training_config
    flat = hidden_states.reshape(-1, hidden_states.shape[-1])
    scores = F.linear(flat.float(), self.gate.weight.float()).sigmoid()
    chosen = (scores.detach() + self.gate.e_score_correction_bias).topk(c.num_experts_per_tok, dim=-1).indices
    weights = scores.gather(1, chosen)
    if c.norm_topk_prob:
        weights = weights / (weights.sum(dim=-1, keepdim=True) + 1e-20)
    mix = torch.zeros_like(scores).scatter(1, chosen, weights * c.routed_scaling_factor)
    self.expert_load = torch.zeros_like(scores).scatter(1, chosen, 1.0).sum(0).detach()

    up, down = self.experts.up_proj, self.experts.down_proj
    experts, inner, _ = up.shape
    activated = F.linear(flat, up.reshape(experts * inner, -1)).relu().square().unflatten(1, (experts, inner))
    weighted = (activated * mix[:, :, None]).flatten(1)
    routed = F.linear(weighted, down.permute(1, 0, 2).reshape(-1, experts * inner))
    return routed.view_as(hidden_states) + self.shared_experts(hidden_states)
