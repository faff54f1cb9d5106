#!/usr/bin/env python3
"""Makes topic.csv and sentiment.csv out of templates/topic.txt and templates/sentiment.txt.

    python3 data/make_data.py [--out FOLDER]

A template file is a list of lines:
    group NAME      the templates that follow belong to this group
    label NAME      and have this label
    ~ TEMPLATE      a sentence; ~ marks the hard forms (two topics mixed; negation or contrast)
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


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="the folder to write to")
    out = parser.parse_args().out
    for task in TASKS:
        with open(out / f"{task}.csv", "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("text", "label", "group"))
            writer.writerows(make_rows(task))


if __name__ == "__main__":
    main()
