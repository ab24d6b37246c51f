"""Perplexity of a checkpoint on a text file with HF transformers in float32, as JSON on stdout.

    python3 tools/reference_perplexity.py --model models/tiny --text text.txt --window 1024 --stride 512

Takes NVIDIA's layout (BF16, FP8, NVFP4 and mixed modules, which are dequantised into float32) and transformers' own.
Transformers' clamp on the Mamba time step is off, TF32 is off. Prints {"tokens", "nll", "perplexity", ...}.

The convention, for other programs to follow to the letter:

* The file is read as UTF-8 as it stands (a byte-order mark and line ends kept) and becomes the ids x[0..n-1] by the
  checkpoint's tokenizer.json, special tokens in the text recognised, nothing added in front or behind. `--max-tokens`
  keeps the first ids only.
* Window i (i = 0, 1, ...) covers the positions begin = i * S up to end = min(begin + W, n), exclusive. The last window
  is the first one with end = n. Every window is run on its own, from empty caches and states.
* A window scores the positions from max(previous end, begin + 1) to end - 1; previous end is 0 for the first window. The
  score of position p is -ln softmax(logits at p - 1)[x[p]], natural logarithm, computed from float32 logits and summed
  in float64. So x[0] is never scored; with S < W every other position is scored exactly once, with S = W the first
  position of every window goes unscored.
* `tokens` is the number of scored positions, `nll` the sum of scores divided by it, `perplexity` = exp(nll).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from pathlib import Path

import torch

import nemotron_hf


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True, help="checkpoint folder with tokenizer.json")
    parser.add_argument("--text", type=Path, required=True)
    parser.add_argument("--window", type=int, default=1024, help="W, tokens in a window")
    parser.add_argument("--stride", type=int, default=512, help="S, tokens between the starts of windows")
    parser.add_argument("--batch", type=int, default=8, help="windows at a time; does not change the result")
    parser.add_argument("--max-tokens", type=int, help="use only the first so many tokens of the text")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    nemotron_hf.use_reference_arithmetic()

    ids = encoded(options.model, options.text)[: options.max_tokens]
    if len(ids) < 2:
        sys.exit(f"error: {options.text} has {len(ids)} token(s); at least 2 are needed")
    model = nemotron_hf.load_checkpoint(options.model, options.device, attention="sdpa")
    nats, count = nemotron_hf.sliding_window_loss(
        model, ids, options.window, options.stride, options.batch,
        lambda done, total: print(f"\r{done}/{total} windows", end="", file=sys.stderr, flush=True))
    print(file=sys.stderr)
    print(json.dumps({
        "tokens": count, "nll": nats / count, "perplexity": math.exp(nats / count), "text_tokens": len(ids),
        "window": options.window, "stride": options.stride, "model": str(options.model), "text": str(options.text),
        "device": options.device} | nemotron_hf.versions()))


def encoded(model: Path, text: Path) -> list[int]:
    """The ids of the file by the checkpoint's tokenizer, nothing added."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    return tokenizer.encode(text.read_bytes().decode("utf-8"), add_special_tokens=False).ids


if __name__ == "__main__":
    main()
