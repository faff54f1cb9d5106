#!/usr/bin/env python3
"""Accuracy on real data beside a peer's loop: the same rows, several seeds, paired differences.

    tests/bench/accuracy.py --data DIR --python VENV/bin/python --results FILE.csv
    tests/bench/accuracy.py --data DIR --results FILE.csv --options "--head-lr 1e-3 --warmup 0.06" --program recipe

DIR is what tests/bench/convert_data.py writes; VENV has what tests/bench/peers/requirements.txt lists. Both programs
train on the same --tweets training tweets and all news, choose the epoch by the mean macro-F1 on the validation parts,
and are scored on the whole test parts: topic by accuracy, sentiment by macro-recall (the measure of its authors). A
(program, seed) that FILE.csv already holds is not run again, so that a run can be cut short and go on. With --jobs so
many runs go on side by side. With --search the validation parts stand in for the test parts, so that a recipe can be
looked for without a look at those. Beside this file: accuracy.csv (3,000 tweets), recipe.csv (12,000) and search.csv
(12,000, validation, named by the options); docs/results.md has their commands.
"""
import argparse
import concurrent.futures
import csv
import json
import math
import os
import pathlib
import random
import re
import statistics
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TASKS = {"topic": "bbc_news", "sentiment": "tweet_eval_sentiment"}
MEASURES = {"topic": "accuracy", "sentiment": "macro_recall"}
COLUMNS = ["program", "seed", *MEASURES]
# Two-sided 95 % quantiles of Student's t by degrees of freedom.
T95 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 10: 2.228, 11: 2.201}


def prepare(data, tweets, search, folder):
    """FOLDER/NAME/{train,validation,test}.csv, with so many training tweets."""
    for name, source in TASKS.items():
        (folder / name).mkdir()
        for part in ("train", "validation", "test"):
            given = "validation" if search and part == "test" else part
            with open(data / source / f"{given}.csv", encoding="utf-8", newline="") as file:
                rows = [(row["text"], row["label"]) for row in csv.DictReader(file)]
            if part == "train" and name == "sentiment" and tweets < len(rows):
                rows = random.Random(0).sample(rows, tweets)
            with open(folder / name / f"{part}.csv", "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("text", "label"), *rows])


def run(command):
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def train_peer(args, folder, seed):
    tasks = [word for name in TASKS for word in ("--task", f"{name}={folder / name}")]
    output = run([args.python, ROOT / "tests/bench/peers/train_hf.py", "--encoder", args.encoder, *tasks, "--seed", seed,
                  "--epochs", args.epochs, "--threads", args.threads, "--fused-adamw"])
    epochs = {}
    for epoch, task, part, values in re.findall(r"^epoch (\d+) (\w+) (validation|test) (.*)$", output, re.M):
        words = values.split()
        epochs.setdefault(int(epoch), {})[task, part] = dict(zip(words[::2], map(float, words[1::2])))
    best = max(epochs.values(), key=lambda epoch: sum(epoch[task, "validation"]["macro_f1"] for task in TASKS))
    return {task: best[task, "test"][measure] for task, measure in MEASURES.items()}


def train_mtnlp(args, folder, seed):
    files = [word for name in TASKS for option, part in
             (("--task", "train"), ("--validation", "validation"), ("--test", "test"))
             for word in (option, f"{name}={folder / name / part}.csv")]
    out = (args.keep or folder) / f"{args.program}-{seed}"
    run([args.mtnlp, "train", *files, "--encoder", args.encoder, "--seed", seed, "--epochs", args.epochs, "--lr", "5e-5",
         "--threads", args.threads, "--quiet", "--overwrite", "--out", out, *args.options.split()])
    scores = json.loads((out / "test.json").read_text())["tasks"]
    return {task: scores[task][measure] for task, measure in MEASURES.items()}


def add_row(path, program, seed, scores):
    fresh = not path.exists()
    with open(path, "a", newline="") as file:
        lines = csv.writer(file, lineterminator="\n")
        if fresh:
            lines.writerow(COLUMNS)
        lines.writerow([program, seed, *(f"{scores[task]:.4f}" for task in TASKS)])


def interval(values):
    """Mean and half the 95 % confidence interval."""
    half = T95[len(values) - 1] * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return statistics.mean(values), half


def report(results):
    programs = list(dict.fromkeys(program for program, _ in results))
    for program in programs:
        rows = [row for (name, _), row in results.items() if name == program]
        text = ", ".join("{} {} {:.4f} ± {:.4f}".format(task, measure, *interval([row[task] for row in rows]))
                         for task, measure in MEASURES.items())
        print(f"{program}: {text} ({len(rows)} seeds)")
    for program in programs:
        seeds = [seed for name, seed in results if name == program and ("peer", seed) in results]
        if program == "peer" or len(seeds) < 2:
            continue
        for task, measure in MEASURES.items():
            mean, half = interval([100 * (results[program, seed][task] - results["peer", seed][task]) for seed in seeds])
            print(f"{program} - peer, {task} {measure}: {mean:+.2f} points, 95 % {mean - half:+.2f} to {mean + half:+.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--results", type=pathlib.Path, required=True)
    parser.add_argument("--python", help="interpreter of the peer's environment; without it only mtnlp runs")
    parser.add_argument("--mtnlp", type=pathlib.Path, default=ROOT / "build/release/mtnlp")
    parser.add_argument("--encoder", type=pathlib.Path, default=ROOT / "models/minilm-l6")
    parser.add_argument("--program", default="mtnlp", help="name of the mtnlp rows in the results")
    parser.add_argument("--options", default="--head-lr 5e-5", help="more options of mtnlp train [one learning rate, as the peer]")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the runs of mtnlp")
    parser.add_argument("--tweets", type=int, default=3000)
    parser.add_argument("--search", action="store_true", help="score the validation parts")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side")
    parser.add_argument("--threads", type=int, help="of each run; by default the processors over --jobs")
    args = parser.parse_args()
    args.threads = args.threads or max(1, os.cpu_count() // args.jobs)

    results = {}
    if args.results.exists():
        with open(args.results, newline="") as file:
            for row in csv.DictReader(file):
                results[row["program"], int(row["seed"])] = {task: float(row[task]) for task in TASKS}
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        prepare(args.data, args.tweets, args.search, folder)
        programs = ([("peer", train_peer)] if args.python else []) + [(args.program, train_mtnlp)]
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            runs = {pool.submit(train, args, folder, seed): (program, seed) for seed in range(args.seeds)
                    for program, train in programs if (program, seed) not in results}
            for done in concurrent.futures.as_completed(runs):
                results[runs[done]] = done.result()
                add_row(args.results, *runs[done], results[runs[done]])
    report(results)


main()
