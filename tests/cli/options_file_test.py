"""options.toml holds any name: a run with it is resumed and repeated; other files are read or refused with their line."""

import os
import random
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, write_csv

QUICK = ("--encoder", ENCODER, "--freeze", "backbone", "--epochs", 1, "--max-length", 16, "--threads", 1)
NAMES = ("#", "a#b", '"', "'", "\"'", "line\nend", "[a]", "[a, b]", "a,b", " both ", "back\\slash", "\\", "=", "a=b", "é日", "\t",
         "{}", "true", "1.0", "007", "-", "--out", "%%", "]", "\x01", "🙂")


class OptionsFileTest(CliTest):
    def train(self, *options, out="run"):
        return mtnlp("train", *QUICK, *options, "--out", self.folder / out)

    def assert_repeats(self, out="run"):
        self.run_ok("train", "--resume", self.folder / out)
        self.run_ok("train", "--config", self.folder / out / "options.toml", "--out", self.folder / f"{out}-again")
        for name in ("options.toml", "metrics.csv", "test.json", "best/heads.safetensors"):
            self.assertEqual((self.folder / out / name).read_bytes(), (self.folder / f"{out}-again" / name).read_bytes(), name)

    def test_any_name_comes_back(self):
        names = random.Random(7)
        for i, (text, label, file) in enumerate(zip(NAMES, NAMES[1:] + NAMES[:1], NAMES[2:] + NAMES[:2])):
            with self.subTest(text=text, label=label, file=file):
                group = names.choice(NAMES) + "~"
                data = self.folder / f"{i}{file}.csv"
                write_csv(data, [("x", text, label, group)] + [("", *row, str(k // 2)) for k, row in enumerate(mood_rows(40))])
                result = self.train("--task", f"mood={data}", f"--text-column={text}", "--label-column", f"mood={label}",
                                    f"--group-column={group}", out=f"run{i}")
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assert_repeats(f"run{i}")
                self.run_ok("eval", self.folder / f"run{i}")

    def test_a_task_and_labels_with_odd_names(self):
        data = write_csv(self.folder / "rows.csv", [("text", "label")] + [
            (text, '"#up" [1]' if label == "up" else " down'=") for text, label in mood_rows(40)])
        result = self.train("--task", f'[mo"o#d]={data}', "--labels", "[mo\"o#d]=\"\"\"#up\"\" [1]\",down'=",
                            "--task-weight", '[mo"o#d]=0.5')
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assert_repeats()

    def test_names_that_are_not_utf8_are_refused_before_training(self):
        data = os.fsencode(self.folder) + b"/rows\xff.csv"
        write_csv(data, [("text", "mood"), *mood_rows(40)])
        plain = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(40)])
        for option in (b"--task=mood=" + data, b"--text-column=\xe9", b"--labels=mood=up\xc0\xaf,down"):
            words = [option] if option.startswith(b"--task") else [f"--task=mood={plain}", option]
            result = mtnlp("train", *QUICK, "--out", self.folder / "run", *map(os.fsdecode, words))
            self.assert_refused(result, "is not UTF-8", option.split(b"=")[0].decode())
            self.assertFalse((self.folder / "run").exists())

    def test_the_command_line_counts_more(self):
        data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(40)])
        config = self.folder / "mine.toml"
        config.write_text(f'# by hand\n[train]\nepochs = 2   # two\nencoder = "{ENCODER}"\ntask = [\n  \'mood={data}\'\n]\n'
                          'lr = 0.001\nfreeze = "backbone"\nmax-length = 0x10\n')
        for words in (["train", "--config", config], ["--config", config, "train"]):
            self.run_ok(*words, "--lr", "0.01", "--out", self.folder / "run", "--overwrite")
            text = (self.folder / "run/options.toml").read_text()
            for line in ("epochs=2", "lr=0.01", "max-length=16", 'freeze="backbone"'):
                self.assertIn(line + "\n", text)

    def test_files_of_older_versions(self):
        data = write_csv(self.folder / "rows#1.csv", [("text", "mood"), *mood_rows(40)])
        config = self.folder / "old.toml"
        config.write_text(f'[train]\nencoder="{ENCODER}"\ntask=["mood={data}"]\ntext-column="text"\nepochs=1\nlr=.001\n'
                          'seed=007\nfreeze="backbone"\nmax-length=16\n')
        self.run_ok("train", "--config", config, "--out", self.folder / "run")
        self.assertIn('seed=7\n', (self.folder / "run/options.toml").read_text())
        self.assert_repeats()

    def test_refusals_name_the_line(self):
        config = self.folder / "o.toml"
        for text, *parts in (("[train]\nepohcs=3\n", "o.toml:2: unknown option epohcs", 'did you mean "epochs"'),
                             ("[train]\nout=\"x\"\n", "o.toml:2: unknown option out"),
                             ("[train]\nlr=1\nepochs=\"three\"\n", "o.toml:3: ", "three"),
                             ("[train]\nepochs=[1, 2]\n", "o.toml:2: epochs has 2 values; it takes one"),
                             ("[train]\nepochs=2.5\n", "o.toml:2: ", "2.5"),
                             ("[train]\nepochs=true\n", "o.toml:2: ", "true"),
                             ("[train]\nepochs={a=1}\n", "o.toml:2: epochs is not a text"),
                             ("[eval]\npart=\"test\"\n", "o.toml:1: ", "[eval]"),
                             ("epochs=3\n", "o.toml:1: epochs stands outside of [train]"),
                             ("[train]\ntask=\"a\n", "o.toml:2: is not TOML"),
                             ("[train]\nepochs=3 4\n", "o.toml:2: is not TOML; lines are as epochs = 3"),
                             ("[train]\nepochs=3\nepochs = 4\n", "o.toml:3: names an option or table twice"),
                             ("[train]\nepochs = 3\n[train]\n", "o.toml:3: names an option or table twice"),
                             ("[train]\nlr=1\ntask=" + "[" * 5000 + "\n", "o.toml:3: nests too deeply"),
                             ("[train]\n" + "a." * 500_000 + "a=1\n", "o.toml:2: nests too deeply"),
                             ("[train]\nkeep-going=\"x\"\n", "o.toml:2: --keep-going", "valid are true, false"),
                             (b"[train]\nlr=1\ntask='\xff'\n", "o.toml:3: holds bytes that are not UTF-8"),
                             ("\ufeff[train]\nlr=1\n".encode("utf-16-le"), "o.toml:1: holds bytes that are not UTF-8"),
                             ("\ufeff[train]\nepohcs=3\n", "o.toml:2: unknown option epohcs"),
                             ("[train]\n\x1b\x00=3\n", "o.toml:2: is not TOML")):
            with self.subTest(text[:60]):
                config.write_bytes(text if isinstance(text, bytes) else text.encode())
                self.assert_refused(mtnlp("train", "--config", config, "--out", self.folder / "run"), *parts)
                self.assertFalse((self.folder / "run").exists())
        self.assert_refused(mtnlp("train", "--config", self.folder / "none"), "none: no such file")
        self.assert_refused(mtnlp("--config", config, "info", ENCODER), "--config holds options of train; it is not valid with info")
        self.assert_refused(mtnlp("train", "--config", config, "--resume", self.folder), "--resume cannot go with --config")


if __name__ == "__main__":
    unittest.main()
