#!/usr/bin/env python3
"""Runs the examples of README.md as a new user would, in a clone in which `./run build` was done:

    tests/container/readme.py

Every indented line that starts with `$ ` or `mtnlp`, in the README's order, in a scratch folder beside the clone's models
and data; the files that the examples only name are made first. Examples of ./run, docker and cpack have tests of their
own. Prints each line with its seconds and what it wrote, and ends with 1 when one fails.
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
NEEDS_NETWORK = "models/distilbert-base-uncased"

TOPICS = {"Sports": "The striker scored again in match", "Business": "The bank raised its rates in quarter"}


def write_files():
    """What the README's user has: news, tweets, rows with two labels, parts, lines."""
    for name, count in (("news", 40), ("tweets", 40), ("train", 40), ("val", 8), ("test", 8), ("new", 8)):
        rows = [f"{text} {i},{label}\n" for i in range(count) for label, text in TOPICS.items()]
        pathlib.Path(f"{name}.csv").write_text("text,label\n" + "".join(rows))
    pathlib.Path("rows.csv").write_text("text,mood,size\n" + "".join(
        f"{text} {i},{'up' if i % 2 else 'down'},{'big' if i % 3 else 'small'}\n" for i in range(40) for text in TOPICS.values()))
    pathlib.Path("lines.txt").write_text("".join(f"{text} {i}\n" for i in range(8) for text in TOPICS.values()))
    pathlib.Path("rows.jsonl").write_text("".join(json.dumps({"text": f"{text} {i}"}) + "\n" for i in range(8) for text in TOPICS.values()))


def examples():
    for line in (ROOT / "README.md").read_text(encoding="utf-8").splitlines():
        match = re.match(r" {4}(?:\$ )?((?:mtnlp|echo|\./run train) .*?)(?: {2,}\S.*)?$", line)
        if match and (line.startswith("    $ ") or line.startswith("    mtnlp")):
            yield match[1].replace("./run train", "mtnlp train")


def main():
    environment = {**os.environ, "PATH": f"{ROOT / 'build/release'}:{os.environ['PATH']}"}
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        for name in ("models", "data"):
            os.symlink(ROOT / name, name)
        write_files()
        for command in examples():
            if NEEDS_NETWORK in command:
                print(f"-- {command}: needs the network")
                continue
            start = time.time()
            done = subprocess.run(command, shell=True, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            failed += done.returncode != 0
            print(f"{'ok' if done.returncode == 0 else 'FAILED'} {command} ({time.time() - start:.1f} s)", flush=True)
            print("".join(f"     {line}\n" for line in done.stdout.splitlines()[-25:]), flush=True)
    sys.exit(failed > 0)


main()
