"""A run folder that was copied, damaged, shared or written beside a reader: nothing is lost, nothing is scored wrongly."""

import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
import zipfile

from support import ENCODER, MTNLP, QUIET_THREADS, CliTest, mood_rows, mtnlp, start, train, wait_for, write_csv


def snapshot(folder):
    """Every path below the folder with its content."""
    return {str(path.relative_to(folder)): os.readlink(path) if path.is_symlink() else path.is_file() and path.read_bytes()
            for path in sorted(folder.rglob("*")) if path.name != "train.log"}


class RunTest(CliTest):
    """One run of three epochs, whose best and last checkpoint may differ, copied for every test."""

    @classmethod
    def setUpClass(cls):
        cls.home = pathlib.Path(tempfile.mkdtemp())
        cls.addClassCleanup(shutil.rmtree, cls.home)
        cls.data = write_csv(cls.home / "rows.csv", [("text", "mood"), *mood_rows(60)])
        cls.texts = write_csv(cls.home / "texts.csv", [("text",), *((text,) for text, _ in mood_rows(60))])
        result = mtnlp(*cls.training(cls.home / "run"))
        assert result.returncode == 0, result.stderr

    @classmethod
    def training(cls, out, *options, data=None):
        return ["train", "--encoder", ENCODER, "--task", f"mood={data or cls.data}", "--max-length", 16, "--batch-size", 4, "--epochs", 3,
                "--lr", "1e-3", "--threads", 2, "--out", out, *options]

    def setUp(self):
        super().setUp()
        shutil.copy(self.data, self.folder / "rows.csv")
        self.run_folder = self.folder / "run"
        shutil.copytree(self.home / "run", self.run_folder, symlinks=True)

    def record(self):
        return json.loads((self.run_folder / "checkpoints.json").read_text())

    def resume(self, *options):
        return mtnlp("train", "--resume", self.run_folder, *options)

    def assert_works(self):
        """Reads of every kind say what they say of the run as it was, and it can be gone on with."""
        whole = self.home / "run"
        for model in ("", "best", "last"):
            for verb in (["eval", "--json", "-"], ["predict", "--quiet"]):
                files = [self.texts] if verb[0] == "predict" else []
                expected, found = (self.run_ok(verb[0], run / model, *files, *verb[1:]) for run in (whole, self.run_folder))
                self.assertEqual(found.stdout, expected.stdout)
            self.run_ok("info", self.run_folder / model)
        before = {name: content for name, content in snapshot(self.run_folder).items() if name.startswith("checkpoints")}
        self.run_ok("train", "--resume", self.run_folder)
        self.assertEqual({name: content for name, content in snapshot(self.run_folder).items()
                          if name.startswith("checkpoints")}, before)


