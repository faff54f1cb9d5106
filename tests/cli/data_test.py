"""mtnlp data check, mtnlp data split, and the warnings of train, which are the check's."""

import csv
import json
import shlex
import subprocess
import unittest

from support import ENCODER, MTNLP, QUIET_THREADS, CliTest, mood_rows, mtnlp, start, train, write_csv


class Data(CliTest):
    def check(self, *options):
        result = self.run_ok("data", "check", "--encoder", ENCODER, "--json", "-", *options)
        return json.loads(result.stdout), result.stderr

    def untidy_file(self):
        rows = [("text", "label"), *mood_rows(30), ("Good  FINE happy a number 0", "down"), (" ", "up"), ("lost label", ""),
                ("long " * 30, "up"), ("bell \a", "up"), ("\u4e00 unknown", "down"), ("rare", "third")]
        file = write_csv(self.folder / "untidy.csv", rows)
        with open(file, "ab") as out:
            out.write(b"bad \xff byte,up\nragged\n")
        return file

    def test_check_counts_everything(self):
        given = write_csv(self.folder / "test.csv", [("text", "label"), ("good fine happy a number 0", "up"), ("new", "up")])
        file = self.untidy_file()
        found, warnings = self.check("--task", f"mood={file}", "--test", f"mood={given}", "--max-length", 16)
        self.assertEqual(found["rows"], 38)
        self.assertEqual(found["sources"][0], {
            "file": str(file), "part": None, "rows": 36, "blank": {"rows": 1, "first_line": 33},
            "unlabelled": {"rows": 1, "first_line": 34}, "unreadable": {"rows": 1, "first_line": 40}})
        self.assertEqual(found["sources"][1]["part"], "test")
        task = found["tasks"]["mood"]
        self.assertEqual(list(task["rows"]), ["train", "validation", "test"])
        self.assertEqual({label: sum(part[label] for part in task["rows"].values()) for label in ("down", "third", "up")},
                         {"down": 17, "third": 1, "up": 20})
        self.assertEqual(task["rows"]["test"], {"down": 0, "third": 0, "up": 2})
        self.assertEqual(task["duplicates"], 2)
        self.assertEqual(task["conflicts"]["texts"], 1)
        self.assertEqual(task["conflicts"]["examples"], [{"text": "good fine happy a number 0", "labels": {"up": 2, "down": 1}}])
        self.assertEqual([(s["second"], s["rows"]) for s in task["shared"] if s["first"] == "train"][-1], ("test", 1))
        self.assertEqual({name: odd["rows"] for name, odd in found["encoding"].items()},
                         {"not_utf8": 1, "replacement": 0, "control": 1, "mojibake": 0})
        lengths = found["lengths"]
        self.assertEqual(sum(bucket["rows"] for bucket in lengths["histogram"]), 38)
        ids = mtnlp("tokenize", ENCODER, "--max-length", 1000, stdin="long " * 30 + "\n").stdout.split()
        self.assertEqual(lengths["longest"], len(ids))
        self.assertGreaterEqual(lengths["cut"], 1)
        self.assertGreaterEqual(lengths["rows_with_unknown"], 1)
        for part in ("33", "not UTF-8", "different labels", "have a text of train", "control characters", "\"third\""):
            self.assertTrue(any(part in warning for warning in found["warnings"]), part)
        self.assertEqual(warnings, "".join(f"warning: {warning}\n" for warning in found["warnings"]))

    def test_check_prints_tables(self):
        file = self.untidy_file()
        given = write_csv(self.folder / "test.csv", [("text", "label"), ("good fine happy a number 0", "up"), ("new", "up")])
        shown = self.run_ok("data", "check", "--encoder", ENCODER, "--max-length", 64, "--task", f"mood={file}",
                            "--test", f"mood={given}").stdout
        self.assertRegex(shown, r"(?m)^  file +part +rows +blank +no label +unreadable$")
        self.assertRegex(shown, r"(?m)^  mood third +1 +0 +0 +1$")
        self.assertRegex(shown, r"(?m)^  mood: text of an earlier row +2$")
        self.assertRegex(shown, r"(?m)^  mood: equal texts with different labels +3 +good fine happy a number 0$")
        self.assertRegex(shown, r"(?m)^  mood: test with a text of train +1 +good fine happy a number 0$")
        self.assertRegex(shown, r"(?m)^  bytes that are not UTF-8 +1 +bad \ufffd byte$")
        self.assertRegex(shown, r"(?m)^  cut by --max-length 64 +1 +2.6 %$")
        without = self.run_ok("data", "check", "--encoder", "none", "--task", f"mood={file}").stdout
        self.assertNotIn("--max-length", without)
        quiet = self.run_ok("data", "check", "--quiet", "--encoder", "none", "--task", f"mood={file}",
                            "--json", self.folder / "x.json")
        self.assertEqual(quiet.stdout, "")
        self.assertEqual(json.loads((self.folder / "x.json").read_text())["rows"], 36)

    def test_check_measures_lengths(self):
        # 4, 4, 7 and 11, then 4, 12 and 42 ids with [CLS] and [SEP]
        file = write_csv(self.folder / "a.csv", [
            ("text", "label"), ("good team", "up"), ("great film", "up"), ("the team won the match", "up"),
            ("the week was good for the people and bank", "up"), ("sad \u4e00", "down"),
            ("the game was lost by this team not that team", "down"), ("the market lost this week " * 8, "down")])
        options = ("data", "check", "--encoder", ENCODER, "--max-length", 16, "--task", f"mood={file}")
        lengths = json.loads(self.run_ok(*options, "--json", "-").stdout)["lengths"]
        self.assertEqual(lengths, {
            "max_length": 16, "cut": 1, "mean": 12.0, "median": 7, "longest": 42,
            "histogram": [{"up_to": 8, "rows": 4}, {"up_to": 16, "rows": 2}, {"up_to": 32, "rows": 0}, {"up_to": 64, "rows": 1}],
            "pieces": 70, "unknown_pieces": 1, "rows_with_unknown": 1, "unknown_examples": ["sad \u4e00"]})
        shown = self.run_ok(*options).stdout
        for row in (r"1 - 8 +4 +57\.1 %", r"9 - 16 +2 +28\.6 %", r"33 - 64 +1 +14\.3 %", r"with unknown pieces +1 +14\.3 %",
                    r"mean 12\.0, median 7, longest 42 tokens; 1\.4 % of the pieces unknown to the encoder"):
            self.assertRegex(shown, f"(?m)^  {row}$")

    def test_check_finds_windows_1252(self):
        file = self.folder / "a.csv"
        texts = ("caf\u00e9".encode("cp1252"), "Gr\u00f6\u00dfe".encode().decode("cp1252").encode(),
                 "it\u2019s".encode("cp1252").decode("latin-1").encode(), "sound caf\u00e9".encode())
        file.write_bytes(b"text,label\n" + b"".join(text + b",up\n" + text + b" too,down\n" for text in texts))
        found, _ = self.check("--max-length", 64, "--task", f"mood={file}")
        self.assertEqual({name: (odd["rows"], odd["examples"][:1]) for name, odd in found["encoding"].items()}, {
            "not_utf8": (2, ["caf\ufffd"]), "replacement": (0, []), "control": (2, ["it s"]),
            "mojibake": (2, ["Gr\u00c3\u00b6\u00c3\u0178e"])})
        shown = self.run_ok("data", "check", "--encoder", "none", "--task", f"mood={file}").stdout
        self.assertRegex(shown, r"(?m)^  control characters +2 +it s$")
        self.assertRegex(shown, r"(?m)^  UTF-8 read as Latin-1 +2 +Gr\u00c3\u00b6\u00c3\u0178e$")

    def test_train_prints_the_warnings_of_the_check(self):
        rows = [("text", "label"), *mood_rows(30), ("good fine happy a number 0", "down"), (" ", "up"), ("lost label", ""),
                *((f"long {i} " * 30, "up") for i in range(12)), ("rare", "third")]
        file = write_csv(self.folder / "a.csv", rows)
        with open(file, "ab") as out:
            out.write(b"bad \xff byte,up\n")
        given = write_csv(self.folder / "test.csv", [("text", "label"), ("good fine happy a number 0", "up")])
        options = ("--task", f"mood={file}", "--test", f"mood={given}", "--max-length", 16)
        found, _ = self.check(*options)
        for part in ("blank text", "without a label", "not UTF-8", "different labels", "have a text of", "cuts", "\"third\""):
            self.assertTrue(any(part in warning for warning in found["warnings"]), part)
        trained = train(file, self.folder / "run", "--test", f"mood={given}")
        self.assertEqual([line for line in trained.stderr.splitlines() if line.startswith("warning: ")],
                         [f"warning: {warning}" for warning in found["warnings"]])
        log = (self.folder / "run/train.log").read_text()
        for warning in found["warnings"]:
            self.assertIn(warning, log)

    def parts_of_run(self, run, *columns):
        """(part, cells) of every row that a run used."""
        def table(path):
            lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
            return [json.loads(line) for line in lines] if path.suffix == ".jsonl" else list(csv.DictReader(lines))

        files = [table(run / source["file"]) for source in json.loads((run / "sources.json").read_text())["sources"]]
        used = []
        for row in table(run / "split.csv"):
            cells = files[int(row["source"])][int(row["row"])]
            used.append((row["part"], *((cells.get(column) or "") for column in columns)))
        return sorted(used)

    def test_split_round_trip(self):
        moods = self.folder / "moods.jsonl"
        with open(moods, "w", encoding="utf-8") as out:
            for i, (text, label) in enumerate(mood_rows(80)):
                row = {"text": text, "mood": label, "size": ("big", "small")[i % 3 == 0], "group": str(i)}
                if i % 4:  # whichever row opens a part, its file must have all columns
                    del row["size"]
                out.write(json.dumps(row) + "\n")
        topics = write_csv(self.folder / "my topics.csv", [("text", "label", "group")] + [
            (f'say, "{text}"', label, f"g{i % 20}") for i, (text, label) in enumerate(mood_rows(60))])
        tasks = ("--task", f"mood={moods}", "--task", f"size={moods}", "--task", f"topic={topics}", "--group-column", "group")

        split = self.run_ok("data", "split", *tasks, "--out", self.folder / "parts")
        for name in ("moods/train.jsonl", "moods/validation.jsonl", "moods/test.jsonl", "my topics/test.csv"):
            self.assertTrue((self.folder / "parts" / name).exists(), name)
        command = shlex.split(split.stdout.splitlines()[-1])
        self.assertEqual(command[:2], ["mtnlp", "train"])

        options = ("--encoder", ENCODER, "--epochs", 1, "--max-length", 16, "--out")
        self.run_ok("train", *tasks, *options, self.folder / "first")
        self.run_ok(*command[1:], *options, self.folder / "second")
        columns = ("text", "mood", "size", "label")
        first = self.parts_of_run(self.folder / "first", *columns)
        self.assertEqual(len(first), 140)
        self.assertEqual(first, self.parts_of_run(self.folder / "second", *columns))

    def run_printed(self, split, out, *options):
        """Trains by the printed command, read by a shell."""
        command = split.stdout.splitlines()[-1]
        self.assertTrue(command.startswith("mtnlp train "), command)
        script = 'mtnlp() { "$MTNLP" "$@"; }\n' + command + ' "$@"\n'
        result = subprocess.run(["sh", "-c", script, "sh", "--encoder", ENCODER, "--epochs", "1", "--max-length", "16",
                                 "--threads", "2", "--out", out, *options], env=QUIET_THREADS | {"MTNLP": MTNLP},
                                capture_output=True, text=True, timeout=300)
        self.assertEqual(result.returncode, 0, command + "\n" + result.stderr)

    def test_the_printed_command_works_in_a_shell(self):
        rows = mood_rows(60)
        columns = ("-the body", "kla\u00dfe=$x", "it's \"a\" group")
        folder = self.folder / "o'ne two;\u00e9 $(x)`"
        folder.mkdir()
        file = write_csv(folder / "-a=b c.csv", [columns, *((text, "nan" if i % 10 == 0 else label, f"g{i // 2}")
                                                           for i, (text, label) in enumerate(rows))])
        given = write_csv(folder / "given.csv", [columns[:2], ("fine new", "up"), ("sad new", "nan"), ("bad new", "down")])
        options = (f"--text-column={columns[0]}", "--label-column", f"-my mood!={columns[1]}", "--group-column", columns[2],
                   "--labels", "-my mood!=up,down", "--missing-labels=-,?,nan", "--seed", 7)
        source = (f"--task=-my mood!={file}", f"--test=-my mood!={given}", *options)
        split = self.run_ok("data", "split", *source, "--out", folder / "-parts")
        self.run_printed(split, self.folder / "second")
        self.run_ok("train", *source, "--encoder", ENCODER, "--epochs", 1, "--max-length", 16, "--threads", 2,
                    "--out", self.folder / "first")
        first, second = (self.parts_of_run(self.folder / run, *columns[:2]) for run in ("first", "second"))
        self.assertEqual(len(first), 56)
        self.assertEqual(first, second)
        labels = [json.loads((self.folder / run / "test.json").read_text())["tasks"]["-my mood!"]["labels"] for run in ("first", "second")]
        self.assertEqual(labels, [["up", "down"]] * 2)

    def test_the_printed_command_keeps_a_limit_on_rows_of_two_tasks(self):
        for ending in ("csv", "jsonl"):
            rows = [{"text": text, "mood": label, "size": ("big", "small")[i % 3 == 0]} for i, (text, label) in enumerate(mood_rows(80))]
            file = self.folder / f"both.{ending}"
            if ending == "csv":
                write_csv(file, [tuple(rows[0]), *(tuple(row.values()) for row in rows)])
            else:
                file.write_text("".join(json.dumps(row) + "\n" for row in rows))
            split = self.run_ok("data", "split", "--task", f"mood={file}", "--task", f"size={file}", "--limit", "mood=30",
                                "--out", self.folder / ending)
            out = self.folder / f"run-{ending}"
            self.run_printed(split, out)
            used = self.parts_of_run(out, "mood", "size")
            self.assertEqual(len(used), 80)
            self.assertEqual(sum(mood != "" for _, mood, _ in used), 30)

    def test_a_label_without_a_training_row_is_named(self):
        file = write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(40), ("one", "rare"), ("two", "rare")])
        given = write_csv(self.folder / "test.csv", [("text", "label"), ("new", "rare"), ("more", "up")])
        options = ("--task", f"mood={file}", "--test", f"mood={given}", "--limit", "mood=12")
        split = self.run_ok("data", "split", *options, "--out", self.folder / "parts")
        if "rare" not in (self.folder / "parts/a/train.csv").read_text():
            self.assertIn("--labels mood=down,rare,up", split.stdout)
        self.run_printed(split, self.folder / "run")

    def test_a_name_that_no_command_can_hold_is_refused_before_writing(self):
        rows = [("text", "label"), *mood_rows(40)]
        file, odd = write_csv(self.folder / "a.csv", rows), write_csv(self.folder / "a\nb.csv", rows)
        out = self.folder / "parts"
        for task, folder in ((odd, out), (file, self.folder / "o\x1but")):
            self.assert_refused(mtnlp("data", "split", "--task", f"mood={task}", "--out", folder), "cannot stand in the command", "--quiet")
            self.assertEqual([path for path in self.folder.iterdir() if path.is_dir()], [])
        self.run_ok("data", "split", "--quiet", "--task", f"mood={odd}", "--out", out)

    def test_two_splits_at_once_do_not_mix(self):
        file = write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(60)])
        processes = [start("data", "split", "--task", f"mood={file}", "--out", self.folder / "parts", "--seed", str(seed),
                           MTNLP_TEST_SLOW_WRITE="20") for seed in (1, 2)]
        for process in processes:
            process.communicate()
        codes = [process.returncode for process in processes]
        self.assertEqual(codes.count(0), 1, codes)
        self.assertEqual(sorted(path.name for path in (self.folder / "parts").iterdir()), ["a"])
        self.run_ok("data", "split", "--task", f"mood={file}", "--out", self.folder / "again", "--seed", 1 + codes.index(0))
        for name in ("train.csv", "validation.csv", "test.csv"):
            self.assertEqual((self.folder / "parts/a" / name).read_bytes(), (self.folder / "again/a" / name).read_bytes())

    def test_split_does_not_depend_on_the_order_of_the_tasks(self):
        moods = write_csv(self.folder / "moods.csv", [("text", "mood", "size")] + [
            (text, label, ("big", "small")[i % 3 == 0]) for i, (text, label) in enumerate(mood_rows(60))])
        topics = write_csv(self.folder / "topics.csv", [("text", "label")] + [
            (text, ("sport", "law", "music")[i % 3]) for i, (text, _) in enumerate(mood_rows(90)[30:])])
        tasks = (f"mood={moods}", f"size={moods}", f"topic={topics}")

        def split(name, tasks, seed=42):
            out = self.folder / name
            self.run_ok("data", "split", *(word for task in tasks for word in ("--task", task)), "--seed", seed, "--out", out)
            return {file.relative_to(out).as_posix(): file.read_bytes() for file in out.rglob("*.csv")}

        parts = split("parts", tasks)
        self.assertEqual(sorted(parts), [f"{source}/{part}.csv" for source in ("moods", "topics")
                                         for part in ("test", "train", "validation")])
        self.assertEqual(split("swapped", tasks[::-1]), parts)
        self.assertNotEqual(split("other", tasks, seed=43), parts)

    def test_split_refuses(self):
        file = write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(20)])
        out = self.folder / "parts"
        self.assert_refused(mtnlp("data", "split", "--task", f"mood={file}"), "--out")
        self.run_ok("data", "split", "--task", f"mood={file}", "--out", out, "--quiet")
        self.assert_refused(mtnlp("data", "split", "--task", f"mood={file}", "--out", out), "parts/a", "exists already")
        with open(file, "a", encoding="utf-8") as more:
            more.write("ragged\n")
        self.assert_refused(mtnlp("data", "split", "--task", f"mood={file}", "--out", self.folder / "x"), "a.csv:22")
        self.assertFalse((self.folder / "x").exists())


