"""Makes tests/golden/training: what 50 steps of a PyTorch loop make of the tiny encoders of make_model_goldens.py.

    python tests/golden/make_training_goldens.py

Made with transformers 5.23.0, torch 2.13.0, safetensors 0.8.0 and numpy 2.4.6. Two tasks, three sources (one with the
labels of both), AdamW with weight decay on matrices only, a learning rate of their own for the heads, clipping, linear
warm-up and decay, no dropout, and every form of --freeze. The loop runs in double precision, so that what is
committed carries none of a float's rounding: the loss of every step and, as float32, all weights that train.

One file per encoder:
    ids, lengths [R], labels [R, 2]   the rows; -1: no label for this task
    batches [50, 8]                   row ids of every step, all of one source
    head.TASK.weight, head.TASK.bias  the start of the heads; the encoder starts as its folder says
    FORM/loss [50]                    FORM is what --freeze is given
    FORM/NAME                         the weights after the last step; token types folded into the positions
and schedule.json: the factors of the learning rate of get_linear_schedule_with_warmup and its like, for some numbers of
steps.
"""

import json
import pathlib

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import (AutoModel, get_constant_schedule_with_warmup, get_cosine_schedule_with_warmup,
                          get_linear_schedule_with_warmup)

HERE = pathlib.Path(__file__).parent
FORMS = ["none", "embeddings", "layers:1", "backbone", "head:topic", "all"]
CLASSES = {"topic": 3, "mood": 2}
STEPS, BATCH, WARMUP = 50, 8, 5
LR, HEAD_LR, WEIGHT_DECAY, CLIP = 1e-3, 5e-3, 0.01, 1.0
SOURCES = {"topic": 40, "mood": 32, "both": 32}  # rows


def make_rows(vocabulary: int, generator: torch.Generator):
    """Sequences of 3 to 24 ids whose labels can be learned: they follow from the second and third id."""
    rows, labels, sources = [], [], []
    for source, count in SOURCES.items():
        for _ in range(count):
            length = int(torch.randint(1, 23, (), generator=generator))
            ids = [2] + torch.randint(5, vocabulary, (length,), generator=generator).tolist() + [3]
            labels.append([ids[1] % 3 if source != "mood" else -1, ids[-2] % 2 if source != "topic" else -1])
            rows.append(ids)
            sources.append(source)
    return rows, labels, sources


def make_batches(sources: list[str], generator: torch.Generator) -> list[list[int]]:
    members = {source: [i for i, s in enumerate(sources) if s == source] for source in SOURCES}
    names = list(SOURCES)
    batches = []
    for _ in range(STEPS):
        rows = members[names[int(torch.randint(len(names), (), generator=generator))]]
        batches.append([rows[i] for i in torch.randperm(len(rows), generator=generator)[:BATCH].tolist()])
    return batches


def load_encoder(name: str, dtype: torch.dtype) -> torch.nn.Module:
    model = AutoModel.from_pretrained(HERE / "encoders" / name, attn_implementation="eager", dtype=torch.float32)
    if hasattr(model.embeddings, "token_type_embeddings"):
        with torch.no_grad():  # in float, as mtnlp folds them
            token_types = model.embeddings.token_type_embeddings.weight
            model.embeddings.position_embeddings.weight += token_types[0]
            token_types.zero_()
        token_types.requires_grad_(False)
        model.pooler = None
    return model.to(dtype).eval()  # eval: no dropout


def freeze(form: str, model: torch.nn.Module, heads: torch.nn.ModuleDict) -> None:
    layers = model.transformer.layer if hasattr(model, "transformer") else model.encoder.layer
    frozen = []
    if form == "backbone":
        frozen = [model]
    elif form == "all":
        frozen = [model, heads]
    elif form == "embeddings":
        frozen = [model.embeddings]
    elif form == "layers:1":
        frozen = [model.embeddings, layers[0]]
    elif form.startswith("head:"):
        frozen = [heads[form[5:]]]
    for module in frozen:
        module.requires_grad_(False)


def embed(model: torch.nn.Module, rows: list[list[int]]) -> torch.Tensor:
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    mask = torch.tensor([[1] * len(row) + [0] * (longest - len(row)) for row in rows])
    hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    wide = mask.unsqueeze(-1).to(hidden.dtype)
    return (hidden * wide).sum(1) / wide.sum(1)


