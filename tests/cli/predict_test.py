"""predict, embed and tokenize on rows of every format: what is written, what is refused, what is warned of."""

import array
import csv
import io
import json
import math
import pathlib
import subprocess
import tempfile
import unittest

from support import ENCODER, MTNLP, QUIET_THREADS, CliTest, mood_rows, mtnlp, train, write_csv

ADDED = ["mood", "mood.probability"]


class PredictTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.shared = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.shared.cleanup)
        folder = pathlib.Path(cls.shared.name)
        cls.run_folder = folder / "run"
        train(write_csv(folder / "mood.csv", [("text", "label"), *mood_rows(40)]), cls.run_folder)

    def write(self, name, content):
        file = self.folder / name
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    def predict(self, *arguments, **options):
        return self.run_ok("predict", self.run_folder, *arguments, "--quiet", "--threads", 1, **options)

    def predicted(self, *arguments, **options):
        return self.predict(*arguments, **options).stdout

    def refused(self, *arguments, parts=(), **options):
        """Refused by predict, and nothing is left of the output."""
        before = sorted(self.folder.iterdir())
        result = mtnlp("predict", self.run_folder, *arguments, "--out", self.folder / "refused.out", "--threads", 1, "--quiet",
                       **options)
        self.assert_refused(result, *parts)
        self.assertEqual(sorted(self.folder.iterdir()), before)

    def table(self, text, **options):
        return list(csv.reader(io.StringIO(text, newline=""), **options))


