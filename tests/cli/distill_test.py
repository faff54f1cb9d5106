"""mtnlp distill: a student of fewer layers that learns from its teacher's rows, and from what the teacher answers."""

import csv
import json
import pathlib
import re
import shutil
import signal
import tempfile
import tomllib
import unittest

from support import ENCODER, CliTest, change_tasks, mood_rows, mtnlp, read_metrics, start, train, wait_for, write_csv

RESULTS = ("metrics.csv", "split.csv", "test.json", "last/model.safetensors", "last/heads.safetensors")


def parts_of(run):
    with open(run / "split.csv", encoding="utf-8", newline="") as file:
        return [(int(row["row"]), row["part"]) for row in csv.DictReader(file)]


def options_of(run):
    return tomllib.loads((run / "options.toml").read_text(encoding="utf-8"))["train"]


class DistillTest(CliTest):
    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.rows = mood_rows(60)
        cls.data = write_csv(cls.home / "rows.csv", [("text", "label"), *cls.rows])
        cls.more = [f"{text} more" for text, _ in mood_rows(40)]
        cls.texts = write_csv(cls.home / "texts.csv", [("text",), *((text,) for text in cls.more)])
        cls.teacher = cls.home / "teacher"
        train(cls.data, cls.teacher, "--lr", "1e-3", "--epochs", 2, "--batch-size", 8)

    def distill(self, out, *options, teacher=None, **how):
        result = self.run_ok("distill", teacher or self.teacher, "--out", self.folder / out, "--threads", 2, *options, **how)
        return self.folder / out, result

    def refused(self, arguments, *parts):
        self.assert_refused(mtnlp("distill", *arguments, "--out", self.folder / "refused", "--quiet"), *parts)
        self.assertFalse((self.folder / "refused").exists())

    def assert_same(self, run, other, names=RESULTS):
        for name in names:
            self.assertTrue((run / name).read_bytes() == (other / name).read_bytes(), name)

    def test_texts_are_read_as_the_rows_are(self):
        data = self.folder / "rows.txt"
        data.write_bytes(self.data.read_bytes().replace(b",", b";"))
        teacher, reading = self.folder / "teacher", ["--format", "csv", "--delimiter", ";"]
        self.run_ok("train", "--encoder", ENCODER, "--task", f"mood={data}", "--label-column", "mood=label", *reading, "--max-length", 16, "--epochs", 1,
                    "--threads", 1, "--out", teacher)
        _, result = self.distill("run", "--text", data, "--epochs", 1, teacher=teacher)
        held_out = sum(part != "train" for _, part in parts_of(teacher))
        self.assertIn(f"rows.txt: {held_out} texts are among the validation or test rows, and left out", result.stderr)

    def test_blank_texts_teach_nothing(self):
        texts = write_csv(self.folder / "blank.csv", [("text",), ("some text",), (" ",), ("",), ("more",)])
        _, result = self.distill("run", "--text", texts, "--epochs", 1)
        trained = sum(part == "train" for _, part in parts_of(self.teacher))
        self.assertIn(f"{trained + 2} texts with soft labels", result.stderr)
        self.assertIn("2 rows with blank text, left out", result.stderr)

    def test_folds_are_held_out_of_the_teacher_too(self):
        result = mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--teacher", self.teacher, "--k-fold", 2,
                       "--out", self.folder / "folds", "--quiet")
        self.assert_refused(result, "the fold holds out", "--teacher")
        self.assertFalse((self.folder / "folds").exists())

    def test_a_teacher_whose_split_was_changed_is_refused(self):
        teacher = self.folder / "teacher"
        shutil.copytree(self.teacher, teacher, symlinks=True)
        split = (teacher / "split.csv").read_text()
        (teacher / "split.csv").write_text(split.replace("validation", "train"))
        result = mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--teacher", teacher, "--out", self.folder / "run",
                       "--quiet")
        self.assert_refused(result, "split.csv", "changed since the run started")

    def test_it_is_predict_and_train_in_one(self):
        run, result = self.distill("run", "--text", self.texts, "--soft-weight", 0.5, "--keep-layers", "0,2")
        trained = [row for row, part in parts_of(self.teacher) if part == "train"]
        taught = write_csv(self.folder / "taught.csv", [("text",), *((self.rows[row][0],) for row in trained)])
        soft = []
        for file in (taught, self.texts):
            soft.append(self.folder / f"soft-{file.name}")
            self.run_ok("predict", self.teacher, file, "--raw", "--all-probabilities", "--precision", "fp32", "--out", soft[-1], "--quiet")
        hand = self.folder / "hand"
        self.run_ok("train", "--init", self.teacher, "--task", f"mood={self.data}", "--keep-layers", "0,2", "--max-length", 16, "--epochs", 2,
                    "--batch-size", 8, "--lr", "1e-3", "--threads", 2, "--soft", f"mood={soft[0]}", "--soft", f"mood={soft[1]}",
                    "--soft-weight", 0.5, "--soft-temperature", 2, "--out", hand, "--quiet")
        self.assert_same(run, hand)
        self.assertIn(f"task mood: {len(trained) + len(self.more)} texts with soft labels", result.stderr)
        for name, value in {"n_layers": 2, "dim": json.loads((ENCODER / "config.json").read_text())["dim"]}.items():
            self.assertEqual(json.loads((run / "best/config.json").read_text())[name], value)
        self.assertEqual(self.run_ok("eval", run, "--json", "-").stdout, (run / "test.json").read_text())

    def test_options_are_those_of_the_teacher_unless_given(self):
        taught, given = options_of(self.teacher), options_of(self.distill("run", "--epochs", 1, "--seed", 7)[0])
        for name in ("lr", "batch-size", "max-length"):
            self.assertEqual(given[name], taught[name])
        self.assertEqual([given[name] for name in ("epochs", "seed", "split-seed", "keep-layers", "soft-temperature")], [1, 7, 42, 2, 2])
        self.assertNotIn("encoder", given)

    def test_the_split_is_that_of_the_teacher_and_texts_held_out_are_left_out(self):
        parts = parts_of(self.teacher)
        held_out = [self.rows[row][0].upper() for row, part in parts if part != "train"]
        texts = self.folder / "texts.txt"
        texts.write_text("\n".join(held_out + self.more))
        run, result = self.distill("run", "--text", texts, "--seed", 7, "--epochs", 1)
        self.assertEqual(parts_of(run), parts)
        self.assertIn(f"texts.txt: {len(held_out)} texts are among the validation or test rows, and left out", result.stderr)
        self.assertIn(f"task mood: {len(self.rows) - len(held_out) + len(self.more)} texts with soft labels", result.stderr)
        with self.subTest("with rows of its own too"):
            own = write_csv(self.folder / "own.csv", [("text", "label"), *((f"{text} own", label) for text, label in mood_rows(30))])
            result = self.distill("own", "--task", f"mood={own}", "--text", texts, "--epochs", 1)[1]
            self.assertIn(f"texts.txt: {len(held_out)} texts are among the validation or test rows, and left out", result.stderr)

    def test_the_files_are_found_from_another_folder(self):
        work = self.folder / "work"
        work.mkdir()
        shutil.copy(self.data, work / "rows.csv")
        self.run_ok("train", "--encoder", ENCODER, "--task", "mood=rows.csv", "--max-length", 16, "--epochs", 1, "--out", "teacher",
                    "--limit", "mood=40", "--quiet", cwd=work)
        run = self.distill("run", teacher="work/teacher", cwd=self.folder)[0]
        self.assertEqual(parts_of(run), parts_of(work / "teacher"))
        (work / "rows.csv").write_text("text,label\nother,up\n")
        self.refused([work / "teacher"], "rows.csv", "changed since the run was split")

    def test_killed_or_stopped_it_ends_with_the_same_bytes(self):
        whole = self.distill("whole", "--text", self.texts, "--dropout", 0.1)[0]
        stopped = self.distill("stopped", "--text", self.texts, "--dropout", 0.1, "--stop-after", 1)[0]
        killed = self.folder / "killed"
        process = start("distill", self.teacher, "--text", self.texts, "--dropout", 0.1, "--save-every", 1, "--threads", 2, "--out", killed,
                        "--quiet")
        wait_for(killed / "checkpoints.json", process)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for run, verb in ((stopped, "train"), (killed, "distill")):
            self.run_ok(verb, "--resume", run, "--quiet")
            self.assert_same(run, whole)

    def test_texts_and_options_must_be_as_they_were(self):
        texts = self.folder / "texts.csv"
        shutil.copy(self.texts, texts)
        run = self.distill("run", "--text", texts, "--stop-after", 1)[0]
        for arguments, parts in {("--lr", "1"): ["--lr", "1e-3"], ("--text", self.data): ["--text"]}.items():
            self.assert_refused(mtnlp("distill", "--resume", run, "--quiet", *arguments), *parts)
        texts.write_text(texts.read_text() + "one text more\n")
        self.assert_refused(mtnlp("distill", "--resume", run, "--quiet"), "texts.csv", "changed since the run started")

    def test_the_loss_falls_and_texts_count(self):
        alone, taught = (self.distill(name, "--epochs", 4, *options)[0]
                         for name, options in {"alone": (), "taught": ("--text", self.texts)}.items())
        losses = [float(row["mood.train_loss"]) for row in read_metrics(taught)]
        self.assertLess(losses[-1], losses[0])
        self.assertFalse((alone / "last/model.safetensors").read_bytes() == (taught / "last/model.safetensors").read_bytes())

    def test_every_kind_is_taught(self):
        others = write_csv(self.folder / "others.csv", [("text", "size", "tags"), *((text, len(text), "long|even" if len(text) % 2 == 0 else "odd")
                                                                               for text, _ in self.rows)])
        teacher = self.folder / "all"
        train(self.data, teacher, "--task", f"size={others}:regression", "--task", f"tags={others}:multilabel", "--lr", "1e-3", "--epochs", 2)
        run, result = self.distill("run", "--text", self.texts, teacher=teacher)
        counts = re.findall(r"task (\w+): (\d+) texts with soft labels", result.stderr)
        self.assertEqual([name for name, _ in counts], ["mood", "size", "tags"])
        self.assertEqual(len({count for _, count in counts}), 1)
        self.assertGreater(int(counts[0][1]), len(self.more))
        without = self.distill("without", "--text", self.texts, "--soft-weight", 0, teacher=teacher)[0]
        for column in ("mood.train_loss", "size.train_loss", "tags.train_loss"):
            self.assertNotEqual(read_metrics(run)[-1][column], read_metrics(without)[-1][column], column)
        other = write_csv(self.folder / "kind.csv", [("text", "label"), *((text, len(text)) for text, _ in self.rows)])
        self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--teacher", teacher, "--task", f"mood={other}:regression", "--max-length", 16, "--out",
                                  self.folder / "refused", "--quiet"), 'its task "mood" is of kind single-label', "regression")
        self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--teacher", teacher, "--task", f"none={self.data}", "--max-length", 16, "--out",
                                  self.folder / "refused", "--quiet"), "has no task that the data have too", "mood, size, tags")

    def test_train_takes_a_teacher_of_another_encoder(self):
        result = train(self.data, self.folder / "run", "--teacher", self.teacher, "--text", self.texts, "--max-length", 8)
        count = int(re.search(r"task mood: (\d+) texts with soft labels", result.stderr)[1])
        self.assertGreater(count, len(self.more))
        self.assertNotIn("was trained on", result.stderr)
        result = train(self.data, self.folder / "other", "--teacher", self.teacher, "--seed", 7)
        self.assertRegex(result.stderr, r"\d+ validation or test rows are among those that --teacher was trained on")

    def test_a_resumed_run_needs_the_teacher_that_it_had(self):
        teacher = self.folder / "teacher"
        shutil.copytree(self.teacher, teacher, symlinks=True)
        options = ("--teacher", teacher, "--epochs", 2, "--stop-after", 1)
        train(self.data, self.folder / "run", *options)
        change_tasks(teacher / "best", lambda tasks: tasks["mood"].update(temperature=2))
        self.assert_refused(mtnlp("train", "--resume", self.folder / "run", "--quiet"), "tasks.json: changed since the run started")

    def test_what_cannot_teach_or_be_taught_is_refused(self):
        empty = self.folder / "empty.csv"
        empty.write_text("text\n")
        other = write_csv(self.folder / "other.csv", [("text", "label"), *((text, "left" if label == "up" else label) for text, label in self.rows)])
        for arguments, parts in {
                (): ["TEACHER is missing"],
                (self.folder / "absent",): ["absent: no such folder"],
                (ENCODER,): ["is not a run of mtnlp train"],
                (self.teacher, "--keep-layers", "0,9"): ["--keep-layers"],
                (self.teacher, "--text", empty): ["empty.csv: holds no texts"],
                (self.teacher, "--text", self.folder / "none.csv"): ["none.csv: no such file"],
                (self.teacher, "--text", self.texts, "--text-column", "body"): ["body"],
                (self.teacher, "--task", f"mood={other}"): ["its task \"mood\" has the labels down, up; the data have down, left"],
                (self.teacher, "--init", self.teacher): ["--init"],
                (self.teacher, "--resume", self.teacher): ["--resume"]}.items():
            with self.subTest(arguments):
                self.refused(arguments, *parts)
        self.assert_refused(mtnlp("distill", self.teacher, "--out", self.teacher, "--quiet"), "teacher", "exist")
        self.assert_refused(mtnlp("distill", self.teacher, "--out", self.teacher, "--overwrite", "--quiet"), "which --overwrite would remove")
        self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--teacher", self.teacher, "--task", f"mood={other}", "--max-length", 16, "--out",
                                  self.folder / "refused", "--quiet"), "its task \"mood\" has the labels down, up; the data have down, left")
        self.assert_refused(mtnlp("train", "--text", self.texts, "--out", self.folder / "refused", "--quiet"), "--text needs --teacher")


if __name__ == "__main__":
    unittest.main()
