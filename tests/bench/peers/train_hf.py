#!/usr/bin/env python3
"""The training loop that mtnlp is measured against: a transformers encoder, mean pooling and one linear head per task,
trained jointly by plain PyTorch.

    train_hf.py --encoder DIR --task topic=DIR --task sentiment=DIR [--limit sentiment=12000] [--epochs 3]

Each task's DIR holds train.csv, validation.csv and test.csv with the columns text,label. Prints the training rate of each
epoch and, unless --no-eval, accuracy, macro-F1 and macro-recall of the validation and test parts.
"""
import argparse
import csv
import functools
import random
import time

import torch
from sklearn.metrics import accuracy_score, f1_score, recall_score
from transformers import AutoConfig, AutoModel, AutoTokenizer, get_linear_schedule_with_warmup

import mtnlp_law

EVAL_BATCH = 64


def read(path):
    """Returns the texts and the labels of a CSV file."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return [row["text"] for row in rows], [row["label"] for row in rows]


class Task:
    def __init__(self, folder, limit):
        self.parts = {part: read(f"{folder}/{part}.csv") for part in ("train", "validation", "test")}
        if limit:
            texts, labels = self.parts["train"]
            pick = random.Random(0).sample(range(len(texts)), limit)
            self.parts["train"] = [texts[i] for i in pick], [labels[i] for i in pick]
        self.names = sorted(set(self.parts["train"][1]))
        self.weights = None  # of the classes in the loss

    def balance(self, power):
        """Sets weights to (rows / (classes · rows of the class)) ** power."""
        labels = self.parts["train"][1]
        self.weights = torch.tensor([(len(labels) / (len(self.names) * labels.count(name))) ** power for name in self.names])


class Model(torch.nn.Module):
    def __init__(self, args, tasks):
        super().__init__()
        self.tokenizer = AutoTokenizer.from_pretrained(args.encoder)
        if args.random_config:
            self.encoder = AutoModel.from_config(AutoConfig.from_pretrained(args.random_config))
        else:
            self.encoder = AutoModel.from_pretrained(args.encoder, hidden_dropout_prob=args.dropout, attention_probs_dropout_prob=args.dropout)
        if args.freeze_backbone:
            self.encoder.requires_grad_(False)
        size = self.encoder.config.hidden_size
        self.heads = torch.nn.ModuleDict({name: torch.nn.Linear(size, len(task.names)) for name, task in tasks.items()})
        self.max_length = args.max_length

    def forward(self, name, texts, before=None):
        """Returns the logits of task `name`, and the number of tokens. `before` is called with the length of the batch."""
        batch = self.tokenizer(texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="pt")
        if before:
            before(batch["input_ids"].shape[1])
        hidden = self.encoder(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).float()
        return self.heads[name]((hidden * mask).sum(1) / mask.sum(1)), int(batch["attention_mask"].sum())


def plan_epoch(tasks, batch_size):
    """Returns (task, rows) of each step: every task's rows in random order, the steps of all tasks mixed."""
    steps = []
    for name, task in tasks.items():
        order = list(range(len(task.parts["train"][0])))
        random.shuffle(order)
        steps += [(name, order[i:i + batch_size]) for i in range(0, len(order), batch_size)]
    random.shuffle(steps)
    return steps


class MtnlpLaw:
    """Order, heads and dropout of mtnlp, with its seed."""

    def __init__(self, args, model, tasks):
        self.args, self.masks, self.step = args, mtnlp_law.Masks(), 0
        self.sizes = {name: len(task.parts["train"][0]) for name, task in tasks.items()}
        first = 0
        self.first_row = {}
        for name, size in self.sizes.items():
            self.first_row[name], first = first, first + size
        mtnlp_law.start_heads(model.heads, args.seed)
        mtnlp_law.use_masks(model.encoder, self.masks)

    def plan_epoch(self, epoch):
        return mtnlp_law.plan_epoch(self.sizes, 3 * len(self.sizes), self.args.batch_size, self.args.seed, epoch - 1)

    def start_step(self, name, rows, length):
        rows = [self.first_row[name] + row for row in rows]
        self.masks.start_step(self.args.seed, self.step, rows, length, self.args.dropout)
        self.step += 1


