#!/usr/bin/env python3
"""A student of half the layers beside its teacher, and beside a peer's full model: how right both are, how fast both are in 8 bits.

    tests/bench/distill.py --data DATA --work DIR --part development [--name NAME --options "OPTIONS OF DISTILL"]
    tests/bench/distill.py --data DATA --work DIR --seeds 3 --results tests/bench/tweets.csv

DATA is what tests/bench/convert_data.py writes. The teacher trains as mtnlp does in accuracy.py, on the first --tweets of the labelled
tweets of cut_tweets.py and on all news; the student learns from it with the first --texts of the tweets that serve as text alone. Both
are quantised and scored by the test parts or, for the choice of settings, by the development tweets (and, of news, the validation part).
Runs that DIR holds are taken as they are; name a student that has other options. The rate is that of embedding tweets of the scored
part from text with the 8-bit models, in turn, medians of --repeats; the time of a process that embeds one line is taken off. RESULTS,
which accuracy.py wrote, has the figures of the peer's full model."""
import argparse
import json
import os
import pathlib
import statistics

from accuracy import MEASURES, prepare, start_mtnlp
from bench import ROOT, cpu, read_results, read_rows, run, write_rows
from cut_tweets import cut
from speed import alternate, medians


def train_teacher(args, folder, seed):
    teacher = args.work / f"teacher-{seed}"
    if not (teacher / "best/tasks.json").exists():
        of_teacher = {"options": args.teacher_options, "program": "teacher", "keep": args.work}
        start_mtnlp(argparse.Namespace(**{**vars(args), **of_teacher}), folder, seed)
    return teacher


def train_student(args, folder, teacher, seed):
    student = args.work / f"{args.name}-{seed}"
    if not (student / "best/tasks.json").exists():
        run([args.mtnlp, "distill", teacher, "--text", folder / "text.csv", "--seed", seed, "--threads", args.threads, "--no-test",
             "--overwrite", "--out", student, *args.options.split()])
    return student


def quantised(args, model):
    small = model.parent / f"{model.name}-int8"
    if not small.exists():
        run([args.mtnlp, "quantize", model, small])
    return small


def score(args, folder, model):
    """{task: its measure in percent} on the scored part."""
    files = [word for task in MEASURES for word in ("--task", f"{task}={folder / task}/test.csv")]
    given = json.loads(run([args.mtnlp, "eval", model, *files, "--threads", args.threads, "--json", "-"]))["tasks"]
    return {task: 100 * given[task][measure] for task, measure in MEASURES.items()}


def rates(args, folder, models):
    """{name: sentences/s from text} of {name: 8-bit model}."""
    texts = [" ".join(text.split()) for text, _ in read_rows(folder / "sentiment/test.csv")][:args.lines]
    files = {count: folder / f"lines-{count}.txt" for count in (1, len(texts))}
    for count, file in files.items():
        file.write_text("".join(f"{text}\n" for text in texts[:count]), encoding="utf-8")
    seconds = {count: medians(alternate({name: [args.mtnlp, "embed", model, file, "--precision", "int8", "--threads", args.threads, "--quiet",
                                                "--out", folder / "x.npy"] for name, model in models.items()}, args.repeats),
                              lambda process: process.seconds) for count, file in files.items()}
    return {name: len(texts) / (seconds[len(texts)][name] - seconds[1][name]) for name in models}


def peer_figures(args):
    """{task: mean of its measure in percent} of the peer's full model; only those that the results hold."""
    values = {}
    for row in read_results(args.results) if args.results else []:
        if (row["program"], row["part"], row["tweets"], row["checkpoint"]) == (args.peer, args.part, str(args.tweets), "best"):
            values.setdefault(row["task"], []).append(100 * float(row[MEASURES[row["task"]]]))
    return {task: statistics.fmean(of_task) for task, of_task in values.items()}


def report(figures, speeds, peer):
    """`figures` is {model: {task: [a value for each seed]}}."""
    for task, measure in MEASURES.items():
        taught = statistics.fmean(figures["teacher"][task])
        for model, of_model in figures.items():
            mean = statistics.fmean(of_model[task])
            beside = "".join(f", {mean - other:+.2f} to the {name}" for name, other in (("teacher", taught), ("peer", peer.get(task)))
                             if other is not None and name != model)
            print(f"{task:10} {measure:13} {model:13} {mean:6.2f}{beside}   ({len(of_model[task])} seeds)")
    for model, rate in speeds.items():
        print(f"from text  sentences/s   {model:13} {rate:6.0f}, {rate / speeds['teacher int8']:.2f} times the teacher's", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True, help="folder for the rows and the runs")
    parser.add_argument("--part", choices=("test", "development"), default="test", help="what is scored")
    parser.add_argument("--mtnlp", type=pathlib.Path, default=ROOT / "build/release/mtnlp")
    parser.add_argument("--encoder", type=pathlib.Path, default=ROOT / "models/minilm-l6")
    parser.add_argument("--name", default="student", help="name of the students' runs")
    parser.add_argument("--options", default="", help="options of mtnlp distill")
    parser.add_argument("--teacher-options", default="", help="more options of the teacher's training")
    parser.add_argument("--epochs", type=int, default=3, help="of the teacher")
    parser.add_argument("--tweets", type=int, default=12_000)
    parser.add_argument("--texts", type=int, default=20_000)
    parser.add_argument("--lines", type=int, default=4_000, help="tweets that the rates are measured by")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--results", type=pathlib.Path)
    parser.add_argument("--peer", default="peer", help="name of the peer's rows in the results")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    folder = args.work / args.part
    prepare(args, folder)
    write_rows(folder / "text.csv", cut(args.data)["text"][:args.texts])
    figures, speeds = {}, {}
    for seed in range(args.seeds):
        teacher = train_teacher(args, folder, seed)
        student = train_student(args, folder, teacher, seed)
        models = {"teacher": teacher, "student": student, "teacher int8": quantised(args, teacher), "student int8": quantised(args, student)}
        for name, model in models.items():
            for task, value in score(args, folder, model).items():
                figures.setdefault(name, {}).setdefault(task, []).append(value)
        speeds = speeds or rates(args, folder, {name: models[name] for name in ("teacher int8", "student int8")})
    print(f"{cpu()}, {args.threads} threads, {args.part} part, {args.tweets} tweets, {args.texts} texts")
    report(figures, speeds, peer_figures(args))


if __name__ == "__main__":
    main()
