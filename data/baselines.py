#!/usr/bin/env python3
"""Majority and TF-IDF + logistic regression, on the very parts of a run.

    mtnlp train --out runs/demo          (or any run: it records its split)
    python3 data/baselines.py runs/demo

TF-IDF: words and word pairs, sublinear counts; the regression's C is chosen on the validation part.
Needs scikit-learn (the figures in README.md are from 1.9.1).
"""
import argparse
import collections
import csv
import json
import pathlib

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.pipeline import make_pipeline

PARTS = ("train", "validation", "test")
STRENGTHS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)


def read_run(run):
    """Task → part → (texts, labels), as RUN/sources.json and RUN/split.csv say."""
    record = json.loads((run / "sources.json").read_text(encoding="utf-8"))
    files = []
    for source in record["sources"]:
        with open(run / source["file"], encoding="utf-8-sig", newline="") as file:
            files.append(list(csv.DictReader(file)))
    tasks = collections.defaultdict(lambda: {part: ([], []) for part in PARTS})
    with open(run / "split.csv", encoding="utf-8", newline="") as file:
        for place in csv.DictReader(file):
            source = record["sources"][int(place["source"])]
            row = files[int(place["source"])][int(place["row"])]
            for task, column in zip(source["tasks"], source["label_columns"]):
                if row[column].strip():
                    texts, labels = tasks[task][place["part"]]
                    texts.append(row[record["text_column"]])
                    labels.append(row[column].strip())
    return tasks


def majority(parts):
    [(label, _)] = collections.Counter(parts["train"][1]).most_common(1)
    return [label] * len(parts["test"][1])


def tf_idf(parts):
    def fit(strength):
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True), LogisticRegression(C=strength, max_iter=5000)
        )
        return model.fit(*parts["train"])

    best = max(map(fit, STRENGTHS), key=lambda model: model.score(*parts["validation"]))
    return best.predict(parts["test"][0])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=pathlib.Path, help="a run folder of mtnlp train")
    run = parser.parse_args().run
    print(f"{'task':<12}{'baseline':<12}{'test rows':>9}{'accuracy':>10}{'macro F1':>10}")
    for task, parts in sorted(read_run(run).items()):
        gold = parts["test"][1]
        for name, guesses in (("majority", majority(parts)), ("TF-IDF", tf_idf(parts))):
            accuracy, f1 = accuracy_score(gold, guesses), f1_score(gold, guesses, average="macro", zero_division=0)
            print(f"{task:<12}{name:<12}{len(gold):>9}{accuracy:>10.4f}{f1:>10.4f}")


if __name__ == "__main__":
    main()
