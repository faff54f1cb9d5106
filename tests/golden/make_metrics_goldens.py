"""Makes tests/golden/eval/metrics.json: what scikit-learn makes of gold labels and guesses, and Wilson's intervals.

    python tests/golden/make_metrics_goldens.py

Made with scikit-learn 1.9.1, scipy 1.17.1 and numpy 2.4.6. Cases: many classes, few rows, classes that are never gold,
never guessed or neither, all right, all wrong. "scored" has logits, too: with ties, and with answers that are sure. The areas
are of float32 log-probabilities, as mtnlp keeps them. "sign_test": scipy's exact binomial test.
"""

import json
import pathlib

import numpy as np
from scipy.special import log_softmax
from scipy.stats import binomtest
from sklearn import metrics

HERE = pathlib.Path(__file__).parent


def score(classes: int, gold: list[int], guess: list[int]) -> dict:
    every = list(range(classes))
    precision, recall, f1, support = metrics.precision_recall_fscore_support(gold, guess, labels=every, zero_division=0)
    right = int(np.sum(np.array(gold) == np.array(guess)))
    interval = binomtest(right, len(gold)).proportion_ci(0.95, method="wilson")
    return {"classes": classes, "gold": gold, "guess": guess,
            "accuracy": metrics.accuracy_score(gold, guess),
            "accuracy_ci95": [interval.low, interval.high],
            "macro_f1": metrics.f1_score(gold, guess, average="macro", zero_division=0),
            "macro_recall": metrics.recall_score(gold, guess, average="macro", zero_division=0),
            "macro_precision": metrics.precision_score(gold, guess, average="macro", zero_division=0),
            "weighted_precision": metrics.precision_score(gold, guess, average="weighted", zero_division=0),
            "weighted_f1": metrics.f1_score(gold, guess, average="weighted", zero_division=0),
            "balanced_accuracy": metrics.recall_score(gold, guess, labels=sorted(set(gold)), average="macro", zero_division=0),
            "mcc": metrics.matthews_corrcoef(gold, guess),
            "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
            "confusion": metrics.confusion_matrix(gold, guess, labels=every).tolist()}


def calibration_error(confidence, right) -> float:
    """By definition: each row is 15 rows, those of equal confidence (in float32) have their mean gap, and 15 bins have as many
    rows each."""
    ranks = confidence.astype(np.float32)
    gap = np.array([(confidence - right)[ranks == own].mean() for own in ranks])
    gaps = np.repeat(gap[np.argsort(ranks)], 15).reshape(15, len(ranks)).mean(axis=1)
    return float(np.abs(gaps).mean())


def mean(areas) -> float | None:
    known = [area for area in areas if area is not None]
    return float(np.mean(known)) if known else None


def score_logits(gold: list[int], logits) -> dict:
    logits = np.asarray(logits, np.float32)
    classes = logits.shape[1]
    logs = log_softmax(logits.astype(np.float64), axis=1)
    gold, guess, ranks = np.array(gold), logits.argmax(axis=1), logs.astype(np.float32)
    case = score(classes, gold.tolist(), guess.tolist())
    roc, pr = [], []
    for label in range(classes):
        both = 0 < np.sum(gold == label) < len(gold)
        roc.append(metrics.roc_auc_score(gold == label, ranks[:, label]) if both else None)
        pr.append(metrics.average_precision_score(gold == label, ranks[:, label]) if both else None)
    every = list(range(classes))
    return case | {"logits": logits.tolist(), "roc": roc, "pr": pr,
                   "roc_auc": mean(roc), "pr_auc": mean(pr),
                   "loss": metrics.log_loss(gold, np.exp(logs), labels=every),
                   "brier": metrics.brier_score_loss(gold, np.exp(logs), labels=every, scale_by_half=False),
                   "calibration_error": calibration_error(np.exp(logs).max(axis=1), gold == guess)}


def draw_logits(rng, classes: int, rows: int, scale: float, step: float, gold_classes=None) -> dict:
    gold = rng.choice(gold_classes or classes, rows)
    logits = rng.normal(0, scale, (rows, classes)) + scale * (np.arange(classes) == gold[:, None])
    return score_logits(gold.tolist(), np.round(logits / step) * step)


def draw(rng, classes: int, rows: int, right: float, gold_classes=None, guess_classes=None) -> dict:
    gold = rng.choice(gold_classes or classes, rows).tolist()
    other = rng.choice(guess_classes or classes, rows).tolist()
    keep = (rng.random(rows) < right).tolist()
    return score(classes, gold, [g if k and g in (guess_classes or [g]) else o for g, o, k in zip(gold, other, keep)])


if __name__ == "__main__":
    rng = np.random.default_rng(5)
    cases = [draw(rng, 2, 50, 0.8), draw(rng, 3, 200, 0.6), draw(rng, 5, 300, 0.9), draw(rng, 20, 100, 0.4),
             draw(rng, 4, 60, 0.5, gold_classes=[0, 2]),  # 1 and 3 are only guessed
             draw(rng, 4, 60, 0.5, guess_classes=[1, 2]),  # 0 and 3 are never guessed
             draw(rng, 6, 40, 0.5, gold_classes=[0, 4], guess_classes=[0, 4]),  # the others do not occur
             draw(rng, 3, 1, 1.0), draw(rng, 3, 30, 1.0), score(3, [0, 0, 1, 2], [1, 2, 2, 0])]
    wilson = []
    for hits, trials in [(0, 1), (1, 1), (0, 10), (10, 10), (3, 7), (50, 100), (964, 1000), (8391, 12284), (1, 10**9)]:
        interval = binomtest(hits, trials).proportion_ci(0.95, method="wilson")
        wilson.append({"hits": hits, "trials": trials, "interval": [interval.low, interval.high]})
    scored = [draw_logits(rng, 2, 80, 1.0, 0.001), draw_logits(rng, 4, 200, 1.5, 0.001), draw_logits(rng, 3, 90, 1.0, 0.5),
              draw_logits(rng, 5, 70, 2.0, 0.25, gold_classes=[0, 3, 4]),  # 1 and 2 have no rows
              draw_logits(rng, 3, 50, 5.0, 0.25),  # is sure
              draw_logits(rng, 2, 7, 1.0, 0.001), score_logits([1, 1, 1], [[0, 1], [1, 0], [0, 2]])]
    tests = [{"won": won, "lost": lost, "p": binomtest(won, won + lost).pvalue}
             for won, lost in [(0, 1), (1, 1), (5, 0), (0, 6), (3, 9), (10, 10), (10, 11), (24, 9), (140, 200), (5000, 5200)]]
    folder = HERE / "eval"
    folder.mkdir(exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps({"cases": cases, "wilson": wilson, "scored": scored,
                                                   "sign_test": tests}) + "\n", encoding="utf-8")
