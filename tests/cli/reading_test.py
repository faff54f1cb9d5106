#!/usr/bin/env python3
"""How files are read by train, eval, predict and data split: delimiters, headers, several text columns, --keep-going."""

import gzip
import json
import shlex
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, train


class Reading(CliTest):
    def file(self, name, content):
        path = self.folder / name
        path.write_text(content, encoding="utf-8")
        return path

    def scores(self, run):
        return json.loads((run / "test.json").read_text())["tasks"]

    def semicolons(self, count=60):
        return self.file("rows.csv", "title;body;label\n" + "".join(
            f"{text.split(' ', 1)[0]};{text.split(' ', 1)[1]};{label}\n" for text, label in mood_rows(count)))

    def test_a_run_remembers_how_its_files_are_read(self):
        file, run = self.semicolons(), self.folder / "run"
        options = ("--delimiter", ";", "--text-column", "title", "--text-column", "body", "--join", " - ")
        train(file, run, *options)
        record = json.loads((run / "sources.json").read_text())
        self.assertEqual((record["version"], record["delimiter"], record["text_columns"], record["text_join"]),
                         (3, ";", ["title", "body"], " - "))
        self.assertEqual(json.loads(self.run_ok("eval", run, "--json", "-").stdout)["tasks"], self.scores(run))
        self.run_ok("train", "--resume", run)
        again = self.folder / "again"
        self.run_ok("train", "--config", run / "options.toml", "--out", again)
        self.assertEqual((again / "test.json").read_bytes(), (run / "test.json").read_bytes())
        # The text columns are the defaults of every verb that reads rows; the delimiter is the file's own affair.
        comma = self.file("comma.csv", "id,title,body\n1,good,day\n")
        shown = self.run_ok("predict", run, comma).stdout
        self.assertTrue(shown.startswith("id,title,body,mood,mood.probability\n1,good,day,"), shown)
        ids = self.run_ok("tokenize", run, comma).stdout
        joined = self.file("joined.txt", "good - day\n")
        one = self.folder / "one"
        train(self.file("plain.csv", "text,label\n" + "".join(f"{t},{l}\n" for t, l in mood_rows(60))), one)
        self.assertEqual(ids, self.run_ok("tokenize", one, joined).stdout)
        self.assert_refused(mtnlp("predict", run, self.file("none.csv", "title\ngood\n")), "none.csv", '"body"')
        self.assert_refused(mtnlp("predict", run, joined), "plain lines", "title, body")
        labelled = self.file("labelled.csv", "title,body,label\ngood,day,up\nbad,day,down\n")
        self.assertIn("given files", self.run_ok("eval", run, "--task", f"mood={labelled}").stdout)

    def test_columns_by_number(self):
        rows = self.file("rows.tsv", "".join(f"{label}\t{text}\n" for text, label in mood_rows(60)))
        run = self.folder / "run"
        self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--task", f"mood={rows}", "--out", run), "--no-header")
        train(rows, run, "--no-header", "--text-column", "2", "--label-column", "mood=1")
        self.assertEqual(json.loads(self.run_ok("eval", run, "--json", "-").stdout)["tasks"], self.scores(run))
        shown = self.run_ok("predict", run, rows, "--no-header").stdout.splitlines()
        self.assertEqual(len(shown), 60)
        self.assertTrue(shown[0].startswith("up\tgood fine happy a number 0\t"), shown[0])

    def test_training_and_eval_keep_going(self):
        good = [json.dumps({"text": text, "label": label}) for text, label in mood_rows(60)]
        bad = ["{", '{"text": null, "label": "up"}', '{"label": "up"}', '{"text": "a", "label": ["up"]}']
        file = self.file("rows.jsonl", "\n".join(good[:30] + bad + good[30:]) + "\n")
        run = self.folder / "run"
        self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--task", f"mood={file}", "--out", run), "rows.jsonl:31:")
        self.assertFalse(run.exists())
        result = train(file, run, "--keep-going")
        self.assertIn("4 rows that cannot be read skipped (lines 31, 32, 33, ...): ", result.stderr)
        self.assertEqual(json.loads(self.run_ok("eval", run, "--json", "-").stdout)["tasks"], self.scores(run))
        self.run_ok("train", "--resume", run)
        self.assert_refused(mtnlp("eval", run, "--task", f"mood={file}"), "rows.jsonl:31:")
        self.assertIn("4 rows that cannot be read", self.run_ok("eval", run, "--task", f"mood={file}", "--keep-going").stderr)

    def test_a_broken_stream_is_fatal(self):
        packed = self.folder / "rows.csv.gz"
        whole = gzip.compress(("text,label\n" + "".join(f"{t},{l}\n" for t, l in mood_rows(5000))).encode())
        packed.write_bytes(whole[:len(whole) // 2])
        for verb in (("data", "check", "--encoder", "none"), ("train", "--encoder", ENCODER, "--keep-going")):
            with self.subTest(verb[0]):
                self.assert_refused(mtnlp(*verb, "--task", f"mood={packed}"), "rows.csv.gz:", "end too early")

    def test_the_printed_command_trains_on_the_parts(self):
        file = self.semicolons()
        options = ("--delimiter", ";", "--text-column", "body", "--text-column", "title", "--join", "; ")
        shown = self.run_ok("data", "split", "--task", f"mood={file}", *options, "--out", self.folder / "parts").stdout
        command = shlex.split(shown.splitlines()[-1])
        self.assertEqual(command[:2], ["mtnlp", "train"])
        self.run_ok(*command[1:], "--encoder", ENCODER, "--epochs", 1, "--max-length", 16, "--out", self.folder / "run")

    def test_arrays_and_line_ends_train(self):
        rows = mood_rows(60)
        array = self.file("rows.json", json.dumps([{"text": t, "label": l} for t, l in rows], indent=2))
        train(array, self.folder / "array")
        lines = self.folder / "rows.csv"
        lines.write_bytes(("text,label\r" + "".join(f"{t},{l}\r" for t, l in rows)).encode())
        train(lines, self.folder / "lines")
        self.assertEqual(self.scores(self.folder / "array")["mood"]["rows"], self.scores(self.folder / "lines")["mood"]["rows"])


if __name__ == "__main__":
    unittest.main()
