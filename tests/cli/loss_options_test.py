"""The options of the loss and of gradient accumulation, from the command line to the weights."""

import math
import unittest

from support import ENCODER, CliTest, mood_rows, read_floats, read_metrics, write_csv

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

    def train(self, out, *options, tasks=("mood", "size")):
        files = [word for option, file in self.files.items() for task in tasks for word in (option, f"{task}={file}")]
        self.run_ok("train", "--encoder", ENCODER, *files, "--max-length", 32, "--epochs", 1, "--lr", 1e-3, "--dropout", 0,
                    "--precision", "fp32", "--threads", 1, "--quiet", "--out", self.folder / out, *options)
        return self.folder / out

    def losses_of_the_start(self, run, smoothing, balanced):
        """Of each task over the training rows, from the embeddings and the heads of a run that trained nothing."""
        lines = self.run_ok("embed", run, self.file, "--out", "-", "--threads", 1).stdout.splitlines()
        embeddings = [list(map(float, line.split(","))) for line in lines]
        heads = read_floats(run / "best/heads.safetensors")
        losses = {}
        for column, (task, classes) in enumerate({"mood": ("down", "up"), "size": SIZES}.items(), start=1):
            rows = [i for i, row in enumerate(self.rows) if row[column]]
            labels = [classes.index(self.rows[i][column]) for i in rows]
            weight, bias, dim = heads[f"{task}.weight"], heads[f"{task}.bias"], len(embeddings[0])
            logits = [[bias[c] + sum(w * x for w, x in zip(weight[c * dim:], embeddings[i])) for c in range(len(classes))]
                      for i in rows]
            weights = [len(rows) / (len(classes) * labels.count(c)) for c in range(len(classes))] if balanced else None
            losses[task] = cross_entropy(logits, labels, smoothing, weights)
        return losses

    def test_the_loss_is_that_of_pytorch(self):
        found = set()
        for smoothing in (0, 0.2):
            for balanced in (False, True):
                with self.subTest(f"smoothing {smoothing}, balanced {balanced}"):
                    run = self.train("run", "--overwrite", "--freeze", "all", "--label-smoothing", smoothing,
                                     "--class-weights", "balanced" if balanced else "none")
                    row = read_metrics(run)[0]
                    for task, loss in self.losses_of_the_start(run, smoothing, balanced).items():
                        self.assertAlmostEqual(float(row[f"{task}.train_loss"]), loss, delta=1e-5)
                        found.add(round(loss, 4))
        self.assertEqual(len(found), 8)

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
