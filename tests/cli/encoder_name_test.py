"""An encoder by its name on the hub: from the hub by mtnlp-fetch, from models/, from the hub's cache."""

import json
import subprocess
import unittest

from hub import FetchTest
from support import ENCODER, MTNLP, mood_rows, write_csv

FILES = {str(path.relative_to(ENCODER)): path.read_bytes() for path in ENCODER.rglob("*") if path.is_file()}


class EncoderNameTest(FetchTest):
    def setUp(self):
        super().setUp()
        self.work = self.models.parent
        self.data = write_csv(self.work / "rows.csv", [("text", "mood"), *mood_rows(40)])
        self.environment["OMP_WAIT_POLICY"] = "PASSIVE"
        self.training = ["train", "--task", f"mood={self.data}", "--epochs", "1", "--max-length", "16", "--freeze", "backbone",
                         "--threads", "1", "--encoder", "owner/tiny"]

    def mtnlp(self, *arguments, code=0, **options):
        result = subprocess.run([MTNLP, *map(str, arguments)], env=self.environment, cwd=self.work, capture_output=True, text=True,
                                stdin=subprocess.DEVNULL, **options)
        self.assertEqual(result.returncode, code, result.stderr)
        return result

    def assert_trains(self, out):
        self.mtnlp(*self.training, "--out", out)
        self.assertIn('encoder="owner/tiny"\n', (self.work / out / "options.toml").read_text())
        self.assertEqual(json.loads((self.work / out / "best/tasks.json").read_text())["provenance"]["encoder"], "tiny")
        self.mtnlp("train", "--resume", out)

    def test_one_that_was_fetched(self):
        self.hub.repositories["owner/tiny"] = FILES
        refused = self.mtnlp(*self.training, "--out", "run", code=2)
        self.assertRegex(refused.stderr, r"\Amtnlp: owner/tiny: no such folder, nor [^\n]*fetch owner/tiny\n\Z")
        self.assertFalse((self.work / "run").exists())
        self.fetch("owner/tiny")
        self.assert_trains("run")
        embedded = [self.mtnlp("embed", model, self.data, "--out", "-", "--threads", "1").stdout for model in ("owner/tiny", ENCODER)]
        self.assertEqual(*embedded)
        self.mtnlp("data", "check", "--task", f"mood={self.data}", "--max-length", "16", "--encoder", "owner/tiny")

    def test_one_in_the_cache_of_the_hub(self):
        self.fill_cache(self.work / "home/.cache/huggingface/hub", FILES)
        self.assert_trains("run")
        tokens = [self.mtnlp("tokenize", model, self.data).stdout for model in ("owner/tiny", ENCODER)]
        self.assertEqual(*tokens)
        self.assertIn('"encoder"', self.mtnlp("info", "owner/tiny", "--json", "-").stdout)

    def test_no_output_over_its_files(self):
        self.fill_cache(self.work / "home/.cache/huggingface/hub", FILES)
        config = next((self.work / "home").rglob("snapshots/*/config.json"))
        refused = self.mtnlp("info", "owner/tiny", "--json", config, code=2)
        self.assertIn("is a file of the model", refused.stderr)
        self.assertEqual(config.read_bytes(), FILES["config.json"])


if __name__ == "__main__":
    unittest.main()
