"""What the machine denies: a full disk, a folder that cannot be written, memory. One line, exit 1, nothing half-written."""

import os
import pathlib
import resource
import shutil
import subprocess
import tempfile
import unittest

import support
from support import ENCODER

NO_SPACE = "No space left on device"


def mtnlp(*arguments, memory=None, **options):
    def limit():
        if memory is not None:
            resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    return support.mtnlp(*arguments, preexec_fn=limit, **options)


def write_rows(path, count, words=1):
    path.write_text("text,mood\n" + "".join(
        f"{f'good fine {i} ' * words if i % 2 else f'bad poor {i} ' * words},{'up' if i % 2 else 'down'}\n" for i in range(count)))


class MachineTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.data = self.folder / "rows.csv"
        write_rows(self.data, 80)

    def mount(self, name, size):
        folder = self.folder / name
        folder.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("needs the right to mount a tmpfs")
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        return folder

    def fill(self, folder):
        with open(folder / "ballast", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(b"x" * 4096)
            except OSError:
                pass

    def train(self, run, *options, **limits):
        return mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 32, "--epochs", 1,
                     "--threads", 1, "--out", run, *options, **limits)

    def assert_failed(self, result, *parts):
        self.assertEqual(result.returncode, 1, result.stderr)
        lines = [line for line in result.stderr.splitlines() if not line.startswith(("info: ", "warning: "))]
        self.assertEqual(len(lines), 1, result.stderr)
        self.assertTrue(lines[0].startswith("mtnlp: "), lines[0])
        for part in parts:
            self.assertIn(part, lines[0])

    def test_disk_full_at_the_checkpoint(self):
        disk = self.mount("disk", "128k")
        self.assert_failed(self.train(disk / "run"), "run/checkpoints/step-", "cannot be written: " + NO_SPACE)
        self.assertEqual(list((disk / "run/checkpoints").iterdir()), [])
        self.assertFalse(os.path.lexists(disk / "run/last"))
        self.assertEqual(mtnlp("predict", disk / "run", self.data).returncode, 2)

    def test_disk_full_at_the_metrics(self):
        disk, room = self.mount("disk", "64k"), self.folder / "room"
        run = disk / "run"
        room.mkdir()
        self.assertEqual(self.train(room / "run").returncode, 0)
        run.mkdir()
        (run / "checkpoints").symlink_to(room / "run/checkpoints")
        (run / "train.log").symlink_to(room / "run/train.log")
        for name in ("options.toml", "sources.json", "split.csv"):
            shutil.copy(room / "run" / name, run / name)
        # The record says ../../rows.csv: from this folder too.
        for link in ("best", "last"):
            (run / link).symlink_to(os.readlink(room / "run" / link))
        self.fill(disk)
        self.assert_failed(mtnlp("train", "--resume", run), "run/metrics.csv: cannot be written: " + NO_SPACE)
        self.assertFalse((run / "metrics.csv").exists())
        self.assertEqual(list(run.glob(".mtnlp-tmp-*")), [])
        (disk / "ballast").unlink()
        self.assertEqual(mtnlp("train", "--resume", run).returncode, 0)
        for name in ("metrics.csv", "test.json"):
            self.assertEqual((run / name).read_bytes(), (room / "run" / name).read_bytes(), name)

    def test_disk_full_at_the_log(self):
        disk = self.mount("disk", "1m")
        self.assertEqual(self.train(disk / "run").returncode, 0)
        with open(disk / "run/train.log", "ab") as file:
            file.write(b"\n" * (4096 - file.tell() % 4096))  # the next line needs a new page
        self.fill(disk)
        self.assert_failed(mtnlp("train", "--resume", disk / "run"), "train.log", NO_SPACE)
        (disk / "ballast").unlink()
        self.assertEqual(mtnlp("train", "--resume", disk / "run").returncode, 0)

    def test_output_that_cannot_be_written(self):
        self.assert_failed(self.train("/proc/none/run"), "/proc/none/run: cannot be written")
        if os.geteuid() != 0:
            closed = self.folder / "closed"
            closed.mkdir(mode=0o500)
            self.assert_failed(self.train(closed / "run"), "closed/run: cannot be written: Permission denied")

    def test_a_table_that_cannot_be_written(self):
        with open("/dev/full", "w") as full:
            self.assert_failed(mtnlp("info", ENCODER, stdout=full), "standard output: cannot be written")

    def test_settings_of_libraries_print_nothing_of_theirs(self):
        """libgomp would complain, or hang, before main; MKL and oneDNN would write among the rows."""
        plain = mtnlp("tokenize", ENCODER, stdin="a\n").stdout
        malformed = ("OMP_WAIT_POLICY=often", "OMP_WAIT_POLICY=", "GOMP_SPINCOUNT=x", "GOMP_SPINCOUNT=99999999999999999999",
                     "GOMP_CPU_AFFINITY=zz", "OMP_SCHEDULE=foo", "OMP_DYNAMIC=maybe", "OMP_PROC_BIND=foo", "OMP_PLACES={99}",
                     "OMP_THREAD_LIMIT=x", "GOMP_STACKSIZE=x", "GOMP_DEBUG=1", "ACC_DEVICE_NUM=x", "OMP_\x1b[31m=1")
        left_out = ("OMP_NUM_THREADS=abc", "OMP_STACKSIZE=x", "OMP_DISPLAY_ENV=TRUE", "MKL_VERBOSE=1", "ONEDNN_VERBOSE=2",
                    "DNNL_VERBOSE=2")
        for settings in [(one,) for one in malformed + left_out] + [("GOMP_SPINCOUNT=9", "OMP_WAIT_POLICY=Active", *left_out)]:
            with self.subTest(settings):
                result = self.with_environment(dict(setting.split("=") for setting in settings), "tokenize", ENCODER)
                self.assertEqual((result.returncode, result.stdout), (0, plain), result.stderr)
                name = settings[0].split("=")[0].replace("\x1b[", "?[")
                refused = settings[0] in malformed
                self.assertEqual(result.stderr, f"warning: ignored in the environment: {name}; valid are OMP_WAIT_POLICY active or "
                                 "passive, and GOMP_SPINCOUNT of 0 and more\n" if refused else "")
        result = self.with_environment({f"OMP_{'X' * 40}{i}": "1" for i in range(50)}, "--version")
        self.assertRegex(result.stderr, r"\Awarning: [^\n]+\n\Z")
        self.assertLess(len(result.stderr), 500)
        result = self.with_environment({"GOMP_SPINCOUNT": "9", "MKL_VERBOSE": "1", "ONEDNN_VERBOSE": "2"}, "embed", ENCODER, "--out", "-")
        self.assertEqual(result.stdout.count("\n"), 1)

    @staticmethod
    def with_environment(settings, *arguments):
        bare = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
        return subprocess.run([support.MTNLP, *map(str, arguments)], env=bare | settings, input="a\n", capture_output=True, text=True,
                              timeout=60)

    def test_too_little_memory_for_the_libraries(self):
        """Below this range the system's loader fails, before anything of ours runs."""
        seen = set()
        for kilobytes in range(340_000, 520_000, 12_000):
            result = mtnlp("--version", memory=kilobytes << 10)
            if result.returncode == 127:
                continue
            if result.returncode != 0:
                self.assert_failed(result, "mtnlp: out of memory")
            seen.add(result.returncode)
        self.assertLessEqual(seen, {0, 1})

    def test_out_of_memory_says_the_batch_size(self):
        write_rows(self.data, 12000, words=12)
        self.assert_failed(self.train(self.folder / "run", "--batch-size", 100000, memory=5 << 28), "out of memory",
                           "--batch-size 100000", "--max-length 32")
        self.assertFalse(os.path.lexists(self.folder / "run/last"))


if __name__ == "__main__":
    unittest.main()
