"""--pooling attention through every verb: train, resume, freeze, eval, predict, embed, quantize, info."""

import json
import shutil
import signal
import unittest

from support import CliTest, ENCODER, mood_rows, mtnlp, read_floats, start, train, wait_for, write_csv


class AttentionPooling(CliTest):
    def setUp(self):
        super().setUp()
        self.data = write_csv(self.folder / "mood.csv", [("text", "label"), *mood_rows(120)])
        self.run_folder = self.folder / "run"

    def query(self, run):
        return list(read_floats(run / "best" / "pooling.safetensors")["query"])

    def test_it_is_trained_and_every_verb_reads_it(self):
        self.check_every_verb("attention")

    def test_so_it_is_with_heads(self):
        self.check_every_verb("attention:4")

    def check_every_verb(self, pooling):
        train(self.data, self.run_folder, "--pooling", pooling)
        self.assertTrue(any(self.query(self.run_folder)))
        self.assertFalse((self.run_folder / "best" / "modules.json").exists())
        self.assertEqual(json.loads(self.run_ok("info", self.run_folder, "--json", "-").stdout)["pooling"], pooling)
        scores = json.loads(self.run_ok("eval", self.run_folder, "--json", "-").stdout)
        self.assertEqual(scores, json.loads((self.run_folder / "test.json").read_text()))
        texts = self.folder / "texts.txt"
        texts.write_text("good fine happy a\nbad poor sad b\n")
        self.assertIn("mood", self.run_ok("predict", self.run_folder, texts).stdout)
        small = self.folder / "small"
        self.run_ok("quantize", self.run_folder, small)
        rows = [[list(map(float, line.split(","))) for line in self.run_ok("embed", model, texts, "--out", "-").stdout.split()]
                for model in (self.run_folder, small)]
        for exact, rounded in zip(*rows):
            dot = sum(a * b for a, b in zip(exact, rounded))
            self.assertGreater(dot / (sum(a * a for a in exact) * sum(b * b for b in rounded)) ** 0.5, 0.99)

    def test_a_stopped_run_goes_on_to_the_same_bytes(self):
        command = ["train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--epochs", 3, "--threads", 2,
                   "--pooling", "attention:2", "--save-every", 1, "--out"]
        self.run_ok(*command, self.run_folder)
        other = self.folder / "other"
        process = start(*command, other, MTNLP_TEST_SLOW_WRITE="4")
        wait_for(other / "last", process)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=300)
        self.assertEqual(process.returncode, 128 + signal.SIGTERM)
        self.run_ok("train", "--resume", other)
        for text in ("attention", "attention:4"):
            result = mtnlp("train", "--resume", other, "--pooling", text)
            self.assertEqual(result.returncode, 2)
            self.assertIn(f"--pooling is {text}, the run was started with attention:2", result.stderr)
        for file in ("pooling.safetensors", "heads.safetensors", "model.safetensors"):
            self.assertEqual((other / "best" / file).read_bytes(), (self.run_folder / "best" / file).read_bytes(), file)

    def test_freezing(self):
        for freeze, trains in (("backbone", True), ("pooling", False), ("backbone,pooling", False)):
            with self.subTest(freeze):
                shutil.rmtree(self.run_folder, ignore_errors=True)
                train(self.data, self.run_folder, "--pooling", "attention", "--freeze", freeze)
                self.assertEqual(any(self.query(self.run_folder)), trains)

    def test_heads_that_do_not_fit(self):
        cases = {"attention:5": "--pooling attention:5: the 32 numbers of an embedding cannot be cut into 5 equal parts",
                 "attention:0": '--pooling: "attention:0" is not valid; valid are mean, cls, max, attention, attention:H',
                 "attention:H": '--pooling: "attention:H" is not valid', "mean:2": '--pooling: "mean:2" is not valid'}
        for pooling, message in cases.items():
            with self.subTest(pooling):
                result = mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--pooling", pooling, "--max-length", 16,
                               "--out", self.run_folder)
                self.assertEqual(result.returncode, 2)
                self.assertIn(message, result.stderr)
                self.assertFalse(self.run_folder.exists())

    def test_one_head_has_one_name(self):
        train(self.data, self.run_folder, "--pooling", "attention:1")
        self.assertIn('\npooling="attention"\n', (self.run_folder / "options.toml").read_text())
        self.assertEqual(json.loads((self.run_folder / "best/tasks.json").read_text())["pooling"], "attention")
        result = mtnlp("embed", self.run_folder, "--pooling", "attention:2", "--out", "-", stdin="a text\n")
        self.assertEqual(result.returncode, 2)
        self.assertIn("its pooling was trained as attention, so --pooling attention:2 does not fit it", result.stderr)

    def test_an_encoder_has_no_weights_for_it(self):
        result = mtnlp("embed", ENCODER, "--pooling", "attention", "--out", "-", stdin="a text\n")
        self.assertEqual(result.returncode, 2)
        self.assertIn("pooling.safetensors: no such file; attention pooling has weights", result.stderr)


if __name__ == "__main__":
    unittest.main()
