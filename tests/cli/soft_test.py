"""train --soft: what predict --all-probabilities wrote teaches another model."""

import pathlib
import shutil
import tempfile
import unittest

from support import ENCODER, CliTest, defaults, mood_rows, mtnlp, read_metrics, train, write_csv

COLUMNS = ("text", "mood.probability.down", "mood.probability.up")


class SoftTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.data = write_csv(cls.home / "rows.csv", [("text", "label"), *mood_rows(40)])
        cls.texts = write_csv(cls.home / "texts.csv", [("text",), *((f"{text} more",) for text, _ in mood_rows(120))])
        cls.teacher = cls.home / "teacher"
        train(cls.data, cls.teacher, "--lr", "1e-3")

    def taught(self, out, *options):
        train(self.data, self.folder / out, *defaults(options, {"--lr": "1e-3", "--epochs": 2}), *options)
        return self.folder / out

    def write_soft(self, name, rows, header=COLUMNS):
        return write_csv(self.folder / name, [header, *rows])

    def assert_same(self, run, other, names=("metrics.csv", "test.json", "last/model.safetensors", "last/heads.safetensors")):
        for name in names:
            self.assertTrue((run / name).read_bytes() == (other / name).read_bytes(), name)

    def test_what_predict_writes_is_read_in_every_format(self):
        runs = []
        for ending in ("csv", "tsv", "jsonl", "json"):
            file = self.folder / f"soft.{ending}"
            self.run_ok("predict", self.teacher, self.texts, "--all-probabilities", "--out", file, "--quiet")
            runs.append(self.taught(ending, "--soft", f"mood={file}"))
        for run in runs[1:]:
            self.assert_same(run, runs[0])
        plain = self.taught("plain")
        self.assertNotEqual((plain / "last/heads.safetensors").read_bytes(), (runs[0] / "last/heads.safetensors").read_bytes())
        self.assertEqual((plain / "split.csv").read_bytes(), (runs[0] / "split.csv").read_bytes())

    def test_of_no_weight_they_are_as_if_they_were_not_there(self):
        soft = self.write_soft("soft.csv", [("some text", 0.25, 0.75)] * 3)
        self.assert_same(self.taught("none", "--soft", f"mood={soft}", "--soft-weight", 0), self.taught("plain"))

    def test_they_teach(self):
        """The labels turned round, and heavy."""
        turned = [(text, *((0.1, 0.9) if label == "down" else (0.9, 0.1))) for text, label in mood_rows(120)]
        soft = self.write_soft("soft.csv", turned)
        for options in ((), ("--freeze", "layers:1"), ("--freeze", "backbone", "--head-lr", "0.1"), ("--grad-accumulation", 2, "--batch-size", 7)):
            with self.subTest(options):
                plain = self.taught("plain", "--overwrite", "--epochs", 8, *options)
                run = self.taught("turned", "--overwrite", "--epochs", 8, "--soft", f"mood={soft}", "--soft-weight", 20,
                                  "--soft-temperature", 2, *options)
                accuracy = [float(read_metrics(folder)[-1]["mood.val_accuracy"]) for folder in (plain, run)]
                self.assertGreater(accuracy[0], 0.7)
                self.assertLess(accuracy[1], 0.3)

    def test_resumed_it_ends_the_same_and_the_file_must_be_as_it_was(self):
        soft = self.write_soft("soft.csv", [(f"{text} more", 0.25, 0.75) for text, _ in mood_rows(50)])
        options = ("--soft", f"mood={soft}", "--soft-weight", 0.5, "--dropout", 0.1)
        whole = self.taught("whole", *options)
        run = self.taught("stopped", *options, "--stop-after", 1)
        before = soft.read_bytes()
        soft.write_bytes(before.replace(b"0.25,0.75", b"0.75,0.25"))
        self.assert_refused(mtnlp("train", "--resume", run, "--quiet"), "soft.csv", "changed since the run started")
        soft.write_bytes(before)
        self.assert_refused(mtnlp("train", "--resume", run, "--quiet", "--soft-weight", 1), "--soft-weight")
        self.run_ok("train", "--resume", run, "--quiet")
        self.assert_same(run, whole)

    def test_texts_of_other_parts_are_told(self):
        held_out = [(text, 0.5, 0.5) for text, _ in mood_rows(40)]
        result = train(self.data, self.folder / "run", "--soft", f"mood={self.write_soft('soft.csv', held_out)}")
        self.assertRegex(result.stderr, r"soft.csv: \d+ texts are among the validation or test rows")

    def test_what_is_not_a_distribution_is_refused(self):
        sound = ("text", 0.5, 0.5)
        cases = {"sum": ([sound, ("b", 0.5, 0.6)], COLUMNS, ["soft.csv:3", "the sum 1.1, not 1"]),
                 "number": ([("b", "x", 1)], COLUMNS, ["soft.csv:2", '"down"', '"x"', "0 to 1"]),
                 "empty": ([("b", "", "")], COLUMNS, ["soft.csv:2", '"down"']),
                 "nan": ([("b", "nan", 1)], COLUMNS, ["soft.csv:2", "nan"]),
                 "large": ([("b", 2, -1)], COLUMNS, ["soft.csv:2", "0 to 1"]),
                 "none": ([], COLUMNS, ["soft.csv", "no rows"]),
                 "column": ([("b", 1)], COLUMNS[:2], ["soft.csv", "mood.probability.up"]),
                 "label": ([("b", 0.5, 0.5, 0)], (*COLUMNS, "mood.probability.upp"), ["no label", 'did you mean "up"?'])}
        for name, (rows, header, parts) in cases.items():
            with self.subTest(name):
                file = self.write_soft("soft.csv", rows, header)
                self.refused(f"mood={file}", *parts)
        for text, parts in {'{"text":"a"}': ["soft.jsonl:1", "mood.probabilities", "--all-probabilities"],
                            '{"text":"a","mood.probabilities":{"up":1}}': ["soft.jsonl:1", 'lacks the label "down"'],
                            '{"text":"a","mood.probabilities":{"up":"1","down":0}}': ["soft.jsonl:1", '"up"'],
                            '{"text":"a","mood.probabilities":{"up":1,"down":0,"dwn":0}}': ['"dwn"', '"down"?'],
                            '{"text":"a","mood.probabilities":[1,0]}': ["soft.jsonl:1", "no object"]}.items():
            with self.subTest(text):
                (self.folder / "soft.jsonl").write_text(text + "\n")
                self.refused(f"mood={self.folder / 'soft.jsonl'}", *parts)
        self.refused(f"mood={self.write_soft('soft.csv', [sound])}:multilabel", "--soft", "stands behind its --task alone")
        self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--soft-weight", 2, "--dry-run"), "--soft-weight", "--teacher")
        self.refused(f"mod={self.write_soft('soft.csv', [sound])}", "--soft", '"mod"', 'did you mean "mood"?')
        self.refused(f"mood={self.folder / 'absent.csv'}", "absent.csv: no such file")
        self.refused("mood", "--soft", "NAME=FILE")

    def refused(self, soft, *parts):
        result = mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16,
                       "--out", self.folder / "refused", "--quiet", "--soft", soft)
        self.assert_refused(result, *parts)
        self.assertFalse((self.folder / "refused").exists())


if __name__ == "__main__":
    unittest.main()