class Formats(PredictTest):
    ROWS = [("id", "text", "n"), ("1", "good, fine", "1.50"), ("2", 'bad "poor"', "")]

    def inputs(self):
        """The same rows in every format."""
        objects = [dict(zip(self.ROWS[0], row)) for row in self.ROWS[1:]]
        write_csv(self.folder / "rows.csv", self.ROWS)
        return {"csv": self.folder / "rows.csv",
                "tsv": self.write("rows.tsv", "".join("\t".join(row) + "\n" for row in self.ROWS)),
                "jsonl": self.write("rows.jsonl", "".join(json.dumps(row) + "\n" for row in objects)),
                "ndjson": self.write("rows.ndjson", "".join(json.dumps(row) + "\n" for row in objects)),
                "json": self.write("rows.json", json.dumps(objects, indent=2))}

    def parse(self, format, text):
        """Header and rows, all as strings."""
        if format == "csv":
            return self.table(text)
        if format == "tsv":
            return self.table(text, delimiter="\t", quoting=csv.QUOTE_NONE)
        objects = json.loads(text) if format == "json" else list(map(json.loads, text.splitlines()))
        for row in objects:
            self.assertIsInstance(row["mood.probability"], float)
            row["mood.probability"] = f"{row['mood.probability']:.4f}"
        return [list(objects[0]), *(list(row.values()) for row in objects)]

    def test_from_each_to_each(self):
        expected = None
        for source, file in self.inputs().items():
            for format in ("csv", "tsv", "jsonl", "json"):
                with self.subTest(source=source, format=format):
                    rows = self.parse(format, self.predicted(file, "--out-format", format))
                    expected = expected or rows
                    self.assertEqual(rows, expected)
                    self.assertEqual([row[:3] for row in rows], list(map(list, self.ROWS)))
                    self.assertEqual(rows[0][3:], ADDED)

    def test_the_ending_of_out_names_the_format(self):
        for source, file in self.inputs().items():
            for ending in ("csv", "tsv", "jsonl", "ndjson", "json"):
                with self.subTest(source=source, ending=ending):
                    out = self.folder / f"out.{ending}"
                    self.predict(file, "--out", out)
                    format = {"ndjson": "jsonl"}.get(ending, ending)
                    self.assertEqual(out.read_text(), self.predicted(file, "--out-format", format))
            with self.subTest("else that of the input", source=source):
                self.predict(file, "--out", self.folder / "out.txt")
                format = {"ndjson": "jsonl"}.get(source, source)
                self.assertEqual((self.folder / "out.txt").read_text(), self.predicted(file, "--out-format", format))
                # An array cannot begin before its end is known to come: JSON lines on standard output.
                format = {"json": "jsonl"}.get(format, format)
                self.assertEqual(self.predicted(file), self.predicted(file, "--out-format", format))

    def test_an_asked_format_overrides_the_ending(self):
        self.predict(self.inputs()["csv"], "--out", self.folder / "x.csv", "--out-format", "jsonl")
        self.assertTrue((self.folder / "x.csv").read_text().startswith('{"id":"1"'))
        self.assert_refused(mtnlp("predict", self.run_folder, "--out-format", "cvs", stdin=""), "--out-format", "cvs", "csv")

    def test_csv_goes_out_as_it_came_in(self):
        file = self.write("marked.csv", b"\xef\xbb\xbftext;n\r\ngood, fine;1\r\n")
        out = self.folder / "out.csv"
        self.predict(file, "--delimiter", ";", "--out", out)
        self.assertTrue(out.read_bytes().startswith(b"\xef\xbb\xbftext;n;mood;mood.probability\n" b"good, fine;1;"))
        bare = self.write("bare.csv", "1,good fine\n2,bad poor\n")
        rows = self.table(self.predicted(bare, "--no-header", "--text-column", "2"))
        self.assertEqual([row[:2] for row in rows], [["1", "good fine"], ["2", "bad poor"]])
        rows = [json.loads(line) for line in
                self.predicted(bare, "--no-header", "--text-column", "2", "--out-format", "jsonl").splitlines()]
        self.assertEqual([list(row) for row in rows], [["1", "2", *ADDED]] * 2)

    def test_tabs_and_line_ends_that_tsv_cannot_carry_are_told(self):
        file = self.write("rows.csv", 'text,n\n"good\tfine",1\n"bad\npoor",2\nplain,3\n')
        result = self.predict(file, "--out-format", "tsv")
        rows = self.parse("tsv", result.stdout)
        self.assertEqual([row[0] for row in rows[1:]], ["good fine", "bad poor", "plain"])
        self.assertRegex(result.stderr, r"\Awarning: .*2 cells .*space.*\n\Z")

    def test_objects_pass_through_as_they_stand(self):
        lines = ['{"text": "good", "n": 123456789012345678901234567890, "x":1.10,"e" : -1E+30 , "deep": {"b":[ ],"a":{}}}',
                 '{"b":"\\u00e9\\/","text":"bad","a":"é"}', '{"text":"a\\u0009b\\ud83d\\ude00"}']
        out = self.predicted(self.write("rows.jsonl", "\n".join(lines))).splitlines()
        for line, written in zip(lines, out, strict=True):
            self.assertTrue(written.startswith(line[:-1] + ',"mood":"'), written)
            self.assertEqual(list(json.loads(written))[-2:], ADDED)
        array = self.write("rows.json", "[" + ",\n".join(lines) + "]")
        self.assertEqual(self.predicted(array).splitlines(), out)

    def test_from_json_to_a_table(self):
        file = self.write("rows.jsonl", '{"text":"good","n":1.10,"list":[1, "a,b"]}\n{"n":null,"text":"bad"}\n')
        rows = self.table(self.predicted(file, "--out-format", "csv"))
        self.assertEqual([row[:3] for row in rows],
                         [["text", "n", "list"], ["good", "1.10", '[1, "a,b"]'], ["bad", "", ""]])
        file = self.write("more.jsonl", '{"text":"good"}\n\n{"text":"bad","later":1}\n')
        for format in ("csv", "tsv"):
            self.refused(file, "--out-format", format, parts=["more.jsonl:3:", '"later"', "--keep-columns"])
        rows = self.table(self.predicted(file, "--out-format", "csv", "--keep-columns", "text"))
        self.assertEqual([row[0] for row in rows], ["text", "good", "bad"])

    def test_a_key_needs_a_name_of_its_own(self):
        for header, part in (("text,a,a", '"a"'), ("text,,b", "no name")):
            file = self.write("rows.csv", f"{header}\ngood,1,2\n")
            self.refused(file, "--out-format", "jsonl", parts=["rows.csv", part, "--keep-columns"])
            self.assertEqual(list(json.loads(self.predicted(file, "--out-format", "jsonl", "--keep-columns", "text"))),
                             ["text", *ADDED])

    def test_odd_labels_are_written_truly(self):
        labels = ['a,"b"', "tab\there\\", "{ü}"]
        rows = [("text", "label"), *((f"word{i % 3} {i}", labels[i % 3]) for i in range(60))]
        train(write_csv(self.folder / "odd.csv", rows), self.folder / "odd")
        def predicted(*options):
            return self.run_ok("predict", self.folder / "odd", "--quiet", *options, stdin="word1\nword2\n").stdout
        self.assertIn(self.table(predicted())[1][1], labels)
        self.assertIn(json.loads(predicted("--out-format", "jsonl").splitlines()[0])["mood"], labels)
        self.assertEqual([row[1] for row in self.table(predicted())[1:]],
                         [row["mood"] for row in json.loads(predicted("--out-format", "json"))])