class CopiedRunTest(RunTest):
    def test_links_lost(self):
        for name in ("best", "last"):
            (self.run_folder / name).unlink()
        self.assert_works()

    def test_links_followed(self):
        shutil.rmtree(self.run_folder)
        shutil.copytree(self.home / "run", self.run_folder, symlinks=False)
        self.assert_works()

    def test_unzipped(self):
        archive = self.folder / "run.zip"
        with zipfile.ZipFile(archive, "w") as out:
            for path in (self.home / "run").rglob("*"):
                name = path.relative_to(self.home / "run")
                if path.is_symlink():
                    out.writestr(str(name), os.readlink(path))
                elif path.is_file() and "best" not in name.parts and "last" not in name.parts:
                    out.write(path, name)
        shutil.rmtree(self.run_folder)
        with zipfile.ZipFile(archive) as out:
            out.extractall(self.run_folder)
        self.assertFalse((self.run_folder / "last").is_symlink())
        self.assert_works()

    def test_of_a_version_without_the_record(self):
        (self.run_folder / "checkpoints.json").unlink()
        self.assert_works()

    def test_of_a_version_without_the_record_and_copied(self):
        shutil.rmtree(self.run_folder)
        shutil.copytree(self.home / "run", self.run_folder, symlinks=False)
        (self.run_folder / "checkpoints.json").unlink()
        self.assert_works()

    def test_nothing_tells_which_is_which(self):
        names = sorted(os.listdir(self.run_folder / "checkpoints"))
        if len(names) == 1:
            shutil.copytree(self.run_folder / "checkpoints" / names[0], self.run_folder / "checkpoints/step-000001")
        for name in ("best", "last", "checkpoints.json"):
            (self.run_folder / name).unlink()
        before = snapshot(self.run_folder)
        for words in (["train", "--resume"], ["eval"], ["predict"]):
            self.assert_refused(mtnlp(*words, self.run_folder), "nothing says which", "ln -s")
        self.assertEqual(snapshot(self.run_folder), before)

    def test_stopped_and_copied_without_links_ends_the_same(self):
        run = self.folder / "stopped"
        process = start(*self.training(run, "--save-every", 3), MTNLP_TEST_SLOW_WRITE="2")
        wait_for(run / "checkpoints.json", process)
        process.terminate()
        process.communicate()
        for name in ("best", "last"):
            (run / name).unlink(missing_ok=True)
        self.run_ok("train", "--resume", run)
        for name in ("metrics.csv", "test.json", "checkpoints.json", "best/model.safetensors", "last/heads.safetensors"):
            self.assertEqual((run / name).read_bytes(), (self.home / "run" / name).read_bytes(), name)

    def test_where_links_cannot_be(self):
        compiler = shutil.which("cc")
        if compiler is None:
            self.skipTest("needs a C compiler")
        source, library = self.folder / "nolink.c", self.folder / "nolink.so"
        source.write_text("#include <errno.h>\n"
                          "int symlink(const char* a, const char* b) { (void)a; (void)b; errno = EPERM; return -1; }\n")
        subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source], check=True)
        shutil.rmtree(self.run_folder)
        process = start(*self.training(self.run_folder, data=self.folder / "rows.csv"), LD_PRELOAD=str(library))
        _, errors = process.communicate(timeout=300)
        self.assertEqual(process.returncode, 0, errors)
        self.assertEqual(errors.count("cannot be made a link"), 2, errors)  # one for each link, not for each epoch
        self.assertFalse(os.path.lexists(self.run_folder / "best"))
        self.assert_works()

    def test_a_link_that_a_user_pointed_elsewhere(self):
        last = self.record()["last"]
        other = self.run_folder / "checkpoints/step-000001"
        shutil.copytree(self.run_folder / "checkpoints" / last, other)
        for name in ("best", "last"):
            (self.run_folder / name).unlink()
            (self.run_folder / name).symlink_to("checkpoints/step-000001")
        result = self.run_ok("predict", self.run_folder / "last", self.texts)
        self.assertIn(f"last: is not {last}", result.stderr)
        self.assertIn("best: is not", self.run_ok("eval", self.run_folder).stderr)
        self.run_ok("train", "--resume", self.run_folder)
        self.assertEqual(os.readlink(self.run_folder / "last"), f"checkpoints/{last}")

    def test_a_bad_record_is_refused_and_nothing_touched(self):
        file = self.run_folder / "checkpoints.json"
        record = self.record()
        for change, *parts in ((lambda: file.write_text(file.read_text()[:20]), "checkpoints.json: is not valid JSON"),
                               (lambda: file.write_text(json.dumps(record | {"last": "step-000777"})), "step-000777"),
                               (lambda: file.write_text(json.dumps(record | {"last": "../../rows.csv"})), "rows.csv"),
                               (lambda: file.write_text(json.dumps(record | {"best": 7})), '"best"')):
            change()
            before = snapshot(self.run_folder)
            for words in (["train", "--resume"], ["eval"], ["predict"], ["info"]):
                self.assert_refused(mtnlp(*words, self.run_folder), *parts)
            self.assertEqual(snapshot(self.run_folder), before)


