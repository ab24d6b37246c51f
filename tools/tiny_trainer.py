"""The training of the tiny model: trials one after the other, the best weights of all kept."""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import dataclass

import torch
import torch.nn.functional as F

import fast_training
import tiny_data
import tiny_model

RESERVED_SECONDS = 80


@dataclass
class Trial:
    """What is varied between trials."""

    dropout: float
    epochs: float
    learning_rate: float

    @classmethod
    def parse(cls, text: str) -> Trial:
        return cls(*(float(part) for part in text.split(":")))


def optimizer_for(model, learning_rate: float, weight_decay: float) -> torch.optim.Optimizer:
    """AdamW that decays the matrices; norms, biases, convolutions, Mamba scalars and routers are left alone."""
    decayed, plain = [], []
    for name, parameter in tiny_model.trained_parameters(model):
        is_matrix = parameter.dim() >= 2 and "conv1d" not in name and "gate.weight" not in name
        (decayed if is_matrix else plain).append(parameter)
    groups = [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=learning_rate, betas=(0.9, 0.98), eps=1e-8, fused=True)


class Trainer:
    """Runs trials until the time is spent and remembers the best weights of all."""

    def __init__(self, text: tiny_data.Text, options: argparse.Namespace, started: float):
        self._text = text
        self._options = options
        self._deadline = started + 60 * options.minutes - RESERVED_SECONDS
        self._selection = tiny_data.HeldOut(text, text.selection, options.length)
        self._rows_per_pass = max(1, len(tiny_data.rows_of_pass(text, options.length, 0)))
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
        model = tiny_model.new_model(o.device)
        tiny_model.add_dropout(model, trial.dropout)
        optimizer = optimizer_for(model, trial.learning_rate, o.weight_decay)
        parameters = [parameter for _, parameter in tiny_model.trained_parameters(model)]
        average = [parameter.detach().clone() for parameter in parameters]
        source = tiny_data.batches(self._text, o.length, o.batch, o.seed * 1000 + number, o.device)
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
        logits = model(input_ids=tiny_data.with_noise(inputs, self._options.noise), use_cache=False).logits
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
