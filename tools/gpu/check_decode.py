"""Holds the recorded decode step of a GPU (bfloat16) to the modules on the CPU (float32), token by token over the same ids.

    python3 tools/gpu/check_decode.py ARCHIVE [--tokens=N] [--decode-from=K] [--jobs=N] [--round] [--option=VALUE ...] CHECKPOINT [CHECKPOINT...]

ARCHIVE is what publish.sh packed. Prints, for each checkpoint, the largest difference of a logit as a share of the logits' standard deviation, and
how often the best token is the same where the CPU's two best are further apart than twice that difference: the clear positions. The first K ids (8) are
prefilled; with --decode-from=0 every id goes through the decode step. --jobs runs so many programs at once. --option=VALUE goes to the command on the
GPU, such as --nvfp4=dequantize. --round runs copies of the checkpoints whose float32 matrices are rounded to bfloat16, as a bfloat16 run rounds them:
what is left of the difference is then that of the steps. Ends with a non-zero code if a difference is above 0.05, a clear best token differs, or less
than nine positions of ten are clear.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

RUN = Path(__file__).with_name("run.sh")
MAX_DIFFERENCE = 0.05
MIN_CLEAR = 0.9

# What a bfloat16 run keeps in float32: a name that has one of these in it.
KEPT_WIDE = ("e_score_correction_bias", "gate.weight", "A_log", ".D", "dt_bias", "norm", "conv1d", "_scale")


def logits(archive: str, checkpoint: Path, ids: list[int], *options: str) -> torch.Tensor:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "logits.safetensors"
        command = [str(RUN), archive, "NemotronH.Cli", "logits", "--model", str(checkpoint), "--ids", ",".join(map(str, ids)), "--out", str(out)]
        subprocess.run([*command, *options], check=True)
        return load_file(out)["logits"]


def rounded(checkpoint: Path, folder: Path) -> Path:
    """A copy of a checkpoint whose float32 matrices are bfloat16."""
    copy = Path(shutil.copytree(checkpoint, folder / checkpoint.name))
    for file in copy.glob("*.safetensors"):
        with safe_open(file, "pt") as stored:
            metadata = stored.metadata()
        tensors = load_file(file)
        for name, tensor in tensors.items():
            if tensor.dtype == torch.float32 and not any(part in name for part in KEPT_WIDE):
                tensors[name] = tensor.bfloat16()
        file.unlink()
        save_file(tensors, file, metadata=metadata)
    return copy


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(1 if check(Path(folder)) else 0)


def check(folder: Path) -> bool:
    """Whether a checkpoint failed."""
    options = dict(argument.split("=", 1) for argument in sys.argv[2:] if argument.startswith("--") and "=" in argument)
    tokens, start, jobs = (int(options.pop(name, default)) for name, default in (("--tokens", 220), ("--decode-from", 8), ("--jobs", 1)))
    rest = [f"{name}={value}" for name, value in options.items()]
    checkpoints = [Path(argument) for argument in sys.argv[2:] if not argument.startswith("--")]
    if "--round" in sys.argv:
        checkpoints = [rounded(checkpoint, folder) for checkpoint in checkpoints]
    with ThreadPoolExecutor(jobs) as pool:
        passed = [pool.submit(agrees, checkpoint, tokens, start, rest) for checkpoint in checkpoints]
        return not all([check.result() for check in passed])


def agrees(checkpoint: Path, tokens: int, start: int, options: list[str]) -> bool:
    """Compares one checkpoint and prints how far apart the two are."""
    vocabulary = json.loads((checkpoint / "config.json").read_text())["vocab_size"]
    ids = random.Random(checkpoint.name).choices(range(vocabulary), k=tokens)
    try:
        expected = logits(sys.argv[1], checkpoint, ids, "--device=cpu", "--dtype=float32")[start:]
        actual = logits(sys.argv[1], checkpoint, ids, "--device=cuda", "--dtype=bfloat16", f"--decode-from={start}", *options)[start:]
    except subprocess.CalledProcessError as failure:
        print(f"{checkpoint.name:16} FAILED: the command ended with {failure.returncode}", flush=True)
        return False
    deviation = float(expected.std())
    worst = float((actual - expected).abs().max())
    mean = float((actual - expected).abs().mean())
    best = expected.topk(2, -1).values
    clear = (best[:, 0] - best[:, 1]) > 2 * worst
    same = expected.argmax(-1) == actual.argmax(-1)
    holds = worst / deviation <= MAX_DIFFERENCE and bool(same[clear].all()) and int(clear.sum()) >= MIN_CLEAR * len(clear)
    print(
        f"{checkpoint.name:16} {'holds' if holds else 'FAILED'}: max {worst / deviation:.4f}, mean {mean / deviation:.5f} of the logits' deviation; "
        f"best token the same in {int(same[clear].sum())} of {int(clear.sum())} clear positions, {int(same.sum())} of {len(same)} in all",
        flush=True)
    return holds


if __name__ == "__main__":
    main()
