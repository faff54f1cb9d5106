#!/usr/bin/env python3
"""The one cut of the training tweets that all studies of this project share.

    tests/bench/cut_tweets.py DATA OUT      OUT/{labelled,text,development}.csv
    tests/bench/cut_tweets.py --write       tests/bench/tweets.cut anew

Of the 45,601 training tweets 12,000 serve for training with labels, 20,000 as text alone, 13,601 for development: recipes are
chosen by these, so that the test part is used once. tweets.cut has one letter for each row, in order: l, t, d. The labelled rows
come in the order of random.Random(0).sample, as in older results. DATA is what convert_data.py writes."""
import argparse
import pathlib
import random

from bench import ROOT, read_rows, write_rows

ROWS, LABELLED, TEXT = 45_601, 12_000, 20_000
CUT = ROOT / "tests/bench/tweets.cut"


def letters():
    labelled = set(random.Random(0).sample(range(ROWS), LABELLED))
    rest = [row for row in range(ROWS) if row not in labelled]
    text = set(random.Random(1).sample(rest, TEXT))
    return "".join("l" if row in labelled else "t" if row in text else "d" for row in range(ROWS))


def cut(data):
    """{part: rows} of the training tweets; rows of the part labelled in the order of older results."""
    rows = read_rows(data / "tweet_eval_sentiment/train.csv")
    stored = CUT.read_text().replace("\n", "")
    if len(rows) != ROWS or stored != letters():
        raise SystemExit(f"{data}: has {len(rows)} training tweets, or random.sample is another than that of tweets.cut")
    parts = {name: [row for row, part in zip(rows, stored) if part == name[0]] for name in ("text", "development")}
    return {"labelled": random.Random(0).sample(rows, LABELLED), **parts}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path, nargs="?")
    parser.add_argument("out", type=pathlib.Path, nargs="?")
    parser.add_argument("--write", action="store_true")
    args = parser.parse_args()
    if args.write:
        text = letters()
        CUT.write_text("".join(text[at:at + 120] + "\n" for at in range(0, ROWS, 120)))
        return
    if args.out is None:
        parser.error("DATA and OUT are missing")
    for name, rows in cut(args.data).items():
        write_rows(args.out / f"{name}.csv", rows)


if __name__ == "__main__":
    main()
