"""--init: training that starts from a checkpoint, its heads, its split."""

import csv
import json
import pathlib
import shutil
import tempfile
import unittest

from support import ENCODER, CliTest, defaults, mood_rows, mtnlp, read_floats, read_metrics, write_csv


def parts_by_text(run, files):
    """The part of each text of a run's files."""
    texts = {}
    for index, file in enumerate(files):
        with open(file, encoding="utf-8", newline="") as rows:
            for number, row in enumerate(csv.DictReader(rows)):
                texts[index, number] = row["text"]
    with open(run / "split.csv", encoding="utf-8", newline="") as rows:
        return {texts[int(row["source"]), int(row["row"])]: row["part"] for row in csv.DictReader(rows)}


def size_rows(count, sizes=("big", "mid", "small")):
    return [(f"{sizes[i % len(sizes)]} thing {chr(97 + i % 26)} {i}", sizes[i % len(sizes)]) for i in range(count)]


class InitTest(CliTest):
    """A run with the tasks mood and size, at 16 tokens."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.mood = write_csv(cls.home / "mood.csv", [("text", "mood"), *mood_rows(80)])
        cls.size = write_csv(cls.home / "size.csv", [("text", "size"), *size_rows(90)])
        cls.run_a = cls.home / "a"
        result = mtnlp("train", "--encoder", ENCODER, "--task", f"mood={cls.mood}", "--task", f"size={cls.size}", "--max-length", 16,
                       "--epochs", 2, "--lr", "1e-3", "--threads", 1, "--out", cls.run_a)
        assert result.returncode == 0, result.stderr

    def train(self, out, *options, files=None, init=None):
        files = files or {"mood": self.mood, "size": self.size}
        tasks = [word for task, file in files.items() for word in ("--task", f"{task}={file}")]
        return self.run_ok("train", "--init", init or self.run_a, *tasks, *defaults(options, {"--epochs": 1, "--lr": "1e-3"}),
                           "--threads", 1, "--out", self.folder / out, *options)

    def test_one_frozen_head_keeps_its_test_figures_to_the_bit(self):
        self.train("b", "--freeze", "backbone,head:mood", "--head-lr", "0.05", "--seed", 7)
        before, after = (json.loads((run / "test.json").read_text())["tasks"] for run in (self.run_a, self.folder / "b"))
        self.assertEqual(before["mood"], after["mood"])
        self.assertNotEqual(before["size"]["loss"], after["size"]["loss"])
        heads = [read_floats(run / "best/heads.safetensors") for run in (self.run_a, self.folder / "b")]
        self.assertEqual(heads[0]["mood.weight"], heads[1]["mood.weight"])
        self.assertNotEqual(heads[0]["size.weight"], heads[1]["size.weight"])
        self.assertEqual(json.loads((self.folder / "b/best/tasks.json").read_text())["max_length"], 16)

    def test_rows_that_the_run_knew_keep_their_part_and_new_ones_are_shared(self):
        files = {"mood": self.folder / "mood.csv", "size": self.folder / "size.csv"}
        write_csv(files["mood"], [("text", "mood"), *reversed(mood_rows(200))])
        write_csv(files["size"], [("text", "size"), *size_rows(90)])
        self.train("b", "--seed", 5, files=files)
        before = parts_by_text(self.run_a, [self.mood, self.size])
        after = parts_by_text(self.folder / "b", files.values())
        self.assertEqual(len(after), 290)
        self.assertEqual({text: after[text] for text in before}, before)
        new = [part for text, part in after.items() if text not in before]
        self.assertEqual(len(new), 120)
        for part, share in (("train", 84), ("validation", 18), ("test", 18)):
            self.assertAlmostEqual(new.count(part), share, delta=8)

    def test_given_files_that_hold_training_rows_are_warned_of(self):
        trained = [text for text, part in parts_by_text(self.run_a, [self.mood, self.size]).items() if part == "train"]
        moods = dict(mood_rows(80))
        known = [(text, moods[text]) for text in trained if text in moods][:3]
        test = write_csv(self.folder / "test.csv", [("text", "mood"), *known, ("a new good one", "up"), ("a new bad one", "down")])
        result = self.train("b", "--test", f"mood={test}", files={"mood": self.mood})
        self.assertIn("test.csv: 3 rows are among those that --init was trained on", result.stderr)

    def test_training_rows_of_the_runs_before_are_known_too(self):
        trained = [text for text, part in parts_by_text(self.run_a, [self.mood, self.size]).items() if part == "train"]
        moods = dict(mood_rows(80))
        known = [(text, moods[text]) for text in trained if text in moods][:3]
        others = write_csv(self.folder / "others.csv", [("text", "mood"), *((f"{text} once more", label) for text, label in mood_rows(60))])
        self.train("b", files={"mood": others})
        test = write_csv(self.folder / "test.csv", [("text", "mood"), *known, ("a new good one", "up"), ("a new bad one", "down")])
        result = self.train("c", "--test", f"mood={test}", init=self.folder / "b", files={"mood": others})
        self.assertIn("test.csv: 3 rows are among those that --init was trained on", result.stderr)
        # A row that the first run trained on trains in the third as well, although the second has not seen it.
        self.train("d", init=self.folder / "b", files={"mood": self.mood})
        again = parts_by_text(self.folder / "d", [self.mood])
        self.assertEqual({text for text, part in again.items() if part == "train"}, set(trained) & set(moods))

    def test_a_new_task_and_new_labels_get_new_rows(self):
        sizes = write_csv(self.folder / "size.csv", [("text", "size"), *size_rows(120, ("big", "huge", "mid", "small"))])
        kinds = write_csv(self.folder / "kind.csv", [("text", "kind"), *((f"{text} indeed", "p" if i % 2 else "q")
                                                                       for i, (text, _) in enumerate(mood_rows(60)))])
        result = self.train("b", "--freeze", "all", files={"size": sizes, "kind": kinds})
        for line in ('task size: the head goes on from the checkpoint; new: "huge"', "task kind: is new, and so is its head",
                     "task mood of the checkpoint is left out",
                     'warning: task size: its head is frozen by --freeze, so the new label keeps random weights: "huge"',
                     "warning: task kind: its head is frozen by --freeze and new: it keeps its random weights"):
            self.assertIn(line, result.stderr)
        old, new = (read_floats(run / "best/heads.safetensors") for run in (self.run_a, self.folder / "b"))
        dim = len(old["size.weight"]) // 3
        for before, after in ((0, 0), (1, 2), (2, 3)):
            self.assertEqual(new["size.weight"][after * dim:(after + 1) * dim], old["size.weight"][before * dim:(before + 1) * dim])
            self.assertEqual(new["size.bias"][after], old["size.bias"][before])
        self.assertEqual(sorted(new), ["kind.bias", "kind.weight", "size.bias", "size.weight"])

    def test_a_label_that_is_gone_is_an_error_without_drop_labels(self):
        sizes = write_csv(self.folder / "size.csv", [("text", "size"), *size_rows(60, ("big", "small"))])
        arguments = ["train", "--init", self.run_a, "--task", f"size={sizes}", "--epochs", 1, "--out", self.folder / "b"]
        self.assert_refused(mtnlp(*arguments), "task size", '"mid"', "--drop-labels", "--labels")
        self.assertFalse((self.folder / "b").exists())
        result = self.train("b", "--drop-labels", files={"size": sizes})
        self.assertIn('given up: "mid"', result.stderr)
        self.train("c", "--labels", "size=big,mid,small", files={"size": sizes})

    def test_a_checkpoint_outside_of_a_run_says_that_its_rows_are_not_known(self):
        shutil.copytree(self.run_a / "best", self.folder / "alone")
        result = self.train("b", init=self.folder / "alone")
        self.assertIn("does not lie in a run", result.stderr)

    def test_a_stopped_run_ends_with_the_same_bytes(self):
        self.train("whole", "--epochs", 3, "--save-every", 2)
        self.train("parts", "--epochs", 3, "--save-every", 2)
        shutil.rmtree(self.folder / "parts/checkpoints")
        (self.folder / "parts/checkpoints").mkdir()
        for name in ("checkpoints.json", "best", "last"):
            (self.folder / "parts" / name).unlink()
        self.run_ok("train", "--resume", self.folder / "parts")
        for name in ("metrics.csv", "test.json", "best/heads.safetensors", "last/model.safetensors"):
            self.assertEqual((self.folder / "whole" / name).read_bytes(), (self.folder / "parts" / name).read_bytes(), name)

    def test_a_stopped_run_with_a_frozen_head_keeps_what_was_decided_of_it(self):
        base = ["--freeze", "backbone,head:mood", "--decide", "balanced", "--head-lr", "0.05", "--epochs", 2]
        self.train("a", "--decide", "balanced", "--seed", 3)
        self.train("whole", *base, init=self.folder / "a")
        self.train("part", *base, "--stop-after", 1, init=self.folder / "a")
        self.run_ok("train", "--resume", self.folder / "part")
        for file in ("metrics.csv", "test.json", "best/tasks.json", "best/heads.safetensors", "best/model.safetensors"):
            self.assertEqual((self.folder / "whole" / file).read_bytes(), (self.folder / "part" / file).read_bytes(), file)

    def test_options_of_a_file_that_the_command_line_excludes_fall_away(self):
        self.train("b", "--drop-labels")
        self.run_ok("train", "--config", self.folder / "b/options.toml", "--encoder", ENCODER, "--max-length", 16, "--out", self.folder / "c")
        self.assertNotIn("drop-labels", (self.folder / "c/options.toml").read_text())
        task = ["--task", f"mood={self.mood}", "--encoder", ENCODER, "--out", self.folder / "d"]
        for words, part in ((["--drop-labels"], "--drop-labels needs --init"), (["--stop-on", "any"], "--stop-on needs --patience")):
            self.assert_refused(mtnlp("train", *task, *words), part)
            self.assert_refused(mtnlp("train", *task, *words, "--k-fold", 2), part)

    def test_bad_starts(self):
        task = ["--task", f"mood={self.mood}", "--out", self.folder / "b"]
        for words, parts in ((["--init", ENCODER], ["tiny-distilbert"]), (["--init", self.folder / "none"], ["none"]),
                             (["--init", self.run_a, "--encoder", ENCODER], ["--encoder"]),
                             (["--init", self.run_a, "--random-weights"], ["--random-weights"]),
                             (["--drop-labels"], ["--init"])):
            with self.subTest(words):
                self.assert_refused(mtnlp("train", *words, *task), *parts)
                self.assertFalse((self.folder / "b").exists())


class TrainingOptionsTest(CliTest):
    """Options about steps, rates and the choice of the epoch."""

    def setUp(self):
        super().setUp()
        self.mood = write_csv(self.folder / "mood.csv", [("text", "mood"), *mood_rows(80)])
        self.size = write_csv(self.folder / "size.csv", [("text", "size"), *size_rows(30)])

    def train(self, out, *options):
        self.run_ok("train", "--encoder", ENCODER, "--task", f"mood={self.mood}", "--task", f"size={self.size}", "--max-length", 16,
                    "--batch-size", 4, *defaults(options, {"--lr": "1e-3"}), "--threads", 1, "--quiet", "--out", self.folder / out, *options)
        return self.folder / out

    def test_the_split_seed_alone_draws_the_split(self):
        runs = {name: self.train(name, "--epochs", 1, *options) for name, options in
                {"a": ["--seed", 1, "--split-seed", 5], "b": ["--seed", 2, "--split-seed", 5], "c": ["--seed", 5],
                 "d": ["--seed", 1]}.items()}
        splits = {name: (run / "split.csv").read_bytes() for name, run in runs.items()}
        self.assertEqual(splits["a"], splits["b"])
        self.assertEqual(splits["a"], splits["c"])
        self.assertNotEqual(splits["a"], splits["d"])
        self.assertNotEqual((runs["a"] / "metrics.csv").read_bytes(), (runs["b"] / "metrics.csv").read_bytes())

    def test_steps_and_rates(self):
        run = self.train("a", "--epochs", 2, "--steps-per-epoch", 10, "--schedule", "constant", "--mixing", "equal", "--warmup", 0)
        rows = read_metrics(run)
        self.assertEqual([row["step"] for row in rows], ["10", "20"])
        self.assertEqual([float(row["learning_rate"]) for row in rows], [1e-3, 1e-3])

    def test_patience_ends_a_run_and_resume_agrees(self):
        # Nothing is trained, so no epoch is better than the first.
        run = self.train("a", "--freeze", "all", "--epochs", 9, "--patience", 2)
        self.assertEqual(len(read_metrics(run)), 3)
        self.assertEqual((run / "best").resolve().name, "step-000020")
        before = (run / "test.json").read_bytes()
        self.run_ok("train", "--resume", run)
        self.assertEqual(len(read_metrics(run)), 3)
        self.assertEqual((run / "test.json").read_bytes(), before)
        self.assertEqual(len(read_metrics(self.train("b", "--freeze", "all", "--epochs", 9, "--patience", 1, "--stop-on", "any"))), 2)

    def test_select_chooses_the_best_epoch(self):
        run = self.train("a", "--epochs", 6, "--lr", "5e-3", "--select", "mood.loss")
        losses = [float(row["mood.val_loss"]) for row in read_metrics(run)]
        steps = [int(row["step"]) for row in read_metrics(run)]
        best = int((run / "best").resolve().name.removeprefix("step-"))
        self.assertEqual(steps[losses.index(min(losses))], best)

    def test_bad_values(self):
        base = ["train", "--encoder", ENCODER, "--task", f"mood={self.mood}", "--out", self.folder / "b"]
        for words, parts in ((["--mixing", "eqal"], ["--mixing", 'did you mean "equal"?']),
                             (["--mixing", "temperature:0"], ["--mixing temperature", '"0"', "from 1"]),
                             (["--steps-per-epoch", "-1"], ["--steps-per-epoch", "-1"]),
                             (["--layer-decay", "1.5"], ["--layer-decay", "0 to 1"]),
                             (["--schedule", "cosin"], ["--schedule", "cosine"]),
                             (["--select", "macro_f2"], ["--select", "macro_f1"]),
                             (["--select", "mod.loss"], ["--select", "mood"]),
                             (["--patience", "x"], ["--patience"]),
                             (["--stop-on", "all"], ["--patience"]),
                             (["--split-seed", "1.5"], ["--split-seed"])):
            with self.subTest(words):
                self.assert_refused(mtnlp(*base, *words), *parts)
                self.assertFalse((self.folder / "b").exists())


if __name__ == "__main__":
    unittest.main()