class AddedColumns(PredictTest):
    def test_a_key_that_would_be_overwritten_is_refused_in_every_row(self):
        for key, at, out in (("mood", 0, "jsonl"), ("mood.probability", 1, "json"), ("m\\u006fod", 70, "jsonl"),
                             ("mood", 500, "json")):
            lines = ['{"text":"good"}'] * at + [f'{{"text":"bad","{key}":"mine"}}', '{"text":"good"}']
            self.refused(self.write("rows.jsonl", "\n".join(lines)), "--out-format", out,
                         parts=[f"rows.jsonl:{at + 1}:", '"mood', "--prefix", "--keep-columns"])

    def test_a_column_that_would_be_overwritten_is_refused(self):
        for name, content in (("a.csv", "text,mood\n"), ("a.csv", "mood.probability,text\n"), ("a.tsv", "text\tmood\n")):
            self.refused(self.write(name, content), parts=[name, '"mood', "--prefix", "--keep-columns"])

    def test_prefix_goes_before_the_added_names(self):
        file = self.write("rows.csv", "text,mood\ngood fine,mine\n")
        rows = self.table(self.predicted(file, "--prefix", "pred."))
        self.assertEqual(rows[0], ["text", "mood", "pred.mood", "pred.mood.probability"])
        self.assertEqual(rows[1][1], "mine")
        file = self.write("rows.jsonl", '{"text":"good","mood":1.0}\n{"text":"bad","pred.mood":2}\n')
        self.refused(file, "--prefix", "pred.", parts=["rows.jsonl:2:", '"pred.mood"'])
        self.assertTrue(self.predicted(file, "--prefix", "é ").startswith('{"text":"good","mood":1.0,"é mood":"'))

    def test_only_kept_columns_are_written_in_their_order(self):
        file = self.write("rows.csv", "text,mood,n,x,x\ngood fine,mine,1,,\n")
        rows = self.table(self.predicted("--keep-columns", "n", "--keep-columns", "text", file))
        self.assertEqual(rows[0], ["n", "text", *ADDED])
        self.assertEqual(rows[1][:2], ["1", "good fine"])
        self.refused(file, "--keep-columns", "mood", parts=['"mood"', "--prefix"])
        self.refused(file, "--keep-columns", "m", parts=["rows.csv", '"m"'])
        self.refused(file, "--keep-columns", "x", parts=["rows.csv", '"x"', "twice"])
        file = self.write("rows.jsonl", '{"text":"good", "mood":{}, "n" : 1.0}\n{"text":"bad"}\n')
        first, second = self.predicted(file, "--keep-columns", "n", "--keep-columns", "text").splitlines()
        self.assertTrue(first.startswith('{"n" : 1.0,"text":"good","mood":"'), first)
        self.assertTrue(second.startswith('{"text":"bad","mood":"'), second)
        self.refused(file, "--keep-columns", "txt", parts=["rows.jsonl", '"txt"', "text"])

    def test_a_file_of_several_label_columns_can_be_predicted(self):
        rows = [(text, label, "big" if i % 3 else "small") for i, (text, label) in enumerate(mood_rows(60))]
        file = write_csv(self.folder / "both.csv", [("text", "mood", "size"), *rows])
        train(file, self.folder / "both", "--task", f"size={file}")
        result = mtnlp("predict", self.folder / "both", file)
        self.assert_refused(result, '"mood"', "--prefix", "--keep-columns")
        rows = self.table(self.run_ok("predict", self.folder / "both", file, "--prefix", "new.", "--quiet").stdout)
        self.assertEqual(rows[0][:3] + rows[0][3::2], ["text", "mood", "size", "new.mood", "new.size"])
        rows = self.table(self.run_ok("predict", self.folder / "both", file, "--keep-columns", "text", "--quiet").stdout)
        self.assertEqual(rows[0][::2], ["text", "mood.probability", "size.probability"])


