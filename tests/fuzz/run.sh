#!/usr/bin/env bash
# Fuzzes each target for so many seconds, address and undefined behaviour checked, and prints its executions:
#   tests/fuzz/run.sh SECONDS [TARGET...]
# Starts from tests/fuzz/corpus; what it learns stays in build/fuzz/corpus. An input that breaks a target is left in
# build/fuzz/found: once mended, put it into tests/fuzz/corpus, where every test run replays it. Needs the packages of the
# role check in .versions.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
seconds=${1:?how many seconds for each target}
shift
cd "$root"
[ -f build/fuzz/build.ninja ] || cmake --preset fuzz >&2
targets=("$@")
[ $# -gt 0 ] || for source in tests/fuzz/*_fuzz.cc; do targets+=("$(basename "$source" _fuzz.cc)"); done
cmake --build build/fuzz --target "${targets[@]/%/_fuzz}" >&2

fuzz() {
  local target=$1 log=build/fuzz/$1.log
  mkdir -p "build/fuzz/corpus/$target" build/fuzz/found
  if ! "build/fuzz/tests/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -close_fd_mask=1 \
    -print_final_stats=1 -artifact_prefix="build/fuzz/found/$target-" \
    "build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1; then
    echo "$target: FAILED, see $log"
    return 1
  fi
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions in $seconds s"
}
[ ! -d /dev/shm ] || export TMPDIR=/dev/shm  # each execution writes its files
export -f fuzz
export seconds
printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c 'fuzz {}'