class LostTest(RunTest):
    """What is lost is chosen anew or refused, with a word of it."""

    def setUp(self):
        super().setUp()
        self.checkpoints = self.run_folder / "checkpoints"
        self.last = self.record()["last"]

    def lose_best(self):
        """Whatever the best was, the record now names one that is gone."""
        record = self.record() | {"best": "step-000001"}
        for path in self.checkpoints.iterdir():
            if path.name != self.last:
                shutil.rmtree(path)
        (self.run_folder / "checkpoints.json").write_text(json.dumps(record))
        (self.run_folder / "best").unlink()
        (self.run_folder / "best").symlink_to("checkpoints/step-000001")

    def test_the_best_checkpoint(self):
        self.lose_best()
        for words in (["predict"], ["eval"]):
            self.assert_refused(mtnlp(*words, self.run_folder), "step-000001", "run/last", "train --resume")
        self.run_ok("predict", self.run_folder / "last", self.texts)
        result = self.run_ok("train", "--resume", self.run_folder)
        self.assertIn(f"warning: {self.run_folder}: its best checkpoint, step-000001, is gone; {self.last}", result.stderr)
        self.assertEqual(self.record(), {"version": 1, "best": self.last, "last": self.last})
        self.assertEqual(os.readlink(self.run_folder / "best"), f"checkpoints/{self.last}")
        self.assertNotIn("warning", self.run_ok("train", "--resume", self.run_folder).stderr)

    def test_the_best_checkpoint_before_the_end(self):
        run = self.folder / "stopped"
        process = start(*self.training(run, "--save-every", 1), MTNLP_TEST_SLOW_WRITE="3")
        wait_for(run / "best", process)
        while process.poll() is None:  # until an epoch is open
            record = json.loads((run / "checkpoints.json").read_text())
            if record["last"].endswith("-open"):
                break
        process.kill()
        process.communicate()
        record = json.loads((run / "checkpoints.json").read_text())
        shutil.rmtree(run / "checkpoints" / record["best"])
        result = self.run_ok("train", "--resume", run)
        self.assertIn(f"its best checkpoint, {record['best']}, is gone", result.stderr)
        self.assertTrue((run / "checkpoints" / json.loads((run / "checkpoints.json").read_text())["best"]).is_dir())
        self.run_ok("eval", run)

    def test_one_link_and_the_record(self):
        (self.run_folder / "checkpoints.json").unlink()
        for lost, kept in (("best", "last"), ("last", "best")):
            target = os.readlink(self.run_folder / lost)
            (self.run_folder / lost).unlink()
            several = len(os.listdir(self.checkpoints)) > 1
            for model in (self.run_folder / lost, self.run_folder / kept):
                self.assertEqual(self.run_ok("predict", model, self.texts).stdout,
                                 self.run_ok("predict", self.home / "run" / model.name, self.texts).stdout)
            result = self.run_ok("predict", self.run_folder / lost, self.texts)
            self.assertEqual("nothing says which" in result.stderr, several, result.stderr)
            (self.run_folder / lost).symlink_to(target)

    def test_older_than_the_newest(self):
        older = self.checkpoints / "step-000001"
        shutil.copytree(self.checkpoints / self.last, older)
        for record in (True, False):
            if record:
                (self.run_folder / "checkpoints.json").write_text(json.dumps({"version": 1, "best": older.name, "last": older.name}))
            else:
                (self.run_folder / "checkpoints.json").unlink()
            for name in ("best", "last"):
                (self.run_folder / name).unlink()
                (self.run_folder / name).symlink_to(f"checkpoints/{older.name}")
            before = snapshot(self.run_folder)
            self.assert_refused(self.resume(), "newer than its last checkpoint, step-000001", "move")
            self.assertEqual(snapshot(self.run_folder), before)

    def test_results(self):
        whole = {name: (self.run_folder / name).read_bytes() for name in ("metrics.csv", "test.json")}
        for name, content in (("metrics.csv", b""), ("metrics.csv", whole["metrics.csv"].split(b"\n", 1)[1]), ("test.json", b"{"),
                              ("test.json", b'{"tasks": {"mood": 3}}')):
            with self.subTest(name=name, content=content):
                (self.run_folder / name).write_bytes(content)
                self.assert_refused(mtnlp("info", self.run_folder), f"{name}: ")
                self.assertIn(f"{name}: ", self.run_ok("train", "--resume", self.run_folder).stderr)
                self.assertEqual((self.run_folder / name).read_bytes(), whole[name])

    def test_options(self):
        for text in ("", "[train]\n"):
            (self.run_folder / "options.toml").write_text(text)
            self.assert_refused(self.resume(), "options.toml: holds no options")

    def test_a_parallel_output_is_kept(self):
        output = self.run_folder / ".mtnlp-tmp-x.csv-0123456789abcdef"
        output.write_text("half")
        self.run_ok("train", "--resume", self.run_folder)
        self.assertEqual(output.read_text(), "half")


