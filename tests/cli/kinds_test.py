"""Tasks of several labels a row and of numbers, from the file to the answer."""

import csv
import io
import json
import math
import pathlib
import re
import shutil
import tempfile
import unittest

from support import ENCODER, CliTest, mtnlp, read_metrics, write_csv

WORDS = {"happy": "good fine happy", "poor": "bad poor sad", "many": "number one two three"}


def rows(count):
    """Texts whose words say which labels they have, and how many."""
    table = []
    for i in range(count):
        own = [label for place, label in enumerate(WORDS) if (i * 7 + i // 5) >> place & 1]
        text = " ".join([*(WORDS[label] for label in own), chr(97 + i % 26), str(i)])
        table.append((text, own, 10 + 5 * len(own)))
    return table


def write_rows(folder, count=300):
    """The same rows with labels in a cell, in columns, and as JSON."""
    table = rows(count)
    write_csv(folder / "cells.csv", [("text", "tags", "size", "mood"), *((text, ";".join(own), size, "up" if "happy" in own else "down")
                                                                 for text, own, size in table)])
    write_csv(folder / "columns.csv", [("text", *WORDS), *((text, *(int(label in own) for label in WORDS)) for text, own, _ in table)])
    (folder / "rows.jsonl").write_text("".join(json.dumps({"text": text, "tags": own, "size": size}) + "\n" for text, own, size in table))


def training(folder, out, *options):
    """Of a run of three kinds at once on cells.csv."""
    cells = folder / "cells.csv"
    return ["train", "--encoder", ENCODER, "--task", f"tags={cells}:multilabel", "--task", f"size={cells}:regression", "--task",
            f"mood={cells}", "--label-separator", ";", "--empty-is", "none", "--max-length", 24, "--epochs", 8, "--lr", "1e-3",
            "--head-lr", "1e-2", "--threads", 1, "--out", out, *options]


class KindsTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        write_rows(cls.home)
        cls.run_folder = cls.home / "run"
        result = mtnlp(*training(cls.home, cls.run_folder))
        assert result.returncode == 0, result.stderr
        cls.log, cls.printed = result.stderr, result.stdout

    def tasks(self, run=None):
        content = json.loads(((run or self.run_folder) / "best/tasks.json").read_text())
        return {task["name"]: task for task in content["tasks"]}, content["format_version"]

    def test_a_run_of_all_kinds_learns_and_stores_what_its_answers_need(self):
        tasks, version = self.tasks()
        self.assertEqual(version, 5)
        self.assertEqual(tasks["tags"]["kind"], "multilabel")
        self.assertEqual(tasks["tags"]["labels"], ["happy", "many", "poor"])
        self.assertEqual(len(tasks["tags"]["thresholds"]), 3)
        with open(self.run_folder / "split.csv", encoding="utf-8", newline="") as file:
            training = [int(row["row"]) for row in csv.DictReader(file) if row["part"] == "train"]
        sizes = [rows(300)[i][2] for i in training]
        mean = sum(sizes) / len(sizes)
        self.assertAlmostEqual(tasks["size"]["scale"]["mean"], mean, 9)
        self.assertAlmostEqual(tasks["size"]["scale"]["deviation"] ** 2, sum((size - mean) ** 2 for size in sizes) / len(sizes), 9)
        test = json.loads((self.run_folder / "test.json").read_text())["tasks"]
        self.assertGreater(test["tags"]["micro_f1"], 0.8)
        self.assertGreater(test["size"]["r2"], 0.3)
        self.assertIn("sample_f1_ci95", test["tags"])
        self.assertRegex(self.log, r"task tags: thresholds from 0\.\d+ to 0\.\d+ \(f1\), validation macro-F1")
        self.assertIn("tags sample-F1", self.printed)
        columns = read_metrics(self.run_folder)[0]
        for column in ("tags.val_average_precision", "tags.val_micro_f1", "size.val_r2", "size.val_spearman", "mood.val_macro_f1"):
            self.assertIn(column, columns)

    def test_eval_repeats_test_json_and_reads_other_files(self):
        told = json.loads(self.run_ok("eval", self.run_folder, "--json", "-", "--threads", 1).stdout)
        self.assertEqual(told, json.loads((self.run_folder / "test.json").read_text()))
        columns = [option for label in WORDS for option in ("--label-column", f"tags={label}")]
        of_columns = json.loads(self.run_ok("eval", self.run_folder, "--task", f"tags={self.home / 'columns.csv'}", *columns, "--json",
                                            "-").stdout)["tasks"]["tags"]
        of_cells = json.loads(self.run_ok("eval", self.run_folder, "--task", f"tags={self.home / 'cells.csv'}", "--label-separator", ";",
                                          "--empty-is", "none", "--json", "-").stdout)["tasks"]["tags"]
        self.assertEqual(of_columns, of_cells)
        self.assertEqual(of_cells["rows"], 300)
        labelled = json.loads(self.run_ok("eval", self.run_folder, "--task", f"tags={self.home / 'rows.jsonl'}", "--json", "-").stdout)
        self.assertEqual(labelled["tasks"]["tags"]["rows"], sum(1 for _, own, _ in rows(300) if own))

    def test_predict_writes_lists_and_numbers(self):
        table = self.run_ok("predict", self.run_folder, self.home / "cells.csv", "--keep-columns", "text", "--label-separator", ";",
                            "--threads", 1, "--all-probabilities").stdout
        answers = list(csv.DictReader(io.StringIO(table)))
        right = sum(answer["tags"].split(";") == sorted(own) for answer, (_, own, _) in zip(answers, rows(300)) if own)
        self.assertGreater(right, 150)
        thresholds = dict(zip(sorted(WORDS), self.tasks()[0]["tags"]["thresholds"]))
        for answer in answers:
            given = [label for label in sorted(WORDS) if float(answer[f"tags.probability.{label}"]) >= thresholds[label]]
            self.assertEqual(answer["tags"], ";".join(given))
            self.assertNotIn("size.probability", answer)
            self.assertTrue(5 < float(answer["size"]) < 30)
        lines = self.run_ok("predict", self.run_folder, "--out-format", "jsonl", "--threads", 1, "--all-probabilities",
                            stdin="bad poor sad\nx\n").stdout.splitlines()
        first = json.loads(lines[0])
        self.assertIsInstance(first["tags"], list)
        self.assertEqual(len(first["tags"]), len(first["tags.probability"]))
        self.assertEqual(set(first["tags.probabilities"]), set(WORDS))
        self.assertIsInstance(first["size"], float)
        self.assertNotIn("size.probabilities", first)
        raw = self.run_ok("predict", self.run_folder, self.home / "cells.csv", "--keep-columns", "text", "--raw", "--threads", 1,
                          "--all-probabilities").stdout
        for answer in csv.DictReader(io.StringIO(raw)):
            given = [label for label in sorted(WORDS) if float(answer[f"tags.probability.{label}"]) >= 0.5]
            self.assertEqual(answer["tags"], "|".join(given))

    def test_several_labels_are_calibrated_by_one_temperature(self):
        out = self.folder / "calibrated"
        write_rows(self.folder, 420)
        log = self.run_ok(*training(self.folder, out)).stderr
        temperature = float(re.search(r"task tags: probabilities calibrated by the temperature ([\d.]+), validation loss", log)[1])
        self.assertAlmostEqual(self.tasks(out)[0]["tags"]["temperature"], temperature, 4)
        result = self.run_ok("eval", out, "--part", "validation", "--json", self.folder / "v.json")
        told = json.loads((self.folder / "v.json").read_text())["tasks"]["tags"]
        raw, decided = told["calibration"]["raw"], told["calibration"]["decided"]
        self.assertAlmostEqual(raw["loss"], told["loss"])
        self.assertLess(decided["loss"], raw["loss"])
        self.assertRegex(result.stdout, rf"  tags with the temperature {temperature:.4f}: loss {decided['loss']:.4f} \(raw {raw['loss']:.4f}\), Brier score")
        def predict(*options):
            text = self.run_ok("predict", out, self.folder / "cells.csv", "--keep-columns", "text", "--threads", 1, "--all-probabilities", *options).stdout
            return [[float(row[f"tags.probability.{label}"]) for label in sorted(WORDS)] for row in csv.DictReader(io.StringIO(text))]
        compared = [(p, q) for raw_row, row in zip(predict("--raw"), predict()) for p, q in zip(raw_row, row) if 1e-4 < q < 1 - 1e-4]
        self.assertGreater(len(compared), 10)
        for p, q in compared:
            self.assertAlmostEqual(math.log(p / (1 - p)) / temperature, math.log(q / (1 - q)), delta=0.01)
        self.run_ok(*training(self.folder, self.folder / "plain", "--calibrate", "none"))
        self.assertNotIn("temperature", self.tasks(self.folder / "plain")[0]["tags"])
        answers = [self.run_ok("predict", run, self.folder / "cells.csv", "--keep-columns", "text", "--threads", 1).stdout for run in (out, self.folder / "plain")]
        labels = [[row["tags"] for row in csv.DictReader(io.StringIO(text))] for text in answers]
        self.assertEqual(labels[0], labels[1])  # thresholds are fitted behind the temperature

    def test_soft_labels_teach_every_kind(self):
        soft = self.folder / "soft.csv"
        self.run_ok("predict", self.run_folder, self.home / "cells.csv", "--keep-columns", "text", "--raw", "--all-probabilities", "--out", soft)
        jsonl = self.folder / "soft.jsonl"
        self.run_ok("predict", self.run_folder, self.home / "cells.csv", "--keep-columns", "text", "--raw", "--all-probabilities", "--out", jsonl)
        runs = []
        for file in (soft, jsonl):
            out = self.folder / file.suffix[1:]
            options = [word for task in ("tags", "size", "mood") for word in ("--soft", f"{task}={file}")]
            log = self.run_ok(*training(self.home, out, *options, "--soft-temperature", 2)).stderr
            for task in ("tags", "size", "mood"):
                self.assertIn(f"task {task}: 300 texts with soft labels", log)
            runs.append((out / "metrics.csv").read_bytes())
        self.assertEqual(*runs)
        for name, header, row, parts in (
                ("size", ("text", "size"), ("x", "many"), ["bad.csv:2", '"many"', "not a finite number"]),
                ("size", ("text", "size"), ("x", "1e39"), ["bad.csv:2", "1e39", "at most 3.40282e+38"]),
                ("size", ("text", "other"), ("x", 1), ["bad.csv", "size"]),
                ("tags", ("text", *(f"tags.probability.{label}" for label in WORDS)), ("x", 0.5, 1.5, 1), ["bad.csv:2", "1.5", "0 to 1"])):
            with self.subTest(row):
                bad = write_csv(self.folder / "bad.csv", [header, row])
                self.assert_refused(mtnlp(*training(self.home, self.folder / "refused", "--soft", f"{name}={bad}", "--quiet")), *parts)

    def test_large_numbers_keep_their_digits(self):
        data = write_csv(self.folder / "dates.csv", [("text", "date"), *((f"day {i % 7} of {i}", 1_700_000_000 + i) for i in range(80))])
        task, run, answers = f"date={data}", self.folder / "dates", self.folder / "answers.csv"
        self.run_ok("train", "--encoder", ENCODER, "--task", task + ":regression", "--max-length", 16, "--epochs", 1, "--threads", 1, "--out", run)
        self.run_ok("predict", run, data, "--keep-columns", "text", "--precision", "fp32", "--threads", 1, "--out", answers)
        with open(answers, encoding="utf-8", newline="") as file:
            self.assertGreater(len({row["date"] for row in csv.DictReader(file)}), 20)
        figures = self.folder / "figures.json"
        self.run_ok("compare", run, "--predictions", answers, "--task", task, "--threads", 1, "--json", figures)
        rmse = json.loads(figures.read_text())["tasks"]["date"]["figures"]["rmse"]
        self.assertAlmostEqual(rmse["difference"], 0, places=3)

    def test_a_resumed_run_ends_with_the_same_bytes(self):
        out = self.home / "resumed"
        self.run_ok(*training(self.home, out, "--stop-after", 2))
        self.run_ok("train", "--resume", out)
        for name in ("metrics.csv", "test.json", "split.csv", "best/tasks.json", "best/heads.safetensors", "best/model.safetensors"):
            self.assertEqual((self.run_folder / name).read_bytes(), (out / name).read_bytes(), name)

    def test_every_other_verb_takes_the_model(self):
        self.run_ok("embed", self.run_folder, "--out", self.folder / "e.npy", stdin="a\nb\n")
        self.run_ok("quantize", self.run_folder, self.folder / "small")
        line = self.run_ok("predict", self.folder / "small", "--out-format", "jsonl", stdin=rows(300)[1][0] + "\n").stdout
        self.assertIn("happy", json.loads(line)["tags"])
        info = self.run_ok("info", self.run_folder).stdout
        for part in ("tags: happy, many, poor", "size: regression", "thresholds [", "scale", "deviation"):
            self.assertIn(part, info)
        told = json.loads(self.run_ok("info", self.run_folder, "--json", "-").stdout)
        self.assertEqual(told["scales"]["size"], self.tasks()[0]["size"]["scale"])
        self.assertEqual(told["decisions"]["tags"]["thresholds"], self.tasks()[0]["tags"]["thresholds"])
        card = (self.run_folder / "best/README.md").read_text()
        self.assertIn('task["scale"]["deviation"]', card)
        with open(self.run_folder / "split.csv", encoding="utf-8", newline="") as file:
            training = [rows(300)[int(row["row"])][1] for row in csv.DictReader(file) if row["part"] == "train"]
        counts = ", ".join(f"{label} {sum(label in own for own in training)}" for label in sorted(WORDS))
        self.assertRegex(card, rf"\| tags \| {len(training)} \| \d+ \| \d+ \| {counts} \|")
        compiled = card.split("```python\n")[1].split("```")[0]
        compile(compiled, "README.md", "exec")

    def test_a_report_of_all_kinds(self):
        page, told = self.folder / "report.html", self.folder / "report.json"
        self.run_ok("report", self.run_folder, self.run_folder / "last", "--out", page, "--json", told, "--threads", 2)
        figures = {task: re.search(rf"<caption>Figures of {task}</caption>.*?</table>", page.read_text(encoding="utf-8"), re.S)[0]
                   for task in ("mood", "size")}
        self.assertIn(">loss<", figures["mood"])
        self.assertNotIn(">loss<", figures["size"])  # each run has a unit of its own
        self.assertIn("root mean squared error", figures["size"])
        tags = json.loads(told.read_text())["runs"][0]["tasks"]["tags"]
        self.assertEqual(len(tags["for_accuracies"]), 3)
        self.assertEqual(tags["coverage_curve"][-1]["accuracy"], tags["exact_match"])
        bound = tags["for_accuracies"][0]
        of_eval = json.loads(self.run_ok("eval", self.run_folder, "--for-accuracy", 0.9, "--json", "-").stdout)["tasks"]["tags"]
        self.assertEqual(bound, of_eval["for_accuracy"])

    def test_without_a_row_with_a_label_average_precision_is_not_known(self):
        given = write_csv(self.folder / "given.csv", [("text", "tags"), *((f"nothing {i}", "") for i in range(6))])
        out, page = self.folder / "run", self.folder / "report.html"
        self.run_ok("train", "--encoder", ENCODER, "--task", f"tags={self.home / 'cells.csv'}:multilabel", "--label-separator", ";", "--empty-is", "none",
                    "--validation", f"tags={given}", "--test", f"tags={given}", "--max-length", 24, "--epochs", 2, "--threads", 1, "--out", out)
        self.assertEqual([row["tags.val_average_precision"] for row in read_metrics(out)], ["nan", "nan"])
        self.assertNotIn("average_precision", json.loads((out / "test.json").read_text())["tasks"]["tags"])
        self.run_ok("report", out, "--out", page)
        self.assertNotRegex(page.read_text(encoding="utf-8").split("</style>")[1], r"\bnan\b")

    def test_errors_and_labels_are_spelled_alike(self):
        out = self.folder / "errors.csv"
        self.run_ok("eval", self.run_folder, "--task", f"tags={self.home / 'cells.csv'}", "--label-separator", ";", "--empty-is", "none", "--errors", out)
        with open(out, encoding="utf-8", newline="") as file:
            errors = list(csv.DictReader(file))
        self.assertGreater(len(errors), 0)
        for row in errors:
            for spelling in (row["label"], row["predicted"]):
                self.assertTrue(spelling == "(no label)" or set(spelling.split("|")) <= set(WORDS), spelling)

    def test_a_confidence_is_not_for_several_labels(self):
        result = self.run_ok("predict", self.run_folder, "--min-confidence", 0.999, stdin="good fine happy\n")
        self.assertIn('warning: --min-confidence is for one label of several; all answers are written of "tags", "size"', result.stderr)

    def test_compare_takes_models_and_files(self):
        told = json.loads(self.run_ok("compare", self.run_folder, self.run_folder, "--json", "-", "--threads", 1).stdout)
        for task in ("tags", "size", "mood"):
            self.assertEqual(told["tasks"][task]["won"] + told["tasks"][task]["lost"], 0)
        self.assertEqual(told["tasks"]["size"]["figures"]["mae"]["difference"], 0)
        self.assertNotIn("loss", told["tasks"]["size"]["figures"])
        answers = write_csv(self.folder / "answers.csv", [("text", "tags", "size"), *((text, ";".join(own), size + 1) for text, own, size in rows(300))])
        gold = self.home / "cells.csv"
        options = ("--task", f"tags={gold}", "--task", f"size={gold}", "--label-separator", ";", "--empty-is", "none", "--json", "-")
        told = json.loads(self.run_ok("compare", self.run_folder, "--predictions", answers, *options).stdout)["tasks"]
        self.assertEqual(told["tags"]["figures"]["exact_match"]["b"], 1)
        self.assertAlmostEqual(told["size"]["figures"]["mae"]["b"], 1)
        answers = write_csv(self.folder / "wrong.csv", [("text", "size"), *((text, "many") for text, _, _ in rows(300))])
        result = mtnlp("compare", self.run_folder, "--predictions", answers, "--task", f"size={gold}", "--json", "-")
        self.assertEqual(result.returncode, 2)
        self.assertIn("wrong.csv:2: the answer \"many\" is not a finite number", result.stderr)

    def test_init_and_freeze_keep_thresholds_and_scale(self):
        write_csv(self.folder / "more.csv", [("text", "tags", "size"), *((text + " more", "|".join(own), 3 * size) for text, own, size in rows(120) if own)])
        more = self.folder / "more.csv"
        for freeze in ("all", "backbone"):
            out = self.folder / freeze
            kinds = (":multilabel", ":regression") if freeze == "all" else ("", "")  # the checkpoint knows them
            self.run_ok("train", "--init", self.run_folder, "--task", f"tags={more}{kinds[0]}", "--task", f"size={more}{kinds[1]}",
                        "--freeze", freeze, "--epochs", 1, "--threads", 1, "--out", out)
            before, after = self.tasks()[0], self.tasks(out)[0]
            self.assertEqual(after["size"]["scale"], before["size"]["scale"])
            (self.assertEqual if freeze == "all" else self.assertNotEqual)(after["tags"]["thresholds"], before["tags"]["thresholds"])

    def test_data_check_and_split_know_the_kinds(self):
        cells, reading = self.home / "cells.csv", ("--label-separator", ";", "--empty-is", "none")
        told = json.loads(self.run_ok("data", "check", "--task", f"tags={cells}:multilabel", "--task", f"size={cells}:regression", *reading,
                                      "--encoder", ENCODER, "--max-length", 24, "--json", "-").stdout)["tasks"]
        self.assertEqual(set(told["tags"]["rows"]["train"]), set(WORDS))
        for label in WORDS:
            parts = [told["tags"]["rows"][part][label] for part in ("train", "validation", "test")]
            self.assertEqual(sum(parts), sum(label in own for _, own, _ in rows(300)))
            self.assertTrue(abs(parts[0] / sum(parts) - 0.7) < 0.03)
        self.assertEqual(sum(told["size"]["rows"]["test"].values()), 45)
        command = self.run_ok("data", "split", "--task", f"tags={cells}:multilabel", *reading, "--out", self.folder / "parts").stdout
        self.assertIn(":multilabel", command)
        self.assertIn("--label-separator ';' --empty-is none", command)

    def test_a_wrong_cell_is_named(self):
        def check(name, content, kind, *options):
            (self.folder / name).write_text(content, encoding="utf-8")
            return mtnlp("data", "check", "--encoder", ENCODER, "--task", f"t={self.folder / name}:{kind}", *options)
        self.assert_refused(check("a.csv", "text,label\nx,3\ny,four\n", "regression"), "a.csv:3: the value \"four\"", "not a finite number")
        self.assert_refused(check("a.jsonl", '{"text":"x","t":["a",3]}\n', "multilabel", "--label-column", "t=t"), "a.jsonl:1:", "holds 3")
        self.assert_refused(check("b.csv", "text,a,b\nx,0,1\ny,1,yes\n", "multilabel", "--label-column", "t=a", "--label-column", "t=b"),
                            "b.csv:3: the column \"b\"", "\"yes\", not 0 or 1")
        self.assert_refused(check("c.csv", "text,a,b\nx,0,1\n", "regression", "--label-column", "t=a", "--label-column", "t=b"),
                            "one column")
        self.assert_refused(check("d.csv", "text,label\nx,a\n", "multilabels"), "d.csv:multilabels: ", "valid are: multilabel, regression", "did you mean")

    def test_options_have_ranges(self):
        for option, value in (("--label-separator", ""), ("--label-separator", " "), ("--label-separator", "x" * 17), ("--empty-is", "zero"),
                              ("--positive-weights", "sqrt"), ("--label-threshold", "precision:0"), ("--label-threshold", "recall:1"),
                              ("--number-loss", "mae")):
            self.assert_refused(mtnlp("train", option, value, "--dry-run"), option)
        cells = self.home / "cells.csv"
        self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--task", f"tags={cells}:multilabel", "--label-separator", ";",
                                  "--class-weights", "tags=balanced", "--max-length", 24, "--dry-run", "--quiet"), "--class-weights: the task \"tags\"", "--positive-weights")
        only = self.folder / "only"
        self.run_ok("train", "--encoder", ENCODER, "--task", f"size={cells}:regression", "--number-loss", "huber", "--epochs", 1, "--threads", 1,
                    "--max-length", 24, "--out", only)
        self.assert_refused(mtnlp("eval", only, "--for-accuracy", 0.9), "--for-accuracy")

    def test_the_options_of_the_kinds_have_their_effect(self):
        out = self.folder / "other"
        log = self.run_ok(*training(self.home, out, "--positive-weights", "balanced", "--label-threshold", "precision:0.95", "--number-loss", "huber")).stderr
        self.assertNotEqual((out / "metrics.csv").read_bytes(), (self.run_folder / "metrics.csv").read_bytes())
        validation = json.loads(self.run_ok("eval", out, "--part", "validation", "--json", "-").stdout)["tasks"]["tags"]["per_class"]
        self.assertIn("(precision:0.95)", log)
        self.assertNotIn("task tags: probabilities calibrated", log)  # fewer than 50 validation rows
        for label in validation:
            if not re.search(rf"no threshold gives a precision of 0.95 .*\"{label['label']}\"", log):
                self.assertGreaterEqual(label["precision"], 0.95, label)


if __name__ == "__main__":
    unittest.main()
