"""Self-checks of the training script: before time is spent on training, and of what was saved."""

from __future__ import annotations

import sys
from pathlib import Path

import jinja2
import torch

import fast_training
import nemotron_hf
import reference_forward
import shakespeare
import tiny_model

WEIGHT_LIMIT = 9_000_000


def check_size() -> None:
    """The parameters, counted from the config and in a built model, fit into the file that ships."""
    count = tiny_model.parameter_count(tiny_model.CONFIG)
    assert 2 * count + 50_000 <= WEIGHT_LIMIT, f"{count} parameters do not fit into {WEIGHT_LIMIT} bytes"
    built = sum(tensor.numel() for tensor in nemotron_hf.build_model(tiny_model.CONFIG).state_dict().values())
    assert built == count, f"transformers builds {built} parameters, {count} were computed"
    print(f"model: {count:,} parameters", flush=True)


def check_forwards() -> None:
    """The training forwards against transformers' own and the float64 pass; gradients are finite."""
    torch.manual_seed(5)
    model = tiny_model.new_model("cpu").eval()
    for mixer in fast_training.expert_mixers(model):
        torch.nn.init.uniform_(mixer.gate.e_score_correction_bias, -0.1, 0.1)
    ids = nemotron_hf.random_prompt(tiny_model.CONFIG["vocab_size"], 150, 5)
    fast = nemotron_hf.logits_of(model, ids)
    exact = reference_forward.disagreement(model, ids)
    model(input_ids=torch.tensor([ids]), use_cache=False).logits.square().mean().backward()
    without = [name for name, parameter in tiny_model.trained_parameters(model)
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
