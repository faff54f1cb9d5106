"""eval --slices, --slice and --errors: where a model fails."""

import csv
import json
import unittest

from support import CliTest, mood_rows, mtnlp, train, write_csv


class Slices(CliTest):
    """A model of rows that are easy to tell, scored on rows of which those of one author have the wrong label."""
    def setUp(self):
        super().setUp()
        self.model = self.folder / "run"
        train(write_csv(self.folder / "train.csv", [("text", "label"), *mood_rows(200)]), self.model, "--epochs", 4, "--lr", "2e-3",
              "--quiet")
        other = {"up": "down", "down": "up"}
        self.rows = [(text, other[label] if i % 11 == 3 else label, "Mallory" if i % 11 == 3 else f"A{i % 4}")
                     for i, (text, label) in enumerate(mood_rows(120))]
        self.file = write_csv(self.folder / "new.csv", [("text", "label", "author"), *self.rows])

    def eval(self, *options):
        return self.run_ok("eval", self.model, "--task", f"mood={self.file}", "--threads", 1, *options)

    def test_the_slice_that_is_worse_is_named(self):
        result = self.eval("--slice", "author")
        self.assertRegex(result.stdout, r"mood: worse where author: Mallory: of 11 rows 100\.0 % are wrong, of the others 0\.0 %")
        self.assertEqual(result.stdout.count("worse where"), 1)
        for by in ("length: ", "truncation: ", "author: A0"):
            self.assertIn(by, result.stdout)
        self.assertNotIn("source: ", result.stdout)  # there is one file
        task = json.loads(self.eval("--slice", "author", "--json", "-").stdout)["tasks"]["mood"]
        worse = [row for row in task["slices"] if row["worse"]]
        self.assertEqual([(row["by"], row["name"], row["rows"], row["wrong"]) for row in worse], [("author", "Mallory", 11, 11)])
        self.assertEqual(worse[0]["other_rows"], 109)
        plain = json.loads(self.eval("--json", "-").stdout)["tasks"]["mood"]
        del task["slices"]
        self.assertEqual(task, plain)

    def test_slices_of_a_part_of_the_run(self):
        result = self.run_ok("eval", self.model, "--slices")
        self.assertIn("mood: no slice is worse than the other rows beyond noise", result.stdout)
        self.assertIn("length: ", result.stdout)

    def test_a_column_that_is_not_there(self):
        for options in (("--slice", "autor"), ("--slice", "author", "--slice", "autor")):
            self.assert_refused(mtnlp("eval", self.model, "--task", f"mood={self.file}", "--quiet", *options), "new.csv",
                                'no column "autor"', 'did you mean "author"?')

    def test_every_wrong_row_the_surest_first(self):
        out = self.folder / "errors.csv"
        self.eval("--errors", out)
        with open(out, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(list(rows[0]), ["task", "file", "line", "text", "label", "predicted", "probability"])
        self.assertEqual(sorted(int(row["line"]) for row in rows), [i + 2 for i in range(120) if i % 11 == 3])
        answers = {}
        for line in self.run_ok("predict", self.model, self.file, "--precision", "fp32", "--quiet",
                                "--out-format", "jsonl").stdout.splitlines():
            answer = json.loads(line)
            answers[answer["text"]] = answer
        for row in rows:
            text, label, _ = self.rows[int(row["line"]) - 2]
            self.assertEqual((row["task"], row["file"], row["text"], row["label"]), ("mood", str(self.file), text, label))
            self.assertEqual(row["predicted"], answers[text]["mood"])
            self.assertEqual(float(row["probability"]), answers[text]["mood.probability"])
        sure = [float(row["probability"]) for row in rows]
        self.assertEqual(sure, sorted(sure, reverse=True))

    def test_places_that_cannot_be(self):
        for file, part in (("-", "not a file"), (self.model / "metrics.csv", "is a file of the model")):
            self.assert_refused(mtnlp("eval", self.model, "--errors", file, "--quiet"), part)
        both = self.folder / "both"
        self.assert_refused(mtnlp("eval", self.model, "--errors", both, "--json", both, "--quiet"), "--errors and --json")
        self.assertFalse(both.exists())


if __name__ == "__main__":
    unittest.main()
