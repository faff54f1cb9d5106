#!/usr/bin/env python3
"""Runs build/release/mtnlp on older x86-64 CPUs, which qemu-user-static plays: one without SSE4 and AVX, one without AVX, and a
Haswell, whose AVX2 the kernels use. Each embeds a few texts as this CPU does, in fp32 and in 8 bits, and trains an epoch.

    tests/container/old_cpus.py [EXECUTABLE]
"""
import csv
import math
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
MTNLP = sys.argv[1] if len(sys.argv) > 1 else str(ROOT / "build/release/mtnlp")
CPUS = ("qemu64", "Nehalem", "Haswell")
TEXTS = "The striker scored twice.\nA naïve café, 3 µm off\nnot bad at all\n"
# With it the process does not start itself again, which qemu would do on the real CPU.
ENVIRONMENT = {**os.environ, "GOMP_SPINCOUNT": "10"}


def run(cpu, arguments, **options):
    emulator = ["qemu-x86_64-static", "-cpu", cpu] if cpu else []
    done = subprocess.run([*emulator, *arguments], cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=600, **options)
    if done.returncode != 0:
        raise SystemExit(f"not ok {cpu}: {' '.join(map(str, arguments))} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return done.stdout


def embed(cpu, precision):
    text = run(cpu, [MTNLP, "embed", "models/minilm-l6", "-", "--precision", precision, "--quiet", "--out", "-"], input=TEXTS)
    return [[float(cell) for cell in row] for row in csv.reader(text.splitlines())]


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def main():
    here, seen = embed(None, "fp32"), {}
    for cpu in CPUS:
        seen[cpu] = embed(cpu, "fp32")
        worst = max(abs(x - y) for own, other in zip(here, seen[cpu]) for x, y in zip(own, other))
        least = min(cosine(own, other) for own, other in zip(here, embed(cpu, "int8")))
        if len(seen[cpu]) != len(here) or worst > 1e-5 or least < 0.99:
            raise SystemExit(f"not ok {cpu}: embeddings differ by {worst:.1e}, in 8 bits the least cosine is {least:.4f}")
        with tempfile.TemporaryDirectory() as folder:
            run(cpu, [f"{MTNLP}-train", "train", "--encoder", "tests/golden/encoders/tiny-distilbert", "--limit", "topic=40", "--limit",
                      "sentiment=40", "--max-length", "32", "--epochs", "1", "--threads", "1", "--quiet", "--out", f"{folder}/run"])
        print(f"ok {cpu}: embeddings differ by {worst:.1e} at most, in 8 bits the least cosine is {least:.4f}; it trains", flush=True)
    if seen["qemu64"] != seen["Nehalem"] or seen["Haswell"] == seen["Nehalem"]:
        raise SystemExit("not ok: the kernels for AVX2 are not those that run on a Haswell alone")
    print("ok: on the Haswell alone other kernels ran")


if __name__ == "__main__":
    main()
