"""predict --explain: the words that carry an answer."""

import json
import random
import re
import statistics
import unittest

from support import CliTest, mtnlp, train, write_csv

GOOD, BAD = ("good", "fine", "happy", "best"), ("bad", "poor", "sad", "awful")
PLAIN = "the film was seen by a man in this town last week and he said that it had people".split()


def make_rows(count, seed):
    """Texts of 12 words that tell nothing and 3 that tell the label, in any order."""
    draw = random.Random(seed)
    rows = []
    for i in range(count):
        words = draw.choices(PLAIN, k=12) + draw.sample(BAD if i % 2 else GOOD, 3)
        draw.shuffle(words)
        rows.append((" ".join(words) + ".", "down" if i % 2 else "up"))
    return rows


class Explain(CliTest):
    def setUp(self):
        super().setUp()
        data = write_csv(self.folder / "rows.csv", [("text", "label"), *make_rows(600, 1)])
        self.model = self.folder / "run"
        train(data, self.model, "--max-length", 48, "--epochs", 6, "--lr", "2e-3", "--quiet")

    def predict(self, texts, *options):
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        out = self.run_ok("predict", self.model, "-", "--format", "jsonl", "--quiet", "--all-probabilities", *options, stdin=lines).stdout
        return [json.loads(line) for line in out.splitlines()]

    def test_the_heaviest_words_carry_the_answer(self):
        texts = [text for text, _ in make_rows(200, 2)]
        rows = self.predict(texts, "--explain")
        draw, fewer, others = random.Random(3), [], []
        for row in rows:
            words = row["mood.explanation"]
            self.assertEqual([word["word"] for word in words], re.findall(r"\w+", row["text"]))
            heavy = sorted(range(len(words)), key=lambda i: -words[i]["weight"])[:3]
            for left_out, texts in ((heavy, fewer), (draw.sample(range(len(words)), 3), others)):
                texts.append(" ".join(word["word"] for i, word in enumerate(words) if i not in left_out) + ".")
        falls = [statistics.mean(row["mood.probabilities"][row["mood"]] - after["mood.probabilities"][row["mood"]]
                                 for row, after in zip(rows, self.predict(texts), strict=True)) for texts in (fewer, others)]
        self.assertGreater(falls[0], 0.1)
        self.assertGreater(falls[0], 2 * falls[1], falls)
        self.assertEqual([{key: value for key, value in row.items() if key != "mood.explanation"} for row in rows],
                         self.predict([row["text"] for row in rows]))

    def test_where_there_is_nothing_to_explain(self):
        rows = self.predict(["", "...", "good"], "--explain")
        self.assertEqual([len(row["mood.explanation"]) for row in rows], [0, 0, 1])
        result = self.run_ok("predict", self.model, "-", "--format", "jsonl", "--keep-going", "--explain", "--quiet",
                             stdin='{"text":"good"}\n{"n":1}\n')
        self.assertIsNone(json.loads(result.stdout.splitlines()[1])["mood.explanation"])
        self.assert_refused(mtnlp("predict", self.model, "--explain", "--quiet", stdin="good\n"), "--explain", "--out-format jsonl")


if __name__ == "__main__":
    unittest.main()