def train_epoch(epoch, model, tasks, steps, parameters, optimizer, schedule, before_step=None):
    model.train()
    start, sentences, tokens, losses = time.perf_counter(), 0, 0, {name: [0.0, 0] for name in tasks}
    for name, rows in steps:
        task = tasks[name]
        texts, labels = task.parts["train"]
        before = before_step and functools.partial(before_step, name, rows)
        logits, count = model(name, [texts[i] for i in rows], before)
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([task.names.index(labels[i]) for i in rows]),
                                                 weight=task.weights)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        sentences, tokens = sentences + len(rows), tokens + count
        losses[name][0] += loss.item() * len(rows)
        losses[name][1] += len(rows)
    seconds = time.perf_counter() - start
    print(f"epoch {epoch} train {seconds:.1f} s {sentences / seconds:.1f} sentences/s {tokens / seconds:.0f} tokens/s "
          + " ".join(f"{name}.loss {total / max(count, 1):.6f}" for name, (total, count) in losses.items()), flush=True)


def evaluate(epoch, model, tasks, guesses_file=None):
    """Prints the figures; the guesses of all test parts go to the file, a line each."""
    model.eval()
    for name, task in tasks.items():
        for part in ("validation", "test"):
            texts, labels = task.parts[part]
            guesses = [None] * len(texts)
            order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
            with torch.no_grad():
                for i in range(0, len(order), EVAL_BATCH):
                    rows = order[i:i + EVAL_BATCH]
                    for row, label in zip(rows, model(name, [texts[j] for j in rows])[0].argmax(1).tolist()):
                        guesses[row] = task.names[label]
            if guesses_file and part == "test":
                with open(guesses_file, "a", encoding="utf-8") as file:
                    file.writelines(f"{name}\t{guess}\n" for guess in guesses)
            print(f"epoch {epoch} {name} {part} accuracy {accuracy_score(labels, guesses):.4f} "
                  f"macro_f1 {f1_score(labels, guesses, average='macro'):.4f} "
                  f"macro_recall {recall_score(labels, guesses, average='macro'):.4f} "
                  + " ".join(f"recall:{label} {value:.4f}" for label, value in
                             zip(task.names, recall_score(labels, guesses, average=None, labels=task.names))), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True, metavar="DIR")
    parser.add_argument("--random-config", metavar="DIR", help="start from random weights of this folder's config.json")
    parser.add_argument("--task", action="append", required=True, metavar="NAME=DIR")
    parser.add_argument("--limit", action="append", default=[], metavar="NAME=ROWS", help="use so many training rows")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", help="of PyTorch, such as cuda")
    parser.add_argument("--freeze-backbone", action="store_true")
    parser.add_argument("--fused-adamw", action="store_true", help="faster than PyTorch's default")
    parser.add_argument("--class-weights", choices=("balanced", "sqrt"), help="of every task")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--mtnlp-law", action="store_true", help="take order, first heads and masks of mtnlp")
    parser.add_argument("--guesses", metavar="FILE", help="gets the guesses of the test parts after the last epoch, the only one that is evaluated")
    parser.add_argument("--no-eval", action="store_true")
    args = parser.parse_args()
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_default_device(args.device)

    limits = {name: int(rows) for name, rows in (pair.split("=") for pair in args.limit)}
    folders = dict(pair.split("=", 1) for pair in args.task)
    tasks = {name: Task(folder, limits.get(name)) for name, folder in folders.items()}
    if args.class_weights:
        for task in tasks.values():
            task.balance({"balanced": 1.0, "sqrt": 0.5}[args.class_weights])
    model = Model(args, tasks).to(args.device)
    law = MtnlpLaw(args, model, tasks) if args.mtnlp_law else None
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=args.lr, weight_decay=0.01, fused=args.fused_adamw)
    steps = len(plan_epoch(tasks, args.batch_size)) * args.epochs
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    for epoch in range(1, args.epochs + 1):
        plan = law.plan_epoch(epoch) if law else plan_epoch(tasks, args.batch_size)
        train_epoch(epoch, model, tasks, plan, parameters, optimizer, schedule, law and law.start_step)
        if not args.no_eval and (epoch == args.epochs or not args.guesses):
            evaluate(epoch, model, tasks, args.guesses)


if __name__ == "__main__":
    main()