class OddRows(PredictTest):
    VERBS = {"predict": [], "embed": ["--out", "-"], "tokenize": []}

    def run_verb(self, verb, *arguments, **options):
        model = self.run_folder if verb == "predict" else ENCODER
        return mtnlp(verb, model, *arguments, *self.VERBS[verb], "--quiet", "--threads", 1, **options)

    def warned(self, file, *patterns):
        """Every verb gives one warning for each pattern, and no other."""
        for verb in self.VERBS:
            with self.subTest(verb):
                result = self.run_verb(verb, file, errors="replace")
                self.assertEqual(result.returncode, 0, result.stderr)
                lines = result.stderr.splitlines()
                self.assertEqual(len(lines), len(patterns), result.stderr)
                for line, pattern in zip(lines, patterns):
                    self.assertRegex(line, "warning: .*" + pattern)

    def test_blank_texts_are_counted(self):
        self.warned(self.write("rows.csv", "text,n\n,1\ngood,2\n  ,3\n\u00a0,4\n\u3000\u200b,5\n"),
                    r"4 rows with blank text.*rows\.csv:2, .*rows\.csv:4, .*rows\.csv:5, \.\.\.")
        self.warned(self.write("rows.jsonl", '{"text":"good"}\n{"text":""}\n'), r"1 row with blank text.*rows\.jsonl:2")
        self.warned(self.write("rows.txt", "good\n\nbad\n"), r"1 row with blank text.*rows\.txt:2")

    def test_bytes_that_are_not_utf8_are_counted(self):
        self.warned(self.write("rows.csv", "text\ncafé\n".encode("latin1")), r"1 row with bytes that are not UTF-8.*rows\.csv:2")
        self.warned(self.write("rows.txt", b"a\xff\nfine\n\xc3\n\xed\xa0\x80\n\xf8\n"),
                    r"4 rows with bytes that are not UTF-8.*:1, .*:3, .*:4, \.\.\.")

    def test_lone_surrogates_are_counted(self):
        self.warned(self.write("rows.jsonl", '{"text":"a\\ud83d"}\n{"text":"\\ud83d\\ude00"}\n{"text":"\\ude00 b"}\n'),
                    r"2 rows .*surrogate.*rows\.jsonl:1, .*rows\.jsonl:3")

    def test_cut_texts_are_counted(self):
        self.warned(self.write("rows.txt", "good " * 100 + "\nbad\n"), "1 of 2 texts were cut")
        self.warned(self.write("rows.txt", "good " * 100 + "\n" + "bad\n" * 9))

    BROKEN = {"ragged": ("rows.csv", "text,n\ngood,1\n{}\nbad,3\n", ["one"]),
              "ragged TSV": ("rows.tsv", "text\tn\ngood\t1\n{}\nbad\t3\n", ["one\t2\t3"]),
              "no text": ("rows.jsonl", '{{"text":"good"}}\n{}\n{{"text":"bad"}}\n', ['{"n":1}', '{"text":null}', '{"text":"a"']),
              "no text in an array": ("rows.json", '[{{"text":"good"}},\n{},\n{{"text":"bad"}}]', ["5"])}

    def broken(self):
        for kind, (name, frame, rows) in self.BROKEN.items():
            for row in rows:
                with self.subTest(kind, row=row):
                    line = 3 if name in ("rows.csv", "rows.tsv") else 2
                    yield self.write(name, frame.format(row)), f"{name}:{line}"

    def test_a_row_that_cannot_be_read_is_an_error(self):
        for file, place in self.broken():
            self.refused(file, parts=[place + ":"])
            for verb, model, out in (("embed", ENCODER, "x.npy"), ("tokenize", ENCODER, "x")):
                self.assert_refused(mtnlp(verb, model, file, "--out", self.folder / out, "--quiet"), place + ":")
                self.assertFalse((self.folder / out).exists())

    def test_keep_going_keeps_its_place(self):
        for file, place in self.broken():
            warning = rf"\Awarning: 1 row that cannot be read, .*{place}(: row 2)?; the first: [^\n]+\n\Z"
            result = self.run_verb("tokenize", file, "--keep-going")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stderr, warning)
            self.assertEqual([line == "" for line in result.stdout.splitlines()], [False, True, False])

            result = self.run_verb("embed", file, "--keep-going")
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertRegex(result.stderr, warning)
            rows = [list(map(float, line.split(","))) for line in result.stdout.splitlines()]
            self.assertEqual([all(map(math.isnan, row)) for row in rows], [False, True, False])
            self.assertEqual([len(row) for row in rows], [32] * 3)

            for format in ("csv", "jsonl"):
                result = self.predict(file, "--keep-going", "--out-format", format)
                self.assertRegex(result.stderr, warning.replace("1 row", "[12] rows?"))
                rows = (list(csv.DictReader(result.stdout.splitlines())) if format == "csv"
                        else [json.loads(line) for line in result.stdout.splitlines()])
                self.assertEqual([bool(row["mood"]) for row in rows], [True, False, True])
                self.assertEqual([bool(row["mood.probability"]) for row in rows], [True, False, True])
                self.assertEqual([row["text"] for row in rows[::2]], ["good", "bad"])

    def test_keep_going_into_a_matrix(self):
        file = self.write("rows.csv", "text,n\ngood,1\nbroken\nbad,3\n")
        out = self.folder / "x.npy"
        self.run_ok("embed", ENCODER, file, "--keep-going", "--out", out, "--quiet")
        self.assertEqual(out.stat().st_size, 128 + 3 * 32 * 4)
        middle = out.read_bytes()[128 + 32 * 4:128 + 2 * 32 * 4]
        self.assertEqual(len(set(middle[i:i + 4] for i in range(0, len(middle), 4))), 1)

    def test_keep_going_keeps_what_can_be_kept(self):
        file = self.write("rows.jsonl", '{"text":"good"}\n{"id":7,"text":null}\n{"id":8,"text":"bad","mood":"mine"}\n{\n')
        rows = [json.loads(line) for line in self.predicted(file, "--keep-going").splitlines()]
        empty = {"mood": None, "mood.probability": None}
        self.assertEqual(rows[1:], [{"id": 7, "text": None, **empty}, {"id": 8, "text": "bad", "mood": "mine", "mood.probability": None}, empty])
        result = self.predict(file, "--keep-going")
        self.assertRegex(result.stderr, r"3 rows that cannot be read, without a prediction in the output")
        self.assertRegex(self.run_verb("embed", file, "--keep-going").stderr, r"2 rows that cannot be read, NaN in the output")

    def test_keep_going_counts_and_names_three(self):
        lines = ["good,1", "broken"] * 300
        result = self.predict(self.write("rows.csv", "text,n\n" + "\n".join(lines) + "\n"), "--keep-going")
        self.assertEqual(len(result.stdout.splitlines()), 601)
        self.assertRegex(result.stderr, r"\Awarning: 300 rows .*rows\.csv:3, .*rows\.csv:5, .*rows\.csv:7, \.\.\.; the first: "
                         r".*1 field found, 2 expected.*\n\Z")

    def test_keep_going_does_not_hide_a_missing_column_or_file(self):
        file = self.write("rows.csv", "txt\ngood\n")
        self.refused(file, "--keep-going", parts=["rows.csv", '"text"'])
        self.refused(self.folder / "none.csv", "--keep-going", parts=["none.csv"])

    def test_an_open_quote_costs_one_row(self):
        file = self.write("rows.csv", 'text,n\ngood,1\n"open,2\nbad,3\n')
        self.refused(file, parts=["rows.csv:3:", "never closed"])
        result = self.predict(file, "--keep-going")
        self.assertEqual([row[0] for row in self.table(result.stdout)], ["text", "good", "", "bad"])
        self.assertRegex(result.stderr, r"1 row that cannot be read, .*rows\.csv:3; the first")

    def test_zero_bytes_far_inside(self):
        file = self.write("rows.csv", b"n,text\n" + b"1,good\n" * 10_000 + b"\0,bad\n2,fine\n")
        self.refused(file, parts=["rows.csv:10002:", "zero byte"])
        self.assertEqual(len(self.predicted(file, "--keep-going").splitlines()), 10_003)

    def test_nothing_is_said_about_sound_rows(self):
        self.warned(self.write("rows.csv", "text,n\ngood,1\nbäd 😀,\n"))
        self.warned(self.write("rows.jsonl", '{"text":"good","n":null}\n{"text":"bad","m":[]}\n'))


