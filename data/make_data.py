#!/usr/bin/env python3
"""Makes topic.csv and sentiment.csv out of templates/topic.txt and templates/sentiment.txt, and tags.csv, stars.csv and
pairs.csv out of templates/stay.txt.

    python3 data/make_data.py [--out FOLDER]

A template file is a list of lines:
    group NAME      the templates that follow belong to this group
    label NAME      and have this label
    ~ TEMPLATE      a sentence; ~ marks the hard forms (two topics mixed; negation, contrast or irony)
    score N         and judge so
    # ...           a comment
In a template {a|b|c} is a slot: one of its options is taken. Slots that start with the same number move together:
{1:he|they} {1:was|were} gives "he was" or "they were".

The rows depend on the template files alone: no library, no `random`, no hash order, so every Python from 3.9 on writes
the same bytes.
"""
import argparse
import csv
import pathlib
import re

TASKS = {"topic": 16, "sentiment": 8}  # rows per group and label
STAYS = 900  # rows of tags.csv and of stars.csv
PAIRS = 200  # rows of pairs.csv of each label
HERE = pathlib.Path(__file__).resolve().parent
SLOT = re.compile(r"\{(?:(\d):)?([^{}]*)\}")


class Draw:
    """Knuth's 64-bit linear congruential generator, seeded by a text (FNV-1a)."""

    def __init__(self, text):
        self.state = 0xCBF29CE484222325
        for byte in text.encode("utf-8"):
            self.state = (self.state ^ byte) * 0x100000001B3 % 2**64

    def below(self, n):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % n

    def shuffled(self, items):
        items = list(items)
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]
        return items


def read_templates(path):
    """Yields (group, label, hard, template) in the file's order."""
    group = label = None
    for line in path.read_text(encoding="utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if word == "group":
            group = rest
        elif word == "label":
            label = rest
        elif line and word != "#":
            yield group, label, word == "~", rest if word == "~" else line


def expand(template, count):
    """`count` different sentences; each option of a slot is used before any is used again."""
    slots = [(key or f"slot {i}", options.split("|")) for i, (key, options) in enumerate(SLOT.findall(template))]
    sizes = {key: len(options) for key, options in slots}
    if any(len(options) != sizes[key] for key, options in slots):
        raise SystemExit(f"slots with one number differ in length: {template}")
    draw = Draw(template)
    for _ in range(100):
        order = {key: sum((draw.shuffled(range(size)) for _ in range(count)), []) for key, size in sizes.items()}
        sentences = []
        for row in range(count):
            words = (options[order[key][row]] for key, options in slots)
            text = SLOT.sub(lambda _: next(words), template)
            sentences.append(text[0].upper() + text[1:])
        if len(set(sentences)) == count:
            return sentences
    raise SystemExit(f"cannot make {count} different sentences of: {template}")


def make_rows(task):
    """All rows (text, label, group), shuffled."""
    templates = {}
    for group, label, _, template in read_templates(HERE / "templates" / f"{task}.txt"):
        templates.setdefault((group, label), []).append(template)
    rows = []
    for (group, label), forms in templates.items():
        for i, template in enumerate(forms):
            count = (TASKS[task] + i) // len(forms)  # the shares add up to TASKS[task]
            rows += [(text, label, group) for text in expand(template, count)]
    return Draw(task).shuffled(rows)


def read_remarks():
    """Returns label → score → templates of templates/stay.txt."""
    remarks, label, score = {}, "", 0
    for line in (HERE / "templates/stay.txt").read_text(encoding="utf-8").splitlines():
        word, _, rest = line.partition(" ")
        if word == "label":
            label = rest
        elif word == "score":
            score = int(rest)
        elif line and word != "#":
            remarks.setdefault(label, {}).setdefault(score, []).append(line)
    return remarks


def take(items, draw):
    return items[draw.below(len(items))]


def make_stays(name):
    """Returns rows (text, labels, stars), all different: an opening and up to three remarks, each about something else. Stars are 3
    for a text without remarks, else 3 and the mean score, from 1 to 5."""
    remarks, draw, rows = read_remarks(), Draw(name), {}
    openings = remarks.pop("")[0]
    while len(rows) < STAYS:
        labels = draw.shuffled(sorted(remarks))[: (0, 1, 1, 2, 2, 2, 3, 3)[draw.below(8)]]
        scores = [take(sorted(remarks[label]), draw) for label in labels]
        templates = [take(openings, draw), *(take(remarks[label][score], draw) for label, score in zip(labels, scores))]
        text = " ".join(SLOT.sub(lambda slot: take(slot[2].split("|"), draw), template) for template in templates)
        rows[text] = (text, "|".join(sorted(labels)), f"{3 + sum(scores) / max(1, len(scores)):.2f}")
    return list(rows.values())


def make_pairs():
    """Returns rows (text, second, label), all different: two remarks that agree about one thing, contradict each other, or are about
    different things."""
    remarks, draw, rows = read_remarks(), Draw("pairs"), {}
    del remarks[""]
    for label in ("agrees", "contradicts", "unrelated"):
        before = len(rows)
        while len(rows) < before + PAIRS:
            about, other = draw.shuffled(sorted(remarks))[:2]
            score = take(sorted(remarks[about]), draw)
            same = [s for s in sorted(remarks[about]) if (s > 0) == (score > 0)]
            opposite = [s for s in sorted(remarks[about]) if (s > 0) != (score > 0)]
            answers = {"agrees": (about, same), "contradicts": (about, opposite), "unrelated": (other, sorted(remarks[other]))}
            about_second, scores = answers[label]
            templates = take(remarks[about][score], draw), take(remarks[about_second][take(scores, draw)], draw)
            text, second = (SLOT.sub(lambda slot: take(slot[2].split("|"), draw), template) for template in templates)
            if text != second:
                rows[text, second] = (text, second, label)
    return draw.shuffled(rows.values())


def write(file, header, rows):
    with open(file, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="the folder to write to")
    out = parser.parse_args().out
    for task in TASKS:
        write(out / f"{task}.csv", ("text", "label", "group"), make_rows(task))
    write(out / "tags.csv", ("text", "label"), [(text, labels) for text, labels, _ in make_stays("tags")])
    write(out / "stars.csv", ("text", "label"), [(text, stars) for text, _, stars in make_stays("stars")])
    write(out / "pairs.csv", ("text", "second", "label"), make_pairs())


if __name__ == "__main__":
    main()
