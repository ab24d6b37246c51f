#!/usr/bin/env bash
# Packs the command line and the test programs for a Linux machine that has an NVIDIA driver and a PyTorch install but neither .NET nor a network:
# self-contained, without libtorch, in one archive. Models and fixtures stay out of it: run.sh takes them from the repository. See run.sh, test.sh and
# check_all.sh for the other side.
#
#   tools/gpu/publish.sh [ARCHIVE]     (default: carry/nemotronh-linux-x64.tar.xz, which git ignores)
set -euo pipefail
cd "$(dirname "$0")/../.."

archive=${1:-carry/nemotronh-linux-x64.tar.xz}
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

# Into one folder: nearly all files are the same, and lie there once.
for project in src/NemotronH.Cli tests/NemotronH.Kernels.Tests tests/NemotronH.Tests; do
  dotnet publish "$project" -c Release -r linux-x64 --self-contained -p:TorchBackend=none -p:PackAsTool=false -p:DebugType=none -o "$stage" -v quiet
done

# What only plots, debuggers, coverage and Visual Basic need, and other systems' libraries.
rm -rf "$stage"/{models,Fixtures,Microsoft.CodeCoverage,CodeCoverage,InstrumentationEngine}
find "$stage" \( -name '*.pdb' -o -name '*.dylib' -o -name 'libSkiaSharp.so' -o -name 'libHarfBuzzSharp.so' -o -name 'SkiaSharp*.dll' \
  -o -name 'libmscordbi.so' -o -name 'libmscordaccore.so' -o -name 'libclrgc*.so' -o -name 'libcoreclrtraceptprovider.so' \
  -o -name 'Microsoft.VisualBasic*.dll' -o -name 'NemotronH*.xml' \) -delete

mkdir -p "$(dirname "$archive")"
tar -C "$stage" --sort=name -cf - . | xz -T0 -6 --lzma2=dict=128MiB > "$archive.partial"
mv "$archive.partial" "$archive"
ls -l "$archive"