class TextColumns(PredictTest):
    def test_a_header_on_standard_input_is_no_line(self):
        for verb, model, out in (("predict", self.run_folder, ()), ("embed", ENCODER, ("--out", "-")), ("tokenize", ENCODER, ())):
            result = self.run_ok(verb, model, *out, "--quiet", stdin="id,review\n1,good\n")
            self.assertRegex(result.stderr, r'\Awarning: standard input: is read as plain lines, .*"id", "review", without '
                             r'"text"; --format csv --text-column NAME .*--format lines .*\n\Z')
            for options in (("--format", "csv", "--text-column", "review"), ("--format", "lines")):
                self.assertEqual(self.run_ok(verb, model, *out, "--quiet", *options, stdin="id,review\n1,good\n").stderr, "")

    def test_what_is_empty_is_refused(self):
        file = self.write("rows.csv", "text\ngood\n")
        for arguments, part in (((self.run_folder, ""), "FILE has an empty value"), (("", file), "MODEL has an empty value"),
                                ((self.run_folder, file, "--out", ""), "--out has an empty value"),
                                ((self.run_folder, file, "--delimiter", ""), "--delimiter"),
                                ((self.run_folder, file, "--prompt", ""), "--prompt")):
            self.assert_refused(mtnlp("predict", *arguments), part)
        self.assert_refused(mtnlp("predict", self.run_folder, file, "--out", self.folder / "none/x.csv"), "there is no folder", "/none")
        self.run_ok("tokenize", ENCODER, file, "--join", "")

    def test_a_file_behind_the_columns_is_still_the_file(self):
        file = self.write("rows.csv", "title,body\ngood,fine\n")
        joined = self.write("joined.csv", "text\ngood fine\n")
        def ids(*arguments):
            return self.run_ok("tokenize", ENCODER, *arguments).stdout
        self.assertEqual(ids("--text-column", "title", "--text-column", "body", file), ids(joined))
        self.assertEqual(ids(file, "--text-column", "body", "--text-column", "title", "--join", " x "),
                         ids(self.write("x.csv", "text\nfine x good\n")))
        self.assertEqual(ids("--join", "", "--text-column", "title", "--text-column", "body", file),
                         ids(self.write("x.csv", "text\ngoodfine\n")))
        row = self.table(self.predicted("--text-column", "title", "--text-column", "body", file))[1]
        self.assertEqual(row[2:], self.table(self.predicted(joined))[1][1:])
        self.run_ok("embed", ENCODER, "--out", "-", "--text-column", "title", "--text-column", "body", file)

    def test_a_missing_column_is_an_error(self):
        file = self.write("rows.csv", "title,body\ngood,fine\n")
        self.refused(file, parts=["rows.csv", '"text"', "title, body"])
        self.refused("--text-column", "title", "--text-column", "bdy", file, parts=["rows.csv", '"bdy"'])

    def test_plain_lines_have_one_column(self):
        self.refused("--text-column", "title", stdin="good\n", parts=["standard input", "plain lines", "--text-column"])
        self.refused("--text-column", "title", "--text-column", "body", stdin="good\n", parts=["standard input", "plain lines"])


