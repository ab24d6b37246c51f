#!/usr/bin/env bash
# All that is checked on a GPU, in about two minutes and one command: the GPU tests and the decode steps of small checkpoints side by side, then alone the
# times of steps of 3-Nano's shape. Each part has a time limit of its own and a log in $OUT; what matters most comes first, so that a run that is cut
# off loses the least. Ends non-zero if a part failed; its last lines are a line for each part.
#
#   tools/gpu/check_all.sh [ARCHIVE]     (default: carry/nemotronh-linux-x64.tar.xz)
#   TESTS_LIMIT=65 BENCH_LIMIT=60 OUT=FOLDER tools/gpu/check_all.sh
set -uo pipefail
cd "$(dirname "$0")/../.."

archive=${1:-carry/nemotronh-linux-x64.tar.xz}
tests_limit=${TESTS_LIMIT:-65}
bench_limit=${BENCH_LIMIT:-60}
OUT=${OUT:-$(mktemp -d)}
mkdir -p "$OUT"
run=tools/gpu/run.sh
hf=tests/NemotronH.Tests/Fixtures/hf
export NEMOTRONH_REQUIRE_GPU=1
summary=$OUT/summary.txt
: > "$summary"

# part NAME LIMIT PATTERN COMMAND...: runs a command and adds a line with the log's last one that has the pattern.
part() {
  local name=$1 limit=$2 pattern=$3 start=$SECONDS status=0
  shift 3
  timeout -k 5 "$limit" "$@" > "$OUT/$name.log" 2>&1 || status=$?
  local told=ok
  [ "$status" = 0 ] || told="FAILED ($status)"
  [ "$status" = 124 ] && told="CUT OFF after $limit s"
  printf '%-14s %-20s %4d s  %s\n' "$name" "$told" $((SECONDS - start)) "$(grep -E "$pattern" "$OUT/$name.log" | tail -1 | cut -c 1-160)" | tee -a "$summary"
}

# Unpacks, too: only one of those that run side by side could.
part doctor 60 '^' "$run" "$archive" NemotronH.Cli doctor && grep -q ' ok ' "$summary" && rm "$OUT/doctor.log"

part kernel_tests "$tests_limit" 'Total:' "$run" "$archive" NemotronH.Kernels.Tests -noLogo -noColor -trait Category=Gpu &
part tests "$tests_limit" 'Total:' "$run" "$archive" NemotronH.Tests -noLogo -noColor -showLiveOutput -trait Category=Gpu &
part decode "$tests_limit" 'max' python3 tools/gpu/check_decode.py "$archive" --decode-from=0 --jobs=3 models/tiny models/tiny-nvfp4 "$hf/nano" "$hf/super" &
part decode_rounded "$tests_limit" 'max' python3 tools/gpu/check_decode.py "$archive" --decode-from=0 --jobs=2 --round "$hf/dense" "$hf/odd" &
wait
grep -h -E '\[FAIL\]' "$OUT"/*tests.log | cut -c 1-200 | head -20
grep -h -A 6 -E '\[FAIL\]' "$OUT"/*tests.log | grep -vE 'FAIL|Stack|^ +at |^--' | cut -c 1-200 | head -30
grep -h 'max' "$OUT"/decode*.log

part bench "$bench_limit" 'fused.*graph' "$run" "$archive" NemotronH.Cli bench --config models/configs/nemotron-3-nano-30b-a3b --random-weights \
  --precision official --context 1024 --temperature 0 --repeat 3 --batch 1,8,64 --nvfp4 dequantize,fused --compare-eager --verbose --out "$OUT/bench.json"
grep -E 'launch|graph|eager|error' "$OUT/bench.log"

echo
cat "$summary"
! grep -qE 'FAILED|CUT OFF' "$summary"
