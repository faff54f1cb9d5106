#!/usr/bin/env python3
"""How well `mtnlp data suspects` finds wrong labels: it gives some rows of the embedded data another label, and looks where they
are ranked.

    tests/bench/suspects.py [--share 0.05] [--seed 1] [--work DIR] [--tasks topic,sentiment] [OPTION OF TRAIN]...

Printed of each task: the flips; the rows that are confident suspects; the out-of-fold errors on the clean data (`train --k-fold`); the recall of the flips among as many
first rows as there are flips and errors; the average precision of the list, a flip that is not in it counting as never found; and
that of all rows ranked by their out-of-fold loss. Runs that DIR holds are not trained again.
"""
import argparse
import csv
import io
import json
import math
import os
import pathlib
import random
import tempfile

from bench import ROOT, run

MTNLP = os.environ.get("MTNLP_EXECUTABLE", str(ROOT / "build/release/mtnlp"))


def read_rows(file):
    with open(file, encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def write_rows(file, rows):
    with open(file, "w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return file


def plant(rows, share, seed):
    """Gives `share` of the rows another label, each of the others as likely. Returns all rows, and the indices of these."""
    draw = random.Random(seed)
    labels = sorted({row["label"] for row in rows})
    flips = set(draw.sample(range(len(rows)), round(share * len(rows))))
    return [row | {"label": draw.choice([label for label in labels if label != row["label"]])} if i in flips else row
            for i, row in enumerate(rows)], flips


def average_precision(ranked, wanted):
    """The mean precision at the places of `wanted` in `ranked`; one that is not there counts as 0."""
    found, total = 0, 0.0
    for place, row in enumerate(ranked, 1):
        if row in wanted:
            found += 1
            total += found / place
    return total / len(wanted)


def recall(ranked, wanted):
    return len(wanted.intersection(ranked)) / len(wanted)


def ranked_by_loss(folds, rows, task):
    """The indices of `rows`, of which the runs in `folds` hold each out once, by out-of-fold loss: the largest first."""
    losses = {}
    for fold in sorted(folds.glob("fold-*/")):
        source = [task in source["tasks"] for source in json.loads((fold / "sources.json").read_text())["sources"]].index(True)
        held_out = [int(row["row"]) for row in read_rows(fold / "split.csv") if row["part"] == "test" and row["source"] == str(source)]
        texts = write_rows(folds / "held-out.csv", [{"text": rows[row]["text"]} for row in held_out])
        answers = run([MTNLP, "predict", "--quiet", "--raw", "--precision", "fp32", "--all-probabilities", fold, texts])
        for row, answer in zip(held_out, csv.DictReader(io.StringIO(answers)), strict=True):
            losses[row] = -math.log(max(float(answer[f"{task}.probability.{rows[row]['label']}"]), 1e-30))
    return sorted(losses, key=losses.get, reverse=True)


def find(tasks, share, seed, work, options, rows=None):
    """The figures of each task, of its first `rows` rows."""
    clean = {task: read_rows(ROOT / f"data/{task}.csv")[:rows] for task in tasks}
    planted = {task: plant(rows, share, seed) for task, rows in clean.items()}
    options = ["--quiet", "--group-column", "group", *options]
    folds, list_file = work / "flipped", work / "suspects.csv"
    files = [word for task, (rows, _) in planted.items()
             for word in ("--task", f"{task}={write_rows(work / f'{task}-flipped.csv', rows)}")]
    start = ["--resume", folds] if folds.exists() else ["--runs", folds, *files, *options]
    run([MTNLP, "data", "suspects", "--out", list_file, *start])
    files = [word for task, rows in clean.items() for word in ("--task", f"{task}={write_rows(work / f'{task}.csv', rows)}")]
    start = ["--resume", work / "clean"] if (work / "clean").exists() else ["--k-fold", 5, "--out", work / "clean", *files, *options]
    run([MTNLP, "train", *start])
    scores = json.loads((work / "clean/test.json").read_text())["tasks"]
    suspects = read_rows(list_file)
    for task, (rows, flips) in planted.items():
        index = {row["text"]: i for i, row in enumerate(rows)}
        ranked = [index[row["text"]] for row in suspects if row["task"] == task]
        errors = round((1 - scores[task]["accuracy"]) * scores[task]["rows"])
        yield {"task": task, "rows": len(rows), "flips": len(flips), "errors": errors, "confident": sum(row["task"] == task and row["confident"] == "yes" for row in suspects),
               "recall": recall(ranked[:len(flips) + errors], flips), "average precision": average_precision(ranked, flips),
               "by loss": average_precision(ranked_by_loss(folds, rows, task), flips)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tasks", default="topic,sentiment")
    parser.add_argument("--work", type=pathlib.Path)
    own, options = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = own.work or pathlib.Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for figures in find(own.tasks.split(","), own.share, own.seed, work, options):
            print(", ".join(f"{key} {value:.4f}" if isinstance(value, float) else f"{key} {value}" for key, value in figures.items()))


if __name__ == "__main__":
    main()
