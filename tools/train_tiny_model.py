"""Trains the tiny Nemotron-H model that ships with the repository and writes it as a Hugging Face checkpoint.

    python3 tools/train_tiny_model.py --data tinyshakespeare.txt --out models/tiny --minutes 5.2 --seed 1

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
import shutil
import sys
import time
from dataclasses import asdict
from pathlib import Path

import torch

import nemotron_hf
import shakespeare
import tiny_checks
import tiny_model
import tiny_report
import tiny_tokenizer
from tiny_data import HeldOut, Text
from tiny_trainer import Trainer, Trial

SPLIT = [0.9, 0.05, 0.05]
TOTAL_LIMIT = 10_000_000
TRIALS = ["0.3:80:2e-3", "0.4:150:2e-3"]


def read_text(path: Path) -> tuple[Text, dict]:
    from tokenizers import Tokenizer

    whole = path.read_text(encoding="utf-8")
    training, selection, held_out = shakespeare.split_by_share(whole, SPLIT)
    document = tiny_tokenizer.train(training, tiny_model.CONFIG["vocab_size"])
    tokenizer = Tokenizer.from_str(json.dumps(document, ensure_ascii=False))
    tiny_tokenizer.check(tokenizer, held_out)
    size = tokenizer.get_vocab_size()
    assert size == tiny_model.CONFIG["vocab_size"], f"the text gives a vocabulary of {size}"
    ratio = len(held_out.encode()) / len(tokenizer.encode(held_out).ids)
    print(f"tokenizer: {size} entries, {ratio:.2f} bytes a token on held-out text", flush=True)
    return Text(training, selection, held_out, len(training) + len(selection), tokenizer), document


def write_model(folder: Path, model, text: Text, tokenizer_json: dict) -> None:
    """Everything of the checkpoint but its card and its log."""
    nemotron_hf.write_tensors(folder / "model.safetensors", tiny_model.rounded_for_saving(model))
    version = {"transformers_version": nemotron_hf.versions()["transformers"]}
    nemotron_hf.write_json(folder / "config.json", nemotron_hf.nvidia_config(tiny_model.CONFIG) | version)
    nemotron_hf.write_json(folder / "tokenizer.json", tokenizer_json)
    context = tiny_model.CONFIG["max_position_embeddings"]
    nemotron_hf.write_json(folder / "tokenizer_config.json", tiny_tokenizer.tokenizer_config(context))
    nemotron_hf.write_json(folder / "generation_config.json", {
        "bos_token_id": tiny_tokenizer.BOS, "do_sample": True,
        "eos_token_id": [tiny_tokenizer.EOS, tiny_tokenizer.TURN_END], "pad_token_id": tiny_tokenizer.PAD,
        "temperature": 0.8, "top_p": 0.95})
    shutil.copyfile(Path(__file__).with_name("chat_template.jinja"), folder / "chat_template.jinja")


def perplexity_of(model, ids: list[int], window: int, stride: int) -> dict:
    nats, count = nemotron_hf.sliding_window_loss(model, ids, window, stride)
    return {"window": window, "stride": stride, "tokens": count, "nll": nats / count,
            "perplexity": math.exp(nats / count)}


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="tinyshakespeare.txt")
    parser.add_argument("--out", type=Path, required=True, help="folder of the checkpoint; replaced if it exists")
    parser.add_argument("--reference", type=Path, help="record of logits for tests (default: OUT.reference.safetensors)")
    parser.add_argument("--minutes", type=float, default=5.2, help="time for everything (default 5.2)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--trials", nargs="+", default=TRIALS, metavar="DROPOUT:PASSES:LR")
    parser.add_argument("--length", type=int, default=1024, help="tokens in a training row")
    parser.add_argument("--batch", type=int, default=24, help="rows in a step")
    parser.add_argument("--weight-decay", type=float, default=0.5)
    parser.add_argument("--noise", type=float, default=0.1, help="share of input ids replaced in training")
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
    tiny_checks.check_size()
    tiny_checks.check_forwards()
    text, tokenizer_json = read_text(options.data)
    tiny_checks.check_template()

    torch.set_float32_matmul_precision("high")
    trials = [Trial.parse(entry) for entry in options.trials]
    trainer = Trainer(text, options, started)
    trainer.run(trials)

    nemotron_hf.use_reference_arithmetic(options.seed)
    torch.use_deterministic_algorithms(False)
    model = tiny_model.new_model(options.device)
    tiny_model.reduced_to_saved(model, trainer.best_state)

    with nemotron_hf.written_whole(options.out) as folder:
        write_model(folder, model, text, tokenizer_json)
        nemotron_hf.write_json(folder / "training_log.json", {
            "versions": nemotron_hf.versions(), "trials": [asdict(trial) for trial in trials],
            "best_selection_loss": trainer.best_loss, "measurements": trainer.log})
        weights = (folder / "model.safetensors").stat().st_size
        assert weights <= tiny_checks.WEIGHT_LIMIT, f"model.safetensors has {weights} bytes"

        held_out = HeldOut(text, text.held_out, options.length).report(model)
        held_out_ids = text.encode([text.held_out])[0]
        perplexity = perplexity_of(model, held_out_ids, 1024, 512)
        print(json.dumps({"held_out": held_out, "sliding_window": perplexity}, indent=1), flush=True)
        samples, replies = tiny_report.sample_report(model, text, options.seed)
        print(json.dumps(replies), flush=True)
        for prompt, reply in samples:
            print(f"--- {prompt!r}\n{reply}", flush=True)
        card = tiny_report.model_card(options, text, held_out, perplexity, samples, replies, trials, trainer)
        (folder / "README.md").write_text(card, encoding="utf-8")
        tiny_checks.check_saved(folder, model, held_out_ids)
        tiny_checks.try_auto_classes(folder, held_out_ids)
        size = nemotron_hf.directory_bytes(folder)
        assert size < TOTAL_LIMIT, f"the folder has {size} bytes"

    prompts = {length: held_out_ids[:length] for length in (7, 33, 130)}
    record = nemotron_hf.reference_record(nemotron_hf.load_checkpoint(options.out), prompts)
    reference = options.reference or options.out.with_name(options.out.name + ".reference.safetensors")
    nemotron_hf.write_record(reference, record, time_step_clamp="off")
    print(f"wrote {options.out} ({size} bytes) and {reference} in {time.monotonic() - started:.0f} s", flush=True)


if __name__ == "__main__":
    main()
