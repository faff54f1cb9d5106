"""mtnlp vocabulary: from texts to an encoder folder without weights, and on from there.

    MTNLP_EXECUTABLE=build/release/mtnlp python3 tests/cli/vocabulary_test.py
"""

import csv
import gzip
import json
import os
import re
import unittest

from support import TESTS, CliTest, mood_rows, mtnlp, start, write_csv

SENTENCES = TESTS / "interop/sentences.txt"
SMALL = ("--layers", 1, "--dim", 16, "--heads", 2, "--max-length", 40, "--quiet")


class Vocabulary(CliTest):
    def make(self, name, *options, pieces=400, **how):
        out = self.folder / name
        result = self.run_ok("vocabulary", "--out", out, "--pieces", pieces, *SMALL, *options, **how)
        self.assertEqual((result.stdout, result.stderr), ("", ""))
        return {file.name: file.read_bytes() for file in out.iterdir()}

    def test_two_runs_give_equal_bytes_on_any_number_of_cpus(self):
        made = self.make("a", "--text", SENTENCES)
        self.assertEqual(set(made), {"README.md", "config.json", "sentencepiece.bpe.model", "tokenizer_config.json"})
        self.assertEqual(self.make("b", "--text", SENTENCES), made)
        one = {min(os.sched_getaffinity(0))}
        self.assertEqual(self.make("c", "--text", SENTENCES, preexec_fn=lambda: os.sched_setaffinity(0, one)), made)

    def test_files_of_every_format(self):
        lines = SENTENCES.read_text(encoding="utf-8").splitlines()
        made = self.make("a", "--text", SENTENCES)
        write_csv(self.folder / "a.csv", [("body",), *((line,) for line in lines[:200])])
        with gzip.open(self.folder / "b.jsonl.gz", "wt", encoding="utf-8") as out:
            out.writelines(json.dumps({"body": line}) + "\n" for line in lines[200:])
        files = ("--text", self.folder / "a.csv", "--text", self.folder / "b.jsonl.gz")
        self.assertEqual(self.make("b", *files, "--text-column", "body"), made)
        self.assertEqual(self.make("c", "--text", "-", stdin="".join(line + "\n" for line in lines)), made)

    def test_a_sample_is_drawn_by_the_seed(self):
        sample = ("--text", SENTENCES, "--sample", 300)
        made = self.make("a", *sample)
        self.assertEqual(self.make("b", *sample), made)
        models = {made["sentencepiece.bpe.model"], self.make("c", *sample, "--seed", 7)["sentencepiece.bpe.model"],
                  self.make("d", "--text", SENTENCES)["sentencepiece.bpe.model"]}
        self.assertEqual(len(models), 3)
        told = self.run_ok("vocabulary", *sample, "--pieces", 400, *SMALL[:-1], "--out", self.folder / "e").stderr
        self.assertIn("400 pieces from 300 of 500 lines", told)

    def test_memory_does_not_grow_with_the_texts(self):
        lines = SENTENCES.read_text(encoding="utf-8")
        most = {}
        for repeats in (200, 600):  # 13 and 39 MB, not at once: this process counts for the one that it starts
            text = self.folder / f"{repeats}.txt"
            with open(text, "w", encoding="utf-8") as out:
                for _ in range(repeats):
                    out.write(lines)
            process = start("vocabulary", "--text", text, "--sample", 300, "--pieces", 200, "--out", self.folder / f"v{repeats}", *SMALL)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0, process.stderr.read())
            process.communicate()
            most[repeats] = used.ru_maxrss  # KiB
        self.assertLess(most[600] - most[200], 10 << 10, most)

    def test_the_folder_serves_tokenize_info_and_train(self):
        made = self.make("new", "--text", SENTENCES)
        config = json.loads(made["config.json"])
        self.assertEqual((config["vocab_size"], config["num_hidden_layers"], config["hidden_size"]), (402, 1, 16))
        ids = self.run_ok("tokenize", self.folder / "new", stdin="The hound!\n").stdout.split()
        self.assertEqual((ids[0], ids[-1]), ("0", "2"))
        self.assertGreater(len(ids), 3)
        data = write_csv(self.folder / "mood.csv", [("text", "mood"), *mood_rows(60)])
        run = self.folder / "run"
        self.run_ok("train", "--encoder", self.folder / "new", "--random-weights", "--task", f"mood={data}", "--epochs", 1,
                    "--max-length", 16, "--threads", 1, "--out", run, "--quiet")
        rows = list(csv.reader(self.run_ok("predict", run, stdin="good fine\n").stdout.splitlines()))
        self.assertEqual(len(rows), 2)

    def assert_nothing_made(self, *options, parts, stdin=None):
        result = mtnlp("vocabulary", "--out", self.folder / "new", *options, stdin=stdin)
        self.assert_refused(result, *parts)
        self.assertLess(len(result.stderr), 500)
        self.assertEqual(list(self.folder.glob("*new*")), [])

    def test_bad_input(self):
        quiet = ("--quiet",)
        for text in ("", "\n \n", "\u200b\n\ufeff\n"):
            with self.subTest(text):
                self.assert_nothing_made("--text", "-", *quiet, "--pieces", 20, stdin=text, parts=("standard input", "no text"))
        self.assert_nothing_made("--text", "-", *quiet, stdin="\u2585\u2581\n", parts=("nothing that can be seen",))
        self.assert_nothing_made("--text", self.folder / "nowhere.txt", *quiet, parts=("nowhere.txt",))
        self.assert_nothing_made("--text", self.folder, *quiet, parts=(str(self.folder),))
        self.assert_nothing_made(*quiet, parts=("--text is missing",))
        self.assert_nothing_made("--text", SENTENCES, "--heads", 3, *quiet, parts=("--heads is 3", "--dim 256"))
        self.assert_nothing_made("--text", SENTENCES, "--pieces", 7, *quiet, parts=("--pieces", "8 to 1000000"))
        self.assert_nothing_made("--text", SENTENCES, "--coverage", 1.5, *quiet, parts=("--coverage", "0.98 to 1"))
        self.assert_nothing_made("--text", SENTENCES, "--piece", 20, parts=("--piece", "--pieces"))

    def test_numbers_of_pieces_that_the_texts_do_not_make(self):
        one_line = ("--text", "-", "--quiet")
        self.assert_nothing_made(*one_line, stdin="the cat sat on the mat\n", parts=("--pieces is 16000", "at most 14"))
        self.make("most", "--text", "-", pieces=14, stdin="the cat sat on the mat\n")
        self.assert_nothing_made("--text", SENTENCES, "--pieces", 20, "--quiet", parts=("--pieces is 20", "at least", "--coverage"))

    def test_a_folder_that_is_there_stays_as_it_is(self):
        made = self.make("new", "--text", SENTENCES)
        for out in ("new", "new/"):
            result = mtnlp("vocabulary", "--text", SENTENCES, "--out", f"{self.folder}/{out}", "--quiet")
            self.assert_refused(result, "new", "is there already")
        self.assertEqual({file.name: file.read_bytes() for file in (self.folder / "new").iterdir()}, made)

    def test_rows_that_are_odd_are_counted(self):
        text = "".join(f"one two three {i % 7}\n" for i in range(50)) + "\n\n"
        result = self.run_ok("vocabulary", "--text", "-", "--pieces", 18, "--out", self.folder / "new", "--quiet", stdin=text)
        self.assertTrue(re.search(r"2 rows with blank text, left out: standard input:51", result.stderr), result.stderr)


if __name__ == "__main__":
    unittest.main()
