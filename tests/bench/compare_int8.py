#!/usr/bin/env python3
"""How near embeddings in int8 come to those in fp32: mean and worst cosine over the texts of a file.

    tests/bench/compare_int8.py FILE.csv [--rows 499]
"""
import argparse
import array
import csv
import math
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def read_npy(file):
    """Returns the rows of a matrix of float32 in NumPy's format 1.0."""
    data = file.read_bytes()
    start = 10 + int.from_bytes(data[8:10], "little")
    columns = int(re.search(rb"'shape': \(\d+, (\d+)\)", data[:start])[1])
    values = array.array("f", data[start:])
    return [values[i:i + columns] for i in range(0, len(values), columns)]


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.hypot(*a) / math.hypot(*b)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=pathlib.Path, help="CSV file with a column text")
    parser.add_argument("--rows", type=int, default=499, help="the first ones")
    parser.add_argument("--mtnlp", type=pathlib.Path, default=ROOT / "build/release/mtnlp")
    parser.add_argument("--encoder", type=pathlib.Path, default=ROOT / "models/minilm-l6")
    args = parser.parse_args()
    with open(args.file, encoding="utf-8", newline="") as file:
        texts = [" ".join(row["text"].split()) for row in csv.DictReader(file)][:args.rows]
    embeddings = {}
    with tempfile.TemporaryDirectory() as temporary:
        lines, out = pathlib.Path(temporary, "texts.txt"), pathlib.Path(temporary, "x.npy")
        lines.write_text("".join(text + "\n" for text in texts), encoding="utf-8")
        for precision in ("fp32", "int8"):
            command = [args.mtnlp, "embed", args.encoder, lines, "--precision", precision, "--out", out, "--quiet"]
            subprocess.run(command, check=True)
            embeddings[precision] = read_npy(out)
    cosines = [cosine(a, b) for a, b in zip(embeddings["fp32"], embeddings["int8"])]
    print(f"{len(cosines)} texts: mean cosine {sum(cosines) / len(cosines):.4f}, worst {min(cosines):.4f}")


if __name__ == "__main__":
    main()
