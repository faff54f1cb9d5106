"""The executable from outside: train, eval, predict, embed and tokenize on small files with a small random encoder."""

import csv
import json
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
MTNLP = os.environ.get("MTNLP_EXECUTABLE", str(TESTS.parent / "build/release/mtnlp"))
ENCODER = TESTS / "golden/encoders/tiny-distilbert"


def mtnlp(*arguments, stdin=None, cwd=None):
    return subprocess.run([MTNLP, *map(str, arguments)], input=stdin, cwd=cwd, capture_output=True, text=True, timeout=300)


class Verbs(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.temporary.name)
        self.data = self.folder / "rows.csv"
        with open(self.data, "w", encoding="utf-8", newline="") as file:
            out = csv.writer(file)
            out.writerow(["text", "mood", "size"])
            for i in range(120):
                good = i % 2 == 0
                out.writerow([f"{'good fine happy' if good else 'bad poor sad'} {chr(97 + i % 26)} number {i}",
                              "up" if good else "down", ("big", "mid", "small")[i % 3] if i % 5 else ""])

    def tearDown(self):
        self.temporary.cleanup()

    def train(self, *options, out="run", epochs=2):
        return mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--task", f"size={self.data}",
                     "--max-length", 32, "--epochs", epochs, "--threads", 2, "--out", self.folder / out, *options)

    def assert_refused(self, result, *parts, code=2):
        self.assertEqual(result.returncode, code, result.stderr)
        lines = [line for line in result.stderr.splitlines() if line.startswith("mtnlp: ")]
        self.assertEqual(len(lines), 1, result.stderr)
        for part in parts:
            self.assertIn(part, lines[0])

    def test_train_eval_predict_embed(self):
        trained = self.train()
        self.assertEqual(trained.returncode, 0, trained.stderr)
        run = self.folder / "run"
        for name in ("options.toml", "metrics.csv", "sources.json", "split.csv", "test.json", "train.log",
                     "best/model.safetensors", "last/heads.safetensors"):
            self.assertTrue((run / name).exists(), name)
        with open(run / "metrics.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["epoch"] for row in rows], ["1", "2"])
        self.assertIn("size.val_macro_f1", rows[0])

        scored = mtnlp("eval", run, "--json", "-", "--threads", 2)
        self.assertEqual(scored.returncode, 0, scored.stderr)
        self.assertEqual(json.loads(scored.stdout), json.loads((run / "test.json").read_text()))

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
                result = self.train("--freeze", form, "--overwrite", epochs=1)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_refusals(self):
        self.assertEqual(self.train(epochs=1).returncode, 0)
        self.assert_refused(self.train(), "run")
        self.assertEqual(self.train("--overwrite", epochs=1).returncode, 0)
        self.assert_refused(self.train("--freeze", "layer:1", out="x"), "layer:1", "layers:K")
        self.assert_refused(self.train("--freeze", "layers:99", out="x"), "layers:99")
        self.assert_refused(self.train("--lr", "nan", out="x"), "--lr")
        self.assert_refused(self.train("--epochs", "0", out="x"), "--epochs")
        self.assert_refused(self.train("--epohcs", "3", out="x"), "--epohcs", "--epochs")
        self.assert_refused(mtnlp("train", "--task", "nothing.csv", "--out", self.folder / "x"), "NAME=VALUE")
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

    def test_tokenize(self):
        ids = mtnlp("tokenize", ENCODER, stdin="a b\n\n")
        self.assertEqual(ids.returncode, 0, ids.stderr)
        self.assertEqual(len(ids.stdout.splitlines()), 2)


if __name__ == "__main__":
    unittest.main()
