"""Makes tests/golden/encoders: small random encoders and what `transformers` computes with them.

    python tests/golden/make_model_goldens.py

Made with transformers 5.23.0, torch 2.13.0, tokenizers 0.23.3, safetensors 0.8.0 and numpy 2.4.6. Every folder
tiny-* is an encoder as `save_pretrained` writes it, with a golden.safetensors beside the weights:
    ids [N] and lengths [B]     the token ids of B sequences, one after another
    hidden.0 to hidden.L        [N, D] after the embeddings and after each layer (computed in one padded batch)
    mean, cls, max              [B, D] pooled as sentence-transformers does
Biases and LayerNorms are random too, and the weights larger than a fresh start's, so that attention is far from
uniform and nothing hides behind a zero. texts.safetensors goes from text: the ids of each line of texts.txt (ids,
lengths) and its mean embedding [lines, D]; pairs.safetensors has the same of pairs, of each line and the one behind it, with
the token types that the tokenizer gives (types), cut to 16 tokens. tiny-bert and tiny-distilbert have a tokenizer beside them; that of
tiny-xlmr, and of tiny-multilingual (the layout of paraphrase-multilingual-MiniLM: BERT's encoder, XLM-R's tokenizer),
is the SentencePiece model of tokenizers/xlmr. minilm-l6/ holds the same of the default encoder (models/minilm-l6, which
./run fetch brings): the ids of sentences.txt and their mean embeddings.
"""

import gzip
import pathlib
import shutil
import tempfile

import numpy as np
import torch
from safetensors.numpy import save_file
from transformers import (AutoModel, AutoTokenizer, BertConfig, BertModel, BertTokenizer, DistilBertConfig,
                          DistilBertModel, XLMRobertaConfig, XLMRobertaModel, XLMRobertaTokenizer)

HERE = pathlib.Path(__file__).parent
ENCODERS = HERE / "encoders"
DEFAULT_ENCODER = HERE.parent.parent / "models" / "minilm-l6"
LENGTHS = [1, 2, 3, 5, 8, 13, 17, 24, 31, 32, 48, 60]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = """the a of and to in is it that was for on with as at by not but this from good bad great film team game won
lost match goal player market stock price bank profit minister vote party law phone software chip data music song
award actor happy sad fine awful love hate very never today people world week""".split()
PIECES = "##s ##ed ##ing ##er ##ly ##est ##ion ##al ##ment ##able".split()


def vocabulary() -> list[str]:
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    single = list(LETTERS) + list("0123456789") + list("!\"'(),-.:;?/") + ["é", "中", "😀"]
    words = special + single + ["##" + c for c in LETTERS] + ["##" + c for c in "0123456789"] + WORDS + PIECES
    return list(dict.fromkeys(words))


def randomise(model: torch.nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in sorted(model.named_parameters()):
            noise = torch.randn(parameter.shape, generator=generator)
            if "LayerNorm.weight" in name or "layer_norm.weight" in name:
                parameter.copy_(1 + 0.2 * noise)
            elif parameter.dim() == 1:
                parameter.copy_(0.1 * noise)
            else:
                parameter.copy_((0.6 if "embeddings" in name else 0.25) * noise)


def pool(hidden: torch.Tensor, mask: torch.Tensor) -> dict[str, torch.Tensor]:
    wide = mask.unsqueeze(-1).to(hidden.dtype)
    return {"mean": (hidden * wide).sum(1) / wide.sum(1).clamp(min=1e-9),
            "cls": hidden[:, 0],
            "max": hidden.masked_fill(wide == 0, -torch.inf).max(1).values}


def pad(sequences: list[list[int]], padding: int) -> tuple[torch.Tensor, torch.Tensor]:
    longest = max(map(len, sequences))
    ids = torch.tensor([s + [padding] * (longest - len(s)) for s in sequences])
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sequences])
    return ids, mask


def write_tensors(file: pathlib.Path, tensors: dict[str, torch.Tensor]) -> None:
    save_file({name: np.ascontiguousarray(t.numpy()) for name, t in tensors.items()}, file)


