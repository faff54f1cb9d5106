#!/usr/bin/env python3
"""The masked-language-model training that `mtnlp adapt` is measured against: AutoModelForMaskedLM in a plain PyTorch loop.

    adapt_hf.py --encoder DIR --text FILE [--masked-only] [--steps 40] [--batch-size 32] [--max-length 128]

FILE has a text a line. Short texts share a sequence up to the longest length, as they do in mtnlp, so that the batches
have the same shapes: --steps steps of --batch-size sequences in random order, masked by the collator of transformers. With
--masked-only the head sees only the tokens that are to be guessed, which a plain loop does not do. Prints the rate of all
steps but the first three, without tokenising and padding.
"""
import argparse
import random
import time

import torch
from transformers import (AutoModelForMaskedLM, AutoTokenizer, DataCollatorForLanguageModeling,
                          get_linear_schedule_with_warmup)

WARM = 3  # steps before the clock starts


def pack(tokenizer, lines, length, enough):
    """Sequences of ids: texts one after another, between separators."""
    first, last, room = tokenizer.cls_token_id, tokenizer.sep_token_id, length - 2
    sequences, current = [], []
    for start in range(0, len(lines), 1000):
        for text in tokenizer(lines[start:start + 1000], add_special_tokens=False)["input_ids"]:
            if current and len(current) + 1 + len(text) > room:
                sequences.append([first, *current, last])
                current = []
            if current:
                current.append(last)
            while text:
                count = room - len(current)
                current, text = current + text[:count], text[count:]
                if len(current) == room:
                    sequences.append([first, *current, last])
                    current = []
        if len(sequences) >= enough:
            break
    return sequences


def head_of(model):
    """The language-model head, from hidden states to logits."""
    if hasattr(model, "vocab_transform"):  # DistilBERT
        return torch.nn.Sequential(model.vocab_transform, torch.nn.GELU(), model.vocab_layer_norm, model.vocab_projector)
    return model.cls if hasattr(model, "cls") else model.lm_head


def loss_of(model, batch, masked_only):
    if not masked_only:
        return model(**batch).loss
    labels = batch.pop("labels")
    hidden = model.base_model(**batch).last_hidden_state
    wanted = labels >= 0
    return torch.nn.functional.cross_entropy(head_of(model)(hidden[wanted]), labels[wanted])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--encoder", required=True, metavar="DIR")
    parser.add_argument("--text", required=True, metavar="FILE")
    parser.add_argument("--masked-only", action="store_true")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--max-length", type=int, default=128)
    parser.add_argument("--lr", type=float, default=5e-5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fused-adamw", action="store_true", help="faster than PyTorch's default")
    args = parser.parse_args()
    random.seed(args.seed)
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)

    tokenizer = AutoTokenizer.from_pretrained(args.encoder)
    with open(args.text, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip()]
    sequences = pack(tokenizer, lines, args.max_length, args.steps * args.batch_size)
    random.shuffle(sequences)
    collator = DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15)
    batches = [collator([{"input_ids": ids} for ids in (sequences[(step * args.batch_size + i) % len(sequences)]
                                                        for i in range(args.batch_size))]) for step in range(args.steps)]
    model = AutoModelForMaskedLM.from_pretrained(args.encoder).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.01, fused=args.fused_adamw)
    schedule = get_linear_schedule_with_warmup(optimizer, args.steps // 10, args.steps)
    start = time.perf_counter()
    for step, batch in enumerate(batches):
        if step == WARM:
            start = time.perf_counter()
        loss = loss_of(model, dict(batch), args.masked_only)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    seconds = time.perf_counter() - start
    count = (args.steps - WARM) * args.batch_size
    print(f"{seconds:.1f} s {count / seconds:.1f} sequences/s loss {loss.item():.4f}")


if __name__ == "__main__":
    main()