def train(name: str, form: str, rows, labels, batches, start, dtype=torch.float64):
    """Losses and the weights that train, after all steps."""
    model = load_encoder(name, dtype)
    heads = torch.nn.ModuleDict({task: torch.nn.Linear(model.config.hidden_size, n) for task, n in CLASSES.items()})
    heads.load_state_dict(start)
    heads.to(dtype)
    freeze(form, model, heads)
    groups = []
    for module, lr in ((model, LR), (heads, HEAD_LR)):
        trained = [p for p in module.parameters() if p.requires_grad]
        groups.append({"params": [p for p in trained if p.dim() > 1], "lr": lr, "weight_decay": WEIGHT_DECAY})
        groups.append({"params": [p for p in trained if p.dim() == 1], "lr": lr, "weight_decay": 0.0})
    groups = [group for group in groups if group["params"]] or [{"params": [torch.zeros(1)]}]  # AdamW wants one
    optimizer = torch.optim.AdamW(groups)
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    losses = []
    for batch in batches:
        embeddings = embed(model, [rows[i] for i in batch])
        loss = torch.zeros((), dtype=dtype)
        for index, task in enumerate(CLASSES):
            wanted = torch.tensor([labels[i][index] for i in batch])
            if (wanted >= 0).any():
                loss = loss + torch.nn.functional.cross_entropy(heads[task](embeddings), wanted, ignore_index=-1)
        losses.append(loss.item())
        if loss.requires_grad:  # a frozen head on a frozen encoder has none
            loss.backward()
            torch.nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], CLIP)
            optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
    weights = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    weights |= {"head." + name: p.detach() for name, p in heads.named_parameters() if p.requires_grad}
    return losses, weights


def make(name: str, seed: int, compare: bool = False) -> None:
    generator = torch.Generator().manual_seed(seed)
    config = AutoModel.from_pretrained(HERE / "encoders" / name).config
    rows, labels, sources = make_rows(config.vocab_size, generator)
    batches = make_batches(sources, generator)
    start = {}
    for task, classes in CLASSES.items():
        bound = config.hidden_size**-0.5
        start[task + ".weight"] = (torch.rand(classes, config.hidden_size, generator=generator) * 2 - 1) * bound
        start[task + ".bias"] = (torch.rand(classes, generator=generator) * 2 - 1) * bound
    tensors = {"ids": torch.tensor([i for row in rows for i in row]), "lengths": torch.tensor([len(r) for r in rows]),
               "labels": torch.tensor(labels), "batches": torch.tensor(batches)}
    tensors |= {"head." + key: value for key, value in start.items()}
    for form in FORMS:
        losses, weights = train(name, form, rows, labels, batches, start)
        print(f"{name} {form}: loss {np.mean(losses[:5]):.3f} to {np.mean(losses[-5:]):.3f}")
        tensors[form + "/loss"] = torch.tensor(losses, dtype=torch.float32)
        tensors |= {f"{form}/{key}": value.float() for key, value in weights.items()}
        if compare:
            other, rounded = train(name, form, rows, labels, batches, start, torch.float32)
            print("  loss", max(abs(a - b) / a for a, b in zip(losses, other)))
            worst = sorted(((weights[k] - rounded[k]).abs().max().item(), k) for k in weights)
            print("  weights", worst[-4:], "without key biases",
                  [w for w in worst if "k_lin.bias" not in w[1] and "key.bias" not in w[1]][-2:])
    folder = HERE / "training"
    folder.mkdir(exist_ok=True)
    save_file({key: np.ascontiguousarray(t.numpy()) for key, t in tensors.items()}, folder / f"{name}.safetensors")


def make_schedules() -> None:
    schedules = []
    makers = {"linear": get_linear_schedule_with_warmup, "cosine": get_cosine_schedule_with_warmup,
              "constant": lambda optimizer, warmup, _: get_constant_schedule_with_warmup(optimizer, warmup)}
    for name, make in makers.items():
        for total, warmup in [(1, 0), (1, 1), (2, 1), (7, 0), (7, 3), (7, 7), (50, 5), (37, 36)]:
            optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
            schedule = make(optimizer, warmup, total)
            factors = []
            for _ in range(total + 2):
                factors.append(schedule.get_last_lr()[0])
                optimizer.step()
                schedule.step()
            schedules.append({"name": name, "total": total, "warmup": warmup, "factors": factors})
    lines = ",\n".join(json.dumps(schedule) for schedule in schedules)
    (HERE / "training/schedule.json").write_text(f"[{lines}]\n", encoding="utf-8")


if __name__ == "__main__":
    import sys

    torch.set_num_threads(1)
    make_schedules()
    for seed, encoder in enumerate(["tiny-distilbert", "tiny-bert"]):
        make(encoder, seed, compare="--compare" in sys.argv)  # --compare: how far the same loop in float32 is