class AllProbabilities(PredictTest):
    def test_columns_of_floats_that_are_exact(self):
        file = self.write("rows.csv", "text\ngood fine\nbad poor\nneither\n")
        header, *rows = self.table(self.predicted(file, "--all-probabilities", "--prefix", "p."))
        self.assertEqual(header, ["text", "p.mood", "p.mood.probability", "p.mood.probability.down", "p.mood.probability.up"])
        plain = self.table(self.predicted(file))
        for row, usual in zip(rows, plain[1:], strict=True):
            self.assertEqual(row[:3], usual)
            values = dict(zip(("down", "up"), map(float, row[3:])))
            self.assertEqual(f"{values[row[1]]:.4f}", row[2])
            self.assertAlmostEqual(sum(values.values()), 1, delta=1e-6)
            for text in row[3:]:  # the shortest text of its float: one digit less is another float
                nearest = array.array("f", [float(text)])
                digits = len(text.split("e")[0].replace(".", "").lstrip("0"))
                self.assertNotEqual(array.array("f", [float(f"{float(text):.{max(digits - 2, 0)}e}")]), nearest)

    def test_an_object_of_json(self):
        file = self.write("rows.jsonl", '{"text":"good fine"}\n{"text":"bad poor"}\n')
        columns = self.table(self.predicted(file, "--all-probabilities", "--out-format", "csv"))[1:]
        for format in ("jsonl", "json"):
            text = self.predicted(file, "--all-probabilities", "--out-format", format)
            objects = json.loads(text) if format == "json" else list(map(json.loads, text.splitlines()))
            for row, cells in zip(objects, columns, strict=True):
                self.assertEqual(list(row), ["text", *ADDED, "mood.probabilities"])
                self.assertEqual(row["mood.probabilities"], {"down": float(cells[3]), "up": float(cells[4])})

    def test_a_column_that_is_there_already(self):
        file = self.write("rows.csv", "text,mood.probability.up\ngood,1\n")
        self.refused(file, "--all-probabilities", parts=["mood.probability.up", "--prefix"])
        self.predict(file)
        file = self.write("rows.jsonl", '{"text":"good","mood.probabilities":1}\n')
        self.refused(file, "--all-probabilities", parts=["mood.probabilities", "--prefix"])


