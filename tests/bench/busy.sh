#!/usr/bin/env bash
# Times a training alone, beside a busy process at nice 19, and beside one of ordinary priority, in turns:
#   [RUNS=3] tests/bench/busy.sh MTNLP [options of mtnlp train]
set -euo pipefail
mtnlp=$1
shift
scratch=$(mktemp -d)
busy=
trap '[ -z "$busy" ] || kill "$busy"; rm -rf "$scratch"' EXIT

train() {
  local what=$1 begin=$EPOCHREALTIME
  shift
  "$mtnlp" train --epochs 1 --out "$scratch/run" "$@" >/dev/null 2>"$scratch/log" || { cat "$scratch/log" >&2; exit 1; }
  awk -v what="$what" -v begin="$begin" -v end="$EPOCHREALTIME" 'BEGIN { printf "%s: %.2f s\n", what, end - begin }'
  rm -rf "$scratch/run"
}

beside() {
  "$@" bash -c 'while :; do :; done' &
  busy=$!
}
unbusy() {
  kill "$busy"
  wait "$busy" 2>/dev/null || true
  busy=
}

for ((run = 0; run < ${RUNS:-3}; ++run)); do
  train alone "$@"
  beside nice -n 19
  train "beside nice 19" "$@"
  unbusy
  beside env
  train "beside an ordinary process" "$@"
  unbusy
done
