"""mtnlp compare: two models on the same rows."""

import json
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, write_csv


class Compare(CliTest):
    def setUp(self):
        super().setUp()
        self.data = write_csv(self.folder / "rows.csv", [("text", "label"), *mood_rows(200)])
        self.learned, self.untaught = self.folder / "learned", self.folder / "untaught"
        self.train(self.learned, "mood", "--epochs", 5, "--lr", "3e-3")
        self.train(self.untaught, "mood", "--epochs", 1, "--lr", "1e-9")

    def train(self, out, task, *options):
        self.run_ok("train", "--encoder", ENCODER, "--task", f"{task}={self.data}", "--max-length", 32, "--threads", 2, "--out", out,
                    *options)

    def compare(self, *words):
        """The comparison of the task mood, and what was printed."""
        file = self.folder / "comparison.json"
        shown = self.run_ok("compare", *words, "--json", file, "--threads", 2)
        return json.loads(file.read_text())["tasks"]["mood"], shown

    def test_a_model_against_itself(self):
        found, shown = self.compare(self.learned, self.learned / "best")
        self.assertEqual((found["won"], found["lost"], found["p"], found["verdict"]), (0, 0, 1, "open"))
        self.assertIn("mood: B and A cannot be told apart: of 30 rows B wins 0 and loses 0", shown.stdout)
        self.assertIn("B and A are equal within 0.01", self.compare(self.learned, self.learned, "--margin", 0.01)[1].stdout)

    def test_a_better_model_is_told_from_a_worse_one(self):
        found, shown = self.compare(self.untaught, self.learned)
        self.assertEqual(found["verdict"], "better")
        self.assertLess(found["p"], 0.05)
        for side, run in (("a", self.untaught), ("b", self.learned)):
            scores = json.loads((run / "test.json").read_text())["tasks"]["mood"]
            for key in ("accuracy", "macro_f1", "loss", "roc_auc"):
                self.assertAlmostEqual(found["figures"][key][side], scores[key], places=6)
        self.assertIn("mood: B is better than A: of 30 rows", shown.stdout)
        self.assertIn(f"A: {self.untaught}\nB: {self.learned}\n", shown.stdout)
        self.assertEqual(self.compare(self.learned, self.untaught)[0]["verdict"], "worse")

    def test_rows_of_files_and_of_training(self):
        new = write_csv(self.folder / "new.csv", [("text", "label"), *((f"new {text}", label) for text, label in mood_rows(40))])
        found, shown = self.compare(self.untaught, self.learned, "--task", f"mood={new}")
        self.assertEqual(found["rows"], 40)
        self.assertNotIn("warning", shown.stderr)
        shown = self.compare(self.untaught, self.learned, "--task", f"mood={self.data}")[1]
        for run in (self.untaught, self.learned):
            self.assertIn(f"{run}: was trained on 140 of the 200 rows", shown.stderr)

    def test_predictions_of_any_program(self):
        rows = [("text", "label"), *mood_rows(60)]
        gold = write_csv(self.folder / "gold.csv", rows)
        of_model = self.folder / "of_model.csv"
        self.run_ok("predict", self.learned, gold, "--out", of_model)
        half = write_csv(self.folder / "half.csv", [("mood",), *(("up",) for _ in rows[1:])])
        task = ("--task", f"mood={gold}")
        found = self.compare(self.learned, "--predictions", of_model, *task)[0]
        self.assertEqual((found["rows"], found["won"], found["lost"]), (60, 0, 0))
        self.assertNotIn("loss", found["figures"])
        found, shown = self.compare("--predictions", half, "--predictions", of_model, *task)
        self.assertEqual(found["figures"]["accuracy"]["a"], 0.5)
        self.assertEqual(found["figures"]["accuracy"]["b"],
                         json.loads(self.run_ok("eval", self.learned, *task, "--json", "-").stdout)["tasks"]["mood"]["accuracy"])
        self.assertIn("A: " + str(half), shown.stdout)

        other = write_csv(self.folder / "other.csv", [("mood",), *(("sideways" if i % 2 else "up",) for i in range(60))])
        shown = self.compare("--predictions", half, "--predictions", other, *task)[1]
        self.assertIn('30 answers to task "mood" are not among its labels, and count as wrong: "sideways"', shown.stderr)

        short = write_csv(self.folder / "short.csv", [("mood",), *(("up",) for _ in range(59))])
        moved = write_csv(self.folder / "moved.csv", [("text", "mood"), *rows[2:], rows[1]])
        blank = write_csv(self.folder / "blank.csv", [("mood", "x"), *(("" if i == 7 else "up", i) for i in range(60))])
        none = write_csv(self.folder / "none.csv", [("moood",), *(("up",) for _ in range(60))])
        for file, *words in ((short, "short.csv", "59 rows", "gold.csv"), (moved, "moved.csv:2:", "row 1 of"), (blank, "blank.csv:9:", "no answer"),
                             (none, "none.csv", '"mood"')):
            self.assert_refused(mtnlp("compare", "--predictions", half, "--predictions", file, *task), *words)
        self.assert_refused(mtnlp("compare", "--predictions", half, "--predictions", of_model), "--task")
        self.assert_refused(mtnlp("compare", self.learned, self.untaught, "--predictions", half), "found 2")
        self.assert_refused(mtnlp("compare", "--predictions", half, "--predictions", half, *task, "--json", half), "half.csv")

    def test_models_that_do_not_fit_are_refused(self):
        other = self.folder / "other"
        self.train(other, "tone", "--epochs", 1)
        self.assert_refused(mtnlp("compare", self.learned, other), "other", 'has no task "mood"')
        new = write_csv(self.folder / "new.csv", [("text", "label"), ("new text", "up"), ("new words", "down")])
        self.assert_refused(mtnlp("compare", self.learned, other, "--task", f"mood={new}"), "other", 'has no task "mood"')
        self.assert_refused(mtnlp("compare", self.learned), "A and B", "found 1")
        self.assert_refused(mtnlp("compare", self.learned, self.untaught, "--label-column", "mood=label"), "--label-column")
        self.assert_refused(mtnlp("compare", self.learned, self.untaught, "--margin", "-1"), "--margin")


if __name__ == "__main__":
    unittest.main()
