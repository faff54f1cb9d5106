"""Labels that are not what they seem: warned of or refused, and never raw on a terminal."""

import json
import re
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, read_metrics, train, write_csv

MARKED = "\x1b[31mup\x07"
FORGED = "x\n2026-01-01 00:00:00 error forged"


class Labels(CliTest):
    def file(self, rows, name="rows.csv"):
        return write_csv(self.folder / name, [("text", "label"), *rows])

    def labelled(self, *labels):
        """Twelve rows of each label."""
        return self.file([(f"word{i} of {j}", label) for j, label in enumerate(labels) for i in range(12)])

    def check(self, file, *options):
        result = self.run_ok("data", "check", "--encoder", "none", "--task", f"mood={file}", *options)
        return result.stdout, result.stderr

    def test_labels_that_look_alike(self):
        for labels, what in ((("0", "1", "1.0"), '"1" and "1.0" are one number'),
                             (("caf\u00e9", "cafe\u0301"), "how Unicode composes"),
                             (("up", "up\u200b"), r'"up" and "up\u{200b}" differ only in invisible'),
                             (("up", "down", "Up "), '"Up" and "up" differ only in case'),
                             (("one day", "one\u00a0day"), "case or white space"),
                             (("up", "\uff55\uff50"), "look alike")):
            with self.subTest(labels):
                warnings = self.check(self.labelled(*labels))[1]
                self.assertIn(what, warnings)
                self.assertEqual(warnings.count("\n"), 1)

    def test_numbers_of_jsonl(self):
        file = self.folder / "a.jsonl"
        file.write_text("".join(json.dumps({"text": f"t{i}", "label": label}) + "\n"
                                for i, label in enumerate((0, 1, 1.0, 0, True, False) * 8)))
        self.assertIn('"1" and "1.0" are one number', self.check(file)[1])

    def test_missing_words_and_their_option(self):
        file = self.labelled("up", "down", "nan", "None", "N/A", "<NA>")
        warnings = self.check(file)[1]
        self.assertIn("may stand for a missing label; --missing-labels='<NA>,N/A,None,nan'", warnings)
        shown, warnings = self.check(file, "--missing-labels", "<NA>,N/A,None,nan")
        self.assertNotIn("nan", shown)
        self.assertNotIn("stand for", warnings)
        self.assertIn("48 rows without a label skipped", warnings)
        self.assert_refused(mtnlp("data", "check", "--encoder", "none", "--task", f"mood={file}", "--labels",
                                  "mood=up,down,nan", "--missing-labels", "nan"), "--missing-labels", '"nan"')
        self.assert_refused(mtnlp("data", "check", "--task", f"mood={file}", "--missing-labels", "nan,,x"), "a word is empty")

    def test_labels_with_a_comma_are_named(self):
        file = self.labelled("up", "down, so", "n,a")
        shown, warnings = self.check(file, "--missing-labels", '"n,a",x', "--labels", 'mood="down, so",up')
        self.assertIn("12 rows without a label skipped", warnings)
        self.assertLess(shown.index("mood down, so"), shown.index("mood up"))
        for option, value in (("--missing-labels", '"n,a'), ("--labels", 'mood=up,"n"a')):
            self.assert_refused(mtnlp("data", "check", "--encoder", "none", "--task", f"mood={file}", option, value), option, "quote")

    def test_numbers_and_strings_are_one_label(self):
        file = self.folder / "a.jsonl"
        file.write_text("".join(json.dumps({"text": f"t{i}", "label": label}) + "\n" for i, label in enumerate((0, 1, "1") * 8)))
        self.assertEqual(self.check(file)[1].count('"1" (a number or a string); the two count as one label'), 1)

    def test_missing_words_are_kept_by_the_run(self):
        file = self.file([*mood_rows(60), *((f"gap {i}", "nan") for i in range(12))])
        options = ("--missing-labels", "nan")
        train(file, self.folder / "whole", *options)
        tasks = json.loads((self.folder / "whole/test.json").read_text())["tasks"]
        self.assertEqual(tasks["mood"]["labels"], ["down", "up"])
        self.assertEqual(json.loads((self.folder / "whole/sources.json").read_text())["missing_labels"], ["nan"])
        scored = json.loads(self.run_ok("eval", self.folder / "whole", "--json", "-").stdout)
        self.assertEqual(scored["tasks"], tasks)
        self.run_ok("train", "--resume", self.folder / "whole")
        self.assert_refused(mtnlp("eval", self.folder / "whole", "--task", f"mood={file}"), "rows.csv:62", '"nan"',
                            "--missing-labels='nan'")
        self.run_ok("eval", self.folder / "whole", "--task", f"mood={file}", *options)

    def test_what_is_no_label_is_refused_before_training(self):
        latin = self.folder / "latin.csv"
        latin.write_bytes(b"text,label\n" + b"".join(b"t%d,%s\n" % (i, (b"th\xe9", b"caf\xe9")[i % 2]) for i in range(40)))
        lists = self.folder / "lists.jsonl"
        lists.write_text("".join(json.dumps({"text": f"t{i}", "label": ("x", "y", ["x", "y"])[i % 3]}) + "\n" for i in range(30)))
        column = self.folder / "column.csv"
        column.write_bytes(b"text,gr\xf6\xdfe\n" + b"".join(b"t%d,%s\n" % (i, b"xy"[i % 2:][:1]) for i in range(40)))
        for file, options, parts in ((latin, (), ("latin.csv:2: ", r"th\xe9", "not UTF-8")),
                                     (lists, (), ("lists.jsonl:3: ", "a list")),
                                     (column, ("--label-column", b"mood=gr\xf6\xdfe"), ("--label-column", "not UTF-8"))):
            with self.subTest(file.name):
                words = [word if isinstance(word, str) else word.decode("utf-8", "surrogateescape") for word in options]
                self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--task", f"mood={file}", "--out",
                                          self.folder / "run", *words), *parts)
                self.assertFalse((self.folder / "run").exists())
        fine = self.file(mood_rows(20))
        for name in ("a\tb", "a\nb", "\x1b[1m"):
            self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--task", f"{name}={fine}", "--out",
                                      self.folder / "run"), "--task")

    def test_control_characters_reach_neither_terminal_nor_log(self):
        rows = [(f"good {i}", (MARKED, MARKED.upper(), FORGED)[i % 3]) for i in range(60)]
        file = self.file([*rows, ("same", MARKED), ("same", FORGED)])
        run = self.folder / "run"
        trained = train(file, run)
        outputs = [trained.stdout, trained.stderr, (run / "train.log").read_text()]
        for command in (("eval", run), ("info", run), ("data", "check", "--encoder", "none", "--task", f"mood={file}")):
            result = self.run_ok(*command)
            outputs += [result.stdout, result.stderr]
        for text in outputs:
            self.assertNotRegex(text, r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
            self.assertNotRegex(text, r"(?m)^2026-01-01")
        self.assertRegex(outputs[3], r"(?m)^  mood x\\n2026-01-01 00:00:00 error forged +[01]\.")
        # Files hold the label itself.
        self.assertEqual(set(json.loads((run / "test.json").read_text())["tasks"]["mood"]["labels"]),
                         {MARKED, MARKED.upper(), FORGED})
        self.assertEqual(len(read_metrics(run)), 1)

    def test_a_class_for_each_row(self):
        for rows in (600, 1200):
            file = self.file([(f"text number {i}", f"c{i % 600}") for i in range(rows)])
            shown, warnings = self.check(file)
            self.assertIn("looks like a column of ids or texts", warnings)
            self.assertLessEqual(warnings.count("\n"), 10)
            self.assertLess(max(map(len, warnings.splitlines())), 500)
            self.assertIn("550 more classes of mood", shown)
            self.assertLess(shown.count("\n"), 80)
        found = json.loads(self.run_ok("data", "check", "--encoder", "none", "--task", f"mood={file}", "--json", "-").stdout)
        self.assertEqual(len(found["tasks"]["mood"]["rows"]["train"]), 600)

    def test_many_classes_train(self):
        file = self.file([(f"text {i} of {i % 60}", f"c{i % 60}") for i in range(360)])
        run = self.folder / "run"
        shown = train(file, run).stdout
        self.assertEqual(len(re.findall(r"^  mood c\d", shown, re.M)), 50)
        self.assertIn("10 more classes of mood; all are in test.json", shown)
        mood = json.loads((run / "test.json").read_text())["tasks"]["mood"]
        self.assertEqual(len(mood["per_class"]), 60)
        self.assertNotIn("confusion", mood)
        self.assertEqual(sum(count for _, _, count in mood["confusion_triples"]), mood["rows"])
        self.assertEqual(json.loads(self.run_ok("eval", run, "--json", "-").stdout)["tasks"]["mood"], mood)
        self.assertRegex(self.run_ok("info", run).stdout, r"(?m)^  task .* c\d+ and 10 more; --json writes all$")

    def test_a_label_of_a_megabyte(self):
        file = self.file([*mood_rows(40), *((f"long {i}", "l" * 1_000_000 + str(i % 2)) for i in range(4))])
        shown, warnings = self.check(file)
        self.assertLess(len(shown) + len(warnings), 5000)
        self.assertIn("look like texts", warnings)
        given = self.file([("new", "l" * 1_000_000 + "3")], "given.csv")
        error = mtnlp("data", "check", "--encoder", "none", "--task", f"mood={file}", "--test", f"mood={given}")
        self.assert_refused(error, "given.csv:2")
        self.assertLess(len(error.stderr), 1000)

    def test_hopeless_columns(self):
        for rows, part in (([], "nothing left"), ([("a", "x")], "only the label"), ([("a", ""), ("b", "\u200b")], "nothing left"),
                           ([("a", "nan"), ("b", "nan")], "only the label")):
            self.assert_refused(mtnlp("data", "check", "--encoder", "none", "--task", f"mood={self.file(rows)}"), part)
        (self.folder / "one.csv").write_text("text\na\nb\n")
        self.assert_refused(mtnlp("data", "check", "--encoder", "none", "--task", f"mood={self.folder / 'one.csv'}"), '"label"')

    def test_warnings_about_many_files_are_summed_up(self):
        tasks = []
        for i in range(60):
            file = self.file([*((f"{i} {text}", label) for text, label in mood_rows(4)), (" ", "up"), ("x", "")], f"f{i}.csv")
            tasks += ["--task", f"mood={file}"]
        result = self.run_ok("data", "check", "--encoder", "none", *tasks)
        self.assertIn("60 rows with blank text skipped in 60 files: ", result.stderr)
        self.assertIn(" and 57 more\n", result.stderr)
        self.assertLessEqual(result.stderr.count("\n"), 10)
        self.assertIn("10 more files; --json writes all", result.stdout)


if __name__ == "__main__":
    unittest.main()
