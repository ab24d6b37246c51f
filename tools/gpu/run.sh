#!/usr/bin/env bash
# Unpacks what publish.sh packed and runs a program of it on a machine with PyTorch, whose libtorch it uses.
#
#   tools/gpu/run.sh ARCHIVE PROGRAM [ARGUMENT...]
#   tools/gpu/run.sh carry/nemotronh-linux-x64.tar.xz NemotronH.Cli doctor
#   tools/gpu/run.sh carry/nemotronh-linux-x64.tar.xz NemotronH.Kernels.Tests
#   NEMOTRONH_RUN_UNDER="compute-sanitizer --tool memcheck" tools/gpu/run.sh carry/nemotronh-linux-x64.tar.xz NemotronH.Cli doctor
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
archive=$1
program=$2
shift 2
# One folder for each content of the archive: a later archive is never taken for an earlier one.
folder=${NEMOTRONH_UNPACKED:-${TMPDIR:-/var/tmp}/nemotronh-unpacked-$(sha256sum "$archive" | cut -c 1-16)}
if [ ! -d "$folder" ]; then
  rm -rf "$folder.partial"
  mkdir -p "$folder.partial"
  tar -xJf "$archive" -C "$folder.partial"
  cp -r "$root/models" "$root/tests/NemotronH.Tests/Fixtures" "$folder.partial"
  mv "$folder.partial" "$folder"
fi

NEMOTRONH_LIBTORCH=${NEMOTRONH_LIBTORCH:-$(python3 -c 'import os, torch; print(os.path.join(os.path.dirname(torch.__file__), "lib"))')}
export NEMOTRONH_LIBTORCH
# shellcheck disable=SC2086 # A command and its options.
exec ${NEMOTRONH_RUN_UNDER:-} "$folder/$program" "$@"
