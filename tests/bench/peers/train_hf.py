#!/usr/bin/env python3
"""The training loop that mtnlp is measured against: a transformers encoder, mean pooling and one linear head per task,
trained jointly by plain PyTorch.

    train_hf.py --encoder DIR --task topic=DIR --task sentiment=DIR [--limit sentiment=12000] [--epochs 3]

Each task's DIR holds train.csv, validation.csv and test.csv with the columns text,label. Prints the training rate of each
epoch and, unless --no-eval, accuracy, macro-F1 and macro-recall of the validation and test parts.
"""
import argparse
import csv
import random
import time

import torch
from sklearn.metrics import accuracy_score, f1_score, recall_score
from transformers import AutoConfig, AutoModel, AutoTokenizer, get_linear_schedule_with_warmup

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


class Model(torch.nn.Module):
    def __init__(self, args, tasks):
        super().__init__()
        self.tokenizer = AutoTokenizer.from_pretrained(args.encoder)
        if args.random_config:
            self.encoder = AutoModel.from_config(AutoConfig.from_pretrained(args.random_config))
        else:
            self.encoder = AutoModel.from_pretrained(args.encoder)
        if args.freeze_backbone:
            self.encoder.requires_grad_(False)
        size = self.encoder.config.hidden_size
        self.heads = torch.nn.ModuleDict({name: torch.nn.Linear(size, len(task.names)) for name, task in tasks.items()})
        self.max_length = args.max_length

    def forward(self, name, texts):
        """Returns the logits of task `name`, and the number of tokens."""
        batch = self.tokenizer(texts, padding=True, truncation=True, max_length=self.max_length, return_tensors="pt")
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


def train_epoch(epoch, model, tasks, steps, parameters, optimizer, schedule):
    model.train()
    start, sentences, tokens, losses = time.perf_counter(), 0, 0, {name: [0.0, 0] for name in tasks}
    for name, rows in steps:
        task = tasks[name]
        texts, labels = task.parts["train"]
        logits, count = model(name, [texts[i] for i in rows])
        loss = torch.nn.functional.cross_entropy(logits, torch.tensor([task.names.index(labels[i]) for i in rows]))
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
          + " ".join(f"{name}.loss {total / max(count, 1):.4f}" for name, (total, count) in losses.items()), flush=True)


def evaluate(epoch, model, tasks):
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
            print(f"epoch {epoch} {name} {part} accuracy {accuracy_score(labels, guesses):.4f} "
                  f"macro_f1 {f1_score(labels, guesses, average='macro'):.4f} "
                  f"macro_recall {recall_score(labels, guesses, average='macro'):.4f}", flush=True)


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
    parser.add_argument("--freeze-backbone", action="store_true")
    parser.add_argument("--fused-adamw", action="store_true", help="faster than PyTorch's default")
    parser.add_argument("--no-eval", action="store_true")
    args = parser.parse_args()
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)

    limits = {name: int(rows) for name, rows in (pair.split("=") for pair in args.limit)}
    folders = dict(pair.split("=", 1) for pair in args.task)
    tasks = {name: Task(folder, limits.get(name)) for name, folder in folders.items()}
    model = Model(args, tasks)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=args.lr, weight_decay=0.01, fused=args.fused_adamw)
    steps = len(plan_epoch(tasks, args.batch_size)) * args.epochs
    schedule = get_linear_schedule_with_warmup(optimizer, steps // 10, steps)
    for epoch in range(1, args.epochs + 1):
        train_epoch(epoch, model, tasks, plan_epoch(tasks, args.batch_size), parameters, optimizer, schedule)
        if not args.no_eval:
            evaluate(epoch, model, tasks)


if __name__ == "__main__":
    main()
