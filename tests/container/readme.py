#!/usr/bin/env python3
"""Runs the examples of README.md as a new user would, in a clone in which `./run build` was done:

    tests/container/readme.py

Every indented line that starts with `$ ` or `mtnlp`, in the README's order, in a scratch folder beside the clone's models
and data; the files that the examples only name are made first. Examples of ./run, docker and cpack have tests of their
own. Prints each line with its seconds and what it wrote, and ends with 1 when one fails: exits with an error, or writes
something else than the README shows. Shown lines must come in the README's order with the same words, whole numbers and
columns; other numbers may differ, but an accuracy or a macro average may not be more than SLACK below the README's; "..."
stands for any lines.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
NEEDS_NETWORK = "distilbert/distilbert-base-uncased"

SCORES = (" accuracy", " macro-F1", " macro-recall")
SLACK = 0.05
DECIMAL = re.compile(r"\d+\.\d+")
PRECISIONS = re.compile("bf16|fp32")

TOPICS = {"Sports": "The striker scored again in match", "Business": "The bank raised its rates in quarter"}


def write_files():
    """What the README's user has: news, tweets, rows with two labels, parts, lines."""
    for name, count in (("news", 40), ("tweets", 40), ("train", 40), ("val", 8), ("test", 8), ("new", 8)):
        rows = [f"{text} {i},{label}\n" for i in range(count) for label, text in TOPICS.items()]
        pathlib.Path(f"{name}.csv").write_text("text,label\n" + "".join(rows))
    pathlib.Path("rows.csv").write_text("text,mood,size\n" + "".join(
        f"{text} {i},{'up' if i % 2 else 'down'},{'big' if i % 3 else 'small'}\n" for i in range(40) for text in TOPICS.values()))
    pathlib.Path("lines.txt").write_text("".join(f"{text} {i}\n" for i in range(8) for text in TOPICS.values()))
    pathlib.Path("rows.jsonl").write_text("".join(
        json.dumps({"id": i, "text": f"{text} {i}"}) + "\n" for i in range(8) for text in TOPICS.values()))
    pathlib.Path("export.csv").write_text("title;body;label\n" + "".join(
        f"{text} {i};More of it.;{label}\n" for i in range(40) for label, text in TOPICS.items()))


def examples(text):
    """Returns (command, lines that the README shows below it) of each example."""
    found, shown = [], None
    for line in text.splitlines():
        match = re.match(r" {4}(?:\$ )?((?:mtnlp|echo|\./run train) .*?)(?: {2,}\S.*)?$", line)
        if match and (line.startswith("    $ ") or line.startswith("    mtnlp")):
            shown = []
            found.append((match[1].replace("./run train", "mtnlp train"), shown))
        elif line.startswith("    ") and shown is not None:
            shown.append(line[4:])
        else:
            shown = None
    return found


def words_of(line):
    """Returns the words of a line, each number of decimals as a pattern: machines differ in these."""
    return ["#." + "#" * len(word.split(".")[1]) if DECIMAL.fullmatch(word) else PRECISIONS.sub("fp32", word)
            for word in re.findall(r"[^\s,]+", line)]


def too_low(shown, written):
    """Returns how a table's row of a score ("topic accuracy   0.9733 ...") is below what the README shows."""
    (name, was, *_), (_, is_now, *_) = ((*re.split(r" {2,}", line.strip()), "", "") for line in (shown, written))
    if not name.endswith(SCORES) or not DECIMAL.fullmatch(was) or float(is_now) >= float(was) - SLACK:
        return []
    return [f"{name} is {is_now}, the README has {was}"]


def differences(shown, written):
    """Returns in what `written` lines differ from those that the README shows; empty when in nothing that counts."""
    at, anywhere = 0, False
    for line in shown:
        if line == "...":
            anywhere = True
            continue
        end = len(written) if anywhere else at + 1
        found = next((i for i in range(at, min(end, len(written))) if words_of(written[i]) == words_of(line)), None)
        if found is None:
            return [f"the README shows {line!r}" + ("" if anywhere else f", written was {written[at:at + 1]}")]
        if faults := too_low(line, written[found]):
            return faults
        at, anywhere = found + 1, False
    return [] if anywhere or not shown or at == len(written) else [f"more was written than the README shows: {written[at]!r}"]


def main():
    environment = {**os.environ, "PATH": f"{ROOT / 'build/release'}:{os.environ['PATH']}"}
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in ("models", "data"):
            os.symlink(ROOT / name, name)
        write_files()
        for command, shown in examples((ROOT / "README.md").read_text(encoding="utf-8")):
            if NEEDS_NETWORK in command:
                print(f"-- {command}: needs the network")
                continue
            start = time.time()
            done = subprocess.run(command, shell=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            faults = [f"it ended with {done.returncode}"] if done.returncode else differences(shown, done.stdout.splitlines())
            failed += bool(faults)
            print(f"{'FAILED' if faults else 'ok'} {command} ({time.time() - start:.1f} s)", *faults, sep="\n  -> ", flush=True)
            print("".join(f"     {line}\n" for line in done.stdout.splitlines()[-25:]), flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
