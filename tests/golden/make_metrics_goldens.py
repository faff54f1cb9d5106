"""Makes tests/golden/eval/metrics.json: what scikit-learn makes of gold labels and guesses, and Wilson's intervals.

    python tests/golden/make_metrics_goldens.py

Made with scikit-learn 1.9.1, scipy 1.17.1 and numpy 2.4.6. Cases: many classes, few rows, classes that are never gold,
never guessed or neither, all right, all wrong.
"""

import json
import pathlib

import numpy as np
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
            "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
            "confusion": metrics.confusion_matrix(gold, guess, labels=every).tolist()}


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
    folder = HERE / "eval"
    folder.mkdir(exist_ok=True)
    (folder / "metrics.json").write_text(json.dumps({"cases": cases, "wilson": wilson}) + "\n", encoding="utf-8")
