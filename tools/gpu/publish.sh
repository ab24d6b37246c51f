#!/usr/bin/env bash
# Packs the command line and the test programs for a Linux machine that has an NVIDIA driver and a PyTorch install but neither .NET nor a network:
# self-contained, without libtorch, in one archive. See run.sh and test.sh for the other side.
#
#   tools/gpu/publish.sh [ARCHIVE]     (default: carry/nemotronh-linux-x64.tar.xz, which git ignores)
set -euo pipefail
cd "$(dirname "$0")/../.."

archive=${1:-carry/nemotronh-linux-x64.tar.xz}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

for project in src/NemotronH.Cli tests/NemotronH.Kernels.Tests tests/NemotronH.Quantization.Tests tests/NemotronH.Tests; do
  dotnet publish "$project" -c Release -r linux-x64 --self-contained -p:TorchBackend=none -p:PackAsTool=false -p:DebugType=none \
    -o "$stage/$(basename "$project")" -v quiet
done

mkdir -p "$(dirname "$archive")"
# Sorted by name the copies of the runtime lie side by side, and xz stores them once.
(cd "$stage" && find . -type f -printf '%f\t%p\n' | sort | cut -f 2 | tar -cf - --no-recursion -T -) | xz -T0 -6 --lzma2=dict=128MiB > "$archive.partial"
mv "$archive.partial" "$archive"
ls -l "$archive"
