#!/usr/bin/env python3
"""Writes the CSV files of docs/results.md from what their publishers offer:

    tests/bench/convert_data.py --bbc bbc-fulltext.zip --tweets tweeteval/datasets/sentiment DATA

--bbc is the archive "raw text files" of http://mlg.ucd.ie/datasets/bbc.html; --tweets a folder of
https://github.com/cardiffnlp/tweeteval. Either may be left out. DATA/bbc_news and DATA/tweet_eval_sentiment get
train.csv, validation.csv and test.csv with the columns text,label; each file's sha256 is compared with the one that the
figures were measured with, and a line tells the result.

BBC: a text is the file's title and body, white space folded. bbc_news.txt beside this script lists which texts are in
which part, in order, as the first 12 digits of the sha256 of the text without any white space; the publisher has no
parts, and repeats articles. Tweets: escapes (\\u2019, \\", "", &amp;) become the characters, white space is folded. Their
training file has changed since: today's gives more rows in another order, so its sha256 differs.
"""
import argparse
import csv
import hashlib
import html
import io
import pathlib
import re
import sys
import zipfile

PARTS = {"train": "train", "validation": "val", "test": "test"}
TOPICS = {"business": "Business", "entertainment": "Entertainment", "politics": "Politics", "sport": "Sports",
          "tech": "Technology"}
SENTIMENTS = {"0": "Negative", "1": "Neutral", "2": "Positive"}
SHA256 = {
    "bbc_news/train.csv": "f773e5c512687c2d69e98fe0796268cdf03d51a28cab1ca04a9e3c11f6439677",
    "bbc_news/validation.csv": "a6e04e57ebbcd6bc5362686d4d99b5fd64bc28885e29ea3f96a80e212fc31449",
    "bbc_news/test.csv": "8ccfdcdb92e1edc6ed2694126e8c2a241e2a2eeb38a7bec76429e3ae81ae6a49",
    "tweet_eval_sentiment/train.csv": "77c085b081ac41f93883d47d3d5c3bbc3bcb2eeee7f68a103e21720c843c9101",
    "tweet_eval_sentiment/validation.csv": "1c850c4b340d1f9eeb29cb7bb29c3980c30843b85d3e72e5bcf0085b23b231a9",
    "tweet_eval_sentiment/test.csv": "60901e42a30c8f868b13c077344b02d4145d714f81bd0d236fbc2f9d2bfb752b",
}


def fold(text):
    """Returns `text` with each stretch of white space as one space, and none at its ends."""
    return " ".join(text.split())


def decode(content):
    """Returns the text of a file of the archive: UTF-8, but for one in Latin-1."""
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def read_bbc(archive):
    """Returns {part: rows} of the articles that bbc_news.txt lists."""
    articles = {}
    with zipfile.ZipFile(archive) as files:
        for name in sorted(files.namelist()):
            topic, file = pathlib.PurePosixPath("/", name).parts[-2:]
            if topic in TOPICS and file.endswith(".txt"):
                text = decode(files.read(name))
                key = hashlib.sha256("".join(text.split()).encode()).hexdigest()[:12]
                articles.setdefault(key, (fold(text), TOPICS[topic]))
    parts, rows, missing = {}, [], 0
    for line in (pathlib.Path(__file__).parent / "bbc_news.txt").read_text().split():
        if line in PARTS:
            rows = parts[line] = []
        elif line in articles:
            rows.append(articles[line])
        else:
            missing += 1
    if missing:
        print(f"bbc_news: {missing} of the listed articles are not in {archive}", file=sys.stderr)
    return parts


def clean_tweet(line):
    """Returns the text of a published line."""
    line = re.sub(r"\\u([0-9a-fA-F]{4})", lambda escape: chr(int(escape[1], 16)), line)
    return fold(html.unescape(re.sub(r'"+', '"', line.replace('\\"', '"'))))


def read_tweets(folder):
    """Returns {part: rows} of train_text.txt, train_labels.txt and so on."""
    parts = {}
    for part, name in PARTS.items():
        texts, labels = ((folder / f"{name}_{what}.txt").read_text(encoding="utf-8").removesuffix("\n").split("\n")
                         for what in ("text", "labels"))
        if len(texts) != len(labels):
            raise SystemExit(f"{folder}: {name}_text.txt has {len(texts)} lines, {name}_labels.txt {len(labels)}")
        parts[part] = [(clean_tweet(text), SENTIMENTS[label.strip()]) for text, label in zip(texts, labels)]
    return parts


def write(folder, name, parts):
    for part, rows in parts.items():
        content = io.StringIO()
        csv.writer(content, lineterminator="\n").writerows([("text", "label"), *rows])
        data = content.getvalue().encode()
        file = folder / name / f"{part}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        same = hashlib.sha256(data).hexdigest() == SHA256[f"{name}/{part}.csv"]
        print(f"{file}: {len(rows)} rows, {'the same as' if same else 'not the bytes that'} the figures were measured with")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="DATA", type=pathlib.Path)
    parser.add_argument("--bbc", type=pathlib.Path, help="bbc-fulltext.zip")
    parser.add_argument("--tweets", type=pathlib.Path, help="folder with train_text.txt, train_labels.txt and so on")
    args = parser.parse_args()
    if not args.bbc and not args.tweets:
        parser.error("name what to convert: --bbc, --tweets or both")
    if args.bbc:
        write(args.data, "bbc_news", read_bbc(args.bbc))
    if args.tweets:
        write(args.data, "tweet_eval_sentiment", read_tweets(args.tweets))


if __name__ == "__main__":
    main()
