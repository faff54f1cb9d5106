#!/usr/bin/env python3
"""Shows that mtnlp and a plain PyTorch loop train alike: both begin with the same heads, take the same batches in the same order and
drop the same elements (tests/bench/peers/mtnlp_law.py), in fp32, at one learning rate.

    tests/bench/same_masks.py --data DATA --python VENV/bin/python [--tweets 12000] [--epochs 1] [--dropout 0.1]

Fails unless the mean loss of every task and epoch is equal to 3 digits, and the guesses on the test parts are equal on as many rows
as those of mtnlp with 1 and with 2 threads, less a point of 100."""
import argparse
import csv
import json
import pathlib
import re
import tempfile

from accuracy import TASKS, prepare
from bench import ROOT, cpu, read_rows, run, write_rows


def train_mtnlp(args, folder, threads):
    """Losses {(epoch, task): mean} and the guesses on the test parts of the last epoch."""
    files = [word for name in TASKS for option, part in (("--task", "train"), ("--validation", "validation"), ("--test", "test"))
             for word in (option, f"{name}={folder / name / part}.csv")]
    out = folder / f"run-{threads}"
    run([args.mtnlp, "train", *files, "--encoder", args.encoder, "--seed", args.seed, "--epochs", args.epochs, "--lr", "5e-5", "--head-lr",
         "5e-5", "--weight-decay", "0.01", "--precision", "fp32", "--dropout", args.dropout, "--threads", threads, "--no-test", "--out", out])
    with open(out / "metrics.csv", encoding="utf-8", newline="") as file:
        losses = {(int(row["epoch"]), task): float(row[f"{task}.train_loss"]) for row in csv.DictReader(file) for task in TASKS}
    guesses = []
    for name in TASKS:
        lines = run([args.mtnlp, "predict", out / "last", folder / name / "test.csv", "--out-format", "jsonl", "--prefix", "guess_"])
        guesses += [(name, json.loads(line)[f"guess_{name}"]) for line in lines.splitlines()]
    return losses, guesses


def train_peer(args, folder):
    guesses = folder / "guesses.txt"
    tasks = [word for name in TASKS for word in ("--task", f"{name}={folder / name}")]
    output = run([args.python, ROOT / "tests/bench/peers/train_hf.py", "--encoder", args.encoder, *tasks, "--seed", args.seed, "--epochs",
                  args.epochs, "--threads", 2, "--fused-adamw", "--mtnlp-law", "--dropout", args.dropout, "--guesses", guesses])
    losses = {(int(epoch), task): float(loss) for epoch, rest in re.findall(r"^epoch (\d+) train (.*)$", output, re.M)
              for task, loss in re.findall(r"(\w+)\.loss ([\d.]+)", rest)}
    return losses, [tuple(line.split("\t")) for line in guesses.read_text(encoding="utf-8").splitlines()]


def share_equal(a, b):
    assert len(a) == len(b)
    return sum(x == y for x, y in zip(a, b)) / len(a)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--mtnlp", type=pathlib.Path, default=ROOT / "build/release/mtnlp")
    parser.add_argument("--encoder", type=pathlib.Path, default=ROOT / "models/minilm-l6")
    parser.add_argument("--tweets", type=int, default=12_000)
    parser.add_argument("--rows", type=int, default=3_000, help="rows of each validation and test part that count")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    args.part = "test"
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        prepare(args, folder)
        for name in TASKS:
            for part in ("validation", "test"):
                file = folder / name / f"{part}.csv"
                write_rows(file, read_rows(file)[:args.rows])
        rows = sum(len(read_rows(folder / name / "test.csv")) for name in TASKS)
        peer_losses, peer_guesses = train_peer(args, folder)
        losses, guesses = train_mtnlp(args, folder, 2)
        _, others = train_mtnlp(args, folder, 1)
    itself, peer = share_equal(guesses, others), share_equal(guesses, peer_guesses)
    print(f"{cpu()}, {args.tweets} tweets, {args.epochs} epochs, dropout {args.dropout}")
    for (epoch, task), loss in losses.items():
        print(f"epoch {epoch} {task}: mean loss {loss:.6f} in mtnlp, {peer_losses[epoch, task]:.6f} in PyTorch")
    print(f"equal guesses of {rows}: mtnlp with 1 and 2 threads {itself:.2%}, mtnlp and PyTorch {peer:.2%}")
    assert all(abs(loss - peer_losses[key]) < 1e-3 * loss for key, loss in losses.items()), "the losses differ"
    assert peer >= itself - 0.01, "the guesses differ"


if __name__ == "__main__":
    main()