class DataPaths(CliTest):
    def test_what_cannot_be_read_again(self):
        rows = "text,mood\n" + "".join(f"{text},{label}\n" for text, label in mood_rows(30))
        pipe = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.addCleanup(pipe.communicate)
        for file, what, options in (("/dev/stdin", "is a pipe", {"stdin": rows}), ("/dev/null", "is a device", {}), ("-", "is not a file", {}),
                                    (f"/dev/fd/{pipe.stdout.fileno()}", "is a pipe", {"pass_fds": [pipe.stdout.fileno()]})):
            for verb in (["train", "--encoder", ENCODER, "--out", self.folder / "run"], ["data", "check"]):
                with self.subTest(file=file, verb=verb[0]):
                    self.assert_refused(mtnlp(*verb, "--task", f"mood={file}", **options), f"{file}: {what}; data must be a regular file")
        self.assertFalse((self.folder / "run").exists())

    def test_a_repeated_task_leaves_the_model(self):
        data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(40)])
        more = write_csv(self.folder / "more.csv", [("text", "mood"), *mood_rows(10)])
        run = self.folder / "run"
        train(data, run)
        found = json.loads(self.run_ok("eval", "--json", "-", "--task", f"mood={data}", "--task", f"mood={more}", run).stdout)
        self.assertEqual(found["tasks"]["mood"]["rows"], 50)
        self.assert_refused(mtnlp("eval", "--task", f"a=b={data}", run), "a")
        self.assert_refused(mtnlp("eval", "--task", f"{'a' * 10000}={data}", run), "unknown task")
        self.assert_refused(mtnlp("data", "check", "--task", f"{'a' * 10000}={data}"), "10000 bytes")


if __name__ == "__main__":
    unittest.main()
