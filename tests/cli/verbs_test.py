"""The executable from outside: train, eval, predict, embed and tokenize on small files with a small random encoder."""

import csv
import json
import signal
import struct
import subprocess
import time
import unittest

from support import ENCODER, MTNLP, CliTest, mtnlp, read_metrics


class Verbs(CliTest):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "rows.csv"
        with open(self.data, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["text", "mood", "size"])
            for i in range(120):
                good = i % 2 == 0
                out.writerow([f"{'good fine happy' if good else 'bad poor sad'} {chr(97 + i % 26)} number {i}",
                              "up" if good else "down", ("big", "mid", "small")[i % 3] if i % 5 else ""])

    def train(self, *options, out="run", epochs=2):
        return mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--task", f"size={self.data}",
                     "--max-length", 32, "--epochs", epochs, "--threads", 2, "--out", self.folder / out, *options)

    def assert_validated_as_recorded(self, run):
        """eval gives the validation figures of the best epoch in metrics.csv."""
        row = max(read_metrics(run), key=lambda row: float(row["mood.val_macro_f1"]) + float(row["size.val_macro_f1"]))
        result = mtnlp("eval", run, "--part", "validation", "--json", "-", "--threads", 2)
        self.assertEqual(result.returncode, 0, result.stderr)
        for task, scores in json.loads(result.stdout)["tasks"].items():
            for measure in ("loss", "accuracy", "macro_f1"):
                self.assertAlmostEqual(scores[measure], float(row[f"{task}.val_{measure}"]), delta=1e-6)

    def test_train_eval_predict_embed(self):
        trained = self.train()
        self.assertEqual(trained.returncode, 0, trained.stderr)
        run = self.folder / "run"
        for name in ("options.toml", "metrics.csv", "sources.json", "split.csv", "test.json", "train.log",
                     "best/model.safetensors", "last/heads.safetensors"):
            self.assertTrue((run / name).exists(), name)
        rows = read_metrics(run)
        self.assertEqual([row["epoch"] for row in rows], ["1", "2"])
        self.assertIn("size.val_macro_f1", rows[0])

        scored = mtnlp("eval", run, "--json", "-", "--threads", 2)
        self.assertEqual(scored.returncode, 0, scored.stderr)
        self.assertEqual(json.loads(scored.stdout), json.loads((run / "test.json").read_text()))

        self.assert_validated_as_recorded(run)

        predicted = mtnlp("predict", run, self.data, "--threads", 2)
        self.assertEqual(predicted.returncode, 2)  # the input has a column named like a task
        lines = mtnlp("predict", run, stdin="good fine\nbad \"poor\", sad\n")
        self.assertEqual(lines.returncode, 0, lines.stderr)
        table = list(csv.DictReader(lines.stdout.splitlines()))
        self.assertEqual([row["text"] for row in table], ["good fine", 'bad "poor", sad'])
        self.assertIn(table[0]["mood"], ("up", "down"))
        self.assertTrue(0 < float(table[0]["size.probability"]) <= 1)

        embedded = mtnlp("embed", run, self.data, "--out", self.folder / "x.npy")
        self.assertEqual(embedded.returncode, 0, embedded.stderr)
        raw = (self.folder / "x.npy").read_bytes()
        self.assertEqual(raw[:6], b"\x93NUMPY")
        size = 10 + struct.unpack("<H", raw[8:10])[0]
        self.assertIn("'shape': (120, 32)", raw[:size].decode("latin1"))
        self.assertEqual(len(raw) - size, 120 * 32 * 4)

    def test_same_seed_same_bytes(self):
        self.assertEqual(self.train().returncode, 0)
        self.assertEqual(self.train(out="again").returncode, 0)
        for name in ("metrics.csv", "last/model.safetensors", "last/heads.safetensors", "test.json"):
            first = (self.folder / "run" / name).read_bytes()
            self.assertEqual(first, (self.folder / "again" / name).read_bytes(), name)

    def test_options_of_a_run_repeat_it(self):
        self.assertEqual(self.train("--freeze", "layers:1", "--lr", "1e-4").returncode, 0)
        again = mtnlp("train", "--config", self.folder / "run/options.toml", "--out", self.folder / "again")
        self.assertEqual(again.returncode, 0, again.stderr)
        for name in ("options.toml", "metrics.csv", "last/model.safetensors", "last/heads.safetensors", "test.json"):
            self.assertEqual((self.folder / "run" / name).read_bytes(), (self.folder / "again" / name).read_bytes(), name)
        with open(self.folder / "run/options.toml", "a", encoding="utf-8") as file:
            file.write("epohcs=3\n")
        unknown = mtnlp("train", "--config", self.folder / "run/options.toml", "--out", self.folder / "x")
        self.assert_refused(unknown, "epohcs")

    def test_every_freeze_form(self):
        for form in ("none", "all", "backbone", "embeddings", "layers:1", "head:mood", "embeddings,head:size"):
            with self.subTest(form):
                result = self.train("--freeze", form, "--overwrite", epochs=2)
                self.assertEqual(result.returncode, 0, result.stderr)
                run = self.folder / "run"
                self.assert_validated_as_recorded(run)

    def test_refusals(self):
        self.assertEqual(self.train(epochs=1).returncode, 0)
        self.assert_refused(self.train(), "run")
        self.assertEqual(self.train("--overwrite", epochs=1).returncode, 0)
        self.assert_refused(self.train("--freeze", "layer:1", out="x"), "layer:1", "layers:K")
        self.assert_refused(self.train("--freeze", "layers:99", out="x"), "layers:99")
        self.assert_refused(self.train("--lr", "nan", out="x"), "--lr")
        self.assert_refused(self.train("--epochs", "0", out="x"), "--epochs")
        self.assert_refused(self.train("--epohcs", "3", out="x"), "--epohcs", "--epochs")
        self.assert_refused(mtnlp("train", "--task", "nothing.csv", "--out", self.folder / "x"), "NAME=FILE")
        self.assert_refused(mtnlp("train", "--task", "a=missing.csv", "--out", self.folder / "x"), "missing.csv")
        self.assert_refused(mtnlp("eval", ENCODER), "tasks.json")
        self.assert_refused(mtnlp("trian"), "trian", 'did you mean "train"')
        self.assert_refused(mtnlp())
        self.assertFalse((self.folder / "x").exists())
        with open(self.data, "a", encoding="utf-8") as file:
            file.write("one more,up,big\n")
        self.assert_refused(mtnlp("eval", self.folder / "run"), "changed since the run was split")

    def test_interrupted_run_keeps_a_checkpoint(self):
        process = subprocess.Popen(
            [MTNLP, "train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--epochs", "9000", "--max-length", "32",
             "--out", self.folder / "run"], stderr=subprocess.PIPE, text=True)
        for _ in range(600):
            if (self.folder / "run/metrics.csv").exists():
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=120)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM, errors)
        scored = mtnlp("eval", self.folder / "run/last", "--task", f"mood={self.data}", "--json", "-")
        self.assertEqual(scored.returncode, 0, scored.stderr)

    def test_truncate(self):
        """The end of a text that training keeps is what every verb keeps."""
        words = [f"{'good' if i % 3 else 'sad'} {chr(97 + i % 26)}" for i in range(40)]
        long, head, tail = " ".join(words), " ".join(words[:16]), " ".join(words[-16:])
        lines = f"{long}\n{head}\n{tail}\n"
        ids = {}
        for end in ("head", "tail", "head+tail"):
            with self.subTest(end):
                run = self.folder / end
                self.assertEqual(self.train("--truncate", end, out=end, epochs=1).returncode, 0)
                self.assertIn(f'truncate="{end}"', (run / "options.toml").read_text())
                self.assertEqual(json.loads((run / "best/tasks.json").read_text())["truncation"], end)
                ids[end] = [line.split() for line in mtnlp("tokenize", run, stdin=lines).stdout.splitlines()]
                self.assertEqual(len(ids[end][0]), 32)
                embedded = [[float(x) for x in line.split(",")]
                            for line in mtnlp("embed", run, "--out", "-", stdin=lines).stdout.splitlines()]
                predicted = list(csv.DictReader(mtnlp("predict", run, stdin=lines).stdout.splitlines()))
                for other, name in ((1, "head"), (2, "tail")):
                    # The shorter texts still hold all that is kept of the long one.
                    distance = max(abs(a - b) for a, b in zip(embedded[0], embedded[other]))
                    self.assertEqual(distance < 1e-4, end == name, (end, name, distance))
                    if end == name:
                        self.assertAlmostEqual(float(predicted[0]["size.probability"]),
                                               float(predicted[other]["size.probability"]), delta=1e-3)
                labelled = self.folder / "long.csv"
                scores = []
                for text in (long, head, tail):
                    labelled.write_text(f"text,mood,size\n{text},up,big\n")
                    scored = mtnlp("eval", run, "--task", f"mood={labelled}", "--json", "-")
                    scores.append(json.loads(scored.stdout)["tasks"]["mood"]["loss"])
                self.assertEqual((scores[0] == scores[1], scores[0] == scores[2]), (end == "head", end == "tail"))
        first = 1 + (30 + 2) // 4  # the opening id and a quarter of the room
        self.assertEqual(ids["head+tail"][0][:first], ids["head"][0][:first])
        self.assertEqual(ids["head+tail"][0][first:], ids["tail"][0][first:])

    def test_tokenize(self):
        ids = self.run_ok("tokenize", ENCODER, stdin="a b\n\n")
        self.assertEqual(len(ids.stdout.splitlines()), 2)

    def test_tokenize_cuts_as_the_model_does(self):
        def length(model, *options):
            return len(self.run_ok("tokenize", model, *options, stdin="a " * 600 + "\n").stdout.split())
        self.assertEqual(length(ENCODER), 64)
        self.assertEqual(length(ENCODER, "--max-length", 9), 9)
        self.assertEqual(length(ENCODER, "--max-length", 100), 100)
        self.assertEqual(self.train(epochs=1).returncode, 0)
        self.assertEqual(length(self.folder / "run"), 32)
        self.assertEqual(length(self.folder / "run/best", "--max-length", 40), 40)


if __name__ == "__main__":
    unittest.main()
