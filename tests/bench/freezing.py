#!/usr/bin/env python3
"""The freezing study: what freezing costs and saves, by the size of the data. Makes docs/freezing.csv and its plots.

    tests/bench/freezing.py                       the embedded data alone
    tests/bench/freezing.py --data DIR            also real data: what tests/bench/convert_data.py writes to DIR
    tests/bench/freezing.py --plots               the plots of docs/freezing.md out of the CSV, nothing is trained

Each part of the study is one `mtnlp sweep` over --freeze with three seeds. All runs are then scored on the test part: the
scenarios are fixed beforehand, so nothing is chosen by it. A part that docs/freezing.csv already holds for this kind of CPU is
not run again, so that the study can be stopped and taken up.
"""
import argparse
import concurrent.futures
import csv
import json
import os
import pathlib
import shutil
import tempfile
import tomllib

from bench import ROOT, cpu, estimate, read_results, run

RESULTS = ROOT / "docs/freezing.csv"
MTNLP = os.environ.get("MTNLP_EXECUTABLE", str(ROOT / "build/release/mtnlp"))
SCENARIOS = {"all": "everything", "backbone": "backbone", "layers:4": "all but the top 2 layers", "head:{head}": "one head", "none": "nothing"}
COLUMNS = ["part", "freeze", "task", "rows", "seeds", "accuracy", "accuracy_ci95", "macro_recall", "macro_recall_ci95", "seconds",
           "trained_parameters", "precision", "cpu"]


def given(topic, sentiment):
    """The options for two tasks that come in three files each, so that --limit leaves validation and test part whole."""
    return [word for task, folder in (("topic", topic), ("sentiment", sentiment))
            for word in ("--task", f"{task}={folder}/train.csv", "--validation", f"{task}={folder}/validation.csv",
                         "--test", f"{task}={folder}/test.csv")]


def parts_of(embedded, data):
    """Name of a part → options of the sweep, and the head that is frozen alone."""
    parts, sources = {}, {"embedded data": given(embedded / "topic", embedded / "sentiment")}
    if data:
        sources["news and tweets"] = given(data / "bbc_news", data / "tweet_eval_sentiment")
    for name, options in sources.items():
        for rows in (100, 1000):
            parts[f"{name}, {rows} rows a task"] = ([*options, "--limit", f"topic={rows}", "--limit", f"sentiment={rows}"], "sentiment")
    if data:
        parts["news and 12,000 tweets"] = ([*sources["news and tweets"], "--limit", "sentiment=12000"], "sentiment")
    return parts


def mtnlp(*words):
    return run([MTNLP, *words], cwd=ROOT)


def run_part(name, options, head, seeds, work):
    """The rows of one part of the study."""
    freezes = [freeze.format(head=head) for freeze in SCENARIOS]
    sweep = work / "sweep"
    mtnlp("sweep", *options, "--grid", "freeze=" + ";".join(freezes), "--seeds", seeds, "--out", sweep)
    with open(sweep / "summary.csv", encoding="utf-8", newline="") as file:
        summaries = {int(row["setting"]): row for row in csv.DictReader(file)}
    rows = []
    for setting, freeze in enumerate(freezes):
        runs = sorted(sweep.glob(f"runs/{setting:03}-seed*/best"))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            scores = list(pool.map(lambda run: json.loads(mtnlp("eval", run.parent, "--threads", 1, "--json", "-"))["tasks"], runs))
        precision = tomllib.loads((runs[0].parent / "options.toml").read_text())["train"].get("precision", "auto")
        for task in scores[0]:
            row = {"part": name, "freeze": freeze, "task": task, "rows": scores[0][task]["rows"], "seeds": len(runs),
                   "seconds": summaries[setting]["seconds"], "trained_parameters": summaries[setting]["trained_parameters"],
                   "precision": precision, "cpu": cpu()}
            for key in ("accuracy", "macro_recall"):
                row[key], row[key + "_ci95"] = (f"{value:.4f}" for value in estimate([score[task][key] for score in scores]))
            rows.append(row)
    return rows


def draw(rows, name, title, x, x_label, *options):
    """docs/NAME.svg: macro-recall of each part and task."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["series", "x", "y", "low", "high"])
        for row in rows:
            mean, width = float(row["macro_recall"]), float(row["macro_recall_ci95"])
            writer.writerow([f"{row['task']}: {row['part'].replace(' a task', '')}", x(row), mean, mean - width, mean + width])
        file.flush()
        mtnlp("chart", file.name, "--title", title, "--x-label", x_label, "--y-label", "macro-recall on the test part",
              "--out", ROOT / "docs" / f"{name}.svg", *options)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--plots", action="store_true")
    args = parser.parse_args()
    embedded = pathlib.Path(tempfile.mkdtemp()) / "parts"
    mtnlp("data", "split", "--task", "topic=data/topic.csv", "--task", "sentiment=data/sentiment.csv", "--group-column", "group", "--quiet",
          "--out", embedded)
    for name, (options, head) in ({} if args.plots else parts_of(embedded, args.data and args.data.resolve())).items():
        if any(row["part"] == name and row["cpu"] == cpu() for row in read_results(RESULTS)):
            continue
        work = pathlib.Path(tempfile.mkdtemp())
        try:
            rows = read_results(RESULTS) + run_part(name, options, head, args.seeds, work)
        finally:
            shutil.rmtree(work)
        with open(RESULTS, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    rows = read_results(RESULTS)
    names = {freeze: name for freeze, name in SCENARIOS.items()}
    draw(rows, "freezing-scores", "Freezing and scores", lambda row: names.get(row["freeze"], "one head"), "what is frozen")
    draw(rows, "freezing-cost", "What a score costs", lambda row: row["seconds"], "seconds of a run on one thread", "--log-x")


if __name__ == "__main__":
    main()
