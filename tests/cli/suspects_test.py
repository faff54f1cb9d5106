"""mtnlp data suspects: wrong labels that were planted are found, the list, and going on after a stop."""

import csv
import json
import pathlib
import signal
import sys
import tempfile
import time
import unittest

from support import ENCODER, TESTS, CliTest, mood_rows, mtnlp, start, wait_for, write_csv

sys.path.insert(0, str(TESTS / "bench"))
import suspects as bench  # noqa: E402

DEFAULT_ENCODER = TESTS.parent / "models/minilm-l6"


class SuspectsTest(CliTest):
    def setUp(self):
        super().setUp()
        self.rows = mood_rows(60)
        self.flips = (7, 22, 41)
        for i in self.flips:
            self.rows[i] = (self.rows[i][0], "down" if self.rows[i][1] == "up" else "up")
        self.data = write_csv(self.folder / "rows.csv", [("text", "mood"), *self.rows])
        self.base = ["--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--batch-size", 8, "--lr", "1e-3",
                     "--threads", 1, "--epochs", 3, "--folds", 3]
        self.out = self.folder / "suspects.csv"

    def test_the_list_names_rows_and_labels(self):
        result = self.run_ok("data", "suspects", *self.base, "--out", self.out)
        listed = bench.read_rows(self.out)
        self.assertEqual(list(listed[0]), ["rank", "task", "file", "line", "text", "label", "suggested", "probability",
                                           "suggested_probability", "confident"])
        self.assertEqual({int(row["line"]) - 2 for row in listed[:3]}, set(self.flips))
        self.assertEqual({row["confident"] for row in listed}, {"yes", "no"})
        self.assertEqual([int(row["rank"]) for row in listed], list(range(1, 61)))
        probabilities = [float(row["probability"]) for row in listed]
        self.assertEqual(probabilities, sorted(probabilities))
        for row in listed:
            text, label = self.rows[int(row["line"]) - 2]
            self.assertEqual((row["task"], row["file"], row["text"], row["label"]), ("mood", str(self.data), text, label))
            self.assertNotEqual(row["suggested"], label)
        self.assertRegex(result.stdout, rf"mood +60 +{sum(row['confident'] == 'yes' for row in listed)}\n")
        with self.subTest("the runs stay, and give the list again"):
            again = self.folder / "again.csv"
            self.run_ok("data", "suspects", "--resume", f"{self.out}.folds", "--out", again)
            self.assertEqual(again.read_bytes(), self.out.read_bytes())
        with self.subTest("train --resume gives their figures"):
            self.run_ok("train", "--resume", f"{self.out}.folds")
            self.assertEqual(json.loads((self.folder / "suspects.csv.folds/test.json").read_text())["tasks"]["mood"]["rows"], 60)

    def test_the_runs_of_k_fold_are_taken(self):
        at = self.base.index("--folds")
        self.run_ok("train", *self.base[:at], "--k-fold", 3, "--out", self.folder / "cv")
        self.run_ok("data", "suspects", "--resume", self.folder / "cv", "--out", self.out)
        self.run_ok("data", "suspects", *self.base, "--out", self.folder / "own.csv", "--runs", self.folder / "runs")
        self.assertEqual(self.out.read_bytes(), (self.folder / "own.csv").read_bytes())
        self.assertTrue((self.folder / "runs/fold-3/best").exists())

    def test_a_stopped_call_goes_on(self):
        self.run_ok("data", "suspects", *self.base, "--out", self.out)
        for number in (signal.SIGTERM, signal.SIGKILL):
            out, runs = self.folder / f"{number}.csv", self.folder / f"{number}.csv.folds"
            process = start("data", "suspects", *map(str, self.base), "--out", str(out), MTNLP_TEST_SLOW_WRITE="3")
            wait_for(runs / "fold-1.json", process)
            process.send_signal(number)
            process.communicate()
            self.assertEqual(process.returncode, -number if number == signal.SIGKILL else 128 + number)
            self.assertFalse(out.exists())
            first = (runs / "fold-1.json").stat().st_mtime_ns
            time.sleep(0.5)  # the child of a killed call gets a signal of its own
            self.assert_refused(mtnlp("data", "suspects", *self.base, "--out", out), "exists already", "--resume")
            self.run_ok("data", "suspects", "--resume", runs, "--out", out)
            self.assertEqual((runs / "fold-1.json").stat().st_mtime_ns, first)
            self.assertEqual(out.read_bytes(), self.out.read_bytes())

    def test_bad_input(self):
        command = ("data", "suspects", "--quiet")
        few = write_csv(self.folder / "few.csv", [("text", "mood"), *self.rows[:4]])
        for words, parts in [
                ((*self.base,), ["--out"]),
                ((*self.base, "--out", self.out, "--folds", 1), ["--folds", "2 to 100"]),
                (("--encoder", ENCODER, "--task", f"mood={few}", "--out", self.out), ["5 folds", "4 groups"]),
                ((*self.base, "--out", self.out, "--test", f"mood={self.data}"), ["--test", "fold"]),
                (("--encoder", ENCODER, "--task", f"mood={self.data}:multilabel", "--out", self.out), ["mood", "multilabel", "one label of several"]),
                (("--encoder", ENCODER, "--task", f"mood={self.data}:regression", "--out", self.out), ["mood", "regression"]),
                (("--resume", self.folder, "--out", self.out), ["not a folder of folds", "folds.json"]),
                (("--resume", self.folder, "--out", self.out, "--epochs", 2), ["--epochs", "--resume of folds"]),
                (("--resume", self.folder, "--out", self.out, "--folds", 2), ["--folds", "--resume"]),
                ((*self.base, "--out", self.folder), ["folder"])]:
            with self.subTest(words):
                self.assert_refused(mtnlp(*command, *words), *parts)
                self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["few.csv", "rows.csv"])


@unittest.skipUnless((DEFAULT_ENCODER / "model.safetensors").exists(), "models/minilm-l6 is missing; ./run fetch brings it")
class PlantedFlips(unittest.TestCase):
    def assert_found(self, average_precision, *options):
        with tempfile.TemporaryDirectory() as work:
            (figures,) = bench.find(["topic"], 0.05, 1, pathlib.Path(work), [*options, "--max-length", 48, "--threads", 2], rows=400)
        self.assertEqual(figures["flips"], 20)
        self.assertGreaterEqual(figures["recall"], 0.8, figures)
        self.assertGreaterEqual(figures["average precision"], average_precision, figures)
        self.assertGreaterEqual(figures["average precision"], figures["by loss"], figures)

    def test_they_are_found(self):
        self.assert_found(0.7, "--freeze", "layers:4", "--epochs", 6, "--lr", "2e-4", "--head-lr", "3e-3")

    def test_they_are_found_with_a_frozen_backbone(self):
        # A linear head errs on so many of these topics that 0.7 is out of its reach: docs/suspects.md.
        self.assert_found(0.5, "--freeze", "backbone", "--epochs", 20, "--head-lr", "1e-2")


if __name__ == "__main__":
    unittest.main()
