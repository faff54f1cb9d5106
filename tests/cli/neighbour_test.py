"""mtnlp needs no libtorch; for what needs it, mtnlp starts mtnlp-train, which stands beside it."""

import pathlib
import shutil
import subprocess
import unittest

from support import ENCODER, MTNLP, QUIET_THREADS, CliTest, mood_rows, train, write_csv


class NeighbourTest(CliTest):
    def run_alone(self, *arguments):
        """Runs a copy of mtnlp beside which there is nothing."""
        alone = self.folder / "alone" / "mtnlp"
        alone.parent.mkdir(exist_ok=True)
        shutil.copy2(MTNLP, alone)
        return subprocess.run([alone, *map(str, arguments)], env=QUIET_THREADS, capture_output=True, text=True, timeout=300)

    def test_only_mtnlp_train_loads_libtorch(self):
        for name, loads in (("mtnlp", False), ("mtnlp-train", True)):
            libraries = subprocess.run(["ldd", pathlib.Path(MTNLP).with_name(name)], capture_output=True, text=True, check=True)
            self.assertEqual("libtorch_cpu.so" in libraries.stdout, loads, name)
            self.assertEqual("libc10.so" in libraries.stdout, loads, name)

    def test_reading_verbs_do_without_the_neighbour(self):
        data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(40)])
        train(data, self.folder / "run")
        for words in (["predict", self.folder / "run", data, "--prefix", "p_"], ["embed", ENCODER, data, "--out", "-"],
                      ["eval", self.folder / "run"], ["train", "--help"], ["info", ENCODER]):
            alone = self.run_alone(*words)
            self.assertEqual((alone.returncode, alone.stderr), (0, ""), words)
            self.assertEqual(alone.stdout, self.run_ok(*words).stdout)

    def test_what_needs_libtorch_and_lacks_the_neighbour_is_one_line(self):
        for words in (["train"], ["train", "--dry-run"], ["embed", ENCODER, "a.csv", "--out", "-", "--device", "cuda"]):
            alone = self.run_alone(*words)
            self.assertEqual(alone.returncode, 1, alone.stderr)
            self.assertRegex(alone.stderr, r"\Amtnlp: \S*/alone/mtnlp-train: cannot be started: No such file or directory; .*\n\Z")
            self.assertEqual(alone.stdout, "")


if __name__ == "__main__":
    unittest.main()