class Answers(PredictTest):
    def test_a_label_that_is_not_sure_enough_is_left_empty(self):
        rows = "text\ngood fine happy a number 1\nbad poor sad b number 2\nwhatever\n"
        file = self.write("rows.csv", rows)
        usual = self.table(self.predicted(file))
        sure = sorted(float(row[2]) for row in usual[1:])
        least = (sure[0] + sure[1]) / 2
        found = self.table(self.predicted(file, "--min-confidence", f"{least:.6f}"))
        self.assertEqual(found, [usual[0], *([text, label if float(p) >= least else "", p] for text, label, p in usual[1:])])
        self.assertEqual(sum(row[1] == "" for row in found), 1)
        objects = [json.loads(line) for line in self.predicted(file, "--min-confidence", f"{least:.6f}", "--out-format", "jsonl").splitlines()]
        self.assertEqual([row["mood"] for row in objects], [row[1] or None for row in found[1:]])
        self.assertNotIn("", [row[1] for row in self.table(self.predicted(file, "--min-confidence", "0"))])

    def test_the_likeliest_labels(self):
        file = self.write("rows.csv", "text\ngood fine\n")
        (header, row), both = self.table(self.predicted(file, "--top", 9)), self.predicted(file, "--top", 9, "--out-format", "jsonl")
        self.assertEqual(header, ["text", *ADDED, "mood.top.1", "mood.top.1.probability", "mood.top.2", "mood.top.2.probability"])
        self.assertEqual(row[1:3], row[3:5])
        self.assertEqual({row[3], row[5]}, {"up", "down"})
        self.assertAlmostEqual(float(row[4]) + float(row[6]), 1, delta=2e-4)
        self.assertEqual(json.loads(both)["mood.top"], [{"label": row[3], "probability": float(row[4])}, {"label": row[5], "probability": float(row[6])}])
        self.assertEqual(len(json.loads(self.predicted(file, "--top", 1, "--out-format", "json"))[0]["mood.top"]), 1)

    def test_cells_for_a_spreadsheet(self):
        file = self.write("rows.csv", 'id,text\n=1+1,@good\n-2,"\tfine"\n3,a=b\n')
        rows = self.table(self.predicted(file, "--spreadsheet"))
        self.assertEqual([row[:2] for row in rows], [["id", "text"], ["'=1+1", "'@good"], ["'-2", "'\tfine"], ["3", "a=b"]])
        usual = self.table(self.predicted(file))
        self.assertEqual([row[2:] for row in rows], [row[2:] for row in usual])
        self.assertEqual(usual[1][0], "=1+1")
        self.refused(file, "--spreadsheet", "--out-format", "jsonl", parts=["--spreadsheet", "CSV and TSV"])


