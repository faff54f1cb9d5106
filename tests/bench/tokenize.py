#!/usr/bin/env python3
"""Speed of `mtnlp tokenize` beside the batch call of the Rust library `tokenizers`, all threads each, alternating.

    tests/bench/tokenize.py --python VENV/bin/python [--rounds 7] [--lines 100000] FILE.csv...

The texts of all files (column text) are repeated up to so many lines. mtnlp is timed as a whole process that reads the
file and writes the ids; the library only in its call, encode_batch_fast (without offsets) and encode_batch, the texts in
memory already. VENV holds tokenizers. Both must give the same ids. A ratio above 1: mtnlp is the faster one.
"""
import argparse
import csv
import pathlib
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]

PEER = """
import sys, time
from tokenizers import Tokenizer
model, file, length, call, out = sys.argv[1:]
tokenizer = Tokenizer.from_file(model + "/tokenizer.json")
tokenizer.no_padding()
tokenizer.enable_truncation(int(length))
with open(file, encoding="utf-8", newline="\\n") as lines:
    texts = lines.read().split("\\n")[:-1]
encode = getattr(tokenizer, call)
encode(texts[:1000])
start = time.perf_counter()
encoded = encode(texts)
print(time.perf_counter() - start)
if out:
    with open(out, "w") as file:
        file.writelines(" ".join(map(str, one.ids)) + "\\n" for one in encoded)
"""


def read_texts(files, count):
    texts = []
    for file in files:
        with open(file, encoding="utf-8", newline="") as rows:
            texts += [" ".join(row["text"].split()) for row in csv.DictReader(rows)]
    return [texts[i % len(texts)] for i in range(count)]


def run(command):
    return subprocess.run([str(part) for part in command], check=True, stdout=subprocess.PIPE, text=True).stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="+", type=pathlib.Path, help="CSV files with a column text")
    parser.add_argument("--python", required=True, help="an interpreter that has tokenizers")
    parser.add_argument("--mtnlp", default=ROOT / "build/release/mtnlp", type=pathlib.Path)
    parser.add_argument("--model", default=ROOT / "models/minilm-l6", help="encoder folder with a tokenizer.json")
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--max-length", type=int, default=512)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        texts = read_texts(args.files, args.lines)
        (folder / "texts.txt").write_text("".join(text + "\n" for text in texts), encoding="utf-8")

        def mtnlp():
            start = time.perf_counter()
            run([args.mtnlp, "tokenize", args.model, folder / "texts.txt", "--max-length", args.max_length,
                 "--out", folder / "ours.txt"])
            return time.perf_counter() - start

        def peer(call, out=""):
            return float(run([args.python, "-c", PEER, args.model, folder / "texts.txt", args.max_length, call, out]))

        mtnlp()
        peer("encode_batch", folder / "theirs.txt")
        if (folder / "ours.txt").read_bytes() != (folder / "theirs.txt").read_bytes():
            raise SystemExit("the ids differ")
        times = {"mtnlp tokenize": [], "encode_batch_fast": [], "encode_batch": []}
        for _ in range(args.rounds):
            times["mtnlp tokenize"].append(mtnlp())
            for call in ("encode_batch_fast", "encode_batch"):
                times[call].append(peer(call))
    medians = {name: statistics.median(all_times) for name, all_times in times.items()}
    for name, median in medians.items():
        low, high = min(times[name]), max(times[name])
        print(f"{name:18} {median:7.3f} s ({low:.3f} to {high:.3f})  {len(texts) / median:10,.0f} lines/s"
              f"  ratio {median / medians['mtnlp tokenize']:.2f}")


if __name__ == "__main__":
    main()
