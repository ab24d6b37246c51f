#!/usr/bin/env bash
# Runs all tests that need a GPU, from what publish.sh packed. A GPU that cannot be used fails them instead of skipping them.
# Ends non-zero on any failure; its last line is "N passed, N failed, N skipped", summed over the test programs.
#
#   tools/gpu/test.sh [ARCHIVE] [OPTION OF THE TEST PROGRAMS...]     (default: carry/nemotronh-linux-x64.tar.xz)
#   tools/gpu/test.sh carry/nemotronh-linux-x64.tar.xz -class '*CudaGraphTests'
#   NEMOTRONH_RUN_UNDER="compute-sanitizer --tool racecheck" tools/gpu/test.sh
set -euo pipefail

run=$(dirname "$0")/run.sh
archive=${1:-carry/nemotronh-linux-x64.tar.xz}
shift || true
log=$(mktemp)
trap 'rm -f "$log"' EXIT
export NEMOTRONH_REQUIRE_GPU=1

status=0
for program in NemotronH.Kernels.Tests NemotronH.Tests; do
  "$run" "$archive" "$program" -noLogo -noColor -trait Category=Gpu "$@" 2>&1 | tee -a "$log" || status=$?
done

awk '
  /Total: [0-9]+, Errors: [0-9]+, Failed: [0-9]+, Skipped: [0-9]+/ {
    gsub(",", "")
    for (i = 1; i < NF; i++) {
      if ($i == "Total:") total += $(i + 1)
      if ($i == "Errors:" || $i == "Failed:") failed += $(i + 1)
      if ($i == "Skipped:") skipped += $(i + 1)
    }
  }
  END { printf "%d passed, %d failed, %d skipped\n", total - failed - skipped, failed, skipped; exit total - failed - skipped == 0 }
' "$log" || status=1
exit "$status"
