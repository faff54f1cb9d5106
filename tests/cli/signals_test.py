"""Signals: one of them ends what waits for input, with nothing left behind; what was ignored at the start stays ignored."""

import json
import os
import pathlib
import signal
import subprocess
import time
import unittest

import support
from support import ENCODER, MTNLP, QUIET_THREADS, mood_rows, wait_for

STOPS = {signal.SIGTERM: 143, signal.SIGINT: 130, signal.SIGHUP: 129}


def with_defaults(*ignored):
    """For the process to be started: every signal as a terminal has it, but those that are `ignored`."""
    def set_up():
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    return set_up


class Signals(support.CliTest):
    def setUp(self):
        super().setUp()
        self.data = support.write_csv(self.folder / "mood.csv", [("text", "label"), *mood_rows(60)])

    def start(self, *arguments, ignored=(), **options):
        process = subprocess.Popen([MTNLP, *map(str, arguments)], env=QUIET_THREADS, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, preexec_fn=with_defaults(*ignored), **options)
        self.addCleanup(process.kill)
        return process

    def temporaries(self):
        return list(self.folder.rglob(".mtnlp-tmp-*"))

    def wait_until(self, holds, process):
        while not holds() and process.poll() is None:
            time.sleep(0.01)
        self.assertIsNone(process.poll(), "it ended too early")

    def assert_stopped(self, process, number, code, said=r"\A\Z"):
        process.send_signal(number)
        process.wait(60)  # while its input stays open
        _, errors = process.communicate()
        self.assertEqual(process.returncode, code, errors)
        self.assertRegex(errors, said)
        self.assertEqual(self.temporaries(), [])

    def test_one_ends_what_waits_for_the_next_line(self):
        support.train(self.data, self.folder / "run")
        verbs = {"predict": [self.folder / "run", "-", "--out", self.folder / "out.csv"],
                 "embed": [ENCODER, "-", "--out", self.folder / "out.npy"],
                 "tokenize": [ENCODER, "-", "--out", self.folder / "out.txt"]}
        for verb, arguments in verbs.items():
            for number, code in STOPS.items():
                with self.subTest(verb=verb, signal=number.name):
                    process = self.start(verb, *arguments, stdin=subprocess.PIPE)
                    process.stdin.write("a good line\n")
                    process.stdin.flush()
                    self.wait_until(self.temporaries, process)
                    self.assert_stopped(process, number, code)
                    self.assertFalse(arguments[-1].exists())

    def test_one_ends_what_waits_for_the_first_byte(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        for verb in ("tokenize", "embed"):
            for file in ("-", pipe):
                with self.subTest(verb=verb, file=str(file)):
                    process = self.start(verb, ENCODER, file, "--out", self.folder / "out.csv", stdin=subprocess.PIPE)
                    self.wait_until(lambda: self.waits(process), process)
                    self.assert_stopped(process, signal.SIGTERM, 143)

    def test_one_ends_what_waits_for_its_reader(self):
        rows = self.folder / "rows.txt"
        rows.write_text("a line of text\n" * 100_000)
        process = self.start("tokenize", ENCODER, rows)
        process.stdout.read(1)
        self.wait_until(lambda: self.waits(process), process)
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(60), 143)

    def waits(self, process):
        """Whether it catches SIGTERM and sleeps."""
        lines = pathlib.Path(f"/proc/{process.pid}/status").read_text().splitlines()
        status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        return int(status["SigCgt"], 16) >> (signal.SIGTERM - 1) & 1 and status["State"].startswith("S")

    def test_what_was_ignored_stays_ignored(self):
        for number in (signal.SIGHUP, signal.SIGINT):
            with self.subTest(number.name):
                out = self.folder / "out.txt"
                process = self.start("tokenize", ENCODER, "-", "--out", out, ignored=(number,), stdin=subprocess.PIPE)
                process.stdin.write("a good line\n")
                process.stdin.flush()
                self.wait_until(self.temporaries, process)
                process.send_signal(number)
                time.sleep(0.1)
                _, errors = process.communicate("another line\n", timeout=60)
                self.assertEqual((process.returncode, errors), (0, ""))
                self.assertEqual(len(out.read_text().splitlines()), 2)
                out.unlink()

    def test_training_leaves_a_checkpoint_at_each(self):
        for number, code in STOPS.items():
            with self.subTest(number.name):
                run = self.folder / number.name
                process = self.start("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16,
                                     "--epochs", 10000, "--batch-size", 1, "--threads", 1, "--quiet", "--out", run)
                wait_for(run / "split.csv", process)
                self.assert_stopped(process, number, code, r"\Awarning: stopped by signal[^\n]*\n\Z")
                self.assertIn("tasks", json.loads((run / "last/tasks.json").read_text()))


if __name__ == "__main__":
    unittest.main()
