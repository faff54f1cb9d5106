"""--log-level debug: what a report of a fault needs, and nothing of it without."""

import re
import unittest

from support import ENCODER, CliTest, mood_rows, train, write_csv


class DebugLogTest(CliTest):
    def setUp(self):
        super().setUp()
        self.data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(40)])

    def assert_logs(self, errors, *patterns):
        lines = [line for line in errors.splitlines() if line.startswith("debug: ")]
        for pattern in patterns:
            self.assertEqual(sum(re.fullmatch("debug: " + pattern, line) is not None for line in lines), 1, (pattern, lines))

    def test_a_reading_verb_tells_machine_threads_files_and_rate(self):
        words = ("embed", ENCODER, self.data, "--out", "-", "--threads", 2, "--precision", "fp32")
        plain, told = self.run_ok(*words), self.run_ok("--log-level", "debug", *words)
        self.assertEqual(plain.stdout, told.stdout)
        self.assertNotIn("debug", plain.stderr)
        file = ENCODER / "model.safetensors"
        self.assert_logs(told.stderr, r"mtnlp \d[^\s,]*: .*, \d+ CPUs, [\d.]+ GB of memory", "2 threads",
                         rf"{self.data}: read as csv, columns text, mood",
                         rf"{file}: {file.stat().st_size} bytes, \d+ tensors", rf"{ENCODER}: WordPiece, \d+ pieces", "multiplies in fp32",
                         r"embed: 40 rows in [\d.]+ s, \d+ rows/s")

    def test_training_tells_the_rate_of_each_part_and_its_log_keeps_it(self):
        result = train(self.data, self.folder / "run", "--log-level", "debug")
        self.assert_logs(result.stderr, r"mtnlp \d\S*, libtorch \d\S*: .*, \d+ CPUs, [\d.]+ GB of memory", r"epoch 1/1: \d+ sentences in [\d.]+ s, \d+ sentences/s",
                         r"validation: \d+ sentences in [\d.]+ s, \d+ sentences/s", rf"{self.folder}/run/checkpoints/step-\d+: written")
        self.assertIn(" debug epoch 1/1: ", (self.folder / "run/train.log").read_text())


if __name__ == "__main__":
    unittest.main()