class Unbuffered(PredictTest):
    def talk(self, lines, *options):
        """What is answered to each line, which is written when that to the one before was read."""
        process = subprocess.Popen([MTNLP, "predict", str(self.run_folder), "-", "--quiet", "--threads", "1", "--unbuffered", *options],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=QUIET_THREADS)
        self.addCleanup(process.kill)
        heard = []
        for line, answers in lines:
            process.stdin.write(line)
            process.stdin.flush()
            heard.append([process.stdout.readline() for _ in range(answers)])
        rest, errors = process.communicate(timeout=60)
        self.assertEqual((process.returncode, errors), (0, ""))
        return heard, rest

    def test_each_line_is_answered_before_the_next_is_awaited(self):
        heard, rest = self.talk([("good fine\n", 2), ("bad\nsad\n", 2), ("happy\n", 1)])
        whole = self.predicted("-", stdin="good fine\nbad\nsad\nhappy\n").splitlines(keepends=True)
        self.assertEqual([line for lines in heard for line in lines], whole)
        self.assertEqual(rest, "")

    def test_so_are_other_formats(self):
        heard, _ = self.talk([('id,text\n1,"good\nfine"\n', 3), ("2,bad\n", 1)], "--format", "csv")
        self.assertTrue(heard[1][0].startswith("2,bad,"), heard)
        heard, _ = self.talk([('{"text":"good"}\n', 1), ('{"text":"bad"}\n', 1)], "--format", "jsonl")
        self.assertEqual([json.loads(lines[0])["text"] for lines in heard], ["good", "bad"])

    def test_a_file_is_no_place_for_it(self):
        self.refused("--unbuffered", parts=["--unbuffered", "standard output"], stdin="good\n")


if __name__ == "__main__":
    unittest.main()
