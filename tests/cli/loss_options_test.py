"""The options of the loss and of gradient accumulation, from the command line to the weights."""

import math
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, read_floats, read_metrics, write_csv

SIZES = ("big", "mid", "small")


def cross_entropy(logits, labels, smoothing=0, weights=None):
    """As torch.nn.functional.cross_entropy has it, mean over the rows."""
    weights = weights or [1] * len(logits[0])
    total = 0
    for row, label in zip(logits, labels, strict=True):
        norm = math.log(sum(map(math.exp, row)))
        losses = [weight * (norm - logit) for weight, logit in zip(weights, row, strict=True)]
        total += (1 - smoothing) * losses[label] + smoothing * sum(losses) / len(losses)
    return total / sum(weights[label] for label in labels)


class LossOptions(CliTest):
    """All rows of train.csv train; 5 rows of 7 have a size, the classes are of unequal size."""

    def setUp(self):
        super().setUp()
        texts = [text for text, _ in mood_rows(82)]
        self.rows = [(texts[i], "up" if i % 4 else "down", SIZES[min(i % 7, 2)] if i % 7 < 5 else "") for i in range(70)]
        header = ("text", "mood", "size")
        self.file = write_csv(self.folder / "train.csv", [header, *self.rows])
        other = write_csv(self.folder / "other.csv", [header, *((texts[i], "up", SIZES[i % 3]) for i in range(70, 82))])
        self.files = {"--task": self.file, "--validation": other, "--test": other}

    def train(self, out, *options, tasks=("mood", "size"), epochs=1):
        files = [word for option, file in self.files.items() for task in tasks for word in (option, f"{task}={file}")]
        self.run_ok("train", "--encoder", ENCODER, *files, "--max-length", 32, "--epochs", epochs, "--lr", 1e-3, "--dropout", 0,
                    "--precision", "fp32", "--threads", 1, "--quiet", "--out", self.folder / out, *options)
        return self.folder / out

    def losses_of_the_start(self, run, smoothing, law):
        """Of each task over the training rows, from the embeddings and the heads of a run that trained nothing."""
        lines = self.run_ok("embed", run, self.file, "--out", "-", "--precision", "fp32", "--threads", 1).stdout.splitlines()
        embeddings = [list(map(float, line.split(","))) for line in lines]
        heads = read_floats(run / "best/heads.safetensors")
        losses = {}
        for column, (task, classes) in enumerate({"mood": ("down", "up"), "size": SIZES}.items(), start=1):
            rows = [i for i, row in enumerate(self.rows) if row[column]]
            labels = [classes.index(self.rows[i][column]) for i in rows]
            weight, bias, dim = heads[f"{task}.weight"], heads[f"{task}.bias"], len(embeddings[0])
            logits = [[bias[c] + sum(w * x for w, x in zip(weight[c * dim:], embeddings[i])) for c in range(len(classes))]
                      for i in rows]
            power = {"none": 0, "balanced": 1, "sqrt": 0.5}[law]  # the scale of all weights of a task cancels out
            weights = [labels.count(c) ** -power for c in range(len(classes))]
            losses[task] = cross_entropy(logits, labels, smoothing, weights)
        return losses

    def test_the_loss_is_that_of_pytorch(self):
        found = set()
        for smoothing in (0, 0.2):
            for law in ("none", "balanced", "sqrt"):
                with self.subTest(f"smoothing {smoothing}, {law}"):
                    run = self.train("run", "--overwrite", "--freeze", "all", "--label-smoothing", smoothing,
                                     "--class-weights", law)
                    row = read_metrics(run)[0]
                    for task, loss in self.losses_of_the_start(run, smoothing, law).items():
                        self.assertAlmostEqual(float(row[f"{task}.train_loss"]), loss, delta=1e-5)
                        found.add(round(loss, 4))
        self.assertEqual(len(found), 12)

    def train_losses(self, *options):
        row = read_metrics(self.train("run", "--overwrite", "--freeze", "all", *options))[0]
        return row["mood.train_loss"], row["size.train_loss"]

    def test_class_weights_of_one_task_and_of_one_label(self):
        none, balanced = self.train_losses(), self.train_losses("--class-weights", "balanced")
        self.assertNotEqual(none[0], balanced[0])
        mixed = ("--class-weights", "balanced", "--class-weights", "size=none")
        self.assertEqual(self.train_losses(*mixed), (balanced[0], none[1]))
        one = self.train_losses("--class-weights", "mood:down=3")  # of 18 to 52 rows: nearly balanced
        self.assertAlmostEqual(float(one[0]), float(balanced[0]), delta=1e-2)
        self.assertEqual(one[1], none[1])

    def test_class_weights_are_stored_and_resumed(self):
        options = ("--class-weights", "size=sqrt", "--class-weights", "mood:up=0.5")
        run = self.train("stopped", "--stop-after", 1, *options, epochs=2)
        self.assertIn('class-weights=["size=sqrt", "mood:up=0.5"]', (run / "options.toml").read_text().replace(" = ", "="))
        self.assert_refused(mtnlp("train", "--resume", run, "--class-weights", "balanced", "--quiet"), "--class-weights")
        self.run_ok("train", "--resume", run, "--quiet")
        whole = self.train("whole", *options, epochs=2)
        for name in ("metrics.csv", "test.json", "last/heads.safetensors"):
            self.assertEqual((run / name).read_bytes(), (whole / name).read_bytes(), name)
        plain = self.train("plain")
        self.assertRegex((plain / "options.toml").read_text(), r'class-weights ?= ?"none"')

    def test_a_class_of_no_weight_is_as_if_its_rows_were_not_there(self):
        options = ("--freeze", "all", "--overwrite")
        run = self.train("none", *options, "--class-weights", "mood:down=0", "--batch-size", 1)
        self.rows = [row for row in self.rows if row[1] == "up"]
        self.file = write_csv(self.folder / "up.csv", [("text", "mood", "size"), *self.rows])
        losses = self.losses_of_the_start(run, 0, "none")
        self.assertAlmostEqual(float(read_metrics(run)[0]["mood.train_loss"]), losses["mood"], delta=1e-5)
        trained = self.train("trained", "--class-weights", "mood:down=0", "--batch-size", 2, tasks=["mood"])
        self.assertNotIn("nan", read_metrics(trained)[0]["mood.train_loss"])

    def test_class_weights_that_are_not_understood(self):
        words = ["train", "--encoder", ENCODER, "--task", f"mood={self.file}", "--max-length", 32, "--out", self.folder / "none",
                 "--quiet"]
        for value, parts in {"balance": ["none, balanced, sqrt", 'did you mean "balanced"?'], "mood=sqr": ['"sqrt"?'],
                             "mood:up": ["TASK:LABEL=W"], "mood:up=-1": ["0 to 1e+06"], "mood:up=nan": ["0 to 1e+06"],
                             "mood=2": ["TASK:LABEL=W"], "=balanced": ["TASK="], "moods=sqrt": ['did you mean "mood"?'],
                             "mood:upp=2": ['"upp"', 'did you mean "up"?']}.items():
            with self.subTest(value):
                self.assert_refused(mtnlp(*words, "--class-weights", value), "--class-weights", *parts)
                self.assertFalse((self.folder / "none").exists())
        twice = ("--class-weights", "mood=sqrt", "--class-weights", "mood=none")
        self.assert_refused(mtnlp(*words, *twice), "given twice", "mood")

    def test_a_task_of_no_weight_is_as_if_it_were_not_there(self):
        alone, weighted, equal = (self.train("alone", tasks=["mood"]), self.train("weighted", "--task-weight", "size=0"),
                                  self.train("equal"))
        loss = [read_metrics(run)[0]["mood.val_loss"] for run in (alone, weighted, equal)]
        self.assertEqual(loss[0], loss[1])
        self.assertNotEqual(loss[0], loss[2])
        weights = [(run / "last/model.safetensors").read_bytes() for run in (alone, weighted, equal)]
        self.assertTrue(weights[0] == weights[1])
        self.assertFalse(weights[0] == weights[2])

    def test_accumulated_micro_batches_are_the_large_batch(self):
        for options in ((), ("--class-weights", "balanced", "--label-smoothing", 0.1)):
            with self.subTest(options):
                large = self.train("large", "--overwrite", "--batch-size", 16, *options)
                small = self.train("small", "--overwrite", "--batch-size", 4, "--grad-accumulation", 4, *options)
                apart = self.train("apart", "--overwrite", "--batch-size", 4, *options)
                losses = [[float(read_metrics(run)[0][f"{task}.{part}_loss"]) for task in ("mood", "size") for part in ("train", "val")]
                          for run in (large, small, apart)]
                for a, b, c in zip(*losses, strict=True):
                    self.assertAlmostEqual(a, b, delta=1e-5 * a)
                    self.assertGreater(abs(a - c), 1e-3 * a)
                expected = read_floats(large / "last/model.safetensors")
                for name, values in read_floats(small / "last/model.safetensors").items():
                    if not name.endswith("k_lin.bias"):  # of no gradient but rounding's
                        self.assertLess(max(abs(a - b) for a, b in zip(values, expected[name], strict=True)), 1e-4, name)


if __name__ == "__main__":
    unittest.main()
