"""Predictions of a stream: a million lines in order and in flat memory; a reader that goes away.

    MTNLP_EXECUTABLE=build/release/mtnlp python3 tests/cli/stream_test.py
"""
import os
import signal
import subprocess
import unittest

import support
from support import mood_rows


class Stream(support.CliTest):
    def setUp(self):
        super().setUp()
        data = support.write_csv(self.folder / "mood.csv", [("text", "label"), *mood_rows(60)])
        support.train(data, self.folder / "run")

    def predict(self, rows):
        """Peak memory in MB of predictions for so many lines, each checked to be where its line was."""
        lines, out = self.folder / "lines.txt", self.folder / "out.csv"
        with open(lines, "w", encoding="ascii") as file:
            file.writelines(f"good number {i}\n" for i in range(rows))
        process = subprocess.Popen([support.MTNLP, "predict", self.folder / "run", lines, "--out", out, "--quiet",
                                    "--threads", "2"], env=support.QUIET_THREADS)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        with open(out, encoding="ascii") as file:
            self.assertEqual(next(file), "text,mood,mood.probability\n")
            for i, line in enumerate(file):
                if not line.startswith(f"good number {i},"):
                    self.fail(f"row {i} is {line}")
        self.assertEqual(i, rows - 1)
        return usage.ru_maxrss / 1024

    def test_a_million_lines_in_flat_memory(self):
        few = self.predict(10_000)
        many = self.predict(1_000_000)
        self.assertLess(many - few, 50, f"{few:.0f} MB for 10,000 lines, {many:.0f} MB for 1,000,000")

    def test_a_closed_pipe_ends_it_quietly(self):
        lines = self.folder / "lines.txt"
        lines.write_text("a good line\n" * 100_000, encoding="ascii")
        process = subprocess.Popen([support.MTNLP, "predict", self.folder / "run", lines], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, env=support.QUIET_THREADS)
        process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
        process.wait(60)
        self.assertEqual(errors, "")
        self.assertEqual(process.returncode, -signal.SIGPIPE)

    def test_training_whose_messages_nobody_reads_ends_in_order(self):
        ours, theirs = os.pipe()
        os.close(ours)
        process = subprocess.Popen([support.MTNLP, "train", "--encoder", support.ENCODER, "--task", f"mood={self.folder / 'mood.csv'}",
                                    "--max-length", "16", "--epochs", "1000", "--out", self.folder / "second"], stderr=theirs,
                                   stdout=subprocess.DEVNULL, env=support.QUIET_THREADS)
        os.close(theirs)
        process.wait(60)
        self.assertEqual(process.returncode, -signal.SIGPIPE)
        self.assertEqual(list(self.folder.rglob(".mtnlp-tmp-*")), [])


if __name__ == "__main__":
    unittest.main()