class KeptTest(RunTest):
    def test_what_lies_beside_the_checkpoints(self):
        checkpoints = self.run_folder / "checkpoints"
        shutil.copytree(checkpoints / self.record()["last"], checkpoints / "my-backup")
        (checkpoints / "notes.txt").write_text("mine")
        (checkpoints / "step-000001").write_text("a file of mine")
        (checkpoints / "step-000002").symlink_to("my-backup")
        (checkpoints / "step-000000").mkdir()
        (checkpoints / "step-000000/results.csv").write_text("mine")
        before = snapshot(self.run_folder)
        self.run_ok("train", "--resume", self.run_folder)
        self.assertEqual(snapshot(self.run_folder), before)
        self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--out", self.run_folder,
                                  "--overwrite"), "not a part of a run")
        self.assertEqual(snapshot(self.run_folder), before)

    def test_checkpoints_behind_a_link(self):
        precious = self.folder / "precious"
        os.rename(self.run_folder / "checkpoints", precious)
        (precious / "file").write_text("x")
        (precious / ".mtnlp-tmp-mine").mkdir()
        (self.run_folder / "checkpoints").symlink_to(precious)
        before = snapshot(precious)
        self.run_ok("train", "--resume", self.run_folder)
        self.assertEqual(mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--out", self.run_folder,
                               "--overwrite").returncode, 2)
        self.assertEqual(snapshot(precious), before)

    def test_foreign_folders_are_not_overwritten(self):
        for name, content in (("checkpoints/epoch1.pt", "x"), ("metrics.csv", "of another tool"), ("best/model.bin", "x")):
            with self.subTest(name):
                folder = self.folder / "project"
                shutil.rmtree(folder, ignore_errors=True)
                (folder / name).parent.mkdir(parents=True)
                (folder / name).write_text(content)
                self.assert_refused(mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--out", folder,
                                          "--overwrite"), "project: holds", "not overwritten")
                self.assertEqual((folder / name).read_text(), content)

    def test_what_a_run_is_made_from_is_not_overwritten(self):
        before = snapshot(self.run_folder)
        self.assert_refused(mtnlp("train", "--encoder", self.run_folder / "best", "--task", f"mood={self.data}", "--out",
                                  self.run_folder, "--overwrite"), "best: lies in", "--overwrite would remove")
        self.assertEqual(snapshot(self.run_folder), before)
        train(self.data, self.run_folder, "--overwrite")


class RecordedSplitTest(RunTest):
    def assert_all_refuse(self, *parts):
        for words in (["eval", self.run_folder], ["eval", self.run_folder / "last", "--part", "validation"],
                      ["eval", self.run_folder / "checkpoints" / self.record()["last"]],
                      ["train", "--resume", self.run_folder]):
            self.assert_refused(mtnlp(*words), *parts)

    def test_a_changed_record(self):
        for name, old, new in (("split.csv", ",train,", ",test,"), ("sources.json", '"mood"', '"text"'),
                               ("sources.json", '"part": null', '"part": "test"'), ("split.csv", "0,1,", "0,01,")):
            with self.subTest(name=name, old=old):
                file = self.run_folder / name
                before = file.read_text()
                self.assertIn(old, before)
                file.write_text(before.replace(old, new, 1))
                self.assert_all_refuse(f"{name}: changed since the run started")
                file.unlink()
                self.assert_all_refuse(name)
                file.write_text(before)
        self.run_ok("eval", self.run_folder)

    def test_changed_data(self):
        data = self.folder / "rows.csv"
        data.write_bytes(data.read_bytes().replace(b"down", b"up", 1))
        self.assert_all_refuse("rows.csv: changed since the run was split")
        data.unlink()
        os.mkfifo(data)
        self.assert_all_refuse("rows.csv: is not a regular file")
        data.unlink()
        self.assert_all_refuse("rows.csv: no such file")

    def test_changed_before_the_first_checkpoint(self):
        for name in ("best", "last", "checkpoints.json"):
            (self.run_folder / name).unlink()
        shutil.rmtree(self.run_folder / "checkpoints")
        (self.run_folder / "checkpoints").mkdir()
        data = self.folder / "rows.csv"
        rows = data.read_bytes()
        data.write_bytes(rows + b"one more,up\n")
        self.assert_refused(self.resume(), "rows.csv: changed since the run was split")
        data.write_bytes(rows)
        self.run_ok("train", "--resume", self.run_folder)


