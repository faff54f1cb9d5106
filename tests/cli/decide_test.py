"""Decisions: --decide of train, eval and predict, --raw, and what a checkpoint stores of them."""

import csv
import hashlib
import io
import json
import math
import pathlib
import shutil
import signal
import tempfile
import unittest

from support import ENCODER, CliTest, change_tasks, mood_rows, mtnlp, read_metrics, start, wait_for, write_csv


def rows(count):
    """Four of five rows are "up"; of the texts with "bad", three of five: only equal recall makes them "down"."""
    return [(f"{'good fine' if i % 2 else 'bad poor'} {chr(97 + i % 26)} {i}", "down" if i % 2 == 0 and i // 2 % 5 < 2 else "up")
            for i in range(count)]


def training(out, *options):
    """Of a run beside rows.csv."""
    return ["train", "--encoder", ENCODER, "--task", f"mood={out.parent / 'rows.csv'}", "--max-length", 16, "--epochs", 2,
            "--lr", "1e-3", "--threads", 1, "--out", out, *options]


def snapshot(run):
    """The checkpoints and the test figures, as hashes."""
    files = [path for path in sorted((run / "checkpoints").rglob("*")) if path.is_file()]
    return {str(path.relative_to(run)): hashlib.sha256(path.read_bytes()).hexdigest() for path in [*files, run / "test.json"]}


class DecideTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.data = write_csv(cls.home / "rows.csv", [("text", "mood"), *rows(300)])
        for name, options in {"plain": (), "balanced": ("--decide", "balanced")}.items():
            result = mtnlp(*training(cls.home / name, *options))
            assert result.returncode == 0, result.stderr
            cls.log = result.stderr

    def setUp(self):
        super().setUp()
        self.data = shutil.copy(self.data, self.folder)
        self.plain, self.balanced = self.folder / "plain", self.folder / "balanced"
        for run in (self.plain, self.balanced):
            shutil.copytree(self.home / run.name, run, symlinks=True)

    def task(self, run, name="mood"):
        """What best/tasks.json says of the task."""
        content = json.loads((run / "best/tasks.json").read_text())
        return next(task for task in content["tasks"] if task["name"] == name)

    def scores(self, run, *options):
        return json.loads(self.run_ok("eval", run, "--json", "-", "--threads", 1, *options).stdout)["tasks"]["mood"]

    def predict(self, run, *options):
        text = self.run_ok("predict", run, self.data, "--quiet", "--keep-columns", "text", "--threads", 1, *options).stdout
        return list(csv.DictReader(io.StringIO(text, newline="")))


class Training(DecideTest):
    def test_the_best_checkpoint_stores_a_shift_by_the_shares(self):
        self.assertNotIn("shift", self.task(self.plain))
        shift = self.task(self.balanced)["shift"]
        down, up = shift  # in the order of the labels
        with open(self.balanced / "split.csv", encoding="utf-8", newline="") as file:
            training = [int(row["row"]) for row in csv.DictReader(file) if row["part"] == "train"]
        counts = [sum(rows(300)[i][1] == label for i in training) for label in ("down", "up")]
        tau = down / math.log(len(training) / counts[0])
        self.assertIn(round(tau, 9), (0.25, 0.5, 0.75, 1))
        self.assertAlmostEqual(up, tau * math.log(len(training) / counts[1]), places=12)
        self.assertRegex(self.log, rf"decisions shifted by {tau:.2g} of the training shares, validation macro-recall 0.\d+ \(without 0.5000\)")
        self.assertEqual(json.loads((self.balanced / "best/tasks.json").read_text())["format_version"], 4)
        self.assertEqual(json.loads((self.plain / "best/tasks.json").read_text())["format_version"], 1)

    def test_test_json_is_the_decisions_and_all_else_is_raw(self):
        plain, balanced = (json.loads((run / "test.json").read_text())["tasks"]["mood"] for run in (self.plain, self.balanced))
        self.assertEqual(plain["loss"], balanced["loss"])
        self.assertEqual(plain["macro_recall"], 0.5)
        self.assertGreater(balanced["macro_recall"], 0.6)
        for name in ("metrics.csv", "checkpoints.json", "best/heads.safetensors", "best/model.safetensors"):
            self.assertEqual((self.plain / name).read_bytes(), (self.balanced / name).read_bytes(), name)

    def test_killed_after_the_last_epoch_it_ends_the_same(self):
        whole, run = self.home / "balanced", self.home / "killed"  # the options of a checkpoint name the same files
        process = start(*training(run, "--decide", "balanced"), MTNLP_TEST_SLOW_WRITE="60")
        last = json.loads((whole / "checkpoints.json").read_text())["last"]
        wait_for(run / "checkpoints" / last, process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertFalse((run / "test.json").exists())
        for name in json.loads((whole / "checkpoints.json").read_text())["best"], last:
            self.assertNotIn("shift", (run / "checkpoints" / name / "tasks.json").read_text())
        self.run_ok("train", "--resume", run, "--quiet")
        self.assertEqual(snapshot(run), snapshot(whole))

    def test_killed_while_the_shift_is_stored(self):
        left = self.balanced / "best/.mtnlp-tmp-tasks.json-0123456789abcdef"
        left.write_text("{")
        whole = self.home / "balanced"
        (self.balanced / "test.json").unlink()
        self.run_ok("train", "--resume", self.balanced, "--quiet")
        self.assertEqual(snapshot(self.balanced), snapshot(whole))
        left.write_text("{")
        self.run_ok(*training(self.balanced, "--overwrite", "--decide", "balanced", "--quiet"))
        self.assertEqual(set(snapshot(self.balanced)), set(snapshot(whole)))
        self.assertEqual(self.task(self.balanced), self.task(whole))

    def test_a_pause_stores_nothing_and_the_option_stays(self):
        run = self.folder / "paused"
        self.run_ok(*training(run, "--decide", "balanced", "--stop-after", 1, "--quiet"))
        self.assertNotIn("shift", self.task(run))
        self.assert_refused(mtnlp("train", "--resume", run, "--decide", "accuracy", "--quiet"), "--decide", "balanced")
        self.run_ok("train", "--resume", run, "--no-test", "--quiet")
        self.assertEqual(self.task(run)["shift"], self.task(self.balanced)["shift"])
        self.assertFalse((run / "test.json").exists())

    def test_a_frozen_head_keeps_its_decision_and_a_trained_one_does_not(self):
        change_tasks(self.balanced / "best", lambda tasks: tasks["mood"].update(temperature=2.5, shift=[0.75, -0.25]))
        kept = self.task(self.balanced)
        words = ("--task", f"mood={self.data}", "--init", self.balanced, "--epochs", 2, "--lr", "1e-3", "--threads", 1, "--quiet")
        for decide in ("accuracy", "balanced"):
            run = self.folder / f"frozen-{decide}"
            self.run_ok("train", *words, "--freeze", "head:mood", "--decide", decide, "--stop-after", 1, "--out", run)
            self.assertEqual(self.task(run), kept)
            self.run_ok("train", "--resume", run, "--quiet")
            self.assertEqual(self.task(run), kept)
        trained = self.folder / "trained"
        self.run_ok("train", *words, "--out", trained)
        self.assertEqual(set(self.task(trained)), {"name", "labels"})

    def test_figures_of_an_epoch_are_raw_where_a_head_keeps_its_decision(self):
        words = ("--task", f"mood={self.data}", "--epochs", 1, "--freeze", "all", "--threads", 1, "--quiet")
        for run in (self.plain, self.balanced):
            self.run_ok("train", *words, "--init", run, "--out", self.folder / f"{run.name}-again")
        figures = [read_metrics(self.folder / f"{name}-again")[0] for name in ("plain", "balanced")]
        self.assertEqual(figures[0], figures[1])
        self.assertEqual(self.scores(self.folder / "balanced-again"), self.scores(self.balanced))


class Using(DecideTest):
    def test_eval_and_predict_follow_what_is_stored_or_what_is_asked(self):
        stored, raw = self.scores(self.balanced), self.scores(self.plain)
        self.assertEqual(stored, json.loads((self.balanced / "test.json").read_text())["tasks"]["mood"])
        self.assertEqual(self.scores(self.balanced, "--decide", "balanced"), stored)
        self.assertEqual(self.scores(self.balanced, "--decide", "accuracy"), raw)
        self.assertEqual(self.scores(self.plain, "--decide", "accuracy"), raw)
        answers = {options: self.predict(self.balanced, *options) for options in ((), ("--decide", "balanced"), ("--decide", "accuracy"), ("--raw",))}
        self.assertEqual(answers[()], answers["--decide", "balanced"])
        self.assertNotEqual(answers[()], answers["--raw",])
        self.assertEqual(answers["--raw",], answers["--decide", "accuracy"])
        self.assertEqual(answers["--raw",], self.predict(self.plain))

    def test_balanced_needs_a_shift(self):
        for verb in ("eval", "predict"):
            self.assert_refused(mtnlp(verb, self.plain, "--decide", "balanced", "--quiet", stdin="fine\n"), '"mood" has no shift',
                                "--decide balanced")
            self.assert_refused(mtnlp(verb, self.plain, "--decide", "balance", stdin="text\n"), 'did you mean "balanced"?')
        self.assert_refused(mtnlp("predict", self.balanced, "--decide", "balanced", "--raw", stdin="text\n"), "--raw", "--decide")

    def test_probabilities_are_the_softmax_of_logits_by_temperature_plus_shift(self):
        temperature, shift = 0.5, {"down": 1.25, "up": -0.25}
        change_tasks(self.balanced / "best", lambda tasks: tasks["mood"].update(temperature=temperature, shift=list(shift.values())))
        raw, decided = (self.predict(self.balanced, "--all-probabilities", *options) for options in (("--raw",), ()))
        accuracy = self.predict(self.balanced, "--all-probabilities", "--decide", "accuracy")
        labels = set()
        for row, found, shiftless in zip(raw, decided, accuracy, strict=True):
            logits = {label: math.log(float(row[f"mood.probability.{label}"])) for label in shift}
            for other, s in ((found, shift), (shiftless, {"down": 0, "up": 0})):
                law = {label: math.exp(logits[label] / temperature + s[label]) for label in shift}
                best = max(law, key=law.get)
                self.assertEqual(other["mood"], best)
                self.assertAlmostEqual(float(other["mood.probability"]), law[best] / sum(law.values()), delta=1e-4)
                for label, value in law.items():
                    self.assertAlmostEqual(float(other[f"mood.probability.{label}"]), value / sum(law.values()), delta=1e-6)
            labels.add(found["mood"])
        self.assertEqual(labels, {"down", "up"})

    def test_quantize_carries_the_decision_on(self):
        change_tasks(self.balanced / "best", lambda tasks: tasks["mood"].update(temperature=2.5))
        self.run_ok("quantize", self.balanced, self.folder / "small")
        content = json.loads((self.folder / "small/tasks.json").read_text())
        self.assertEqual(content["tasks"], [self.task(self.balanced)])
        full, small = (self.predict(model) for model in (self.balanced, self.folder / "small"))
        self.assertGreater(sum(a["mood"] == b["mood"] for a, b in zip(full, small, strict=True)), 0.95 * len(full))

    def test_info_shows_it(self):
        change_tasks(self.balanced / "best", lambda tasks: tasks["mood"].update(temperature=2.5, shift=[0.5, 0]))
        self.assertRegex(self.run_ok("info", self.balanced).stdout, r"decision +mood: temperature 2.5, shift \[0.5,0.0\]")
        self.assertNotIn("decision", self.run_ok("info", self.plain).stdout)

    def test_a_damaged_decision_is_refused(self):
        for wrong in ({"temperature": 0}, {"shift": [1]}, {"shift": [0, None]}):
            with self.subTest(wrong):
                shutil.rmtree(self.plain)
                shutil.copytree(self.home / "plain", self.plain, symlinks=True)
                change_tasks(self.plain / "best", lambda tasks, wrong=wrong: tasks["mood"].update(wrong))
                for verb in ("eval", "predict", "info"):
                    result = mtnlp(verb, self.plain, *([self.data] if verb == "predict" else []))
                    self.assert_refused(result, "tasks.json", '"mood"', next(iter(wrong)))


class Calibration(CliTest):
    """On 400 rows, of which a quarter have a label that the text does not tell, so that no probability is near 1."""
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        flipped = [(text, label if i % 4 else {"up": "down", "down": "up"}[label]) for i, (text, label) in enumerate(mood_rows(400))]
        write_csv(cls.home / "rows.csv", [("text", "mood"), *flipped])
        for name, options in {"plain": ("--calibrate", "none"), "warm": (), "both": ("--decide", "balanced")}.items():
            result = mtnlp(*training(cls.home / name, *options))
            assert result.returncode == 0, result.stderr
            cls.log = cls.log if name == "both" else result.stderr
        cls.plain, cls.warm, cls.both = (cls.home / name for name in ("plain", "warm", "both"))

    task, scores = DecideTest.task, DecideTest.scores

    def predict(self, run, *options):
        text = self.run_ok("predict", run, self.home / "rows.csv", "--quiet", "--keep-columns", "text", "--threads", 1,
                           "--all-probabilities", *options).stdout
        return list(csv.DictReader(io.StringIO(text, newline="")))

    def test_the_best_checkpoint_stores_a_temperature_and_all_else_is_raw(self):
        self.assertNotIn("temperature", self.task(self.plain))
        temperature = self.task(self.warm)["temperature"]
        self.assertNotIn("shift", self.task(self.warm))
        self.assertRegex(self.log, rf"task mood: probabilities calibrated by the temperature {temperature:.4f}, validation loss 0\.\d+ \(without 0\.")
        self.assertEqual(self.task(self.both)["temperature"], temperature)
        self.assertIn("shift", self.task(self.both))
        for name in ("metrics.csv", "checkpoints.json", "best/heads.safetensors", "best/model.safetensors"):
            self.assertEqual((self.plain / name).read_bytes(), (self.warm / name).read_bytes(), name)

    def test_eval_tells_before_and_after_and_the_loss_is_raw(self):
        plain, warm = (json.loads((run / "test.json").read_text())["tasks"]["mood"] for run in (self.plain, self.warm))
        self.assertNotIn("calibration", plain)
        self.assertEqual(self.scores(self.warm), warm)
        for key in ("rows", "loss", "accuracy", "macro_f1", "confusion"):
            self.assertEqual(plain[key], warm[key], key)
        raw, decided = warm["calibration"]["raw"], warm["calibration"]["decided"]
        self.assertEqual(warm["calibration"]["temperature"], self.task(self.warm)["temperature"])
        for key in ("loss", "brier", "calibration_error"):
            self.assertEqual(raw[key], plain[key], key)
        self.assertEqual(decided["brier"], warm["brier"])
        validation = self.scores(self.warm, "--part", "validation")["calibration"]
        self.assertLess(validation["decided"]["loss"], validation["raw"]["loss"])
        self.assertRegex(self.run_ok("eval", self.warm).stdout, r"mood with the temperature \d\.\d+: loss \d\.\d+ \(raw \d\.\d+\), Brier")

    def test_answers_stay_and_raw_shows_the_others(self):
        plain, warm, raw = self.predict(self.plain), self.predict(self.warm), self.predict(self.warm, "--raw")
        self.assertEqual(plain, raw)
        self.assertNotEqual(plain, warm)
        self.assertEqual([row["mood"] for row in plain], [row["mood"] for row in warm])
        temperature = self.task(self.warm)["temperature"]
        for before, after in zip(plain, warm, strict=True):
            odds = [math.log(float(row["mood.probability.up"]) / float(row["mood.probability.down"])) for row in (before, after)]
            self.assertAlmostEqual(odds[0] / temperature, odds[1], delta=1e-4)

    def test_killed_after_the_last_epoch_it_ends_the_same(self):
        run = self.home / "killed"
        process = start(*training(run), MTNLP_TEST_SLOW_WRITE="60")
        wait_for(run / "checkpoints" / json.loads((self.warm / "checkpoints.json").read_text())["last"], process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        self.assertFalse((run / "test.json").exists())
        self.run_ok("train", "--resume", run, "--quiet")
        self.assertEqual(snapshot(run), snapshot(self.warm))
        self.assert_refused(mtnlp("train", "--resume", run, "--calibrate", "none", "--quiet"), "--calibrate", "temperature")

    def test_a_frozen_head_keeps_its_temperature(self):
        kept = self.task(self.both)
        words = ("--task", f"mood={self.home / 'rows.csv'}", "--init", self.both, "--epochs", 1, "--threads", 1)
        result = self.run_ok("train", *words, "--freeze", "head:mood", "--out", self.folder / "frozen")
        self.assertEqual(self.task(self.folder / "frozen"), kept)
        self.assertIn("its head is frozen, and decides as before", result.stderr)

    def test_labels_that_validation_lacks_are_named(self):
        validation = write_csv(self.folder / "validation.csv", [("text", "mood"), *((f"good day {i}", "up") for i in range(60))])
        few = write_csv(self.folder / "few.csv", [("text", "mood"), *mood_rows(60)])
        result = self.run_ok("train", "--encoder", ENCODER, "--task", f"mood={few}", "--validation", f"mood={validation}", "--test",
                             f"mood={validation}", "--max-length", 16, "--epochs", 1, "--threads", 1, "--out", self.folder / "run")
        self.assertIn('no validation row has the label "down", so its decisions', result.stderr)

    def test_too_few_rows_are_said(self):
        few = write_csv(self.folder / "few.csv", [("text", "mood"), *mood_rows(60)])
        result = self.run_ok("train", "--encoder", ENCODER, "--task", f"mood={few}", "--max-length", 16, "--epochs", 1, "--out", self.folder / "run")
        self.assertRegex(result.stderr, r"task mood: \d+ validation rows are too few to calibrate its probabilities \(50 are needed\)")
        self.assertNotIn("temperature", self.task(self.folder / "run"))


if __name__ == "__main__":
    unittest.main()
