"""Makes tests/golden/masked_lm: encoders with a language-model head, what `transformers` computes with them, and what 50
steps of a PyTorch loop of masked-language-model training make of them.

    python tests/golden/make_masked_lm_goldens.py

Made with transformers 5.23.0, torch 2.13.0, safetensors 0.8.0 and numpy 2.4.6. Every folder is a tiny encoder of
make_model_goldens.py with a random head, as `save_pretrained` of AutoModelForMaskedLM writes it, and beside it a
golden.safetensors:
    ids, lengths                   some sequences; logits [N, V] at all their tokens, without dropout
    rows [R, L], row_lengths [R]   the rows of the training; batches [50, 8]: those of every step
    masked, counts [50]            ids of the rows of every step with hidden tokens, without padding; how many are hidden
    places, targets                of the hidden tokens of every step, counted through its rows
    loss [50]                      of every step, the mean over the hidden tokens
    after/NAME                     weights after the last step, by the names of the folder; token types are folded
The loop computes logits at all tokens, in double precision, with AdamW, decay on matrices only, a rate of its own for
the head, clipping, linear warm-up and decay, and no dropout.
"""

import pathlib
import shutil

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import AutoModelForMaskedLM, get_linear_schedule_with_warmup

HERE = pathlib.Path(__file__).parent
FOLDER = HERE / "masked_lm"
LENGTHS = [1, 5, 13, 24]
STEPS, BATCH, WARMUP = 50, 8, 5
LR, HEAD_LR, WEIGHT_DECAY, CLIP = 1e-3, 3e-3, 0.01, 1.0


def is_head(name: str) -> bool:
    return not name.startswith(("bert.", "distilbert.", "roberta."))


def trained(model: torch.nn.Module) -> dict[str, torch.nn.Parameter]:
    """By the names that the folder has for them; of a tied pair `transformers` names one or the other."""
    words = model.get_input_embeddings().weight
    word_name = f"{model.base_model_prefix}.embeddings.word_embeddings.weight"
    return {word_name if p is words else name.replace("decoder.bias", "bias"): p
            for name, p in model.named_parameters() if p.requires_grad}


def randomise_head(model: torch.nn.Module, generator: torch.Generator) -> None:
    with torch.no_grad():
        for name, parameter in sorted(trained(model).items()):
            if not is_head(name):
                continue
            noise = torch.randn(parameter.shape, generator=generator)
            if parameter.dim() == 1 and "norm" in name.lower() and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            else:
                parameter.copy_((0.1 if parameter.dim() == 1 else 0.25) * noise)


def pad(sequences: list[list[int]], padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, sequences))
    ids = torch.tensor([s + [padding] * (longest - len(s)) for s in sequences])
    return ids, torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences])


def make_rows(vocabulary: int, first: int, generator: torch.Generator) -> list[list[int]]:
    """Rows that can be learned: each id follows from the one before."""
    rows = []
    for _ in range(48):
        length, start = (int(torch.randint(low, high, (), generator=generator)) for low, high in ((4, 25), (first, 60)))
        rows.append([(start + 7 * i) % (vocabulary - first - 1) + first for i in range(length)])
    return rows


def mask(row: list[int], mask_id: int, vocabulary: int, first: int, generator: torch.Generator):
    """The row with hidden ids, and where they are."""
    places = sorted(torch.randperm(len(row), generator=generator)[:max(1, round(0.15 * len(row)))].tolist())
    hidden = list(row)
    for place in places:
        how = int(torch.randint(10, (), generator=generator))
        other = int(torch.randint(first, vocabulary - 1, (), generator=generator))
        hidden[place] = mask_id if how < 8 else other if how == 8 else row[place]
    return hidden, places


def fold_token_types(model: torch.nn.Module) -> None:
    embeddings = model.base_model.embeddings
    if hasattr(embeddings, "token_type_embeddings"):
        with torch.no_grad():  # in float, as mtnlp folds them
            token_types = embeddings.token_type_embeddings.weight
            embeddings.position_embeddings.weight += token_types[0]
            token_types.zero_()
        token_types.requires_grad_(False)


def train(model: torch.nn.Module, steps: list, padding: int) -> list[float]:
    groups = []
    for head, lr in ((False, LR), (True, HEAD_LR)):
        part = [p for name, p in trained(model).items() if is_head(name) == head]
        groups.append({"params": [p for p in part if p.dim() > 1], "lr": lr, "weight_decay": WEIGHT_DECAY})
        groups.append({"params": [p for p in part if p.dim() == 1], "lr": lr, "weight_decay": 0.0})
    optimizer = torch.optim.AdamW(groups)
    schedule = get_linear_schedule_with_warmup(optimizer, WARMUP, STEPS)
    losses = []
    for masked, labels in steps:
        ids, attention = pad(masked, padding)
        wanted, _ = pad(labels, -100)
        loss = model(input_ids=ids, attention_mask=attention, labels=wanted).loss
        losses.append(loss.item())
        loss.backward()
        torch.nn.utils.clip_grad_norm_([p for g in groups for p in g["params"]], CLIP)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
    return losses


def make(name: str, seed: int, padding: int, first: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    folder = FOLDER / name
    shutil.rmtree(folder, ignore_errors=True)
    model = AutoModelForMaskedLM.from_pretrained(HERE / "encoders" / name, attn_implementation="eager").eval()
    randomise_head(model, generator)
    model.save_pretrained(folder)
    vocabulary = model.config.vocab_size
    mask_id = vocabulary - 1
    sequences = [torch.randint(first, vocabulary, (n,), generator=generator).tolist() for n in LENGTHS]
    ids, attention = pad(sequences, padding)
    with torch.inference_mode():
        logits = model(input_ids=ids, attention_mask=attention).logits
    tensors = {"ids": ids[attention.bool()], "lengths": torch.tensor(LENGTHS), "logits": logits[attention.bool()]}

    rows = make_rows(vocabulary, first, generator)
    batches = [torch.randperm(len(rows), generator=generator)[:BATCH].tolist() for _ in range(STEPS)]
    steps, flat = [], {"masked": [], "counts": [], "places": [], "targets": []}
    for batch in batches:
        masked, labels, before = [], [], 0
        for row in (rows[i] for i in batch):
            hidden, places = mask(row, mask_id, vocabulary, first, generator)
            masked.append(hidden)
            labels.append([id if place in places else -100 for place, id in enumerate(row)])
            flat["masked"] += hidden
            flat["places"] += [before + place for place in places]
            flat["targets"] += [row[place] for place in places]
            before += len(row)
        flat["counts"].append(sum(label >= 0 for row in labels for label in row))
        steps.append((masked, labels))
    tensors |= {"rows": pad(rows, -1)[0], "row_lengths": torch.tensor([len(row) for row in rows]),
                "batches": torch.tensor(batches)} | {key: torch.tensor(value) for key, value in flat.items()}
    fold_token_types(model)
    model.double()
    losses = train(model, steps, padding)
    print(f"{name}: loss {np.mean(losses[:5]):.3f} to {np.mean(losses[-5:]):.3f}")
    tensors["loss"] = torch.tensor(losses).float()
    tensors |= {"after/" + key: value.detach().float() for key, value in trained(model).items()}
    save_file({key: np.ascontiguousarray(t.numpy()) for key, t in tensors.items()}, folder / "golden.safetensors")


if __name__ == "__main__":
    torch.set_num_threads(1)
    make("tiny-distilbert", 1, padding=0, first=5)
    make("tiny-bert", 2, padding=0, first=5)
    make("tiny-xlmr", 3, padding=1, first=3)
