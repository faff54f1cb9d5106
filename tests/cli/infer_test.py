"""mtnlp-infer: mtnlp as one file that needs nothing of the system. What it answers is what mtnlp answers, to the byte."""

import gzip
import os
import pathlib
import shutil
import subprocess
import unittest

from support import ENCODER, MTNLP, QUIET_THREADS, CliTest, mood_rows, train, write_csv

INFER = pathlib.Path(MTNLP).with_name("mtnlp-infer")
GOLDEN = pathlib.Path(__file__).resolve().parents[1] / "golden"


class InferTest(CliTest):
    def infer(self, *arguments):
        return subprocess.run([INFER, *map(str, arguments)], env=QUIET_THREADS, capture_output=True, timeout=300)

    def test_it_needs_no_library(self):
        self.assertNotIn("NEEDED", subprocess.run(["readelf", "-d", INFER], capture_output=True, text=True, check=True).stdout)

    def test_it_answers_as_mtnlp_does(self):
        data = write_csv(self.folder / "rows.csv", [("text", "mood"), *mood_rows(40)])
        train(data, self.folder / "run")
        for words in (["predict", self.folder / "run", data, "--prefix", "p_"], ["eval", self.folder / "run", "--json", "-"],
                      *(["embed", ENCODER, data, "--out", "-", "--precision", precision] for precision in ("fp32", "bf16", "int8"))):
            ours, full = (subprocess.run([program, *map(str, words)], env=QUIET_THREADS, capture_output=True, timeout=300)
                          for program in (INFER, MTNLP))
            self.assertEqual((ours.returncode, ours.stdout), (0, full.stdout), words)

    def test_training_is_refused_in_one_line(self):
        alone = self.folder / "alone" / "mtnlp"
        alone.parent.mkdir()
        shutil.copy2(INFER, alone)
        done = subprocess.run([alone, "train"], env=QUIET_THREADS, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Amtnlp: \S*/mtnlp-train: cannot be started: .*full package.*\n\Z")

    def test_a_sentencepiece_model_is_refused_in_one_line(self):
        folder = self.folder / "xlmr"
        folder.mkdir()
        shutil.copy2(GOLDEN / "encoders/tiny-xlmr/config.json", folder)
        packed = (GOLDEN / "tokenizers/xlmr/sentencepiece.bpe.model.gz").read_bytes()
        (folder / "sentencepiece.bpe.model").write_bytes(gzip.decompress(packed))
        done = self.infer("tokenize", folder)
        self.assertEqual((done.returncode, done.stdout), (2, b""))
        self.assertRegex(done.stderr.decode(), r"\Amtnlp: .*\.model: is a SentencePiece model, which mtnlp-infer does not read.*\n\Z")

    @unittest.skipUnless(os.geteuid() == 0, "only root may change its root folder")
    def test_it_runs_in_an_empty_root(self):
        root = self.folder / "root"
        root.mkdir()
        shutil.copy2(INFER, root / "mtnlp")
        shutil.copytree(ENCODER, root / "encoder")
        (root / "lines.txt").write_text("The striker scored twice.\n")
        done = subprocess.run(["chroot", root, "/mtnlp", "embed", "encoder", "lines.txt", "--out", "x.npy"], env=QUIET_THREADS,
                              capture_output=True, text=True, timeout=300)
        self.assertEqual((done.returncode, (root / "x.npy").exists()), (0, True), done.stderr)


if __name__ == "__main__":
    unittest.main()
