"""Runs that are killed, stopped and resumed: nothing is lost, and the end is the same byte for byte.

MTNLP_CRASH_KILLS and MTNLP_CRASH_SEED in the environment: how many kills, and which moments (default 4 and 1).
"""

import csv
import os
import pathlib
import random
import shutil
import signal
import tempfile
import time
import unittest

from support import ENCODER, change_tasks, change_tasks_file, start, wait_for

KILLS = int(os.environ.get("MTNLP_CRASH_KILLS", "4"))
SEED = int(os.environ.get("MTNLP_CRASH_SEED", "1"))
SLOW = {"MTNLP_TEST_SLOW_WRITE": "4"}  # most moments are then inside a write


def mtnlp(*arguments, **environment):
    process = start(*arguments, **environment)
    process.out, process.err = process.communicate(timeout=300)
    return process


def write_rows(path, count, words=4):
    with open(path, "w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["text", "mood", "size"])
        for i in range(count):
            good = i % 2 == 0
            out.writerow([f"{'good fine happy ' if good else 'bad poor sad '}{chr(97 + i % 26)} number {i} " * words,
                          "up" if good else "down", ("big", "mid", "small")[i % 3] if i % 5 else ""])


def temporaries(run):
    return [path for path in run.rglob(".mtnlp-tmp-*")]


class CrashTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.data = cls.folder / "rows.csv"
        write_rows(cls.data, 160)
        cls.few = cls.folder / "few.csv"
        write_rows(cls.few, 12)
        cls.reference = cls.folder / "reference"
        process = cls.begin(cls.reference, **SLOW)
        wait_for(cls.reference / "options.toml", process)
        begun = time.monotonic()
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
        cls.duration = time.monotonic() - begun

    @classmethod
    def begin(cls, run, *options, **environment):
        return start("train", "--encoder", ENCODER, "--task", f"mood={cls.data}", "--task", f"size={cls.data}",
                     "--max-length", 32, "--batch-size", 8, "--epochs", 3, "--save-every", 4, "--threads", 2, "--out", run,
                     *options, **environment)

    def setUp(self):
        self.run_folder = self.folder / self.id().rsplit(".", 1)[1]

    def assert_done(self, result, code=0):
        self.assertEqual(result.returncode, code, result.err)

    def assert_refused(self, result, *parts):
        self.assertEqual(result.returncode, 2, result.err)
        lines = [line for line in result.err.splitlines() if line.startswith("mtnlp: ")]
        self.assertEqual(len(lines), 1, result.err)
        for part in parts:
            self.assertIn(part, lines[0])

    def assert_loads(self, run, tasks=("mood", "size")):
        """best and last, as far as they exist, pass their checksums."""
        targets = {os.readlink(run / link) for link in ("best", "last") if (run / link).is_symlink()}
        for target in targets:
            files = [word for task in tasks for word in ("--task", f"{task}={self.few}")]
            self.assert_done(mtnlp("eval", run / target, *files, "--json", "-"))

    def assert_same(self, run):
        """All but the log, which has clock times, is as in the uninterrupted run."""
        self.assertEqual(temporaries(run), [])
        def files(folder):
            return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*")
                    if path.is_file() and path.name != "train.log"}
        expected, found = files(self.reference), files(run)
        self.assertEqual(sorted(found), sorted(expected))
        for name, content in expected.items():
            self.assertEqual(found[name], content, name)
        for link in ("best", "last"):
            self.assertEqual(os.readlink(run / link), os.readlink(self.reference / link))

    def resume(self, *options, **environment):
        return mtnlp("train", "--resume", self.run_folder, *options, **environment)

    def test_a_run_killed_anywhere_ends_the_same(self):
        moments = random.Random(SEED)
        for kill in range(KILLS):
            delay, number = moments.uniform(0, self.duration), moments.choice([signal.SIGKILL] * 3 + [signal.SIGTERM])
            with self.subTest(kill=kill, delay=delay, signal=number):
                shutil.rmtree(self.run_folder, ignore_errors=True)
                process = self.begin(self.run_folder, **SLOW)
                wait_for(self.run_folder / "options.toml", process)
                time.sleep(delay)
                process.send_signal(number)
                _, errors = process.communicate(timeout=300)
                if process.returncode != 0:  # it may have been done
                    self.assertEqual(process.returncode, -9 if number == signal.SIGKILL else 143, errors)
                self.assert_loads(self.run_folder)
                self.assert_done(self.resume())
                self.assert_same(self.run_folder)

    def test_a_run_killed_again_and_again_ends_the_same(self):
        moments = random.Random(SEED + 1)
        process = self.begin(self.run_folder, **SLOW)
        wait_for(self.run_folder / "options.toml", process)
        for _ in range(KILLS):
            before = (self.run_folder / "train.log").stat().st_size if (self.run_folder / "train.log").exists() else 0
            deadline = time.monotonic() + 60
            while (process.poll() is None and time.monotonic() < deadline
                   and (self.run_folder / "train.log").stat().st_size <= before):
                time.sleep(0.002)
            time.sleep(moments.uniform(0, self.duration / 3))
            process.kill()
            process.communicate()
            self.assert_loads(self.run_folder)
            process = start("train", "--resume", self.run_folder, **SLOW)
        _, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        self.assert_same(self.run_folder)

    def test_killed_between_the_last_files_it_ends_the_same(self):
        """The card is not listed in tasks.json while it is replaced; test.json comes last."""
        def undecided(checkpoint):
            change_tasks(checkpoint, lambda tasks: [task.pop("temperature", None) for task in tasks.values()])
        def unlisted(checkpoint):
            change_tasks_file(checkpoint, lambda content: content["checksums"].pop("README.md"))
        def of_before(checkpoint):
            unlisted(checkpoint)
            (checkpoint / "README.md").write_text("# A card of before\n")
        def without(checkpoint):
            unlisted(checkpoint)
            (checkpoint / "README.md").unlink()
        for change in (lambda checkpoint: None, undecided, unlisted, of_before, without):
            with self.subTest(change.__name__):
                shutil.rmtree(self.run_folder, ignore_errors=True)
                self.copy_of_reference()
                change(self.run_folder / "best")
                (self.run_folder / "test.json").unlink()
                self.assert_loads(self.run_folder)
                self.assert_done(self.resume())
                self.assert_same(self.run_folder)

    def test_a_stop_in_the_first_validation(self):
        validation = self.folder / "validation.csv"
        write_rows(validation, 16000)
        def begin(run):
            return start("train", "--encoder", ENCODER, "--task", f"mood={self.few}", "--validation", f"mood={validation}",
                         "--test", f"mood={self.few}", "--batch-size", 12, "--max-length", 32, "--epochs", 1, "--threads", 2,
                         "--out", run)
        # Until the signal meets the validation, which takes longer than what comes before it: not too early, and twice
        # as late is not too late.
        for delay in (0.04 * 2**k for k in range(9)):
            shutil.rmtree(self.run_folder, ignore_errors=True)
            process = begin(self.run_folder)
            wait_for(self.run_folder / "split.csv", process)
            time.sleep(delay)
            process.terminate()
            _, errors = process.communicate(timeout=300)
            self.assertEqual(process.returncode, 143, errors)
            self.assertIn("stopped by signal 15", errors)
            self.assert_loads(self.run_folder, ["mood"])
            self.assertFalse((self.run_folder / "best").exists())
            if os.readlink(self.run_folder / "last") == "checkpoints/step-000001-open":
                break
        else:
            self.fail("the signal never came during validation")
        self.assert_done(self.resume())
        whole = self.folder / "whole"
        process = begin(whole)
        process.communicate(timeout=300)
        for name in ("metrics.csv", "test.json", "best/model.safetensors", "last/heads.safetensors"):
            self.assertEqual((self.run_folder / name).read_bytes(), (whole / name).read_bytes(), name)

    def copy_of_reference(self):
        shutil.copytree(self.reference, self.run_folder, symlinks=True)

    def test_a_run_that_is_done(self):
        self.copy_of_reference()
        (self.run_folder / ".mtnlp-tmp-metrics.csv-1").touch()
        again = self.resume()
        self.assert_done(again)
        self.assertIn("steps are done already", again.err)
        self.assertIn("mood", again.out)
        self.assert_same(self.run_folder)
        self.assertIn("resuming run folder", (self.run_folder / "train.log").read_text())

    def test_what_may_change_and_what_not(self):
        self.copy_of_reference()
        self.assert_done(self.resume("--epochs", "3", "--lr", "0.00005", "--threads", "1", "--save-every", "9", "--quiet"))
        self.assert_refused(self.resume("--epochs", "4"), "--epochs is 4", "started with 3", "--threads", "--save-every")
        self.assert_refused(self.resume("--lr", "1e-3"), "--lr is 1e-3", "5e-05")
        self.assert_refused(self.resume("--task", f"mood={self.few}"), "--task")
        self.assert_refused(self.resume("--group-column", "size"), "--group-column is size", "absent")
        self.assert_refused(self.resume("--encoder", ENCODER.parent / "tiny-bert"), "--encoder", "tiny-distilbert")
        self.assert_refused(self.resume("--out", self.folder / "x"), "--out")
        self.assert_refused(mtnlp("train", "--resume", self.folder / "none"), "none: no such folder")
        self.assert_refused(mtnlp("train", "--resume", self.folder), "is not a run folder")

        options = self.run_folder / "options.toml"
        text = options.read_text()
        options.write_text(text.replace("seed=42", "seed=43"))
        self.assert_refused(self.resume(), "--seed is 43", "42")
        options.write_text(text + "epohcs=1\n")
        self.assert_refused(self.resume(), "options.toml", "epohcs")
        options.unlink()
        self.assert_refused(self.resume(), "options.toml: no such file")
        options.write_text(text)

        split = self.run_folder / "split.csv"
        rows = split.read_bytes()
        split.write_bytes(rows.replace(b"train", b"test", 1))
        self.assert_refused(self.resume(), "split.csv: changed since the run started")
        split.write_bytes(rows)
        self.assert_done(self.resume())

    def test_other_files_are_refused(self):
        encoder, data = self.folder / "encoder", self.folder / "own.csv"
        shutil.copytree(ENCODER, encoder)
        shutil.copy(self.data, data)
        self.assert_done(mtnlp("train", "--encoder", encoder, "--task", f"mood={data}", "--max-length", 32, "--epochs", 1,
                               "--out", self.run_folder))
        with open(data, "a", encoding="utf-8") as file:
            file.write("one more,up,big\n")
        self.assert_refused(self.resume(), "own.csv: changed since the run was split")
        shutil.copy(self.data, data)
        for name in ("vocab.txt", "config.json", "model.safetensors"):
            with open(encoder / name, "a", encoding="utf-8") as file:
                file.write("\n")
            self.assert_refused(self.resume(), f"encoder/{name}: changed since the run started")
            shutil.copy(ENCODER / name, encoder / name)
        (encoder / "spiece.model").touch()
        self.assert_refused(self.resume(), "encoder/spiece.model: was not there when the run started")
        (encoder / "spiece.model").unlink()
        self.assert_done(self.resume())
        state = self.run_folder / "last/resume.json"
        state.write_text(state.read_text().replace('"step": ', '"step": 1'))
        self.assert_refused(self.resume(), "resume.json: the checksum is")

    def test_damage_is_refused_in_one_line(self):
        self.copy_of_reference()
        best = self.run_folder / "best"
        def flip(name):
            data = bytearray((best / name).read_bytes())
            data[len(data) // 2] ^= 4
            (best / name).write_bytes(data)
        def cut(name):
            os.truncate(best / name, (best / name).stat().st_size // 2)
        for damage, name in ((flip, "model.safetensors"), (cut, "heads.safetensors"), (flip, "tokenizer.json"),
                             (cut, "tasks.json"), (flip, "tasks.json"), (os.unlink, "config.json"), (cut, "resume.json")):
            with self.subTest(damage=damage.__name__, name=name):
                whole = (best / name).read_bytes()
                damage(best / name if damage is os.unlink else name)
                result = mtnlp("predict", self.run_folder, self.few, "--out", self.folder / "out.csv")
                self.assert_refused(result, name)
                self.assertFalse((self.folder / "out.csv").exists())
                (best / name).write_bytes(whole)

    def test_two_writers_are_refused(self):
        process = self.begin(self.run_folder, **SLOW)
        wait_for(self.run_folder / "options.toml", process)
        process.send_signal(signal.SIGSTOP)
        try:
            self.assert_refused(self.resume(), "another process is training in this run")
        finally:
            process.kill()
            process.communicate()
        self.assert_done(self.resume())
        self.assert_same(self.run_folder)


if __name__ == "__main__":
    unittest.main()
