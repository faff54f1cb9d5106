"""Long texts: --window from the file to the answer, in every verb."""

import csv
import io
import json
import pathlib
import shutil
import tempfile
import unittest

from support import ENCODER, CliTest, defaults, mtnlp, read_floats, write_csv


def rows(count):
    """Only the end of a text tells its label, behind more words than a sequence holds; a text in six is short."""
    table = []
    for i in range(count):
        up = (i * 7 + i // 5) % 2 == 0
        filler = " ".join(f"{'the a of and to'.split()[(i + j) % 5]}" for j in range(30 if i % 6 else 2))
        table.append((f"{i} {filler} {'good fine happy' if up else 'bad poor sad'}", "up" if up else "down"))
    return table


def training(data, out, *options):
    usual = defaults(options, {"--encoder": ENCODER, "--epochs": 6, "--threads": 1, "--max-length": 16, "--lr": "2e-3", "--head-lr": "1e-2"})
    return ["train", "--task", f"mood={data}", *usual, "--out", out, *options]


class WindowTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.data = write_csv(cls.home / "long.csv", [("text", "label"), *rows(240)])
        cls.run_folder = cls.home / "run"
        result = mtnlp(*training(cls.data, cls.run_folder, "--window", 8))
        assert result.returncode == 0, result.stderr
        cls.log = result.stderr

    def accuracy(self, run):
        return json.loads((run / "test.json").read_text())["tasks"]["mood"]["accuracy"]

    def probabilities(self, model, data, *options):
        out = self.run_ok("predict", model, data, "--quiet", "--threads", 1, *options).stdout
        return [float(row["mood.probability.up"]) for row in csv.DictReader(io.StringIO(out, newline=""))]

    def test_windows_read_what_a_cut_loses(self):
        self.assertEqual(self.accuracy(self.run_folder), 1)
        result = self.run_ok(*training(self.data, self.folder / "cut"))
        self.assertIn("--max-length 16 cuts 200 of 240 texts", result.stderr)
        self.assertLess(self.accuracy(self.folder / "cut"), 0.9)
        self.assertNotIn("cut", self.log)

    def test_the_checkpoint_has_them(self):
        tasks = json.loads((self.run_folder / "best/tasks.json").read_text())
        self.assertEqual((tasks["format_version"], tasks["windows"]), (7, {"stride": 8, "most": 16}))
        self.assertEqual(json.loads(self.run_ok("info", self.run_folder, "--json", "-").stdout)["windows"], {"stride": 8, "most": 16})
        self.assertIn("16 at most, each 8 tokens after the one before", self.run_ok("info", self.run_folder).stdout)
        self.assertIn("read in windows of that length", (self.run_folder / "best/README.md").read_text())

    def test_logits_are_the_mean_of_those_of_the_windows(self):
        text = rows(8)[1][0]
        line = self.run_ok("tokenize", self.run_folder, "-", stdin=text + "\n").stdout.split()
        windows = [line[at:at + 16] for at in range(0, len(line), 16)]
        self.assertGreater(len(windows), 2)
        self.assertEqual({(window[0], window[-1]) for window in windows}, {(line[0], line[-1])})
        self.assertEqual([window[9:-1] for window in windows[:-1]], [window[1:7] for window in windows[1:]])
        whole = self.folder / "whole.csv"
        self.run_ok("embed", self.run_folder, "-", "--out", whole, "--precision", "fp32", stdin=text + "\n")
        embedding = [float(cell) for cell in whole.read_text().split(",")]
        heads = read_floats(self.run_folder / "best/heads.safetensors")
        weight, bias = heads["mood.weight"], heads["mood.bias"]
        labels = json.loads((self.run_folder / "best/tasks.json").read_text())["tasks"][0]["labels"]
        logits = [bias[c] + sum(w * x for w, x in zip(weight[c * len(embedding):], embedding)) for c in range(len(labels))]
        out = self.run_ok("predict", self.run_folder, "-", stdin=text + "\n", *["--quiet"]).stdout
        self.assertEqual(next(csv.DictReader(io.StringIO(out)))["mood"], labels[logits.index(max(logits))])

    def test_eval_scores_as_training_did_and_quantize_keeps_them(self):
        scores = json.loads(self.run_ok("eval", self.run_folder, "--json", "-").stdout)
        self.assertEqual(scores["tasks"]["mood"]["accuracy"], 1)
        self.run_ok("quantize", self.run_folder, self.folder / "int8")
        exact = self.probabilities(self.run_folder, self.data, "--all-probabilities", "--precision", "fp32")
        rounded = self.probabilities(self.folder / "int8", self.data, "--all-probabilities")
        self.assertEqual(sum((a > 0.5) == (b > 0.5) for a, b in zip(exact, rounded)), 240)

    def test_a_resumed_run_ends_with_the_same_bytes(self):
        out = self.home / "resumed"  # beside the other: the model card names the data relative to it
        self.run_ok(*training(self.data, out, "--window", 8, "--stop-after", 2))
        self.assert_refused(mtnlp("train", "--resume", out, "--window", 4), "--window")
        self.run_ok("train", "--resume", out)
        for name in ("metrics.csv", "test.json", "best/tasks.json", "best/heads.safetensors", "best/model.safetensors"):
            self.assertEqual((self.run_folder / name).read_bytes(), (out / name).read_bytes(), name)

    def test_frozen_stages_and_micro_batches_change_nothing(self):
        for freeze in ("layers:1", "backbone"):
            for cache in (0, 256):
                self.run_ok(*training(self.data, self.folder / f"{freeze}{cache}", "--window", 8, "--freeze", freeze, "--epochs", 1, "--cache-mb", cache))
            self.assertEqual(*((self.folder / f"{freeze}{cache}/metrics.csv").read_bytes() for cache in (0, 256)), freeze)

    def test_init_takes_them_over(self):
        self.run_ok("train", "--init", self.run_folder, "--task", f"mood={self.data}", "--epochs", 1, "--threads", 1, "--out", self.folder / "more")
        tasks = json.loads((self.folder / "more/best/tasks.json").read_text())
        self.assertEqual((tasks["max_length"], tasks["windows"]), (16, {"stride": 8, "most": 16}))

    def test_what_is_still_too_long_is_counted(self):
        result = self.run_ok(*training(self.data, self.folder / "few", "--window", 8, "--max-windows", 2, "--epochs", 1))
        self.assertIn("--max-windows 2 of 16 tokens cut 200 of 240 texts", result.stderr)
        few = write_csv(self.folder / "few.csv", [("text", "label"), *rows(5)[:3]])
        for verb in (["predict", self.folder / "few", few], ["embed", self.folder / "few", few, "--out", self.folder / "e.csv"],
                     ["eval", self.folder / "few", "--task", f"mood={few}"]):
            self.assertIn("2 of 3 texts were cut to 2 windows of 16 tokens", self.run_ok(*verb).stderr, verb[0])

    def test_data_check_counts_what_windows_leave_out(self):
        def check(*options):
            result = self.run_ok("data", "check", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, *options)
            told = json.loads(self.run_ok("data", "check", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, *options,
                                          "--json", "-", "--quiet").stdout)
            return result, told["lengths"]["cut"]
        self.assertEqual(check()[1], 200)
        result, cut = check("--window", 8, "--max-windows", 2)
        self.assertEqual(cut, 200)
        self.assertRegex(result.stdout, r"(?m)^  cut by --max-windows 2 of 16 tokens +200 +83\.3 %$")
        self.assertIn("--max-windows 2 of 16 tokens cut 200 of 240 texts", result.stderr)
        self.assertEqual(check("--window", 8)[1], 0)
        self.assert_refused(mtnlp("data", "check", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--window", 15),
                            "is 15", "1 to 14")
        self.assert_refused(mtnlp("data", "check", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 999), "--max-length is 999")

    def test_slices_go_by_the_length_of_the_whole_text(self):
        told = json.loads(self.run_ok("eval", self.run_folder, "--task", f"mood={self.data}", "--slices", "--json", "-", "--threads", 1).stdout)
        names = [part["name"] for part in told["tasks"]["mood"]["slices"] if part["by"] == "length"]
        longest = json.loads(self.run_ok("data", "check", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 64, "--json", "-",
                                         "--quiet").stdout)
        self.assertIn(str(longest["lengths"]["longest"]), names[-1])

    def test_few_cut_texts_are_told_without_a_warning(self):
        few = write_csv(self.folder / "few.csv", [("text", "label"), *[row for row in rows(240) if len(row[0]) < 40][:20], rows(2)[1]])
        run = self.folder / "cut"
        self.assertIn("1 of 21 texts were cut to 16 tokens", self.run_ok(*training(few, run, "--epochs", 1)).stderr)
        for verb in (["predict", run, few], ["embed", run, few, "--out", self.folder / "e.csv"], ["eval", run, "--task", f"mood={few}"]):
            log = self.run_ok(*verb).stderr
            self.assertIn("1 of 21 texts were cut to 16 tokens", log, verb[0])
            self.assertNotIn("warning", log, verb[0])

    def test_bad_values(self):
        out = self.folder / "bad"
        self.assert_refused(mtnlp(*training(self.data, out, "--window", 15)), "is 15", "1 to 14")
        self.assert_refused(mtnlp(*training(self.data, out, "--window", "-1")), "--window")
        self.assert_refused(mtnlp(*training(self.data, out, "--window", 8, "--max-windows", 0)), "--max-windows")
        self.assert_refused(mtnlp(*training(self.data, out, "--window", 8, "--pair-column", "label", "--text-column", "text")), "--window", "--pair-column")
        self.assertFalse(out.exists())


if __name__ == "__main__":
    unittest.main()
