"""Makes tests/golden/training/loss.safetensors: the loss of several tasks under every option that shapes it.

    python tests/golden/make_loss_goldens.py

Made with torch 2.13.0, scikit-learn 1.9.1, safetensors 0.8.0 and numpy 2.4.6. All in double precision.
    embeddings [R, D], labels [R, T]    the rows; -1: no label for this task
    train [R]                           1 for a training row; the batch is all of them, the weights come from them
    TASK.weight, TASK.bias              the heads
    TASK.balanced [C]                   compute_class_weight("balanced") of scikit-learn
    CASE/loss                           the sum over tasks of task weight times cross_entropy's mean
    CASE/embeddings, CASE/TASK.weight, CASE/TASK.bias    its gradients
CASE is CLASS_WEIGHTS,LABEL_SMOOTHING,TASK_WEIGHTS as the options are given; 1 or 0.25 is the weight of the first task.
"""

import itertools
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.utils.class_weight import compute_class_weight
from torch.nn.functional import cross_entropy, linear

HERE = pathlib.Path(__file__).parent
ROWS, DIM = 40, 6
CLASSES = {"topic": 4, "mood": 2, "rare": 3}


def make_rows(generator: torch.Generator):
    """Labels of uneven frequency; half are absent, for some rows all of them."""
    labels = []
    for classes in CLASSES.values():
        drawn = (torch.rand(ROWS, generator=generator) ** 2 * classes).long()
        drawn[torch.rand(ROWS, generator=generator) < 0.5] = -1
        labels.append(drawn)
    train = (torch.rand(ROWS, generator=generator) < 0.75).long()
    embeddings = torch.randn(ROWS, DIM, generator=generator, dtype=torch.float64)
    return embeddings, torch.stack(labels, 1), train


if __name__ == "__main__":
    generator = torch.Generator().manual_seed(11)
    embeddings, labels, train = make_rows(generator)
    tensors = {"embeddings": embeddings, "labels": labels, "train": train}
    rows = train.nonzero().flatten()
    heads, balanced = {}, {}
    for index, (task, classes) in enumerate(CLASSES.items()):
        heads[task + ".weight"] = torch.randn(classes, DIM, generator=generator, dtype=torch.float64)
        heads[task + ".bias"] = torch.randn(classes, generator=generator, dtype=torch.float64)
        known = labels[rows, index]
        known = known[known >= 0].numpy()
        balanced[task] = torch.from_numpy(compute_class_weight("balanced", classes=np.arange(classes), y=known))
        tensors[task + ".balanced"] = balanced[task]
    tensors |= {name: tensor.clone() for name, tensor in heads.items()}
    for class_weights, smoothing, first_weight in itertools.product(("none", "balanced"), (0, 0.1, 0.5), (1, 0.25)):
        leaves = {"embeddings": embeddings.clone(), **{name: tensor.clone() for name, tensor in heads.items()}}
        for leaf in leaves.values():
            leaf.requires_grad_()
        loss = torch.zeros((), dtype=torch.float64)
        for index, task in enumerate(CLASSES):
            logits = linear(leaves["embeddings"][rows], leaves[task + ".weight"], leaves[task + ".bias"])
            weight = balanced[task] if class_weights == "balanced" else None
            mean = cross_entropy(logits, labels[rows, index], weight=weight, ignore_index=-1, label_smoothing=smoothing)
            loss = loss + (first_weight if index == 0 else 1) * mean
        loss.backward()
        case = f"{class_weights},{smoothing},{first_weight}"
        tensors[case + "/loss"] = loss.detach()
        tensors |= {f"{case}/{name}": leaf.grad for name, leaf in leaves.items()}
        print(f"{case}: {loss.item():.6f}")
    save_file({name: np.array(tensor.detach().numpy(), order="C") for name, tensor in tensors.items()},
              HERE / "training/loss.safetensors")
