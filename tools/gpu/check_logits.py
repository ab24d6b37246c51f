"""Compares the logits that the command line computes on a GPU with those of a reference record, checkpoint by checkpoint.

    python3 tools/gpu/check_logits.py ARCHIVE CHECKPOINT [CHECKPOINT...]

ARCHIVE is what publish.sh packed; a CHECKPOINT is a folder with a reference.safetensors (see tools/README.md). Float32 on cuda must agree to
2e-3; the error of bfloat16 is printed. Ends with a non-zero code if one does not agree.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file

TOLERANCE = 2e-3
RUN = Path(__file__).with_name("run.sh")


def logits(archive: str, checkpoint: Path, ids: list[int], dtype: str) -> torch.Tensor:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "logits.safetensors"
        subprocess.run(
            [str(RUN), archive, "NemotronH.Cli", "logits", "--model", str(checkpoint), "--device", "cuda", "--dtype", dtype,
             "--ids", ",".join(map(str, ids)), "--out", str(out)], check=True)
        return load_file(out)["logits"]


def main() -> None:
    archive, *checkpoints = sys.argv[1:]
    worst = 0.0
    for checkpoint in map(Path, checkpoints):
        record = load_file(checkpoint / "reference.safetensors")
        for length in (7, 130):
            expected = record[f"logits_{length}"]
            ids = record[f"ids_{length}"].tolist()
            error = float((logits(archive, checkpoint, ids, "float32") - expected).abs().max())
            rounded = logits(archive, checkpoint, ids, "bfloat16")
            relative = float((rounded - expected).norm() / expected.norm())
            agree = float((rounded.argmax(-1) == expected.argmax(-1)).float().mean())
            print(f"{checkpoint.name:14} {length:4} tokens: float32 max difference {error:.1e}; "
                  f"bfloat16 relative error {relative:.1e}, same argmax {agree:.0%}", flush=True)
            worst = max(worst, error)
    if not worst <= TOLERANCE:
        sys.exit(f"error: float32 differs by {worst:.1e}; expected at most {TOLERANCE}")


if __name__ == "__main__":
    main()
