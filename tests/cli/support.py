"""What the tests of the executable share: how it is run, a small encoder, a folder for each test."""

import array
import csv
import json
import os
import pathlib
import re
import struct
import subprocess
import tempfile
import time
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
MTNLP = os.environ.get("MTNLP_EXECUTABLE", str(TESTS.parent / "build/release/mtnlp"))
ENCODER = TESTS / "golden/encoders/tiny-distilbert"
QUIET_THREADS = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}  # waiting threads do not spin beside other tests


def mtnlp(*arguments, stdin=None, stdout=subprocess.PIPE, timeout=300, **options):
    """`options` are those of subprocess.run."""
    return subprocess.run([MTNLP, *map(str, arguments)], input=stdin, stdout=stdout, stderr=subprocess.PIPE, text=True,
                          timeout=timeout, env=QUIET_THREADS, **options)


def start(*arguments, **environment):
    return subprocess.Popen([MTNLP, *map(str, arguments)], env=QUIET_THREADS | environment, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def wait_for(path, process):
    while not path.exists() and process.poll() is None:
        time.sleep(0.002)


def write_csv(file, rows):
    """The first row is the header."""
    with open(file, "w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(rows)
    return file


def mood_rows(count):
    """Rows that a small encoder can learn: text, label."""
    return [(f"{'good fine happy' if i % 2 == 0 else 'bad poor sad'} {chr(97 + i % 26)} number {i}",
             "up" if i % 2 == 0 else "down") for i in range(count)]


def defaults(options, values):
    """Those of `values`, option → value, that are not among `options`."""
    return [word for option, value in values.items() if option not in options for word in (option, value)]


def train(data, out, *options):
    """A run on `data` for the task mood, of one epoch unless `options` say otherwise."""
    usual = defaults(options, {"--max-length": 16, "--epochs": 1, "--threads": 2})
    result = mtnlp("train", "--encoder", ENCODER, "--task", f"mood={data}", *usual, "--out", out, *options)
    assert result.returncode == 0, result.stderr
    return result


def read_tensors(file):
    """Header and data of a safetensors file."""
    raw = file.read_bytes()
    size = struct.unpack("<Q", raw[:8])[0]
    return json.loads(raw[8:8 + size]), raw[8 + size:]


def read_floats(file):
    """The tensors of a safetensors file of float32, flat."""
    header, data = read_tensors(file)
    return {name: array.array("f", data[slice(*tensor["data_offsets"])]) for name, tensor in header.items() if name != "__metadata__"}


def read_metrics(run):
    """The rows of metrics.csv, one for each epoch."""
    with open(run / "metrics.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def change_tasks(checkpoint, change):
    """Has `change` edit the tasks in tasks.json, and makes its checksum right again."""
    change_tasks_file(checkpoint, lambda content: change({task["name"]: task for task in content["tasks"]}))


def change_tasks_file(checkpoint, change):
    """Has `change` edit the content of tasks.json, and makes its checksum right again; mtnlp itself tells the checksum of bytes that
    it does not expect."""
    file, card = checkpoint / "tasks.json", checkpoint / "README.md"
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    del content["checksum"]
    before = card.read_bytes()
    card.write_text(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False), encoding="utf-8")
    told = mtnlp("predict", checkpoint, stdin="text\n").stderr
    card.write_bytes(before)
    content["checksum"] = re.search(r"README.md: the checksum is (\w+)", told).group(1)
    file.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


class CliTest(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = pathlib.Path(self.temporary.name)

    def run_ok(self, *arguments, **options):
        result = mtnlp(*arguments, **options)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def assert_refused(self, result, *parts, code=2):
        """One line on stderr and nothing else anywhere, with all of `parts`."""
        self.assertEqual(result.returncode, code, result.stderr)
        self.assertEqual(result.stdout, "")
        self.assertRegex(result.stderr, r"\Amtnlp: [^\n]+\n\Z")
        for part in parts:
            self.assertIn(part, result.stderr)
