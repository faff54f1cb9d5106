"""mtnlp sweep: settings, seeds, halving, going on after a stop, and that its runs are those of train."""

import csv
import json
import os
import shutil
import signal
import time
import tomllib
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, start, write_csv


def read_summary(sweep):
    with open(sweep / "summary.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def without_times(sweep):
    return [{key: value for key, value in row.items() if key != "seconds"} for row in read_summary(sweep)]


class SweepTest(CliTest):
    def setUp(self):
        super().setUp()
        self.data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(60)])
        self.base = ["--encoder", ENCODER, "--task", f"mood={self.data}", "--max-length", 16, "--batch-size", 8, "--epochs", 2]

    def sweep(self, name, *options):
        return self.run_ok("sweep", *self.base, "--out", self.folder / name, *options)

    def test_a_grid_from_end_to_end(self):
        result = self.sweep("s", "--grid", "lr=1e-3;0", "--grid", "freeze=none;backbone", "--seeds", 2, "--seed", 5)
        folder = self.folder / "s"
        rows = read_summary(folder)
        self.assertEqual({(row["lr"], row["freeze"]) for row in rows},
                         {(lr, freeze) for lr in ("1e-3", "0") for freeze in ("none", "backbone")})
        for row in rows:
            self.assertEqual((row["trained_epochs"], row["seeds"], row["failed"], row["task"]), ("2", "2", "0", "mood"))
        trained = {row["freeze"]: int(row["trained_parameters"]) for row in rows}
        self.assertGreater(trained["none"], trained["backbone"])
        scores = [float(row["score"]) for row in rows]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertIn("test part, mean over the seeds", result.stdout)
        with self.subTest("one split, and no other setting's test part is scored"):
            splits = {(run / "split.csv").read_bytes() for run in folder.glob("runs/0*") if run.is_dir()}
            self.assertEqual(len(splits), 1)
            tested = sorted(run.name for run in folder.glob("runs/0*") if (run / "test.json").exists())
            self.assertEqual(tested, [f"{int(rows[0]['setting']):03}-seed{seed}" for seed in (5, 6)])
        with self.subTest("best.toml gives the first run's bytes again"):
            self.run_ok("train", "--config", folder / "best.toml", "--out", self.folder / "again")
            first = folder / "runs" / tested[0]
            for file in ("metrics.csv", "test.json", "split.csv", "options.toml", "best/model.safetensors", "best/heads.safetensors"):
                self.assertEqual((self.folder / "again" / file).read_bytes(), (first / file).read_bytes(), file)
        with self.subTest("the figures are those of the runs"):
            results = [json.loads((folder / "runs" / f"{name}.json").read_text()) for name in tested]
            mean = sum(result["score"] for result in results) / 2
            self.assertAlmostEqual(float(rows[0]["score"]), mean, places=12)
            test = json.loads((folder / "test.json").read_text())
            accuracy = sum(result["tasks"]["mood"]["accuracy"] for result in results) / 2
            self.assertAlmostEqual(test["tasks"]["mood"]["accuracy"]["mean"], accuracy, places=12)

    def test_runs_that_share_frozen_outputs_are_those_of_train(self):
        self.sweep("s", "--grid", "pooling=mean;cls;max", "--freeze", "backbone", "--seeds", 1)
        scores = set()
        for settings in sorted((self.folder / "s/settings").glob("*.toml")):
            alone, run = self.folder / f"alone-{settings.stem}", self.folder / "s/runs" / settings.stem
            self.run_ok("train", "--config", settings, "--out", alone)
            for file in ("metrics.csv", "best/heads.safetensors"):
                self.assertEqual((alone / file).read_bytes(), (run / file).read_bytes(), f"{settings.stem} {file}")
            scores.add((run / "metrics.csv").read_text().splitlines()[-1])
        self.assertEqual(len(scores), 3)

    def test_results_do_not_depend_on_jobs(self):
        for jobs in (1, 3):
            self.sweep(f"s{jobs}", "--grid", "lr=1e-3;1e-4", "--seeds", 2, "--jobs", jobs)
        self.assertEqual(without_times(self.folder / "s1"), without_times(self.folder / "s3"))
        self.assertEqual(tomllib.loads((self.folder / "s1/best.toml").read_text())["train"]["threads"], 1)

    def test_a_killed_sweep_goes_on_to_the_same_table(self):
        options = ["--grid", "lr=1e-3;1e-4;3e-4", "--seeds", 2, "--jobs", 2]
        self.sweep("whole", *options)
        for number in (signal.SIGTERM, signal.SIGKILL):
            name = f"s{number}"
            process = start("sweep", *self.base, "--out", self.folder / name, *options, MTNLP_TEST_SLOW_WRITE="3")
            while len(list((self.folder / name / "runs").glob("*.json"))) < 3 and process.poll() is None:
                time.sleep(0.01)
            process.send_signal(number)
            process.communicate()
            self.assertEqual(process.returncode, -number if number == signal.SIGKILL else 128 + number)
            before = json.loads((self.folder / name / "sweep.json").read_text())["runs"]
            self.assertLess(len(before), 6)
            result = self.run_ok("sweep", "--resume", self.folder / name)
            for run in before:
                self.assertNotIn(f", {run}: score", result.stderr)
            self.assertEqual(without_times(self.folder / name), without_times(self.folder / "whole"))
            for run in sorted(self.folder.glob("whole/runs/0*")):
                if run.is_dir():
                    for file in ("metrics.csv", "last/heads.safetensors"):
                        self.assertEqual((run / file).read_bytes(), (self.folder / name / "runs" / run.name / file).read_bytes())

    def test_halving_stops_the_worse_half_and_ends_as_a_whole_run(self):
        self.base[self.base.index("--epochs") + 1] = 4
        self.sweep("s", "--grid", "lr=1e-3;0;1e-7;1e-8", "--seeds", 1, "--budget", "10h")
        rows = {row["lr"]: row for row in read_summary(self.folder / "s")}
        self.assertEqual(sorted(int(row["trained_epochs"]) for row in rows.values()), [1, 1, 2, 4])
        best = read_summary(self.folder / "s")[0]
        self.assertEqual(best["trained_epochs"], "4")
        self.run_ok("train", "--config", self.folder / "s/best.toml", "--out", self.folder / "again")
        run = self.folder / "s/runs" / f"{int(best['setting']):03}-seed42"
        for file in ("metrics.csv", "test.json", "best/model.safetensors"):
            self.assertEqual((self.folder / "again" / file).read_bytes(), (run / file).read_bytes(), file)

    def test_the_rate_is_measured_once(self):
        self.sweep("s", "--grid", "lr=1e-3;1e-4;1e-5;1e-6", "--seeds", 1, "--budget", "0.001s", "--jobs", 1)
        record = json.loads((self.folder / "s/sweep.json").read_text())
        self.assertEqual([len(rung) for rung in record["rungs"]], [1])
        self.assertGreater(record["seconds_per_epoch"], 0)
        self.run_ok("sweep", "--resume", self.folder / "s")
        self.assertEqual(json.loads((self.folder / "s/sweep.json").read_text())["seconds_per_epoch"], record["seconds_per_epoch"])

    def test_samples_of_a_range(self):
        self.sweep("s", "--grid", "lr=1e-4..1e-2:log", "--grid", "batch-size=8;16", "--samples", 3, "--seeds", 1)
        rows = read_summary(self.folder / "s")
        self.assertEqual(len(rows), 3)
        self.assertTrue(all(1e-4 <= float(row["lr"]) <= 1e-2 and row["batch-size"] in ("8", "16") for row in rows))

    def test_a_grid_in_a_file(self):
        grid = self.folder / "grid.toml"
        grid.write_text('[train]\nlr=[1e-3, 1e-4]\nfreeze=["none", "backbone,head:mood"]\n')
        self.sweep("s", "--grid-file", grid, "--seeds", 1)
        self.assertEqual(len(read_summary(self.folder / "s")), 4)

    # A weight decay of 10 with a rate of 1 makes weights grow without end.
    DIVERGING = ["--lr", 1, "--head-lr", 1e-3, "--clip", 0, "--schedule", "constant", "--warmup", 0, "--precision", "fp32", "--seeds", 1, "--jobs", 1]

    def test_a_run_that_diverges_is_a_result(self):
        self.base[self.base.index("--epochs") + 1] = 8
        result = self.sweep("s", "--grid", "weight-decay=10;0.03", *self.DIVERGING)
        rows = {row["weight-decay"]: row for row in read_summary(self.folder / "s")}
        self.assertEqual((rows["10"]["seeds"], rows["10"]["failed"], rows["10"]["score"]), ("0", "1", ""))
        self.assertEqual((rows["0.03"]["seeds"], rows["0.03"]["failed"]), ("1", "0"))
        self.assertRegex(result.stdout, r"weight-decay=10 +loss not finite")
        self.assertIn("no other setting came as far", result.stdout)

    def test_what_was_promoted_stays_so(self):
        self.base[self.base.index("--epochs") + 1] = 8
        # The first diverges, but only after it was promoted.
        self.sweep("s", "--grid", "weight-decay=10;0.03;0.02;0.01", "--budget", "10h", *self.DIVERGING)
        before = without_times(self.folder / "s"), (self.folder / "s/sweep.json").read_bytes()
        self.assertIn("1", {row["failed"] for row in before[0]})
        self.assertEqual([len(rung) for rung in json.loads(before[1])["rungs"]], [4, 2, 1])
        self.run_ok("sweep", "--resume", self.folder / "s")
        self.assertEqual((without_times(self.folder / "s"), (self.folder / "s/sweep.json").read_bytes()), before)

    def test_a_killed_sweep_with_a_budget_goes_on_to_the_same_table(self):
        self.base[self.base.index("--epochs") + 1] = 4
        options = ["--grid", "lr=1e-3;1e-4;3e-4;1e-5", "--seeds", 1, "--jobs", 1, "--budget", "10h"]
        self.sweep("whole", *options)
        rungs = json.loads((self.folder / "whole/sweep.json").read_text())["rungs"]
        for kill_at in (1, 3, 6):  # while it measures, in the first rung, in the second
            name = f"s{kill_at}"
            process = start("sweep", *self.base, "--out", self.folder / name, *options, MTNLP_TEST_SLOW_WRITE="3")

            def trained():
                path = self.folder / name / "sweep.json"
                runs = json.loads(path.read_text())["runs"].values() if path.exists() else []
                return sum(run["epochs"] for run in runs)
            while trained() < kill_at and process.poll() is None:
                time.sleep(0.01)
            process.kill()
            process.communicate()
            self.run_ok("sweep", "--resume", self.folder / name)
            self.assertEqual(json.loads((self.folder / name / "sweep.json").read_text())["rungs"], rungs)
            self.assertEqual(without_times(self.folder / name), without_times(self.folder / "whole"))

    def test_epochs_in_the_grid(self):
        self.sweep("s", "--grid", "epochs=1;3", "--seeds", 1)
        self.assertEqual({(row["epochs"], row["trained_epochs"]) for row in read_summary(self.folder / "s")}, {("1", "1"), ("3", "3")})

    def test_without_validation_rows_nothing_is_the_best(self):
        test = write_csv(self.folder / "test.csv", [("text", "mood"), *mood_rows(6)])
        empty = write_csv(self.folder / "none.csv", [("text", "mood"), ("nothing known", "")])
        result = self.sweep("s", "--grid", "lr=1e-3;1e-4", "--seeds", 2, "--validation", f"mood={empty}", "--test", f"mood={test}")
        self.assertIn("no setting has a score", result.stdout)
        self.assertNotIn("nan", result.stdout)
        self.assertFalse((self.folder / "s/best.toml").exists())

    def test_checkpoints_to_start_from_share_the_split(self):
        runs = [self.folder / f"run{seed}" for seed in (1, 2)]
        for seed, run in zip((1, 2), runs):
            self.run_ok("train", *self.base, "--seed", seed, "--out", run)
        one = self.folder / "copy"
        shutil.copytree(runs[0], one, symlinks=True)
        grid = f"init={runs[0]};{one}"
        self.base = self.base[2:]  # no --encoder
        self.sweep("same", "--grid", grid, "--seeds", 1)
        self.assertEqual(len(read_summary(self.folder / "same")), 2)
        result = mtnlp("sweep", *self.base, "--out", self.folder / "other", "--grid", f"init={runs[0]};{runs[1]}", "--seeds", 1)
        self.assertEqual(result.returncode, 2)
        self.assertRegex(result.stderr.splitlines()[-1], r"mtnlp: init=.*: splits the rows in other parts than init=")

    def test_where_all_that_came_far_diverged_the_best_of_those_before_goes_on(self):
        self.base[self.base.index("--epochs") + 1] = 8
        result = self.sweep("s", "--grid", "weight-decay=10;9;8;0.01", "--budget", "10h", *self.DIVERGING)
        rows = read_summary(self.folder / "s")
        best = rows[0]
        self.assertEqual((best["failed"], best["trained_epochs"]), ("0", "8"), rows)
        self.assertIn("test part", result.stdout)
        self.run_ok("train", "--config", self.folder / "s/best.toml", "--out", self.folder / "again")
        run = self.folder / "s/runs" / f"{int(best['setting']):03}-seed42"
        self.assertEqual((self.folder / "again/metrics.csv").read_bytes(), (run / "metrics.csv").read_bytes())

    def test_folders_of_others_are_left_alone(self):
        notes = self.folder / "s/settings/notes.txt"
        notes.parent.mkdir(parents=True)
        notes.write_text("precious")
        self.assert_refused(mtnlp("sweep", *self.base, "--grid", "lr=1e-3", "--out", self.folder / "s"), "exists already")
        self.assertEqual(notes.read_text(), "precious")
        empty = self.folder / "empty"
        empty.mkdir()
        before = empty.stat().st_ino
        self.sweep("empty", "--grid", "lr=1e-3", "--seeds", 1)
        self.assertEqual(empty.stat().st_ino, before)

    def test_what_train_refuses_is_refused_before_anything_is_made(self):
        for words, parts in ((["--grid", "freeze=none;head:mod"], ["freeze=head:mod", "there is no such task"]),
                             (["--grid", "lr=1e-3", "--select", "mod.loss"], ["mod"]),
                             (["--grid", "keep-layers=1;7"], ["keep-layers=7", "7"]),
                             (["--grid", "lr=1e-3", "--task", f"other={self.folder / 'none.csv'}"], ["none.csv", "no such file"])):
            for there in (False, True):
                with self.subTest(words, there=there):
                    out = self.folder / "s"
                    if there:
                        out.mkdir()
                    result = mtnlp("sweep", *self.base, *words, "--seeds", 1, "--out", out)
                    self.assert_refused(result, *parts)
                    self.assertEqual(list(out.iterdir()) if there else out.exists(), [] if there else False)
                    if there:
                        out.rmdir()

    def test_a_damaged_record_is_refused(self):
        self.sweep("s", "--grid", "lr=1e-3;1e-4", "--seeds", 1)
        file = self.folder / "s/sweep.json"
        good = json.loads(file.read_text())
        results = {"epochs": 2, "seconds": 1}
        for change, part in (({"settings": []}, "holds no settings"), ({"seeds": []}, "holds no seeds"), ({"rungs": [[7]]}, "rungs"),
                             ({"rungs": [[]]}, "rungs"), ({"runs": {"000-seed42": results | {"results": [1]}}}, "000-seed42"),
                             ({"runs": {"000-seed42": results | {"results": {"validation": 7}}}}, "000-seed42"),
                             ({"runs": {"000-seed42": results | {"results": {"epochs": "x"}}}}, "000-seed42")):
            with self.subTest(change):
                file.write_text(json.dumps(good | change))
                self.assert_refused(mtnlp("sweep", "--resume", self.folder / "s"), "sweep.json", part)

    def test_a_value_of_the_grid_may_be_what_an_option_needs(self):
        self.sweep("s", "--stop-on", "any", "--grid", "patience=1;2", "--seeds", 1)
        self.assertEqual(len(read_summary(self.folder / "s")), 2)

    def test_fewer_settings_than_samples(self):
        result = self.sweep("s", "--grid", "batch-size=8;16", "--samples", 9, "--seeds", 1)
        self.assertIn("--samples 9: there are 2 different settings", result.stderr)

    def test_two_sweeps_into_one_folder(self):
        options = ["--grid", "lr=1e-3;1e-4", "--seeds", 2]
        process = start("sweep", *self.base, "--out", self.folder / "s", *options, MTNLP_TEST_SLOW_WRITE="20")
        while not (self.folder / "s/runs/000-seed42").exists():
            time.sleep(0.01)
        self.assert_refused(mtnlp("sweep", *self.base, "--out", self.folder / "s", *options), "exists already", "--resume")
        self.assert_refused(mtnlp("sweep", "--resume", self.folder / "s"), "another process works in it")
        process.send_signal(signal.SIGTERM)
        process.communicate()

    def test_bad_input(self):
        out = ["--out", self.folder / "s"]
        for words, parts in ((out, ["--grid"]), (["--grid", "lr=1"], ["--out"]),
                             ([*out, "--grid", "rl=1;2"], ['rl', 'did you mean']),
                             ([*out, "--grid", "lr=1;x"], ["lr=x", "0 to 10"]),
                             ([*out, "--grid", "lr=1..2"], ["--samples"]),
                             ([*out, "--grid", "seed=1;2"], ["seed", "--seeds"]),
                             ([*out, "--grid", "lr=1;2", "--grid", "lr=3"], ["lr stands twice"]),
                             ([*out, "--grid", "freeze=none;layer:2"], ["freeze=layer:2", 'did you mean']),
                             ([*out, "--grid", "lr=1", "--budget", "30"], ["--budget", "30m"]),
                             ([*out, "--grid", "lr=1", "--seeds", "0"], ["--seeds", "1 to 1000"]),
                             ([*out, "--grid", "epochs=1;2", "--budget", "1m"], ["epochs"]),
                             ([*out, "--grid", "select=loss;macro_f1"], ["select", "whose scores are compared"]),
                             ([*out, "--grid", "limit=mood=9;mood=20"], ["limit", "whose scores are compared"]),
                             ([*out, "--grid", "fold=1/5;2/5"], ["fold", "whose scores are compared"]),
                             ([*out, "--grid", "epochs=1..1e30", "--samples", 2], ["epochs=1e+30", "1 to 10000"]),
                             ([*out, "--grid", "lr=1..100", "--samples", 2], ["lr=100", "0 to 10"]),
                             ([*out, "--grid", "random-weights=true;1"], ["random-weights", '"1" is not valid']),
                             ([*out, "--grid", "prompt-text=\udcff;b"], ["prompt-text", "is not UTF-8"]),
                             ([*out, "--class-weights", "mood:up=2", "--grid", "class-weights=balanced;none"], ["class-weights is given beside"]),
                             ([*out, "--grid", "decide=accuracy;balanced"], ["decide", "the score of a run does not see"]),
                             ([*out, "--grid", "soft-weight=1;2"], ["soft-weight=2", "needs --soft or --teacher"]),
                             ([*out, "--grid", "lr=1;1.0"], ["lr", "stands twice"]),
                             ([*out, "--grid", "pooling=1..2"], ["pooling=1..2"]),
                             ([*out, "--grid", "stop-on=all;any"], ["stop-on=all", "--stop-on needs --patience"]),
                             ([*out, "--grid", "drop-labels=true"], ["--drop-labels needs --init"]),
                             (["--resume", self.folder, "--lr", 1], ["--lr", "--jobs may change"]),
                             (["--resume", self.folder], ["is not the folder of a sweep"])):
            with self.subTest(words):
                base = [] if "--resume" in words else self.base
                self.assert_refused(mtnlp("sweep", *base, *words), *parts)
                self.assertFalse((self.folder / "s").exists())

    @unittest.skipUnless(os.path.exists("/dev/full"), "no /dev/full")
    def test_a_full_disk(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small file system needs root")
        small = self.folder / "small"
        small.mkdir()
        if os.system(f"mount -t tmpfs -o size=600k none {small} 2>/dev/null") != 0:
            self.skipTest("this machine does not let us mount a small file system")
        try:
            result = mtnlp("sweep", *self.base, "--grid", "lr=1e-3;1e-4", "--seeds", 1, "--out", small / "s")
            self.assertEqual(result.returncode, 1, result.stderr)
            self.assertIn("No space left on device", result.stderr)
            self.assertEqual(os.system(f"mount -o remount,size=50m {small}"), 0)
            self.run_ok("sweep", "--resume", small / "s")
            self.assertEqual(len(read_summary(small / "s")), 2)
        finally:
            os.system(f"umount -l {small}")


class DryRunTest(CliTest):
    def test_says_what_would_be_done(self):
        data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(60)])
        result = self.run_ok("train", "--encoder", ENCODER, "--task", f"mood={data}", "--epochs", 3, "--batch-size", 8, "--max-length", 16,
                             "--freeze", "backbone", "--dry-run", "--out", self.folder / "run")
        self.assertFalse((self.folder / "run").exists())
        self.assert_refused(mtnlp("train", "--task", f"mood={data}", "--dry-run", "--json", "-"), "--json", "--dry-run")
        self.assertEqual(tomllib.loads(result.stdout[:result.stdout.index("steps:")])["train"]["batch-size"], 8)
        self.assertRegex(result.stdout, r"steps: 18 \(3 epochs of 6\)")
        self.assertRegex(result.stdout, r"parameters: [0-9.]+ million, 0.00 million of them in training")
        self.assertRegex(result.stdout, r"memory: about [0-9]+ MB")

    def test_results_as_json(self):
        data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(60)])
        run = self.folder / "run"
        words = ["train", "--encoder", ENCODER, "--task", f"mood={data}", "--epochs", 2, "--max-length", 16, "--out", run]
        results = json.loads(self.run_ok(*words, "--json", "-").stdout)
        self.assertEqual(results["tasks"], json.loads((run / "test.json").read_text())["tasks"])
        self.assertEqual(results["score"], results["validation"]["mood"]["macro_f1"])
        self.assertTrue(results["done"])
        shutil.rmtree(run)
        part = json.loads(self.run_ok(*words, "--json", "-", "--stop-after", 1, "--no-test").stdout)
        self.assertFalse(part["done"])
        self.assertEqual(part["best_epoch"], 1)
        self.assertFalse((run / "test.json").exists())
        whole = json.loads(self.run_ok("train", "--resume", run, "--json", "-").stdout)
        self.assertEqual(whole, results)


if __name__ == "__main__":
    unittest.main()
