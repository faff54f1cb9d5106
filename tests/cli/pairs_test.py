"""Pairs of texts: --pair-column from the file to the answer, in every verb."""

import csv
import io
import json
import pathlib
import re
import shutil
import tempfile
import unittest

from support import ENCODER, TESTS, CliTest, defaults, mtnlp, read_floats, write_csv

BERT = TESTS / "golden/encoders/tiny-bert"
ROW_1 = "embeddings.token_type_embeddings.weight"
BLANK = "with blank text"


def rows(count):
    """The first text tells nothing, the second the label and the number."""
    table = []
    for i in range(count):
        up = (i * 7 + i // 5) % 2 == 0
        table.append((f"number {chr(97 + i % 26)} {i}", "good fine happy" if up else "bad poor sad", "up" if up else "down", 2 if up else 1))
    return table


def training(data, out, *options):
    """Of a run on pairs, unless `options` name another encoder with the one that has token types."""
    usual = defaults(options, {"--encoder": BERT, "--epochs": 4, "--threads": 1, "--max-length": 24, "--lr": "2e-3", "--head-lr": "1e-2"})
    return ["train", "--task", f"mood={data}", "--pair-column", "b", "--text-column", "a", *usual, "--out", out, *options]


class PairsTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.data = write_csv(cls.home / "pairs.csv", [("a", "b", "label", "size"), *rows(240)])
        cls.run_folder = cls.home / "run"
        result = mtnlp(*training(cls.data, cls.run_folder))
        assert result.returncode == 0, result.stderr
        cls.log = result.stderr

    def predicted(self, *arguments, model=None, **options):
        out = self.run_ok("predict", model or self.run_folder, *arguments, "--quiet", "--threads", 1, **options).stdout
        return list(csv.DictReader(io.StringIO(out, newline="")))


class Training(PairsTest):
    def test_the_second_text_is_read_and_the_checkpoint_knows_its_column(self):
        test = json.loads((self.run_folder / "test.json").read_text())["tasks"]["mood"]
        self.assertEqual(test["accuracy"], 1)
        tasks = json.loads((self.run_folder / "best/tasks.json").read_text())
        self.assertEqual((tasks["format_version"], tasks["text_columns"], tasks["pair_column"]), (6, ["a"], "b"))
        sources = json.loads((self.run_folder / "sources.json").read_text())
        self.assertEqual((sources["version"], sources["text_column"], sources["pair_column"]), (5, "a", "b"))
        self.assertIn("pairs of texts", (self.run_folder / "best/README.md").read_text())
        self.assertEqual(json.loads(self.run_ok("info", self.run_folder, "--json", "-").stdout)["pair_column"], "b")

    def test_the_second_row_of_the_token_types_is_trained_and_the_first_stays_folded(self):
        own, trained = (read_floats(folder / "model.safetensors")[ROW_1] for folder in (BERT, self.run_folder / "best"))
        dim = len(own) // 2
        self.assertEqual(list(trained[:dim]), [0] * dim)
        moved = [abs((own[dim + i] - own[i]) - trained[dim + i]) for i in range(dim)]
        self.assertGreater(min(moved), 0)
        self.run_ok(*training(self.data, self.folder / "frozen", "--freeze", "embeddings", "--epochs", 1))
        frozen = read_floats(self.folder / "frozen/best/model.safetensors")[ROW_1]
        for i in range(dim):
            self.assertAlmostEqual(frozen[dim + i], own[dim + i] - own[i], 6)

    def test_a_run_without_pairs_is_of_the_versions_before(self):
        run = self.folder / "run"
        self.run_ok("train", "--encoder", BERT, "--task", f"mood={self.data}", "--text-column", "b", "--epochs", 1, "--max-length", 24,
                    "--threads", 1, "--out", run)
        tasks = json.loads((run / "best/tasks.json").read_text())
        self.assertLess(tasks["format_version"], 6)
        self.assertNotIn("pair_column", tasks)
        sources = json.loads((run / "sources.json").read_text())
        self.assertEqual(sources["version"], 3)
        self.assertNotIn("pair_column", sources)

    def test_a_resumed_run_ends_with_the_same_bytes(self):
        out = self.home / "resumed"
        self.run_ok(*training(self.data, out, "--stop-after", 2))
        self.run_ok("train", "--resume", out)
        for name in ("metrics.csv", "test.json", "split.csv", "best/tasks.json", "best/heads.safetensors", "best/model.safetensors"):
            self.assertEqual((self.run_folder / name).read_bytes(), (out / name).read_bytes(), name)
        result = mtnlp("train", "--resume", out, "--pair-column", "size")
        self.assert_refused(result, "--pair-column")

    def test_frozen_stages_give_the_same_with_and_without_their_cache(self):
        for name, cache in (("cached", 256), ("computed", 0)):
            self.run_ok(*training(self.data, self.folder / name, "--freeze", "layers:1", "--epochs", 1, "--cache-mb", cache))
        self.assertEqual(*((self.folder / name / "metrics.csv").read_bytes() for name in ("cached", "computed")))

    def test_every_kind_of_task_takes_pairs(self):
        run = self.folder / "run"
        self.run_ok("train", "--encoder", ENCODER, "--task", f"tags={self.data}:multilabel", "--task", f"size={self.data}:regression",
                    "--label-column", "tags=label", "--text-column", "a", "--pair-column", "b", "--epochs", 6, "--lr", "2e-3", "--head-lr",
                    "1e-2", "--max-length", 24, "--threads", 1, "--out", run)
        test = json.loads((run / "test.json").read_text())["tasks"]
        self.assertGreater(test["tags"]["micro_f1"], 0.9)
        self.assertGreater(test["size"]["r2"], 0.8)

    def test_init_takes_the_weights_of_pairs_and_of_single_texts(self):
        base = ["train", "--init", self.run_folder, "--task", f"mood={self.data}", "--epochs", 1, "--freeze", "backbone", "--max-length", 24, "--threads", 1]
        self.run_ok(*base, "--text-column", "a", "--pair-column", "b", "--out", self.folder / "pairs")
        self.run_ok(*base, "--text-column", "b", "--out", self.folder / "single")
        of_pairs, of_single, before = (read_floats(run / "best/model.safetensors")[ROW_1]
                                       for run in (self.folder / "pairs", self.folder / "single", self.run_folder))
        self.assertEqual(list(of_pairs), list(before))
        self.assertEqual(list(of_single), list(before))

    def test_a_sweep_trains_on_pairs(self):
        out = self.folder / "sweep"
        self.run_ok("sweep", "--encoder", BERT, "--task", f"mood={self.data}", "--text-column", "a", "--pair-column", "b", "--epochs", 1,
                    "--max-length", 24, "--threads", 1, "--grid", "lr=2e-3;0", "--seeds", 1, "--out", out)
        self.assertIn('pair-column="b"', (out / "best.toml").read_text())

    def test_soft_labels_of_pairs(self):
        soft = self.folder / "soft.jsonl"
        texts = [{"a": a, "b": b} for a, b, *_ in rows(40)]
        (self.folder / "texts.jsonl").write_text("".join(json.dumps(row) + "\n" for row in texts))
        self.run_ok("predict", self.run_folder, self.folder / "texts.jsonl", "--all-probabilities", "--out", soft)
        self.run_ok(*training(self.data, self.folder / "student", "--soft", f"mood={soft}", "--epochs", 1))


class Answers(PairsTest):
    def test_predict_takes_the_columns_of_the_training(self):
        answers = self.predicted(self.data)
        self.assertEqual([row["mood"] for row in answers], [label for _, _, label, _ in rows(240)])
        renamed = write_csv(self.folder / "renamed.csv", [("x", "y"), *((a, b) for a, b, *_ in rows(20))])
        self.assertEqual([row["mood"] for row in self.predicted(renamed, "--text-column", "x", "--pair-column", "y")],
                         [label for _, _, label, _ in rows(20)])
        turned = self.predicted(renamed, "--text-column", "y", "--pair-column", "x")
        self.assertNotEqual([row["mood.probability"] for row in turned], [row["mood.probability"] for row in answers[:20]])
        lines = "".join(json.dumps({"b": b, "a": a}) + "\n" for a, b, *_ in rows(20))
        of_json = self.run_ok("predict", self.run_folder, "-", "--format", "jsonl", "--threads", 1, stdin=lines).stdout.splitlines()
        self.assertEqual([json.loads(line)["mood"] for line in of_json], [label for _, _, label, _ in rows(20)])

    def test_eval_compare_report_and_quantize(self):
        told = json.loads(self.run_ok("eval", self.run_folder, "--json", "-", "--threads", 1).stdout)
        self.assertEqual(told, json.loads((self.run_folder / "test.json").read_text()))
        files = json.loads(self.run_ok("eval", self.run_folder, "--task", f"mood={self.data}", "--json", "-").stdout)
        self.assertEqual(files["tasks"]["mood"]["rows"], 240)
        same = json.loads(self.run_ok("compare", self.run_folder, self.run_folder, "--json", "-", "--threads", 1).stdout)
        self.assertEqual(same["tasks"]["mood"]["won"], 0)
        gold = ("--task", f"mood={self.data}", "--text-column", "a", "--pair-column", "b")
        answers = write_csv(self.folder / "answers.csv", [("a", "b", "mood"), *((a, b, label) for a, b, label, _ in rows(240))])
        self.run_ok("compare", self.run_folder, "--predictions", answers, *gold)
        other = write_csv(self.folder / "other.csv", [("a", "b", "mood"), *((a, "else", label) for a, b, label, _ in rows(240))])
        refused = mtnlp("compare", self.run_folder, "--predictions", other, *gold)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("other.csv:2: the text is not that of row 1", refused.stderr)
        self.run_ok("report", self.run_folder, "--out", self.folder / "report.html")
        self.run_ok("quantize", self.run_folder, self.folder / "small")
        self.assertEqual([row["mood"] for row in self.predicted(self.data, model=self.folder / "small")], [row[2] for row in rows(240)])

    def test_mistakes_show_both_texts(self):
        wrong = write_csv(self.folder / "wrong.csv", [("a", "b", "label"), ("number, a", "bad poor sad", "up"), ("b", "good", "up")])
        out = self.folder / "mistakes.csv"
        self.run_ok("eval", self.run_folder, "--task", f"mood={wrong}", "--errors", out)
        with open(out, encoding="utf-8", newline="") as file:
            first = next(csv.DictReader(file))
        self.assertEqual((first["text"], first["pair"], first["label"]), ("number, a", "bad poor sad", "up"))

    def test_explain_weighs_the_words_of_both_texts(self):
        line = json.dumps({"a": "number a", "b": "bad, poor"}) + "\n"
        out = json.loads(self.run_ok("predict", self.run_folder, "-", "--format", "jsonl", "--explain", stdin=line).stdout)
        weights = {one["word"]: one["weight"] for one in out["mood.explanation"]}
        self.assertEqual(list(weights), ["number", "a", "bad", "poor"])
        self.assertGreater(max(weights["bad"], weights["poor"]), max(weights["number"], weights["a"]))

    def test_tokenize_and_embed(self):
        pair = write_csv(self.folder / "pair.csv", [("a", "b"), ("good film", "bad"), ("good " * 30, "a b c")])
        ids = [line.split() for line in self.run_ok("tokenize", self.run_folder, pair).stdout.splitlines()]
        single = mtnlp("tokenize", BERT, stdin="good film\nbad\n").stdout.splitlines()
        first, second = (line.split() for line in single)
        self.assertEqual(ids[0], first + second[1:])
        self.assertEqual((len(ids[1]), ids[1].count(first[1])), (24, 18))  # the longer text is cut
        of_encoder = self.run_ok("tokenize", BERT, pair, "--text-column", "a", "--pair-column", "b", "--max-length", 24).stdout
        self.assertEqual([line.split() for line in of_encoder.splitlines()], ids)
        together = self.run_ok("embed", self.run_folder, pair, "--out", "-", "--precision", "fp32").stdout
        turned = self.run_ok("embed", self.run_folder, pair, "--text-column", "b", "--pair-column", "a", "--out", "-").stdout
        self.assertNotEqual(together.splitlines()[0], turned.splitlines()[0])

    def test_a_prompt_goes_before_the_first_text(self):
        pair = write_csv(self.folder / "pair.csv", [("a", "b"), ("film", "bad")])
        ids = self.run_ok("tokenize", BERT, pair, "--text-column", "a", "--pair-column", "b", "--prompt-text", "good ").stdout
        joined = write_csv(self.folder / "joined.csv", [("a", "b"), ("good film", "bad")])
        self.assertEqual(ids, self.run_ok("tokenize", BERT, joined, "--text-column", "a", "--pair-column", "b").stdout)

    def test_a_blank_text_of_a_pair_is_told(self):
        pair = write_csv(self.folder / "pair.csv", [("a", "b"), ("good", ""), ("", "bad"), ("good", "bad")])
        result = self.run_ok("tokenize", BERT, pair, "--text-column", "a", "--pair-column", "b")
        self.assertIn(f"2 rows {BLANK}: ", result.stderr)
        single = mtnlp("tokenize", BERT, stdin="good\n").stdout.split()
        self.assertEqual(result.stdout.splitlines()[0].split(), [*single, single[-1]])

    def test_encoders_without_token_types(self):
        run = self.folder / "run"
        self.run_ok(*training(self.data, run, "--encoder", ENCODER))
        self.assertEqual(json.loads((run / "test.json").read_text())["tasks"]["mood"]["accuracy"], 1)
        self.assertEqual([row["mood"] for row in self.predicted(self.data, model=run)], [row[2] for row in rows(240)])


class Data(PairsTest):
    def test_equal_pairs_are_one_text(self):
        table = [("same", "one", "up"), ("Same ", " ONE", "down"), ("same", "two", "up"), ("same one", "", "up"), *(row[:3] for row in rows(60))]
        data = write_csv(self.folder / "rows.csv", [("a", "b", "label"), *table])
        out = json.loads(self.run_ok("data", "check", "--encoder", BERT, "--max-length", 64, "--task", f"mood={data}", "--text-column", "a", "--pair-column",
                                     "b", "--json", "-").stdout)
        task = out["tasks"]["mood"]
        self.assertEqual((out["rows"], out["sources"][0]["blank"]["rows"], task["duplicates"]), (63, 1, 1))
        self.assertEqual(task["conflicts"]["examples"], [{"text": "same | one", "labels": {"down": 1, "up": 1}}])
        self.assertEqual(out["encoding"]["control"]["rows"], 0)
        ids = self.run_ok("tokenize", BERT, data, "--text-column", "a", "--pair-column", "b", "--max-length", 64).stdout.splitlines()
        self.assertEqual(out["lengths"]["longest"], max(len(line.split()) for line in ids))

    def test_split_writes_parts_that_train_reads(self):
        out = self.folder / "parts"
        told = self.run_ok("data", "split", "--task", f"mood={self.data}", "--text-column", "a", "--pair-column", "b", "--out", out).stdout
        self.assertIn("--text-column a --pair-column b", told)

    def test_a_given_part_that_has_a_pair_of_the_training(self):
        given = write_csv(self.folder / "test.csv", [("a", "b", "label"), *(row[:3] for row in rows(20)),
                                                          *((row[0], "other", "up") for row in rows(20))])
        result = self.run_ok("data", "check", "--encoder", BERT, "--max-length", 64, "--task", f"mood={self.data}", "--test", f"mood={given}", "--text-column",
                             "a", "--pair-column", "b")
        told = [int(n) for n in re.findall(r"(\d+) rows of test have a text of (?:train|validation)", result.stderr)]
        self.assertEqual((len(told), sum(told)), (2, 20))


class Refused(PairsTest):
    def test_a_teacher_of_the_other_kind(self):
        single = write_csv(self.folder / "single.csv", [("a", "mood"), *((row[0], row[2]) for row in rows(60))])
        run = self.folder / "single"
        words = ["train", "--encoder", BERT, "--text-column", "a", "--max-length", 24, "--epochs", 1, "--threads", 1]
        self.assert_refused(mtnlp(*words, "--task", f"mood={single}", "--teacher", self.run_folder, "--out", run), "was trained on pairs of texts")
        self.run_ok(*words, "--task", f"mood={single}", "--out", run)
        self.assert_refused(mtnlp(*words, "--task", f"mood={self.data}", "--pair-column", "b", "--teacher", run, "--out", self.folder / "x"),
                            "was trained on single texts")

    def test_columns_that_do_not_fit(self):
        out = self.folder / "out"
        options = ("--encoder", BERT, "--out", out, "--task", f"mood={self.data}")
        self.assert_refused(mtnlp("train", *options, "--text-column", "a", "--pair-column", "c"), 'pairs.csv: no column "c"', "a, b, label")
        self.assert_refused(mtnlp("train", *options, "--pair-column", "b"), 'pairs.csv: no column "text"')
        self.assert_refused(mtnlp("train", *options, "--text-column", "a", "--pair-column", "a"), "--pair-column a", "first text")
        self.assert_refused(mtnlp("train", *options, "--text-column", "a", "--pair-column", "b", "--max-length", 2), "maximal length", "3 or more")
        self.assertFalse(out.exists())

    def test_plain_lines_for_a_model_of_pairs(self):
        for verb in (("predict", self.run_folder), ("embed", self.run_folder, "--out", "-"), ("tokenize", self.run_folder)):
            self.assert_refused(mtnlp(*verb, stdin="good\n"), "plain lines", "pair of texts", "a, b", "--format csv")

    def test_a_pair_for_a_model_of_single_texts(self):
        single = self.folder / "single"
        self.run_ok("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--text-column", "b", "--epochs", 1, "--max-length", 24, "--threads", 1,
                    "--out", single)
        for verb in (("predict", single), ("embed", single, "--out", "-"), ("tokenize", single)):
            self.assert_refused(mtnlp(*verb, self.data, "--pair-column", "a"), "--pair-column a", "single texts")
        self.assert_refused(mtnlp("eval", single, "--task", f"mood={self.data}", "--pair-column", "a"), "--pair-column a", "single texts")

    def test_a_second_text_that_is_not_a_text(self):
        for value, part in ((7, '"b" is a number'), (None, '"b" is null'), ("x\0y", "zero byte")):
            line = json.dumps({"a": "good", "b": value}) + "\n"
            self.assert_refused(mtnlp("predict", self.run_folder, "-", "--format", "jsonl", stdin=line), ":1", part)
        self.assert_refused(mtnlp("predict", self.run_folder, "-", "--format", "jsonl", stdin='{"a": "good"}\n{"a": "x", "b": "y"}\n'), ":1", '"b"')

    def test_verbs_that_read_single_texts_do_not_have_the_option(self):
        for verb in ("adapt", "vocabulary"):
            self.assertNotIn("--pair-column", mtnlp(verb, "--help").stdout)


if __name__ == "__main__":
    unittest.main()
