#!/usr/bin/env python3
"""Accuracy on real data beside a peer's loop: the same rows, several seeds, a row of a CSV file for each run.

    tests/bench/accuracy.py --data DATA --python VENV/bin/python --seeds 8
    tests/bench/accuracy.py --data DATA --seeds 8 --program balanced --options "--class-weights balanced"
    tests/bench/accuracy.py --data DATA --seeds 3 --part development --program NAME --options OPTIONS
    tests/bench/accuracy.py --report

DATA is what tests/bench/convert_data.py writes; VENV has what tests/bench/peers/requirements.txt lists. Both programs train on the
first --tweets of the labelled tweets of cut_tweets.py and on all news, and are scored by the validation parts and by one part more:
the test parts, or, for the choice of a recipe, the development tweets (and, of news, the validation part again). Of each run both
checkpoints count: "best", the epoch with the best mean macro-F1 on the validation parts, and "last". A run that the results hold
for this part is not repeated, on whatever machine it ran, so that a long list can be stopped and go on elsewhere. Topic is judged
by accuracy, sentiment by macro-recall, the measure of its authors; seeds of two programs are not pairs."""
import argparse
import concurrent.futures
import csv
import json
import os
import pathlib
import re
import tempfile
import time

from bench import ROOT, cpu, difference, estimate, read_results, read_rows, run, write_rows
from cut_tweets import cut

TASKS = {"topic": "bbc_news", "sentiment": "tweet_eval_sentiment"}
MEASURES = {"topic": "accuracy", "sentiment": "macro_recall"}
COLUMNS = ["program", "part", "tweets", "seed", "checkpoint", "task", "accuracy", "macro_recall", "recalls", "seconds", "precision",
           "cpu", "options"]


def prepare(args, folder):
    """FOLDER/NAME/{train,validation,test}.csv; test.csv is the part that is scored."""
    parts = cut(args.data)
    for name, source in TASKS.items():
        rows = {part: read_rows(args.data / source / f"{part}.csv") for part in ("train", "validation", "test")}
        if name == "sentiment":
            rows["train"] = parts["labelled"][:args.tweets]
        if args.part == "development":
            rows["test"] = parts["development"] if name == "sentiment" else rows["validation"]
        for part, of_part in rows.items():
            write_rows(folder / name / f"{part}.csv", of_part)


def rows_of(scores):
    """{"best" or "last": {task: {measure: value}}} as rows of the results without what is said of the run."""
    return [{"checkpoint": checkpoint, "task": task, "accuracy": f"{values['accuracy']:.4f}",
             "macro_recall": f"{values['macro_recall']:.4f}",
             "recalls": " ".join(f"{name[7:]}={value:.4f}" for name, value in values.items() if name.startswith("recall:"))}
            for checkpoint, tasks in scores.items() for task, values in tasks.items()]


def train_peer(args, folder, seed):
    tasks = [word for name in TASKS for word in ("--task", f"{name}={folder / name}")]
    output = run([args.python, ROOT / "tests/bench/peers/train_hf.py", "--encoder", args.encoder, *tasks, "--seed", seed,
                  "--epochs", args.epochs, "--threads", args.threads, "--fused-adamw", *args.peer_options.split()])
    epochs = {}
    for epoch, task, part, values in re.findall(r"^epoch (\d+) (\w+) (validation|test) (.*)$", output, re.M):
        words = values.split()
        epochs.setdefault(int(epoch), {})[task, part] = dict(zip(words[::2], map(float, words[1::2])))
    best = max(epochs, key=lambda epoch: sum(epochs[epoch][task, "validation"]["macro_f1"] for task in TASKS))
    scores = {checkpoint: {task: epochs[epoch][task, "test"] for task in TASKS}
              for checkpoint, epoch in (("best", best), ("last", max(epochs)))}
    seconds = sum(float(value) for value in re.findall(r"^epoch \d+ train ([\d.]+) s", output, re.M))
    return rows_of(scores), seconds, "fp32"


def start_mtnlp(args, folder, seed):
    """Trains a run, and returns its folder."""
    files = [word for name in TASKS for option, part in (("--task", "train"), ("--validation", "validation"), ("--test", "test"))
             for word in (option, f"{name}={folder / name / part}.csv")]
    out = (args.keep or folder) / f"{args.program}-{seed}"
    run([args.mtnlp, "train", *files, "--encoder", args.encoder, "--seed", seed, "--epochs", args.epochs, "--lr", "5e-5",
         "--threads", args.threads, "--no-test", "--overwrite", "--out", out, *args.options.split()])
    return out