def write_golden(model: torch.nn.Module, folder: pathlib.Path, padding: int, first_id: int, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    sequences = [torch.randint(first_id, model.config.vocab_size, (n,), generator=generator).tolist() for n in LENGTHS]
    ids, mask = pad(sequences, padding)
    with torch.inference_mode():
        states = model(input_ids=ids, attention_mask=mask, output_hidden_states=True).hidden_states
    real = mask.bool()
    tensors = {"ids": ids[real], "lengths": torch.tensor(LENGTHS)}
    tensors |= {f"hidden.{i}": state[real] for i, state in enumerate(states)}
    tensors |= pool(states[-1], mask)
    write_tensors(folder / "golden.safetensors", tensors)


def write_word_pieces(folder: pathlib.Path) -> None:
    (folder / "vocab.txt").write_text("".join(word + "\n" for word in vocabulary()), encoding="utf-8")
    tokenizer = BertTokenizer(str(folder / "vocab.txt"), do_lower_case=True, model_max_length=64)
    tokenizer.save_pretrained(folder)


def write_encoder(name: str, model: torch.nn.Module, seed: int, padding: int = 0, first_id: int = 5) -> pathlib.Path:
    folder = ENCODERS / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    randomise(model, seed)
    model.eval().save_pretrained(folder)
    write_golden(model, folder, padding, first_id, seed + 1)
    return folder


def make_distilbert() -> None:
    config = DistilBertConfig(vocab_size=len(vocabulary()), max_position_embeddings=64, dim=32, n_layers=3, n_heads=4,
                              hidden_dim=64, attn_implementation="eager")
    write_word_pieces(write_encoder("tiny-distilbert", DistilBertModel(config), seed=1))


def make_bert() -> None:
    config = BertConfig(vocab_size=len(vocabulary()), max_position_embeddings=64, hidden_size=48, num_hidden_layers=2,
                        num_attention_heads=3, intermediate_size=72, attn_implementation="eager")
    write_word_pieces(write_encoder("tiny-bert", BertModel(config), seed=2))


def make_xlm_roberta() -> None:
    """Without a tokenizer; its ids are those of tokenizers/xlmr. Id 1 is its padding, positions start at 2."""
    config = XLMRobertaConfig(vocab_size=2002, max_position_embeddings=66, hidden_size=24, num_hidden_layers=2,
                              num_attention_heads=3, intermediate_size=48, type_vocab_size=1, layer_norm_eps=1e-5,
                              attn_implementation="eager")
    write_encoder("tiny-xlmr", XLMRobertaModel(config, add_pooling_layer=False), seed=3, padding=1, first_id=2)


def make_multilingual() -> None:
    config = BertConfig(vocab_size=2002, max_position_embeddings=64, hidden_size=16, num_hidden_layers=2,
                        num_attention_heads=2, intermediate_size=32, attn_implementation="eager")
    write_encoder("tiny-multilingual", BertModel(config), seed=4)


def tokenizer_of(name: str):
    folder = ENCODERS / name
    if (folder / "vocab.txt").exists():
        return AutoTokenizer.from_pretrained(folder)
    with tempfile.TemporaryDirectory() as temporary:
        pieces = pathlib.Path(temporary, "sentencepiece.bpe.model")
        pieces.write_bytes(gzip.decompress((HERE / "tokenizers/xlmr/sentencepiece.bpe.model.gz").read_bytes()))
        return XLMRobertaTokenizer.from_pretrained(temporary)


def write_texts(name: str) -> None:
    texts = (ENCODERS / "texts.txt").read_text(encoding="utf-8").split("\n")[:-1]
    model = AutoModel.from_pretrained(ENCODERS / name, attn_implementation="eager").eval()
    sequences = tokenizer_of(name)(texts, truncation=True, max_length=64)["input_ids"]
    rows = []
    for sequence in sequences:  # one at a time: no padding, no mask
        with torch.inference_mode():
            rows.append(model(input_ids=torch.tensor([sequence])).last_hidden_state[0].mean(0))
    write_tensors(ENCODERS / name / "texts.safetensors", {"ids": torch.tensor([i for s in sequences for i in s]),
                                                          "lengths": torch.tensor([len(s) for s in sequences]),
                                                          "mean": torch.stack(rows)})


def write_pairs(name: str) -> None:
    texts = (ENCODERS / "texts.txt").read_text(encoding="utf-8").split("\n")[:-1]
    model = AutoModel.from_pretrained(ENCODERS / name, attn_implementation="eager").eval()
    encoded = tokenizer_of(name)(texts, texts[1:] + texts[:1], truncation=True, max_length=16)
    types = encoded.get("token_type_ids") or [[0] * len(ids) for ids in encoded["input_ids"]]
    rows = []
    for i, ids in enumerate(encoded["input_ids"]):  # one at a time: no padding, no mask
        more = {"token_type_ids": torch.tensor([types[i]])} if "token_type_ids" in encoded and hasattr(model.config, "type_vocab_size") else {}
        with torch.inference_mode():
            rows.append(model(input_ids=torch.tensor([ids]), **more).last_hidden_state[0].mean(0))
    flat = {"ids": [i for ids in encoded["input_ids"] for i in ids], "types": [t for row in types for t in row],
            "lengths": [len(ids) for ids in encoded["input_ids"]]}
    write_tensors(ENCODERS / name / "pairs.safetensors",
                  {key: torch.tensor(value) for key, value in flat.items()} | {"mean": torch.stack(rows)})


def make_default() -> None:
    folder = ENCODERS / "minilm-l6"
    sentences = (folder / "sentences.txt").read_text(encoding="utf-8").splitlines()
    tokenizer = AutoTokenizer.from_pretrained(DEFAULT_ENCODER)
    model = AutoModel.from_pretrained(DEFAULT_ENCODER, attn_implementation="eager").eval()
    sequences = tokenizer(sentences, truncation=True, max_length=128)["input_ids"]
    ids, mask = pad(sequences, tokenizer.pad_token_id)
    with torch.inference_mode():
        hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    write_tensors(folder / "golden.safetensors", {"ids": ids[mask.bool()], "lengths": mask.sum(1),
                                                  "mean": pool(hidden, mask)["mean"]})


if __name__ == "__main__":
    torch.set_num_threads(1)
    make_distilbert()
    make_bert()
    make_xlm_roberta()
    make_multilingual()
    for name in ("tiny-distilbert", "tiny-bert", "tiny-xlmr", "tiny-multilingual"):
        write_texts(name)
        write_pairs(name)
    make_default()
