"""What a terminal sees and what a pipe sees: the progress bar, colours, --quiet."""

import os
import pty
import subprocess
import time
import unittest

from support import MTNLP, QUIET_THREADS, CliTest, mood_rows, train, write_csv


class Terminal(CliTest):
    def predict(self, *options, terminal=True, **environment):
        """What predict writes on stderr for texts that come slowly, most of them too long."""
        run = self.folder / "run"
        if not run.exists():
            train(write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(40)]), run)
        ours, theirs = pty.openpty() if terminal else os.pipe()
        environment = {**QUIET_THREADS, "TERM": "xterm-256color", **environment}
        environment = {name: value for name, value in environment.items() if value is not None}
        process = subprocess.Popen([MTNLP, "predict", run, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=theirs, env=environment)
        os.close(theirs)
        line = b"word " * 40 + b"\n"
        process.stdin.write(line * 64)
        process.stdin.flush()
        for _ in range(65):  # the header and the first chunk: the program is at work
            process.stdout.readline()
        time.sleep(0.3)  # longer than the bar waits between two drawings
        process.stdin.write(line * 100)
        process.stdin.close()
        process.stdout.read()
        process.stdout.close()
        self.assertEqual(process.wait(), 0)
        seen = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end of a terminal is closed
                part = b""
            if not part:
                break
            seen += part
        os.close(ours)
        return seen

    def test_terminal_has_a_bar_that_makes_room_for_messages(self):
        seen = self.predict(NO_COLOR=None)
        self.assertRegex(seen, rb"\rpredict \d+ rows, [\d.]+ rows/s")
        self.assertRegex(seen, rb"\r +\r(\x1b\[[\d;]*m)+warning")
        self.assertTrue(seen.endswith(b"tokens\r\n"), seen)

    def test_no_color(self):
        seen = self.predict(NO_COLOR="1")
        self.assertNotIn(b"\x1b", seen)
        self.assertIn(b"\rpredict ", seen)
        self.assertIn(b"\rwarning: ", seen)

    def test_quiet_has_no_bar(self):
        self.assertRegex(self.predict("--quiet", NO_COLOR="1"), rb"\Awarning: [^\r\n]+\r\n\Z")

    def test_pipe_has_plain_lines(self):
        self.assertRegex(self.predict(terminal=False), rb"\Awarning: [^\r\n\x1b]+\n\Z")

    def test_training_into_a_pipe(self):
        data = write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(40)])
        loud = train(data, self.folder / "loud")
        self.assertRegex(loud.stderr, r"(?m)^info: epoch 1/1: mood loss")
        self.assertNotRegex(loud.stderr + loud.stdout, "[\r\x1b]")
        quiet = train(data, self.folder / "quiet", "--quiet")
        self.assertEqual(quiet.stdout + quiet.stderr, "")
        self.assertIn("epoch 1/1", (self.folder / "quiet/train.log").read_text())


if __name__ == "__main__":
    unittest.main()
