"""Makes tests/golden/eval/suspects.json: the thresholds and the confident joint of cleanlab, and the rows off its diagonal.

    python tests/golden/make_suspects_goldens.py

Made with cleanlab 2.9.0 and numpy 2.4.6. Where several classes are confident cleanlab takes the most probable of all classes, the
paper the most probable of the confident ones: cases in which these differ are left out."""

import json
import pathlib

import numpy as np
from cleanlab.count import compute_confident_joint, get_confident_thresholds

HERE = pathlib.Path(__file__).parent


def differs(probabilities, thresholds):
    confident = probabilities >= thresholds
    best = np.where(confident, probabilities, -1).argmax(axis=1)
    return bool(np.any(confident.any(axis=1) & (confident.sum(axis=1) > 1) & (best != probabilities.argmax(axis=1))))


def make_case(seed, rows, classes, given_classes):
    """Labels of the first `given_classes` classes alone."""
    random = np.random.default_rng(seed)
    given = random.integers(0, given_classes, rows)
    logits = random.normal(size=(rows, classes)) + 2.5 * np.eye(classes)[np.where(random.random(rows) < 0.15, random.integers(0, classes, rows), given)]
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    probabilities = probabilities.astype(np.float32).astype(float)
    thresholds = get_confident_thresholds(given, probabilities)
    if differs(probabilities, thresholds):
        return None
    joint, off_diagonal = compute_confident_joint(given, probabilities, calibrate=False, return_indices_of_off_diagonals=True)
    return {"given": given.tolist(), "probabilities": [[float(np.float32(p)) for p in row] for row in probabilities],
            "thresholds": thresholds.tolist(), "joint": joint.tolist(), "suspects": sorted(int(i) for i in off_diagonal)}


def main():
    cases = [make_case(seed, rows, classes, given) for seed in range(40)
             for rows, classes, given in ((60, 2, 2), (40, 3, 3), (50, 4, 3))]
    cases = [case for case in cases if case is not None][:8]
    (HERE / "eval/suspects.json").write_text(json.dumps({"cases": cases}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
