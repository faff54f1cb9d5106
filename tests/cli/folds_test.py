"""train --fold and --k-fold: every row is held out once, scored by the run that has not seen it, and a stop costs no fold twice."""

import csv
import json
import shutil
import signal
import time
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, start, train, wait_for, write_csv

TEST_FILES = ("metrics.csv", "split.csv", "test.json", "options.toml", "best/heads.safetensors", "best/model.safetensors")


def read_rows(file):
    with open(file, encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


class FoldsTest(CliTest):
    def setUp(self):
        super().setUp()
        self.data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(60)])
        self.base = ["--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--batch-size", 8, "--lr", "1e-3",
                     "--threads", 1, "--epochs", 2]

    def k_fold(self, name, *options):
        return self.run_ok("train", *self.base, "--k-fold", 3, "--out", self.folder / name, *options)

    def test_every_row_is_scored_by_the_run_that_has_not_seen_it(self):
        result = self.k_fold("cv", "--json", self.folder / "cv.json")
        folder = self.folder / "cv"
        results = json.loads((folder / "test.json").read_text())
        self.assertEqual(results, json.loads((self.folder / "cv.json").read_text()))
        self.assertEqual((results["folds"], results["tasks"]["mood"]["rows"]), (3, 60))
        with self.subTest("each row is held out once"):
            held_out = [row["row"] for fold in (1, 2, 3) for row in read_rows(folder / f"fold-{fold}/split.csv") if row["part"] == "test"]
            self.assertEqual(sorted(held_out, key=int), [str(row) for row in range(60)])
        with self.subTest("the figures of all rows are those of the folds"):
            folds = [json.loads((folder / f"fold-{fold}.json").read_text())["tasks"]["mood"] for fold in (1, 2, 3)]
            for key in ("accuracy", "loss", "brier"):
                pooled = sum(fold[key] * fold["rows"] for fold in folds) / 60
                self.assertAlmostEqual(results["tasks"]["mood"][key], pooled, places=6, msg=key)
                mean = sum(fold[key] for fold in folds) / 3
                self.assertAlmostEqual(results["over_folds"]["mood"][key]["mean"], mean, places=9, msg=key)
            low, high = results["tasks"]["mood"]["accuracy_ci95"]
            self.assertTrue(low <= results["tasks"]["mood"]["accuracy"] <= high)
            self.assertNotIn("calibration", results["tasks"]["mood"])  # each run has its own
        with self.subTest("tables"):
            self.assertIn("out of fold, 3 folds", result.stdout)
            self.assertRegex(result.stdout, r"mean over the folds:\nmood: accuracy [\d.]+ ± [\d.]+,")
        with self.subTest("a fold by hand is the same run"):
            self.run_ok("train", "--config", folder / "options.toml", "--fold", "2/3", "--out", self.folder / "again")
            for file in TEST_FILES:
                self.assertEqual((self.folder / "again" / file).read_bytes(), (folder / "fold-2" / file).read_bytes(), file)
        with self.subTest("the folder is not a model"):
            for words in (("eval", folder), ("predict", folder), ("report", folder, "--out", self.folder / "r.html")):
                self.assert_refused(mtnlp(*words, stdin=""), "a run for each fold", "cv/fold-1")
            self.run_ok("eval", folder / "fold-3")

    def test_a_stopped_call_goes_on_to_the_same_figures(self):
        self.k_fold("whole")
        whole = (self.folder / "whole/test.json").read_bytes()
        for number in (signal.SIGTERM, signal.SIGKILL):
            folder = self.folder / f"s{number}"
            process = start("train", *map(str, self.base), "--k-fold", "3", "--out", str(folder), MTNLP_TEST_SLOW_WRITE="3")
            wait_for(folder / "fold-1.json", process)
            process.send_signal(number)
            process.communicate()
            self.assertEqual(process.returncode, -number if number == signal.SIGKILL else 128 + number)
            self.assertFalse((folder / "fold-3.json").exists())
            first = (folder / "fold-1.json").stat().st_mtime_ns
            time.sleep(0.5)  # the child of a killed call gets a signal of its own
            self.run_ok("train", "--resume", folder, "--json", "-")
            self.assertEqual((folder / "fold-1.json").stat().st_mtime_ns, first)
            self.assertEqual((folder / "test.json").read_bytes(), whole)

    def test_tasks_of_all_kinds_are_pooled(self):
        rows = [(text, label, f"{label}|odd" if i % 3 else label, i % 7) for i, (text, label) in enumerate(mood_rows(60))]
        data = write_csv(self.folder / "kinds.csv", [("text", "mood", "tags", "size"), *rows])
        at = self.base.index("--task")
        self.base[at:at + 2] = [word for task in (f"mood={data}", f"tags={data}:multilabel", f"size={data}:regression")
                                for word in ("--task", task)]
        self.k_fold("cv")
        tasks = json.loads((self.folder / "cv/test.json").read_text())["tasks"]
        self.assertEqual({name: own["rows"] for name, own in tasks.items()}, {"mood": 60, "tags": 60, "size": 60})
        self.assertIn("micro_f1_ci95", tasks["tags"])
        self.assertIn("r2_ci95", tasks["size"])

    def test_groups_stay_together(self):
        rows = [(text, label, f"g{i // 4}") for i, (text, label) in enumerate(mood_rows(60))]
        write_csv(self.data, [("text", "mood", "author"), *rows])
        self.k_fold("cv", "--group-column", "author")
        for fold in (1, 2, 3):
            parts = {}
            for row in read_rows(self.folder / f"cv/fold-{fold}/split.csv"):
                parts.setdefault(rows[int(row["row"])][2], set()).add(row["part"])
            self.assertTrue(all(len(own) == 1 for own in parts.values()), parts)

    def test_given_validation_rows_are_in_no_fold(self):
        given = write_csv(self.folder / "given.csv", [("text", "mood"), *((f"other {text}", label) for text, label in mood_rows(10))])
        self.k_fold("cv", "--validation", f"mood={given}")
        self.assertEqual(json.loads((self.folder / "cv/test.json").read_text())["tasks"]["mood"]["rows"], 60)
        parts = [row["part"] for row in read_rows(self.folder / "cv/fold-1/split.csv")]
        self.assertEqual({part: parts.count(part) for part in set(parts)}, {"train": 40, "validation": 10, "test": 20})

    def test_bad_input(self):
        out = self.folder / "cv"
        for options, parts in [
                (["--k-fold", 1, "--out", out], ["--k-fold", "2 to 100"]),
                (["--k-fold", 61, "--out", out], ["61 folds", "60 groups"]),
                (["--k-fold", 3], ["--k-fold", "--out"]),
                (["--k-fold", 3, "--out", out, "--test", f"mood={self.data}"], ["--test", "fold"]),
                (["--fold", "1/3", "--out", out, "--test", f"mood={self.data}"], ["--test", "fold"]),
                (["--fold", "4/3", "--out", out], ["--fold", "4/3", "I/K"]),
                (["--k-fold", 3, "--out", out, "--overwrite"], ["--k-fold", "--overwrite"]),
                (["--k-fold", 3, "--out", out, "--stop-after", 1], ["--k-fold", "--stop-after"]),
                (["--k-fold", 3, "--resume", out], ["--k-fold", "--resume"])]:
            with self.subTest(options):
                self.assert_refused(mtnlp("train", "--quiet", *self.base, *options), *parts)
                self.assertFalse(out.exists())
        with self.subTest("a folder with something in it"):
            out.mkdir()
            (out / "mine.txt").write_text("mine")
            self.assert_refused(mtnlp("train", *self.base, "--k-fold", 3, "--out", out), "exists already", "--resume")
        with self.subTest("records that cannot be"):
            (out / "folds.json").write_text('{"version": 2, "folds": 3}')
            self.assert_refused(mtnlp("train", "--resume", out), "folds.json", "version is 2", "up to 1")
            (out / "folds.json").write_text('{"version": 1, "folds": 1}')
            self.assert_refused(mtnlp("train", "--resume", out), "folds.json", "2 to 100")
            self.assert_refused(mtnlp("train", "--resume", out, "--lr", 1), "--lr", "--resume of folds")
        with self.subTest("a dry run trains nothing"):
            shutil.rmtree(out)
            shown = self.run_ok("train", *self.base, "--k-fold", 3, "--out", out, "--dry-run").stdout
            self.assertIn("steps: ", shown)
            self.assertFalse(out.exists())

    def test_rows_that_the_run_of_init_knew_cannot_be_held_out(self):
        train(self.data, self.folder / "first")
        self.base[:2] = ["--init", self.folder / "first"]
        self.assert_refused(mtnlp("train", "--quiet", *self.base, "--k-fold", 3, "--out", self.folder / "cv"), "60 rows", "--init")
        self.assertFalse((self.folder / "cv").exists())


if __name__ == "__main__":
    unittest.main()
