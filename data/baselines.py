#!/usr/bin/env python3
"""Majority and TF-IDF + logistic regression, on the very parts of a run; of several labels a row the labels that half of the
rows have and one regression a label, of numbers the mean and a ridge regression. A pair counts as the words of both texts.

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
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import accuracy_score, f1_score, mean_absolute_error, r2_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer

PARTS = ("train", "validation", "test")
STRENGTHS = (0.1, 0.3, 1, 3, 10, 30, 100, 300, 1000)


def read_run(run):
    """Task → part → (texts, labels), as RUN/sources.json and RUN/split.csv say."""
    record = json.loads((run / "sources.json").read_text(encoding="utf-8"))
    files = []
    for source in record["sources"]:
        with open(run / source["file"], encoding="utf-8-sig", newline="") as file:
            files.append(list(csv.DictReader(file)))
    columns = [column for column in (record["text_column"], record.get("pair_column")) if column]
    tasks = collections.defaultdict(lambda: {part: ([], []) for part in PARTS})
    with open(run / "split.csv", encoding="utf-8", newline="") as file:
        for place in csv.DictReader(file):
            source = record["sources"][int(place["source"])]
            row = files[int(place["source"])][int(place["row"])]
            for task, column in zip(source["tasks"], source["label_columns"]):
                if row[column].strip() or record.get("empty_is_none"):
                    texts, labels = tasks[task][place["part"]]
                    texts.append(" ".join(row[name] for name in columns))
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


def vectorizer():
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def print_sets(task, parts, separator):
    """Several labels a row."""
    binarizer = MultiLabelBinarizer()
    sets = {part: [[label for label in labels.split(separator) if label] for labels in parts[part][1]] for part in PARTS}
    train, gold = binarizer.fit_transform(sets["train"]), binarizer.transform(sets["test"])
    fits = [make_pipeline(vectorizer(), OneVsRestClassifier(LogisticRegression(C=strength, max_iter=5000))).fit(parts["train"][0], train)
            for strength in STRENGTHS]
    chosen = max(fits, key=lambda model: f1_score(binarizer.transform(sets["validation"]), model.predict(parts["validation"][0]), average="micro"))
    for name, guesses in (("majority", [train.mean(0) >= 0.5] * len(gold)), ("TF-IDF", chosen.predict(parts["test"][0]))):
        print(f"{task:<12}{name:<12}{len(gold):>9}  micro F1 {f1_score(gold, guesses, average='micro', zero_division=0):.4f}  "
              f"exact match {accuracy_score(gold, guesses):.4f}")


def print_numbers(task, parts):
    numbers = {part: list(map(float, parts[part][1])) for part in PARTS}
    fits = [make_pipeline(vectorizer(), Ridge(alpha=1 / strength)).fit(parts["train"][0], numbers["train"]) for strength in STRENGTHS]
    chosen = min(fits, key=lambda model: mean_absolute_error(numbers["validation"], model.predict(parts["validation"][0])))
    mean = sum(numbers["train"]) / len(numbers["train"])
    for name, guesses in (("mean", [mean] * len(numbers["test"])), ("TF-IDF", chosen.predict(parts["test"][0]))):
        print(f"{task:<12}{name:<12}{len(guesses):>9}  mean absolute error {mean_absolute_error(numbers['test'], guesses):.4f}  "
              f"R² {r2_score(numbers['test'], guesses):.4f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=pathlib.Path, help="a run folder of mtnlp train")
    run = parser.parse_args().run
    print(f"{'task':<12}{'baseline':<12}{'test rows':>9}{'accuracy':>10}{'macro F1':>10}")
    kinds = {task["name"]: task.get("kind") for task in json.loads((run / "best/tasks.json").read_text(encoding="utf-8"))["tasks"]}
    separator = json.loads((run / "sources.json").read_text(encoding="utf-8")).get("label_separator", "|")
    for task, parts in sorted(read_run(run).items()):
        if kinds[task] == "multilabel":
            print_sets(task, parts, separator)
            continue
        if kinds[task] == "regression":
            print_numbers(task, parts)
            continue
        gold = parts["test"][1]
        for name, guesses in (("majority", majority(parts)), ("TF-IDF", tf_idf(parts))):
            accuracy, f1 = accuracy_score(gold, guesses), f1_score(gold, guesses, average="macro", zero_division=0)
            print(f"{task:<12}{name:<12}{len(gold):>9}{accuracy:>10.4f}{f1:>10.4f}")


if __name__ == "__main__":
    main()
