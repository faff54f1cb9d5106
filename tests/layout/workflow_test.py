"""The forge's workflow calls commands that ./run has."""

import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Workflow(unittest.TestCase):
    def test_its_commands_are_those_of_run(self):
        workflow = (ROOT / ".github/workflows/test.yml").read_text(encoding="utf-8")
        called = re.findall(r"run: \./run (\w+)$", workflow, re.M)
        help_text = subprocess.run([ROOT / "run", "help"], check=True, capture_output=True, text=True).stdout
        self.assertEqual(called, ["format", "test"])
        self.assertLessEqual(set(called), set(re.findall(r"^\./run (\w+)", help_text, re.M)))


if __name__ == "__main__":
    unittest.main()
