"""mtnlp adapt: pretraining on texts without labels, from end to end."""

import gzip
import json
import math
import os
import shutil
import signal
import subprocess
import unittest

import support
from support import ENCODER, TESTS, read_floats, read_metrics, read_tensors, wait_for

WORDS = "good bad great film team game match goal market bank song award".split()


def texts(count):
    """Lines that a small encoder can learn: a word says which comes next."""
    return [f"{WORDS[i % 12]} {WORDS[(i + 1) % 12]} {WORDS[(i + 2) % 12]} {WORDS[(i + 3) % 12]} number {i}"
            for i in range(count)]


class Adapt(support.CliTest):
    def setUp(self):
        super().setUp()
        self.text = self.folder / "texts.txt"
        self.text.write_text("".join(line + "\n" for line in texts(300)))
        self.out = self.folder / "out"
        self.run_folder = self.folder / "out.run"

    def arguments(self, *options, text=None, encoder=ENCODER, out=None):
        usual = {"--max-length": 32, "--batch-size": 8, "--threads": 1}
        words = [word for option, value in usual.items() if option not in options for word in (option, value)]
        return ["adapt", encoder, "--text", text or self.text, "--out", out or self.out, *words, *options]

    def adapt(self, *options, **places):
        return self.run_ok(*self.arguments(*options, **places))

    def refuse(self, *parts, options=(), code=2, **places):
        self.assert_refused(support.mtnlp(*self.arguments("--quiet", *options, **places)), *parts, code=code)

    def lay_out(self, name):
        """A copy of the encoder to be changed."""
        return shutil.copytree(ENCODER, self.folder / name)

    def assert_nothing_written(self):
        self.assertEqual([path.name for path in self.folder.iterdir() if path.name.startswith(("out", "."))], [])

    def test_learns_and_writes_an_encoder_folder(self):
        other = self.folder / "other.txt"
        other.write_text("".join(line + "\n" for line in texts(60)[1:]))
        result = self.adapt("--epochs", 6, "--lr", 1e-3, "--head-lr", 5e-3, "--validation", other)
        self.assertIn("has no language-model head", result.stderr)
        rows = read_metrics(self.run_folder)
        self.assertEqual(list(rows[0]), ["epoch", "step", "learning_rate", "train_loss", "val_loss", "val_perplexity",
                                         "val_masked_accuracy"])
        self.assertEqual([row["epoch"] for row in rows], [f"{i}.0000" for i in range(1, 7)])
        self.assertLess(float(rows[-1]["val_loss"]), float(rows[0]["val_loss"]) - 0.5)
        self.assertLess(float(rows[-1]["train_loss"]), float(rows[0]["train_loss"]) - 1)
        self.assertAlmostEqual(math.log(float(rows[0]["val_perplexity"])), float(rows[0]["val_loss"]), places=4)
        header, _ = read_tensors(self.out / "model.safetensors")
        self.assertIn("distilbert.embeddings.word_embeddings.weight", header)
        self.assertIn("vocab_transform.weight", header)
        self.assertEqual(json.loads((self.out / "config.json").read_text())["architectures"], ["DistilBertForMaskedLM"])
        for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json"):
            self.assertEqual((self.out / name).read_bytes(), (ENCODER / name).read_bytes())
        self.assertEqual(sorted(path.name for path in self.run_folder.iterdir()),
                         ["checkpoints", "checkpoints.json", "last", "metrics.csv", "options.toml", "train.log"])
        for model in (self.out, self.run_folder):
            self.run_ok("embed", model, self.text, "--out", self.folder / "a.npy", "--quiet")
            self.run_ok("info", model)
        self.run_ok("quantize", self.out, self.folder / "int8")
        # The head of the folder is taken up where it was left.
        again = self.folder / "again"
        result = self.adapt("--epochs", 1, "--lr", 0, "--head-lr", 0, encoder=self.out, out=again)
        self.assertNotIn("has no language-model head", result.stderr)
        self.assertEqual(read_floats(again / "model.safetensors"), read_floats(self.out / "model.safetensors"))

    def test_its_folder_trains(self):
        self.adapt("--steps", 3)
        data = support.write_csv(self.folder / "mood.csv", [("text", "label"), *support.mood_rows(60)])
        self.run_ok("train", "--encoder", self.out, "--task", f"mood={data}", "--max-length", 16, "--epochs", 1, "--threads", 1,
                    "--out", self.folder / "run")

    def test_from_nothing(self):
        new = self.folder / "new"
        texts = self.folder / "words.txt"
        texts.write_text("".join(f"{text}\n" for text, _ in support.mood_rows(200)))
        self.run_ok("vocabulary", "--text", texts, "--pieces", 60, "--layers", 1, "--dim", 16, "--heads", 2, "--max-length", 32, "--out", new)
        words = ["adapt", new, "--text", texts, "--max-length", 32, "--threads", 1, "--lr", "3e-3", "--epochs", 3]
        self.assert_refused(support.mtnlp(*words, "--out", self.out), "has no model.safetensors")
        self.run_ok(*words, "--random-weights", "--out", self.out)
        rows = support.read_metrics(self.folder / f"{self.out.name}.run")
        self.assertLess(float(rows[-1]["val_loss"]), float(rows[0]["val_loss"]))
        data = support.write_csv(self.folder / "mood.csv", [("text", "label"), *support.mood_rows(60)])
        self.run_ok("train", "--encoder", self.out, "--task", f"mood={data}", "--max-length", 16, "--epochs", 1, "--threads", 1,
                    "--out", self.folder / "run")

    def test_two_runs_are_equal_and_seeds_differ(self):
        contents = []
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            self.adapt("--steps", 5, "--seed", seed, out=self.folder / name)
            contents.append(((self.folder / name / "model.safetensors").read_bytes(),
                             (self.folder / f"{name}.run/metrics.csv").read_bytes()))
        self.assertEqual(contents[0], contents[1])
        self.assertNotEqual(contents[0][0], contents[2][0])

    def assert_resumes_to_the_same(self, number, *options):
        options = ("--steps", 90, "--validate-every", 40, "--save-every", 15, "--lr", 1e-3, *options)
        whole = self.folder / "whole"
        self.adapt(*options, out=whole)
        process = support.start(*self.arguments(*options))
        self.addCleanup(process.kill)
        wait_for(self.run_folder / "last", process)
        process.send_signal(number)
        process.communicate()
        self.assertNotEqual(process.returncode, 0)
        self.assertFalse(self.out.exists())
        self.assertTrue((self.run_folder / "tokens").is_dir())
        result = self.run_ok("adapt", "--resume", self.run_folder)
        self.assertIn("goes on after step", result.stderr)
        for name in ("model.safetensors", "config.json", "README.md"):
            self.assertEqual((self.out / name).read_bytes(), (whole / name).read_bytes(), name)
        self.assertEqual((self.run_folder / "metrics.csv").read_bytes(),
                         (self.folder / "whole.run/metrics.csv").read_bytes())

    def test_a_run_that_was_stopped_goes_on_to_the_same_end(self):
        self.assert_resumes_to_the_same(signal.SIGTERM)

    def test_a_run_that_was_killed_goes_on_to_the_same_end(self):
        self.assert_resumes_to_the_same(signal.SIGKILL, "--grad-accumulation", 2, "--batch-size", 4)

    def test_simcse_resumes_to_the_same_end(self):
        self.assert_resumes_to_the_same(signal.SIGINT, "--objective", "simcse")

    def test_a_signal_says_where_the_run_stands(self):
        process = support.start(*self.arguments("--steps", 1000000, "--quiet"))
        self.addCleanup(process.kill)
        wait_for(self.run_folder / "tokens", process)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)
        self.assertRegex(errors, r"\Awarning: stopped by signal 15 after step [^\n]*\n\Z")

    def test_a_run_that_is_done_writes_its_folder_again(self):
        self.adapt("--steps", 3)
        before = (self.out / "model.safetensors").read_bytes()
        self.assert_refused(support.mtnlp("adapt", "--resume", self.run_folder), "out: is there already")
        shutil.rmtree(self.out)
        self.run_ok("adapt", "--resume", self.run_folder)
        self.assertEqual((self.out / "model.safetensors").read_bytes(), before)
        self.run_ok("adapt", "--resume", self.run_folder, "--out", self.folder / "other")
        self.assertEqual((self.folder / "other/model.safetensors").read_bytes(), before)

    def test_what_shapes_a_run_may_not_change(self):
        self.adapt("--steps", 3)
        shutil.rmtree(self.out)
        for option, value in (("--lr", 1), ("--seed", 7), ("--steps", 4), ("--max-length", 16), ("--text", ENCODER / "vocab.txt")):
            with self.subTest(option):
                self.assert_refused(support.mtnlp("adapt", "--resume", self.run_folder, option, value), option,
                                    "the run was started with")
        self.assert_refused(support.mtnlp("adapt", self.folder, "--resume", self.run_folder), "ENCODER")
        self.assert_refused(support.mtnlp("adapt", "--resume", self.run_folder, "--run", "x"), "--run")

    def test_reads_files_of_every_kind(self):
        lines = texts(60)
        support.write_csv(self.folder / "a.csv", [("id", "body"), *enumerate(lines[:20])])
        (self.folder / "b.jsonl").write_text("".join(json.dumps({"body": line}) + "\n" for line in lines[20:40]))
        (self.folder / "c.txt.gz").write_bytes(gzip.compress("".join(line + "\n" for line in lines[40:]).encode()))
        result = self.adapt("--text", self.folder / "b.jsonl", "--text", self.folder / "c.txt.gz", "--text-column", "body",
                            "--steps", 2, text=self.folder / "a.csv")
        self.assertIn("60 texts, 1 of them held out", result.stderr)

    def test_reads_standard_input(self):
        self.run_ok(*self.arguments("--steps", 2, text="-"), stdin=self.text.read_text())

    def test_validates_on_a_file(self):
        other = self.folder / "other.txt"
        other.write_text("good film\n")
        result = self.adapt("--steps", 2, "--validation", other, "--whole-word")
        self.assertNotIn("held out", result.stderr)
        self.assertIn("300 texts", result.stderr)

    def test_simcse_moves_texts_apart(self):
        self.adapt("--objective", "simcse", "--epochs", 3, "--lr", 1e-3)
        rows = read_metrics(self.run_folder)
        self.assertEqual(list(rows[0])[3:], ["train_loss", "val_loss", "val_accuracy"])
        self.assertLess(float(rows[-1]["train_loss"]), float(rows[0]["train_loss"]))
        header, _ = read_tensors(self.out / "model.safetensors")
        self.assertIn("embeddings.word_embeddings.weight", header)
        self.assertEqual(json.loads((self.out / "config.json").read_text())["architectures"], ["DistilBertModel"])

    def test_token_types_are_kept_less_the_first(self):
        bert = TESTS / "golden/encoders/tiny-bert"
        self.adapt("--steps", 1, encoder=bert)
        before = read_floats(bert / "model.safetensors")["embeddings.token_type_embeddings.weight"]
        after = read_floats(self.out / "model.safetensors")["bert.embeddings.token_type_embeddings.weight"]
        dim = len(before) // 2
        self.assertEqual(list(after[:dim]), [0] * dim)
        for new, first, second in zip(after[dim:], before, before[dim:]):
            self.assertAlmostEqual(new, second - first, delta=1e-6)

    def test_texts_that_give_nothing_to_learn(self):
        for name, content, parts in (("empty", "", ["holds no text to learn from"]),
                                     ("blank", "\n  \n\n", ["holds no text to learn from"]),
                                     ("unknown", "\u65e5 \u672c\n" * 5, ["does not know a single word"]),
                                     ("one", "good film\n", ["only one text", "--validation"]),
                                     ("same", "good film\n" * 9, ["only one text"])):
            with self.subTest(name):
                file = self.folder / f"{name}.txt"
                file.write_text(content)
                result = support.mtnlp(*self.arguments("--quiet", text=file))
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stdout, "")
                for part in (file.name, *parts):
                    self.assertIn(part, result.stderr.splitlines()[-1])
                self.assert_nothing_written()

    def test_texts_that_cannot_be_read(self):
        self.refuse("gone.txt", "no such file", text=self.folder / "gone.txt")
        self.refuse(str(self.folder), text=self.folder)
        rows = support.write_csv(self.folder / "a.csv", [("body",), *[(line,) for line in texts(20)]])
        self.refuse("a.csv", "text", "body", text=rows)
        (self.folder / "b.jsonl").write_text('{"text": "good"}\n{"text": 3}\n')
        self.refuse("b.jsonl:2", text=self.folder / "b.jsonl")
        self.refuse("gone.txt", options=("--validation", self.folder / "gone.txt"))
        self.assert_nothing_written()

    def test_encoders_that_cannot_be_adapted(self):
        self.refuse("no such encoder folder", encoder=self.folder / "gone")
        self.refuse("texts.txt: is a file", encoder=self.text)
        no_mask = self.lay_out("no-mask")
        for file in ("vocab.txt", "tokenizer_config.json"):
            (no_mask / file).unlink()
        (no_mask / "tokenizer.json").write_text((ENCODER / "tokenizer.json").read_text().replace("[MASK]", "hidden"))
        self.refuse("no-mask: its vocabulary has no mask token", encoder=no_mask)
        self.adapt("--objective", "simcse", "--steps", 1, encoder=no_mask, out=self.folder / "needs-no-mask")
        untied = self.lay_out("untied")
        config = json.loads((untied / "config.json").read_text())
        (untied / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": False}))
        self.refuse("tie_word_embeddings", encoder=untied)
        data = support.write_csv(self.folder / "mood.csv", [("text", "label"), *support.mood_rows(60)])
        support.train(data, self.folder / "run")
        self.refuse("is a checkpoint", encoder=self.folder / "run/best")
        self.run_ok("quantize", ENCODER, self.folder / "int8")
        self.refuse("8 bits", encoder=self.folder / "int8")
        self.assert_nothing_written()

    def test_places_that_are_taken(self):
        self.out.mkdir()
        self.refuse("out: is there already")
        self.out.rmdir()
        self.run_folder.mkdir()
        (self.run_folder / "thing").write_text("mine")
        self.refuse("out.run", "exists already", "--overwrite")
        self.refuse("thing", options=("--overwrite",))
        self.assertEqual((self.run_folder / "thing").read_text(), "mine")
        self.adapt("--steps", 1, "--run", self.folder / "elsewhere")
        self.assertTrue((self.folder / "elsewhere/metrics.csv").exists())
        shutil.rmtree(self.out)
        self.adapt("--steps", 1, "--run", self.folder / "elsewhere", "--overwrite")

    def test_options_that_are_wrong(self):
        self.refuse("--max-length", options=("--max-length", 4))
        self.refuse("--max-length is 65", "2 to 64", options=("--max-length", 65))
        self.refuse("--steps", options=("--steps", 0))
        self.refuse("--steps", "--epochs", options=("--steps", 1, "--epochs", 2))
        self.refuse("--objective", "mlm, simcse", options=("--objective", "mlmm"))
        for option in (["--whole-word"], ["--head-lr", 1e-3]):
            self.refuse(option[0], "--objective mlm", options=("--objective", "simcse", *option))
        self.refuse("unexpected argument", options=(self.text,))
        self.assert_refused(support.mtnlp("adapt", ENCODER, "--out", self.out), "--text is missing")
        self.assert_refused(support.mtnlp("adapt", "--text", self.text, "--out", self.out), "ENCODER is missing")
        self.assert_refused(support.mtnlp("adapt", ENCODER, "--text", self.text), "--out is missing")
        self.assert_refused(support.mtnlp("adapt", "--resume", self.folder), "not a run folder")
        self.assert_nothing_written()

    def peak_memory(self, lines):
        """In MB, of a step on so many lines."""
        with open(self.text, "w", encoding="ascii") as file:
            file.writelines(f"good film number {i} in the game\n" for i in range(lines))
        out = self.folder / str(lines)
        process = subprocess.Popen([support.MTNLP, *map(str, self.arguments("--steps", 1, "--quiet", out=out))],
                                   env=support.QUIET_THREADS)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0)
        return usage.ru_maxrss / 1024

    def test_memory_does_not_grow_with_the_texts(self):
        few, many = self.peak_memory(30_000), self.peak_memory(600_000)
        self.assertLess(many - few, 20, f"{few:.0f} MB for 30,000 lines, {many:.0f} MB for 600,000")

    def test_damage_is_found_when_a_run_goes_on(self):
        process = support.start(*self.arguments("--steps", 1000000, "--save-every", 3))
        self.addCleanup(process.kill)
        wait_for(self.run_folder / "last", process)
        process.send_signal(signal.SIGTERM)
        process.communicate()
        tokens = self.run_folder / "tokens/training.ids"
        content = tokens.read_bytes()
        tokens.write_bytes(content[:4] + b"\x09" + content[5:])
        self.assert_refused(support.mtnlp("adapt", "--resume", self.run_folder, "--quiet"), "training.ids", "changed")
        tokens.write_bytes(content)
        weights = (self.run_folder / "last").resolve() / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-1] + b"\x00\x00")
        self.assert_refused(support.mtnlp("adapt", "--resume", self.run_folder, "--quiet"), "model.safetensors", "checksum")


if __name__ == "__main__":
    unittest.main()
