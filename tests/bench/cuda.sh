#!/usr/bin/env bash
# What is to be looked at on a machine with one NVIDIA GPU, since no test can: that CUDA computes what the CPU computes, that a run
# on it resumes, and its speed beside the peer's.
#   Torch_DIR=LIBTORCH/share/cmake/Torch tests/bench/cuda.sh DATA PYTHON
# LIBTORCH is one with CUDA; DATA is what convert_data.py writes; PYTHON has peers/requirements.txt with a torch for CUDA. Ends with 1
# when something is wrong.
set -euo pipefail
root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd)
data=$(cd -- "$1" && pwd) python=$2
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
cd "$root"
nvidia-smi --query-gpu=name,memory.total --format=csv,noheader
./run build -DBUILD_TESTING=OFF
PATH=$root/build/release:$PATH
tweets=$data/tweet_eval_sentiment news=$data/bbc_news
tasks=(--task "topic=$news/train.csv" --validation "topic=$news/validation.csv" --test "topic=$news/test.csv"
       --task "sentiment=$tweets/train.csv" --validation "sentiment=$tweets/validation.csv" --test "sentiment=$tweets/test.csv"
       --limit sentiment=12000 --seed 0)

echo "== embeddings: the largest difference between CPU and CUDA, at most 1e-4"
for device in cpu cuda; do
  time mtnlp embed models/minilm-l6 "$tweets/test.csv" --precision fp32 --device "$device" --quiet --out "$work/$device.npy"
done
"$python" -c 'import numpy, sys
off = abs(numpy.load(sys.argv[1]) - numpy.load(sys.argv[2])).max()
print(off)
sys.exit(not off <= 1e-4)' "$work/cpu.npy" "$work/cuda.npy"

echo "== a frozen backbone without dropout: the losses of both devices agree to 3 digits"
for device in cpu cuda; do
  mtnlp train "${tasks[@]}" --limit topic=500 --epochs 1 --dropout 0 --freeze backbone --precision fp32 --device "$device" --quiet \
    --out "$work/$device" --json "$work/$device.json"
done
"$python" -c 'import json, sys
a, b = (json.load(open(name))["tasks"] for name in sys.argv[1:])
for task in a:
    print(task, a[task]["loss"], b[task]["loss"])
sys.exit(any(abs(a[task]["loss"] - b[task]["loss"]) > 2e-3 for task in a))' "$work/cpu.json" "$work/cuda.json"

echo "== a run goes on after a stop"
mtnlp train "${tasks[@]}" --epochs 2 --device cuda --quiet --stop-after 1 --out "$work/stopped"
mtnlp train --resume "$work/stopped" --quiet

echo "== training: 12,000 tweets and the news, one epoch, sentences/s"
for turn in 1 2 3; do
  mtnlp train "${tasks[@]}" --epochs 1 --device cuda --no-test --overwrite --out "$work/speed" 2>&1 | grep -o '[0-9.]* sentences/s' | tail -1
  "$python" tests/bench/peers/train_hf.py --encoder models/minilm-l6 --task "topic=$news" --task "sentiment=$tweets" --limit sentiment=12000 \
    --epochs 1 --no-eval --fused-adamw --device cuda | grep -o 'train .*'
done