def train_mtnlp(args, folder, seed):
    start = time.monotonic()
    out = start_mtnlp(args, folder, seed)
    seconds = time.monotonic() - start
    scores = {}
    for checkpoint in ("best", "last"):
        if checkpoint == "last" and (out / "last").resolve() == (out / "best").resolve():
            scores["last"] = scores["best"]
            break
        tests = [word for name in TASKS for word in ("--task", f"{name}={folder / name}/test.csv")]
        given = json.loads(run([args.mtnlp, "eval", out / checkpoint, *tests, "--threads", args.threads, "--json", "-"]))["tasks"]
        scores[checkpoint] = {task: {"accuracy": values["accuracy"], "macro_recall": values["macro_recall"],
                                     **{f"recall:{figures['label']}": figures["recall"] for figures in values["per_class"]}}
                              for task, values in given.items()}
    precision = re.findall(r"training in (\w+)", (out / "train.log").read_text())[-1]
    return rows_of(scores), seconds, precision


def add_rows(path, rows):
    fresh = not path.exists()
    with open(path, "a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        if fresh:
            writer.writeheader()
        writer.writerows(rows)


def report(results):
    """Prints, for each part and size: every program's figures, and its difference from the peer's."""
    for part, tweets in dict.fromkeys((row["part"], row["tweets"]) for row in results):
        print(f"\n{part} part, {tweets} tweets")
        for checkpoint in ("best", "last"):
            for task, measure in MEASURES.items():
                values = {}
                for row in results:
                    if (row["part"], row["tweets"], row["checkpoint"], row["task"]) == (part, tweets, checkpoint, task):
                        values.setdefault(row["program"], []).append(100 * float(row[measure]))
                for program, of_program in values.items():
                    mean, half = estimate(of_program)
                    text = f"{checkpoint:5} {task:10} {measure:13} {program:24} {mean:6.2f} ± {half:.2f} ({len(of_program)} seeds)"
                    if program != "peer" and "peer" in values:
                        off, width = difference(of_program, values["peer"])
                        text += f"   less the peer's {off:+.2f}, 95 % {off - width:+.2f} to {off + width:+.2f}"
                    print(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "tests/bench/tweets.csv")
    parser.add_argument("--python", help="interpreter of the peer's environment; without it only mtnlp runs")
    parser.add_argument("--mtnlp", type=pathlib.Path, default=ROOT / "build/release/mtnlp")
    parser.add_argument("--encoder", type=pathlib.Path, default=ROOT / "models/minilm-l6")
    parser.add_argument("--program", default="mtnlp", help="name of the mtnlp rows in the results")
    parser.add_argument("--options", default="", help="more options of mtnlp train")
    parser.add_argument("--peer", default="peer", help="name of the peer's rows in the results")
    parser.add_argument("--peer-options", default="", help="more options of the peer")
    parser.add_argument("--keep", type=pathlib.Path, help="folder for the runs of mtnlp")
    parser.add_argument("--tweets", type=int, default=12_000)
    parser.add_argument("--part", choices=("test", "development"), default="test", help="what is scored")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=1, help="runs side by side")
    parser.add_argument("--threads", type=int, help="of each run; by default the processors over --jobs")
    parser.add_argument("--report", action="store_true", help="print what the results say, and run nothing")
    args = parser.parse_args()
    args.threads = args.threads or max(1, os.cpu_count() // args.jobs)
    if args.report:
        return report(read_results(args.results))
    if args.data is None:
        parser.error("--data is missing")

    there = {(row["program"], row["part"], int(row["tweets"]), int(row["seed"])) for row in read_results(args.results)}
    programs = ([(args.peer, train_peer, args.peer_options)] if args.python else []) + [(args.program, train_mtnlp, args.options)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        prepare(args, folder)
        with concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
            runs = {pool.submit(train, args, folder, seed): (program, seed, options) for seed in range(args.seeds)
                    for program, train, options in programs if (program, args.part, args.tweets, seed) not in there}
            for done in concurrent.futures.as_completed(runs):
                (program, seed, options), (rows, seconds, precision) = runs[done], done.result()
                add_rows(args.results, [{**row, "program": program, "part": args.part, "tweets": args.tweets, "seed": seed,
                                         "seconds": f"{seconds:.0f}", "precision": precision, "cpu": cpu(), "options": options}
                                        for row in rows])
    report(read_results(args.results))


if __name__ == "__main__":
    main()
