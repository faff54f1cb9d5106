"""Makes tests/golden/eval/kinds.json and tests/golden/training/kinds_loss.safetensors: metrics and losses of several labels
a row and of numbers.

    python tests/golden/make_kinds_goldens.py

Made with torch 2.13.0, scikit-learn 1.9.1, scipy 1.17.1, safetensors 0.8.0 and numpy 2.4.6.

"sets": cases with labels that no row has, that none is given, that all have; rows without a label. Averages over labels leave
out what occurs nowhere; a row without a label, to which none is given, has the F1 1. "numbers": with ties,
with one number only, right and wrong by any scale.

kinds_loss.safetensors, in double precision:
    sets [R, L], known [R]      1 where the row has the label; 0 for a row that is not labelled
    numbers [R]                 NaN for a row without one
    train [R]                   1 for a training row; the loss is of these, weights and scale come from them
    logits [R, L], guesses [R]
    LAW/loss, LAW/gradient      LAW: none or balanced positive weights (of the logits), mse or huber (of the guesses)
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file
from scipy import stats
from sklearn import metrics
from torch.nn.functional import binary_cross_entropy_with_logits, huber_loss, mse_loss

HERE = pathlib.Path(__file__).parent


def mean(values) -> float:
    return float(np.mean(values)) if len(values) else 0.0


def score_sets(gold, logits, thresholds) -> dict:
    gold, logits = np.asarray(gold, int), np.asarray(logits, np.float32)
    probabilities = 1 / (1 + np.exp(-logits.astype(np.float64)))
    guess = (probabilities >= np.asarray(thresholds)).astype(int)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(gold, guess, average=None, zero_division=0)
    occurs = (gold.sum(0) + guess.sum(0)) > 0
    roc, pr = [], []
    for label in range(gold.shape[1]):
        both = 0 < gold[:, label].sum() < len(gold)
        roc.append(metrics.roc_auc_score(gold[:, label], logits[:, label]) if both else None)
        pr.append(metrics.average_precision_score(gold[:, label], logits[:, label]) if both else None)
    known = [area for area in pr if area is not None]
    return {"gold": [np.flatnonzero(row).tolist() for row in gold], "labels": gold.shape[1], "logits": logits.tolist(),
            "thresholds": list(thresholds),
            "sample_f1": metrics.f1_score(gold, guess, average="samples", zero_division=1.0),
            "micro_f1": metrics.f1_score(gold, guess, average="micro", zero_division=0),
            "macro_f1": mean(f1[occurs]),
            "micro_precision": metrics.precision_score(gold, guess, average="micro", zero_division=0),
            "micro_recall": metrics.recall_score(gold, guess, average="micro", zero_division=0),
            "macro_precision": mean(precision[occurs]), "macro_recall": mean(recall[occurs]),
            "exact_match": metrics.accuracy_score(gold, guess),
            "average_precision": float(np.mean(known)) if known else None,
            "roc_auc": float(np.mean([area for area in roc if area is not None])) if known else None,
            "loss": float(binary_cross_entropy_with_logits(torch.tensor(logits, dtype=torch.float64), torch.tensor(gold, dtype=torch.float64))),
            "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
            "roc": roc, "pr": pr}


def draw_sets(rng, labels: int, rows: int, share: float, step: float, never=(), always=(), thresholds=None) -> dict:
    gold = (rng.random((rows, labels)) < share).astype(int)
    gold[:, list(never)], gold[:, list(always)] = 0, 1
    logits = rng.normal(-1, 1.5, (rows, labels)) + 2 * gold
    return score_sets(gold, np.round(logits / step) * step, thresholds or [0.5] * labels)


def score_numbers(gold, guess) -> dict:
    gold, guess = np.asarray(gold, float), np.asarray(guess, float)
    varies = len(set(gold)) > 1 and len(set(guess)) > 1
    return {"gold": gold.tolist(), "guess": guess.tolist(), "r2": metrics.r2_score(gold, guess),
            "mae": metrics.mean_absolute_error(gold, guess), "rmse": metrics.root_mean_squared_error(gold, guess),
            "pearson": float(stats.pearsonr(gold, guess).statistic) if varies else 0.0,
            "spearman": float(stats.spearmanr(gold, guess).statistic) if varies else 0.0}


def draw_numbers(rng, rows: int, mean: float, deviation: float, noise: float, step: float) -> dict:
    gold = np.round(rng.normal(mean, deviation, rows) / step) * step
    return score_numbers(gold, np.round((gold + rng.normal(0, noise, rows)) / step) * step)


def make_metrics() -> None:
    rng = np.random.default_rng(17)
    sets = [draw_sets(rng, 5, 120, 0.3, 0.001), draw_sets(rng, 8, 60, 0.1, 0.5), draw_sets(rng, 2, 30, 0.4, 0.001),
            draw_sets(rng, 6, 80, 0.2, 0.001, never=[1, 4]), draw_sets(rng, 4, 50, 0.2, 0.25, never=[0], always=[3]),
            draw_sets(rng, 3, 90, 0.15, 0.001, thresholds=[0.2, 0.65, 0.9]),
            draw_sets(rng, 4, 40, 0.2, 0.001, never=[2], thresholds=[0.3, 0.3, 1.0, 0.01]),
            score_sets([[0, 0], [0, 0]], [[-1, -2], [-3, -1]], [0.5, 0.5])]
    numbers = [draw_numbers(rng, 100, 3, 1, 0.5, 0.001), draw_numbers(rng, 60, 3, 1, 1, 1), draw_numbers(rng, 80, 1e6, 10, 5, 0.1),
               draw_numbers(rng, 40, 0, 1e-3, 1e-2, 1e-5), score_numbers([2, 2, 2], [1, 2, 4]), score_numbers([1, 2, 3], [2, 2, 2]),
               score_numbers([1, 2, 3, 3], [1, 2, 3, 3]), score_numbers([1, 2], [3, -4])]
    (HERE / "eval/kinds.json").write_text(json.dumps({"sets": sets, "numbers": numbers}) + "\n", encoding="utf-8")


def make_losses() -> None:
    generator = torch.Generator().manual_seed(23)
    rows, labels = 50, 4
    draw = lambda *shape: torch.rand(*shape, generator=generator, dtype=torch.float64)
    normal = lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.float64)
    known = (draw(rows) < 0.8).long()
    sets = (draw(rows, labels) < torch.tensor([0.5, 0.2, 0.1, 0.0])).long() * known[:, None]  # no row has the last one
    numbers = torch.where(draw(rows) < 0.8, 100 + 7 * normal(rows), torch.nan)
    train = (draw(rows) < 0.7).long()
    logits, guesses = 2 * normal(rows, labels), 2 * normal(rows)
    tensors = {"known": known, "sets": sets, "numbers": numbers, "train": train, "logits": logits, "guesses": guesses}
    labelled = (train * known).bool()
    positives = sets[labelled].sum(0).double()
    ratio = torch.where(positives > 0, (labelled.sum() - positives) / positives.clamp(min=1), 1)
    numbered = train.bool() & ~numbers.isnan()
    deviation, mean = torch.std_mean(numbers[numbered], correction=0)
    for law in ("none", "balanced", "mse", "huber"):
        leaf = (guesses if law in ("mse", "huber") else logits).clone().requires_grad_()
        if law in ("mse", "huber"):
            of = mse_loss if law == "mse" else huber_loss
            loss = of(leaf[numbered], (numbers[numbered] - mean) / deviation)
        else:
            loss = binary_cross_entropy_with_logits(leaf[labelled], sets[labelled].double(), pos_weight=ratio if law == "balanced" else None)
        loss.backward()
        tensors[law + "/loss"], tensors[law + "/gradient"] = loss.detach(), leaf.grad
        print(f"{law}: {loss.item():.6f}")
    save_file({name: np.array(tensor.numpy(), order="C") for name, tensor in tensors.items()}, HERE / "training/kinds_loss.safetensors")


if __name__ == "__main__":
    make_metrics()
    make_losses()
