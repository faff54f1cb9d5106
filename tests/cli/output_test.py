"""Outputs: permissions, links, an output that is the input, what cannot be replaced, closed descriptors, full ones, limits."""

import json
import os
import resource
import stat
import subprocess
import threading
import unittest

import support
from support import ENCODER, MTNLP, QUIET_THREADS, mood_rows, mtnlp

LINES = 3000


class Outputs(support.CliTest):
    def setUp(self):
        super().setUp()
        self.rows = self.folder / "rows.txt"
        self.rows.write_text("".join(f"a line of text that is number {i}\n" for i in range(LINES)))
        self.before = self.rows.read_bytes()

    def tokenize(self, file, out, **options):
        return mtnlp("tokenize", ENCODER, file, "--out", out, **options)

    def assert_done(self, result, out):
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(out.read_text().count("\n"), LINES)
        self.assertEqual(list(self.folder.rglob(".mtnlp-tmp-*")), [])

    def mount(self, source, target, *options):
        if subprocess.run(["mount", *options, source, target], capture_output=True).returncode != 0:
            self.skipTest("needs the right to mount")
        self.addCleanup(subprocess.run, ["umount", target], check=True)

    def test_permissions_are_kept(self):
        for verb, name in (("tokenize", "out.txt"), ("embed", "out.npy"), ("embed", "out.csv")):
            for mode in (0o600, 0o644, 0o666, 0o640):
                with self.subTest(verb=verb, name=name, mode=oct(mode)):
                    out = self.folder / name
                    out.write_text("old")
                    out.chmod(mode)
                    self.run_ok(verb, ENCODER, "-", "--out", out, stdin="a line\n")
                    self.assertEqual(stat.S_IMODE(out.stat().st_mode), mode)
                    self.assertNotEqual(out.read_bytes(), b"old")

    def test_a_new_file_has_the_usual_permissions(self):
        out = self.folder / "out.txt"
        for umask, mode in ((0o022, 0o644), (0o077, 0o600), (0o002, 0o664)):
            self.run_ok("tokenize", ENCODER, "-", "--out", out, stdin="a line\n", preexec_fn=lambda: os.umask(umask))
            self.assertEqual(stat.S_IMODE(out.stat().st_mode), mode)
            out.unlink()

    def test_an_output_that_is_the_input_is_read_whole(self):
        (self.folder / "link.txt").symlink_to("rows.txt")
        (self.folder / "second.txt").symlink_to(self.folder / "link.txt")
        os.link(self.rows, self.folder / "hard.txt")
        for name in ("rows.txt", "link.txt", "second.txt", "hard.txt"):
            with self.subTest(name):
                self.rows.write_bytes(self.before)
                self.assert_done(self.tokenize(self.rows, self.folder / name), self.folder / name)
                self.assertEqual((self.folder / name).is_symlink(), name in ("link.txt", "second.txt"))

    def test_standard_output_that_is_the_input_is_refused(self):
        for file, stdin in ((self.rows, None), ("-", self.rows)):
            with self.subTest(str(file)), open(self.rows, "a") as out, open(stdin or os.devnull) as source:
                result = subprocess.run([MTNLP, "tokenize", ENCODER, file], stdin=source, stdout=out, stderr=subprocess.PIPE, text=True,
                                        env=QUIET_THREADS, timeout=60)
                self.assertEqual(result.returncode, 2, result.stderr)
                self.assertIn("is the output too", result.stderr)
                self.assertEqual(self.rows.read_bytes(), self.before)

    def test_a_mount_point_is_written_itself_and_no_input(self):
        target = self.folder / "target.txt"
        target.write_text("old")
        self.mount(target, target, "--bind")
        self.assert_done(self.tokenize(self.rows, target), target)
        self.mount(self.rows, self.rows, "--bind")
        self.assert_refused(self.tokenize(self.rows, self.rows), "rows.txt: is the output too")
        self.assertEqual(self.rows.read_bytes(), self.before)

    def test_a_pipe_gets_the_rows(self):
        pipe = self.folder / "pipe"
        os.mkfifo(pipe)
        read = []
        reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
        reader.start()
        result = self.tokenize(self.rows, pipe)
        reader.join()
        self.assertEqual((result.returncode, read[0].count("\n")), (0, LINES))

    def test_given_descriptors_are_written_where_they_stand(self):
        for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"):
            with self.subTest(name), open(self.folder / "all.txt", "w+") as file:
                file.write("head\n")
                file.flush()
                self.assertEqual(self.tokenize(self.rows, name, stdout=file).returncode, 0)
                file.seek(0, os.SEEK_END)
                self.assertEqual((self.folder / "all.txt").read_text().count("\n"), LINES + 1)

    def test_what_cannot_be_written_is_said_before_the_work(self):
        missing = self.folder / "none/out"
        for arguments in (["tokenize", ENCODER, "-", "--out", missing], ["embed", ENCODER, "-", "--out", f"{missing}.npy"],
                          ["info", ENCODER, "--json", missing], ["data", "check", "--encoder", "none", "--json", missing]):
            with self.subTest(arguments[0]):
                self.assert_refused(mtnlp(*arguments, stdin="x\n"), str(missing), f"there is no folder {missing.parent}")
        self.assert_refused(self.tokenize(self.rows, self.folder), "is a folder, not a file")
        os.mkfifo(self.folder / "x.npy")
        reader = os.open(self.folder / "x.npy", os.O_RDONLY | os.O_NONBLOCK)
        self.assert_refused(mtnlp("embed", ENCODER, self.rows, "--out", self.folder / "x.npy"), "x.npy: is a pipe or device")
        os.close(reader)

    def test_a_full_standard_output_is_one_line(self):
        for arguments in (["--help"], ["--version"], ["train", "--help"], ["data", "check", "--help"], ["completion", "bash"], ["completion", "zsh"],
                          ["man"], ["info", ENCODER], ["info", ENCODER, "--json", "-"], ["tokenize", ENCODER, self.rows],
                          ["data", "check", "--encoder", "none"], ["embed", ENCODER, self.rows, "--out", "-"]):
            with self.subTest(" ".join(map(str, arguments))), open("/dev/full", "w") as full:
                result = mtnlp(*arguments, stdout=full)
                self.assertEqual(result.returncode, 1, result.stderr)
                self.assertRegex(result.stderr, r"(?m)^mtnlp: standard output: cannot be written: No space left on device$")

    def test_closed_descriptors_are_no_files(self):
        def close(*descriptors):
            return lambda: [os.close(fd) for fd in descriptors]
        out = self.folder / "out.txt"
        for closed in ((0,), (1,), (2,), (0, 1, 2)):
            with self.subTest(closed):
                process = subprocess.run([MTNLP, "tokenize", ENCODER, self.rows, "--out", out], env=QUIET_THREADS, timeout=60,
                                         preexec_fn=close(*closed))
                self.assertEqual(process.returncode, 0)
                self.assert_done(subprocess.CompletedProcess([], 0), out)
                self.assertRegex(out.read_text(), r"\A[\d \n]+\Z")
        data = support.write_csv(self.folder / "mood.csv", [("text", "label"), *mood_rows(40)])
        run = self.folder / "run"
        process = subprocess.run([MTNLP, "train", "--encoder", ENCODER, "--task", f"mood={data}", "--max-length", "16",
                                  "--epochs", "1", "--out", run],
                                 env=QUIET_THREADS, timeout=60, preexec_fn=close(0, 1, 2))
        self.assertEqual(process.returncode, 0)
        for file in run.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"test part, best checkpoint", file.read_bytes(), file)
        for line in (run / "train.log").read_text().splitlines():
            self.assertRegex(line, r"^\d{4}-\d\d-\d\d ")
        self.assertIn("tasks", json.loads((run / "test.json").read_text()))

    def test_the_limit_of_a_files_size_is_an_error_line(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        out = self.folder / "out.txt"
        out.write_text("old")
        self.assert_refused(self.tokenize(self.rows, out, preexec_fn=limit), "out.txt: cannot be written: File too large", code=1)
        self.assertEqual(out.read_text(), "old")
        data = support.write_csv(self.folder / "mood.csv", [("text", "label"), *mood_rows(40)])
        run = self.folder / "run"
        result = mtnlp("train", "--encoder", ENCODER, "--task", f"mood={data}", "--max-length", 16, "--epochs", 1,
                       "--threads", 1, "--quiet", "--out", run, preexec_fn=limit)
        self.assert_refused(result, "cannot be written: File too large", code=1)
        self.assertEqual(list(self.folder.rglob(".mtnlp-tmp-*")), [])

    def test_a_command_with_too_few_threads_says_so(self):
        def limit():
            resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))
            if os.geteuid() == 0:
                os.setgroups([])
                os.setuid(54321)  # root has no limit
        try:
            subprocess.run([MTNLP, "--version"], preexec_fn=limit, capture_output=True, check=True)
        except (PermissionError, subprocess.CalledProcessError):
            self.skipTest("another user cannot run the executable")
        result = mtnlp("embed", ENCODER, "-", "--out", "-", "--threads", 4, stdin="a line\n", preexec_fn=limit)
        self.assert_refused(result, "cannot start 8 threads", "--threads", code=1)


if __name__ == "__main__":
    unittest.main()
