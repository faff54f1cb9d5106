"""mtnlp info on an encoder, a checkpoint and a run."""

import json
import re
import shutil
import signal
import unittest

from support import ENCODER, TESTS, CliTest, mood_rows, start, train, wait_for, write_csv


class Info(CliTest):
    def info(self, model):
        return json.loads(self.run_ok("info", model, "--json", "-").stdout)

    def test_encoder(self):
        found = self.info(ENCODER)
        self.assertEqual(found["kind"], "encoder")
        layer = 4 * (32 * 32 + 32) + 2 * 32 * 64 + 64 + 32 + 4 * 32
        self.assertEqual(found["encoder"], {
            "architecture": "DistilBERT", "layers": 3, "size": 32, "heads": 4, "hidden_size": 64, "positions": 64,
            "parameters": (160 + 64 + 2) * 32 + 3 * layer,
            "weights": {"dtype": "F32", "tensors": 52, "bytes": 4 * ((160 + 64 + 2) * 32 + 3 * layer)}})
        self.assertEqual(found["tokenizer"], {"kind": "WordPiece", "vocabulary": 160})
        self.assertEqual((found["pooling"], found["normalize"], found["max_length"], found["truncation"]), ("mean", False, 64, "head"))
        self.assertNotIn("tasks", found)
        shown = self.run_ok("info", ENCODER).stdout
        self.assertRegex(shown, r"(?m)^  encoder +DistilBERT, 3 layers of size 32, 4 heads, 64 positions$")
        self.assertRegex(shown, r"(?m)^  parameters +\d\d,\d\d\d$")

    def test_other_kinds(self):
        self.assertEqual(self.info(TESTS / "golden/encoders/tiny-bert")["encoder"]["architecture"], "BERT")
        bare = self.folder / "bare"
        shutil.copytree(ENCODER, bare)
        (bare / "model.safetensors").unlink()
        self.assertIsNone(self.info(bare)["encoder"]["weights"])

    def test_quantised(self):
        small = self.folder / "small"
        self.run_ok("quantize", ENCODER, small)
        self.assertIn("8 bits", (small / "README.md").read_text())
        whole, found = self.info(ENCODER)["encoder"], self.info(small)["encoder"]
        self.assertEqual(found["weights"]["dtype"], "F32, I8")
        self.assertLess(found["weights"]["bytes"], whole["weights"]["bytes"] / 2)
        self.assertEqual(found["parameters"], whole["parameters"])

    def test_weights_stay_unread(self):
        """NaN in a weight is refused when it is loaded."""
        copy = self.folder / "copy"
        shutil.copytree(ENCODER, copy)
        raw = (copy / "model.safetensors").read_bytes()
        (copy / "model.safetensors").write_bytes(raw[:-4] + b"\xff" * 4)
        self.assertEqual(self.info(copy)["kind"], "encoder")

    def test_run_and_checkpoint(self):
        data = write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(40)])
        run = self.folder / "run"
        train(data, run, "--pooling", "max", "--truncate", "tail", "--seed", 7)
        found = self.info(run)
        self.assertEqual(found["kind"], "run")
        self.assertEqual((found["run"]["epochs"], found["run"]["finished"]), (1, True))
        self.assertEqual(found["run"]["last_epoch"]["epoch"], "1")
        self.assertEqual(found["run"]["test"], json.loads((run / "test.json").read_text())["tasks"])
        self.assertEqual(found["tasks"], {"mood": ["down", "up"]})
        self.assertEqual((found["pooling"], found["max_length"], found["truncation"]), ("max", 16, "tail"))
        self.assertEqual(found["head_parameters"], 2 * 32 + 2)
        self.assertEqual(found["provenance"]["encoder"], "tiny-distilbert")
        self.assertEqual(found["provenance"]["seed"], "7")
        checkpoint = self.info(run / "best")
        self.assertEqual(checkpoint["kind"], "checkpoint")
        self.assertNotIn("run", checkpoint)
        for key in ("encoder", "tasks", "provenance"):
            self.assertEqual(checkpoint[key], found[key])
        last = found["run"]["last_epoch"]
        scores = (f"1: mood loss {float(last['mood.train_loss']):.4f}, validation accuracy "
                  f"{float(last['mood.val_accuracy']):.4f}, macro-F1 {float(last['mood.val_macro_f1']):.4f}, "
                  f"macro-recall {float(last['mood.val_macro_recall']):.4f}")
        self.assertEqual(found["provenance"]["epoch"], scores)
        self.assertIn(f"After epoch {scores}.", (run / "best/README.md").read_text())
        shown = self.run_ok("info", run).stdout
        self.assertRegex(shown, r"(?m)^  task +mood: down, up$")
        self.assertRegex(shown, r"(?m)^  mood +\d+ +[01]\.\d{4} +")
        for model in (run, run / "best"):
            shown = self.run_ok("info", model).stdout
            for line in ("encoder +tiny-distilbert", "seed +7", r"mtnlp +\d+\.\d+\.\d+", "epoch +" + re.escape(scores)):
                self.assertRegex(shown, f"(?m)^  {line}$")
        (run / "test.json").unlink()
        self.assertFalse(self.info(run)["run"]["finished"])
        self.assertRegex(self.run_ok("info", run).stdout, r"(?m)^  epochs +1, not finished$")

    def test_checkpoint_inside_an_epoch_has_no_scores(self):
        data = write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(4000)])
        run = self.folder / "run"
        training = start("train", "--encoder", ENCODER, "--task", f"mood={data}", "--max-length", 16, "--epochs", 1,
                         "--batch-size", 1, "--save-every", 1, "--quiet", "--out", run)
        wait_for(run / "last", training)
        training.terminate()
        _, errors = training.communicate(timeout=300)
        self.assertEqual(training.returncode, 128 + signal.SIGTERM, errors)
        self.assertNotIn("epoch", self.info(run / "last")["provenance"])


if __name__ == "__main__":
    unittest.main()