class ReaderTest(RunTest):
    def test_readers_beside_a_writer(self):
        run = self.folder / "busy"
        writer = start("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--batch-size", 4,
                       "--epochs", 9000, "--save-every", 1, "--threads", 1, "--out", run)
        try:
            wait_for(run / "best", writer)
            for reads in range(12):
                for model in (run, run / "last", run / "best"):
                    result = mtnlp("predict", model, self.texts, "--quiet", "--threads", 1)
                    self.assertEqual(result.returncode, 0, result.stderr)
                    self.assertEqual(result.stderr, "")
        finally:
            writer.send_signal(signal.SIGTERM)
            _, errors = writer.communicate(timeout=120)
        self.assertEqual(writer.returncode, 143, errors)
        self.assertLessEqual(len(os.listdir(run / "checkpoints")), 3)


class NotFiniteTest(CliTest):
    def setUp(self):
        super().setUp()
        self.data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(200)])
        self.texts = write_csv(self.folder / "texts.csv", [("text",), *((text,) for text, _ in mood_rows(200))])

    def test_training_stops_at_that_step(self):
        for number, words in enumerate((["--lr", 10, "--weight-decay", 10, "--clip", 0], ["--lr", 10, "--weight-decay", 10],
                                        ["--head-lr", 10, "--weight-decay", 10, "--freeze", "backbone", "--clip", 0])):
            with self.subTest(words):
                run = self.folder / str(number)
                result = mtnlp("train", "--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--epochs", 9,
                               "--warmup", 0, "--batch-size", 1, "--save-every", 1, "--threads", 1, "--precision", "fp32",
                               "--out", run, *words)
                self.assertEqual(result.returncode, 1, result.stderr)
                line = result.stderr.splitlines()[-1]
                self.assertRegex(line, r"^mtnlp: (after |validation after )?step \d+: .*not finite.*--lr.*--clip 1.*--warmup")
                self.assertNotIn("nan", (run / "metrics.csv").read_text() if (run / "metrics.csv").exists() else "")
                # What was saved before is whole and finite.
                predicted = mtnlp("predict", run / "last", self.texts)
                self.assertEqual(predicted.returncode, 0, predicted.stderr)
                self.assertNotIn("nan", predicted.stdout)


class StartedTogetherTest(CliTest):
    def test_each_has_a_folder_of_its_own(self):
        data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(40)])
        words = ["train", "--encoder", ENCODER, "--task", f"mood={data}", "--freeze", "backbone", "--epochs", 1, "--max-length",
                 16, "--threads", 1, "--quiet"]
        runs = [subprocess.Popen([pathlib.Path(MTNLP).resolve(), *map(str, words)],
                                 env=QUIET_THREADS, cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for _ in range(4)]
        for run in runs:
            _, errors = run.communicate(timeout=300)
            self.assertEqual(run.returncode, 0, errors)
        folders = [path for path in (self.folder / "runs").iterdir() if path.name != "latest"]
        self.assertEqual(len(folders), 4)
        for folder in folders:
            self.assertTrue((folder / "test.json").exists())
        self.run_ok("eval", self.folder / "runs/latest")


if __name__ == "__main__":
    unittest.main()
