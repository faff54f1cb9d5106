"""The C++ API from outside: installed into a folder, moved, built against by a CMake project, and compared with the executable."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS / "cli"))

from support import ENCODER, MTNLP, QUIET_THREADS, change_tasks, mood_rows, mtnlp, train, write_csv  # noqa: E402

BUILD = pathlib.Path(os.environ.get("MTNLP_BUILD", TESTS.parent / "build/release"))
TORCH = os.environ.get("MTNLP_TORCH", "")
BERT = TESTS / "golden/encoders/tiny-bert"
TEXTS = ["The striker scored twice.", "Rates rose again.", "", "naïve café 🎉", "good " * 300]


def read_cache(name):
    """Returns the value of a variable of the build's CMakeCache.txt, "" when it is not there."""
    for line in (BUILD / "CMakeCache.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith(name + ":"):
            return line.split("=", 1)[1]
    return ""


def command(*words, **options):
    result = subprocess.run([*map(str, words)], capture_output=True, text=True, timeout=600, check=False, **options)
    if result.returncode != 0:
        raise AssertionError(f"{words}:\n{result.stdout}\n{result.stderr}")
    return result.stdout


class InstalledApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        for component in ("api", "api-train"):
            command("cmake", "--install", BUILD, "--prefix", cls.folder / "made", "--component", component)
        cls.prefix = (cls.folder / "made").rename(cls.folder / "moved to")  # a prefix may be moved
        cls.torch_files = list(cls.prefix.rglob("*torch*"))
        (cls.prefix / "lib/mtnlp").mkdir(exist_ok=True)  # where a whole installation has libtorch
        for library in pathlib.Path(TORCH).glob("*.so*") if TORCH else ():
            if not (cls.prefix / "lib/mtnlp" / library.name).exists():
                (cls.prefix / "lib/mtnlp" / library.name).symlink_to(library)
        cls.example = cls.build(TESTS.parent / "docs/example")
        cls.probe = cls.build(TESTS / "api/probe", "-DTRAIN=ON")
        cls.data = write_csv(cls.folder / "rows.csv", [("text", "mood"), *mood_rows(40)])
        cls.run_folder = cls.folder / "run"
        train(cls.data, cls.run_folder)

    @classmethod
    def build(cls, source, *options):
        """Returns the folder in which the project `source` is built against the installed package."""
        folder = cls.folder / f"build-{source.name}"
        sanitize = read_cache("MTNLP_SANITIZE")
        flags = f"-std=c++20 -Wall -Wextra -Werror {f'-fsanitize={sanitize}' if sanitize else ''}"
        command("cmake", "-G", "Ninja", "-S", source, "-B", folder, f"-DCMAKE_PREFIX_PATH={cls.prefix}", "-DCMAKE_BUILD_TYPE=Release",
                f"-DCMAKE_CXX_COMPILER={read_cache('CMAKE_CXX_COMPILER')}", f"-DCMAKE_CXX_FLAGS={flags}", *options)
        command("cmake", "--build", folder)
        return folder

    def embed(self, model, *options, texts=TEXTS):
        """Returns the process of the probe, which has four threads embed `texts`."""
        return subprocess.run([self.probe / "embed", model, *options], input="\n".join(texts) + "\n", env=QUIET_THREADS,
                              capture_output=True, text=True, timeout=300, check=False)

    def assert_as_the_executable(self, model, options=(), arguments=()):
        result = self.embed(model, *options)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        # Lines of text cannot be blank for the executable's readers, nor can CSV of one column: a quoted field can.
        rows = write_csv(self.folder / "texts.csv", [("text",), *((text,) for text in TEXTS)])
        expected = mtnlp("embed", model, rows, "--out", "-", "--text-column", "text", "--threads", 2,
                         *(() if "--precision" in arguments else ("--precision", "fp32")), *arguments)
        self.assertEqual(expected.returncode, 0, expected.stderr)
        found, wanted = ([line.split(",") for line in text.splitlines()] for text in (result.stdout, expected.stdout))
        self.assertEqual(len(found), len(TEXTS))
        for row, other in zip(found, wanted, strict=True):
            for value, number in zip(row, other):
                self.assertAlmostEqual(float(value), float(number), delta=1e-6)
        return [row[len(wanted[0]):] for row in found]  # what stands behind the embedding

    def test_embeddings_are_those_of_the_executable(self):
        lengths = self.assert_as_the_executable(BERT)
        self.assertEqual(int(lengths[2][0]), 2)  # [CLS] [SEP]
        self.assertGreater(int(lengths[4][0]), 300)
        self.assert_as_the_executable(BERT, ["pooling=cls", "normalize=on", "prompt_text=query: "],
                                      ["--pooling", "cls", "--normalize", "on", "--prompt-text", "query: "])

    def test_predictions_are_those_of_the_executable(self):
        rows = write_csv(self.folder / "mood.csv", [("text",), *((text,) for text in TEXTS)])
        decided = self.folder / "decided"  # by a temperature and a shift
        shutil.copytree(self.run_folder / "best", decided, dirs_exist_ok=True)
        change_tasks(decided, lambda tasks: tasks["mood"].update(temperature=2.5, shift=[3.25, -0.5]))
        answers = []
        for model in (self.run_folder, decided):
            expected = mtnlp("predict", model, rows, "--keep-columns", "text", "--out-format", "tsv",
                             "--precision", "fp32")
            self.assertEqual(expected.returncode, 0, expected.stderr)
            answers.append([row[:2] for row in self.assert_as_the_executable(model)])
            self.assertEqual(answers[-1], [line.split("\t")[1:] for line in expected.stdout.splitlines()[1:]])
        self.assertNotEqual(answers[0], answers[1])

    def test_pairs_are_answered_as_by_the_executable(self):
        rows = [(f"number {i}", text, label) for i, (text, label) in enumerate(mood_rows(40))]
        data = write_csv(self.folder / "pairs.csv", [("text", "second", "label"), *rows])
        run, pairs = self.folder / "pairs", ["\t".join(row[:2]) for row in rows]
        train(data, run, "--pair-column", "second")
        result = self.embed(run, texts=pairs)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        found = [line.split(",") for line in result.stdout.splitlines()]
        table = mtnlp("predict", run, data, "--keep-columns", "text", "--precision", "fp32").stdout.splitlines()[1:]
        self.assertEqual([row[-3:-1] for row in found], [line.split(",")[1:] for line in table])
        wanted = mtnlp("embed", run, data, "--out", "-", "--precision", "fp32").stdout.splitlines()
        for row, other in zip(found, wanted, strict=True):
            for value, number in zip(row, other.split(",")):
                self.assertAlmostEqual(float(value), float(number), delta=1e-6)
        of_encoder = self.embed(BERT, "pairs=on", texts=pairs)
        self.assertEqual((of_encoder.returncode, len(of_encoder.stdout.splitlines())), (0, len(pairs)))
        for model, option, part in ((run, "pairs=off", "text 0: is a single text, but the model was trained on pairs"),
                                    (self.run_folder, "pairs=on", "text 0: is a pair, but the model was trained on single texts")):
            refused = self.embed(model, option, texts=pairs)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""))
            self.assertIn(part, refused.stderr)

    def test_every_kind_is_answered_as_by_the_executable(self):
        rows = [(text, {"up": "glad|loud", "down": "sad"}[label] if i % 5 else "", 2 if label == "up" else 1)
                for i, (text, label) in enumerate(mood_rows(60))]
        data = write_csv(self.folder / "kinds.csv", [("text", "tags", "size"), *rows])
        run, texts = self.folder / "kinds", [row[0] for row in rows]
        command(MTNLP, "train", "--encoder", ENCODER, "--task", f"tags={data}:multilabel", "--task", f"size={data}:regression", "--label-column",
                "tags=tags", "--label-column", "size=size", "--epochs", 2, "--max-length", 16, "--lr", "2e-3", "--head-lr", "1e-2", "--threads", 2, "--out", run, env=QUIET_THREADS)
        result = self.embed(run, texts=texts)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        found = [line.split(",") for line in result.stdout.splitlines()]
        expected = mtnlp("predict", run, data, "--keep-columns", "text", "--all-probabilities", "--out-format", "jsonl", "--precision", "fp32")
        self.assertEqual(expected.returncode, 0, expected.stderr)
        given = 0
        for row, line in zip(found, expected.stdout.splitlines(), strict=True):
            wanted = json.loads(line)
            labels, *probabilities, number, _ = row[-6:]
            self.assertEqual(labels.split("|")[:-1], wanted["tags"])
            for probability, other in zip(probabilities, wanted["tags.probabilities"].values(), strict=True):
                self.assertAlmostEqual(float(probability), other, delta=1e-4)
            self.assertAlmostEqual(float(number), wanted["size"], delta=1e-4)
            given += len(wanted["tags"])
        self.assertGreater(given, 0)

    def test_the_example_prints_labels_and_a_cosine(self):
        result = command(self.example / "example", self.run_folder, "good fine happy", "good fine happy", env=QUIET_THREADS)
        self.assertRegex(result, r"\A(good fine happy: mood is (up|down) \(0\.\d+\)\n){2}cosine 1\n\Z")
        self.assertEqual(command(self.example / "example", BERT, "a", "a", env=QUIET_THREADS), "cosine 1\n")

    def test_inference_needs_no_libtorch(self):
        libraries = command("ldd", self.example / "example")
        self.assertIn("libmtnlp.so", libraries)
        self.assertNotIn("not found", libraries)
        self.assertNotRegex(libraries, "torch|c10")
        self.assertEqual(self.torch_files, [])

    def test_libsentencepiece_comes_before_libc10(self):
        """Both export FLAGS_minloglevel; CMakeLists.txt says why the order counts."""
        for file in (BUILD / "mtnlp-train", BUILD / "libmtnlp_train.so"):
            needed = re.findall(r"\(NEEDED\).*\[(\S+?)\.so", command("readelf", "-d", file))
            self.assertLess(needed.index("libsentencepiece"), needed.index("libc10"), file)

    def test_the_libraries_show_the_api_alone(self):
        for name in ("libmtnlp.so", "libmtnlp_train.so"):
            symbols = command("nm", "-DC", "--defined-only", self.prefix / "lib" / name)
            self.assertEqual([line for line in symbols.splitlines() if "mtnlp::api::" not in line], [], name)

    def test_the_libraries_are_found_in_the_prefix_alone(self):
        for name in ("libmtnlp.so", "libmtnlp_train.so"):
            paths = re.findall(r"\(R(?:UN)?PATH\).*\[(.*)\]", command("readelf", "-d", self.prefix / "lib" / name))
            self.assertEqual(paths, ["$ORIGIN:$ORIGIN/../lib/mtnlp"], name)

    def test_training_from_a_checkpoint(self):
        out = self.folder / "from"
        process = subprocess.run([self.probe / "train", "", self.data, out, f"--init={self.run_folder}"], capture_output=True, text=True,
                                 env=QUIET_THREADS | {"LD_LIBRARY_PATH": TORCH}, timeout=300, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        self.assertEqual(process.stdout.splitlines()[0], str(out))

    def test_no_header_of_the_api_includes_another_library(self):
        for header in (self.prefix / "include/mtnlp").iterdir():
            for line in header.read_text(encoding="utf-8").splitlines():
                if line.startswith("#include"):
                    self.assertRegex(line, r'^#include (<[a-z_]+>|"mtnlp/[a-z]+\.h")$', header)

    def test_errors_are_one_line_and_say_of_which_kind(self):
        cases = [(("/none",), "/none: no such folder"), ((BERT, "precision=fp8"), "fp8"), ((BERT, "pooling=sum"), "sum"),
                 ((BERT, "threads=-1"), "threads is -1; valid are 0 to 1024")]
        for (model, *options), part in cases:
            with self.subTest(part):
                result = self.embed(model, *options)
                self.assertEqual((result.returncode, result.stdout), (2, ""))
                self.assertRegex(result.stderr, r"\Aerror:[^\n]+\n\Z")
                self.assertIn(part, result.stderr)
        result = subprocess.run([self.probe / "embed", BERT], input=b"good\nb\xffd\n", capture_output=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (2, b"error:text 1: is not UTF-8\n"))
        result = subprocess.run([self.probe / "embed", BERT], input=b"good\nb\0d\n", capture_output=True, check=False)
        self.assertEqual((result.returncode, result.stderr), (2, b"error:text 1: holds a zero byte, which no text has\n"))
        result = self.embed(self.run_folder, "pooling=max")
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr, r'\Aerror:pooling is "max", which is for embed[^\n]+\n\Z')

    def test_warnings_go_to_the_handler(self):
        run = self.folder / "other-best"
        shutil.copytree(self.run_folder, run, symlinks=True)
        (run / "best").unlink()
        (run / "best").symlink_to("checkpoints/none")
        result = self.embed(run)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertRegex(result.stderr, r"\Awarning:[^\n]+/best: is not step-[^\n]+\n\Z")

    def test_training_gives_the_bytes_of_the_executable(self):
        environment = QUIET_THREADS | {"LD_LIBRARY_PATH": TORCH}
        out = self.folder / "trained"
        process = subprocess.run([self.probe / "train", ENCODER, self.data, out], capture_output=True, text=True, env=environment,
                                 timeout=300, check=False)
        self.assertEqual(process.returncode, 0, process.stderr)
        run, scores, tasks = process.stdout.splitlines()
        self.assertEqual((run, tasks), (str(out), "1"))
        self.assertRegex(scores, r"^mood \d+ \d\.\d+$")
        for name in ("metrics.csv", "split.csv", "best/model.safetensors", "best/heads.safetensors"):
            self.assertEqual((out / name).read_bytes(), (self.run_folder / name).read_bytes(), name)
        self.assertEqual(mtnlp("train", "--resume", out).returncode, 0)  # its options are those of a run

        for option, part in (("--epochs=0", "--epochs"), ("--no-such", "--no-such"), ("--help", "--help"), ("--k-fold=2", "--k-fold"),
                             ("--dry-run", "--dry-run")):
            other = self.folder / "refused"
            refused = subprocess.run([self.probe / "train", ENCODER, self.data, other, option], capture_output=True, text=True,
                                     env=environment, timeout=300, check=False)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""))
            self.assertRegex(refused.stderr, r"\Aerror:[^\n]+\n\Z")
            self.assertIn(part, refused.stderr)
            self.assertFalse(other.exists())


if __name__ == "__main__":
    unittest.main()
