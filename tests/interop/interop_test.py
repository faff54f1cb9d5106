"""Folders that pass between mtnlp and the Python libraries give the same numbers on both sides.

    ./run interop                                                                 in an environment made for it
    MTNLP_EXECUTABLE=build/release/mtnlp python tests/interop/interop_test.py     in one that holds requirements.txt
"""

import csv
import gzip
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import warnings

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # nothing here may ask the network
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import numpy as np
import torch
import transformers
from huggingface_hub import ModelCard
from safetensors import safe_open
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from transformers import AutoModel, AutoModelForMaskedLM, AutoTokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/cli"))

from support import change_tasks  # noqa: E402

ENCODERS = ROOT / "tests/golden/encoders"
XLMR_PIECES = ROOT / "tests/golden/tokenizers/xlmr/sentencepiece.bpe.model.gz"
DEFAULT_ENCODER = ROOT / "models/minilm-l6"
MTNLP = pathlib.Path(os.environ["MTNLP_EXECUTABLE"]).resolve()
HIDDEN_STATES = MTNLP.parent / "hidden_states"
# 500 sentences of novels in the public domain, 100 each: R. D. Blackmore, Clara Vaughan (1864); A. Conan Doyle, The Hound
# of the Baskervilles (1902); E. Gaskell, Sylvia's Lovers (1863); G. Eliot, Daniel Deronda (1876); T. Hardy, Far from the
# Madding Crowd (1874).
SENTENCES = pathlib.Path(__file__).parent / "sentences.txt"
TASKS = {"topic": ["Business", "Sports", "Technology"], "mood": ["bad", "good"]}

TEXTS = """good film
the team won the match, and the people love it!
not a good week for the market: the bank lost 25% of its profit
a
?
The PRIME minister did not vote ... today
chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip chip
never was a song so awful, but the award is in the world of music - fine; this is the very last goal of this player
café 中 😀 naïve
unknownword anotherunknownword
[SEP] in the middle
Der Spieler hat das Spiel verloren.
Le film est très bon, mais la musique est mauvaise.
今日は天気がいいですね。""".splitlines()


def setUpModule():
    torch.set_num_threads(2)
    warnings.simplefilter("ignore")
    transformers.utils.logging.disable_progress_bar()


def mtnlp(*arguments, stdin=None):
    """Standard output of the executable, which must succeed."""
    done = subprocess.run([MTNLP, *map(str, arguments)], input=stdin, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"mtnlp {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def write_rows(file, repeats=6):
    """Every text, several times over, with a label of both tasks."""
    with open(file, "w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["text", *TASKS])
        for repeat in range(repeats):
            for i, text in enumerate(TEXTS):
                writer.writerow([f"{text} {repeat}", *(labels[i % len(labels)] for labels in TASKS.values())])


def write_xlmr_tokenizer(folder, length=64):
    """tokenizer files as the hub's XLM-R folders have them, from the SentencePiece model of the tokenizer goldens."""
    (folder / "sentencepiece.bpe.model").write_bytes(gzip.decompress(XLMR_PIECES.read_bytes()))
    tokenizer = transformers.XLMRobertaTokenizer.from_pretrained(folder, model_max_length=length)
    tokenizer.save_pretrained(folder)


def outputs(folder, texts, length, **options):
    """What `transformers` alone gives for each text by itself."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModel.from_pretrained(folder).eval()
    for text in texts:
        with torch.inference_mode():
            yield model(**tokenizer(text, truncation=True, max_length=length, return_tensors="pt"), **options)


def plain_embeddings(folder, texts, length):
    """Mean pooling by hand."""
    return np.stack([output.last_hidden_state[0].mean(0).numpy() for output in outputs(folder, texts, length)])


def states(folder, texts, length):
    """The ids of every text, and [tokens of all texts, D] after the embeddings and after each layer."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ids = [tokenizer(text, truncation=True, max_length=length)["input_ids"] for text in texts]
    of_texts = [output.hidden_states for output in outputs(folder, texts, length, output_hidden_states=True)]
    return ids, [torch.cat([state[0] for state in of_layer]).numpy() for of_layer in zip(*of_texts)]


class Interop(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mtnlp-interop-")))

    def embed(self, model, texts, *options):
        (self.folder / "texts.txt").write_text("".join(text + "\n" for text in texts), encoding="utf-8")
        mtnlp("embed", model, self.folder / "texts.txt", "--out", self.folder / "out.npy", "--precision", "fp32",
              "--quiet", *options)
        found = np.load(self.folder / "out.npy")
        self.assertEqual(found.dtype, np.float32)
        return found

    def train(self, encoder, *options):
        write_rows(self.folder / "rows.csv")
        run = self.folder / "run"
        tasks = [part for task in TASKS for part in ("--task", f"{task}={self.folder / 'rows.csv'}")]
        mtnlp("train", *tasks, "--encoder", encoder, "--epochs", 1, "--batch-size", 16, "--lr", 1e-3, "--out", run,
              "--overwrite", "--threads", 1, "--quiet", *options)
        return run

    def assert_close(self, found, expected, limit=1e-5):
        self.assertEqual(found.shape, expected.shape)
        self.assertLessEqual(np.abs(found.astype(np.float64) - expected).max(), limit)

    def check_checkpoint(self, run, base_class):
        checkpoint = run / "best"
        sentence_model = SentenceTransformer(str(checkpoint), device="cpu")
        expected = sentence_model.encode(TEXTS, convert_to_numpy=True)
        for model in (run, checkpoint):
            self.assert_close(self.embed(model, TEXTS), expected)

        loaded, info = AutoModel.from_pretrained(checkpoint, output_loading_info=True)
        self.assertEqual(type(loaded).__name__, base_class)
        self.assertEqual([key for key in info["missing_keys"] if "pooler" not in key], [])
        self.assertEqual(list(info["unexpected_keys"]), [])
        self.assertEqual(list(info["mismatched_keys"]), [])

        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        length = sentence_model.max_seq_length
        ids = tokenizer(TEXTS, truncation=True, max_length=length)["input_ids"]
        lines = mtnlp("tokenize", run, "--max-length", length, stdin="".join(t + "\n" for t in TEXTS)).splitlines()
        self.assertEqual([[int(i) for i in line.split()] for line in lines], ids)

        self.check_heads(run, checkpoint, expected)

    def check_card(self, checkpoint, model=None):
        """The Python lines of the model card say what predict says of `model`."""
        lines = (checkpoint / "README.md").read_text(encoding="utf-8").split("```")[1].removeprefix("python\n")
        names = {"folder": str(checkpoint), "texts": TEXTS}
        exec(compile(lines, "README.md", "exec"), names)
        (self.folder / "texts.txt").write_text("".join(text + "\n" for text in TEXTS), encoding="utf-8")
        out = mtnlp("predict", model or checkpoint, self.folder / "texts.txt", "--precision", "fp32", "--quiet")
        rows = list(csv.DictReader(io.StringIO(out, newline="")))
        self.assertEqual(set(names["predictions"]), set(TASKS))
        for task, predictions in names["predictions"].items():
            for row, (label, probability) in zip(rows, predictions, strict=True):
                self.assertEqual(row[task], label)
                self.assertAlmostEqual(float(row[task + ".probability"]), probability, delta=1e-4)
        return rows

    def test_the_hub_reads_the_card(self):
        run = self.train(ENCODERS / "tiny-bert", "--max-length", 20)
        card = ModelCard.load(run / "best" / "README.md", ignore_metadata_errors=False)
        self.assertEqual((card.data.library_name, card.data.pipeline_tag), ("sentence-transformers", "text-classification"))
        self.assertIn("mtnlp", card.data.tags)
        scores = json.loads((run / "test.json").read_text())["tasks"]
        found = {(result.task_name, result.metric_name): result for result in card.data.eval_results}
        for task in TASKS:
            for key in ("accuracy", "macro_f1", "loss"):
                result = found[task, key.replace("_", " ")]
                self.assertEqual(result.metric_value, scores[task][key])
                self.assertEqual(result.metric_args, {"interval_95": scores[task][key + "_ci95"]})
        self.assertEqual(found["topic", "macro f1"].metric_type, "f1")

    def test_the_card_applies_temperature_and_shift(self):
        checkpoint = self.folder / "decided"
        shutil.copytree(self.train(ENCODERS / "tiny-bert", "--max-length", 20) / "best", checkpoint)
        plain = self.check_card(checkpoint)
        change_tasks(checkpoint, lambda tasks: (tasks["topic"].update(temperature=0.25, shift=[0.5, 0.25, -1.5]),
                                                tasks["mood"].update(temperature=2.5)))
        decided = self.check_card(checkpoint)
        for task in TASKS:
            self.assertNotEqual([row[task + ".probability"] for row in plain], [row[task + ".probability"] for row in decided])
        self.assertNotEqual([row["topic"] for row in plain], [row["topic"] for row in decided])

    def test_the_card_answers_tasks_of_every_kind(self):
        data, run, labels = self.folder / "kinds.csv", self.folder / "kinds", ["a", "b", "c"]
        with open(data, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["text", "tags", "stars", "mood"])
            for i, text in enumerate(TEXTS * 6):
                own = [label for place, label in enumerate(labels) if (i % len(TEXTS)) >> place & 1]
                writer.writerow([f"{text} {i}", "|".join(own), i % len(TEXTS) * 10, "good" if i % 2 else "bad"])
        mtnlp("train", "--encoder", ENCODERS / "tiny-bert", "--task", f"tags={data}:multilabel", "--task", f"stars={data}:regression",
              "--task", f"mood={data}", "--empty-is", "none", "--max-length", 20, "--epochs", 2, "--head-lr", "1e-2", "--out", run, "--quiet")
        lines = (run / "best/README.md").read_text(encoding="utf-8").split("```")[1].removeprefix("python\n")
        names = {"folder": str(run / "best"), "texts": TEXTS}
        exec(compile(lines, "README.md", "exec"), names)
        out = mtnlp("predict", run, "--out-format", "jsonl", "--precision", "fp32", "--quiet",
                    stdin="".join(text + "\n" for text in TEXTS))
        rows, told = [json.loads(line) for line in out.splitlines()], names["predictions"]
        self.assertTrue(any(row["tags"] for row in rows))
        for row, tags, stars, (mood, probability) in zip(rows, told["tags"], told["stars"], told["mood"], strict=True):
            self.assertEqual(row["tags"], [label for label, _ in tags])
            for mine, (_, theirs) in zip(row["tags.probability"], tags, strict=True):
                self.assertAlmostEqual(mine, theirs, delta=1e-4)
            self.assertAlmostEqual(row["stars"], stars, delta=1e-2)
            self.assertEqual(row["mood"], mood)
            self.assertAlmostEqual(row["mood.probability"], probability, delta=1e-4)

    def check_heads(self, run, checkpoint, embeddings):
        if checkpoint == run / "best":
            self.check_card(checkpoint, run)
        (self.folder / "texts.txt").write_text("".join(text + "\n" for text in TEXTS), encoding="utf-8")
        mtnlp("predict", run, self.folder / "texts.txt", "--out", self.folder / "out.csv", "--precision", "fp32",
              "--quiet")
        with open(self.folder / "out.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        with safe_open(checkpoint / "heads.safetensors", "pt") as heads:
            self.assertEqual(set(heads.keys()), {f"{task}.{part}" for task in TASKS for part in ("weight", "bias")})
            for task, labels in TASKS.items():
                weight, bias = heads.get_tensor(task + ".weight"), heads.get_tensor(task + ".bias")
                self.assertEqual(tuple(weight.shape), (len(labels), embeddings.shape[1]))
                probabilities = torch.softmax(torch.tensor(embeddings) @ weight.T + bias, 1)
                best = probabilities.max(1)
                for row, index, probability in zip(rows, best.indices.tolist(), best.values.tolist(), strict=True):
                    self.assertEqual(row[task], labels[index])
                    self.assertAlmostEqual(float(row[task + ".probability"]), probability, delta=1e-4)

    def check_pairs(self, encoder, encoder_class):
        """A checkpoint of pairs gives the same ids and embeddings in Python, and its card the same answers."""
        with open(self.folder / "pairs.csv", "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["text", "second", "label"])
            writer.writerows((first, second, "yes" if (i + j) % 3 else "no")
                             for i, first in enumerate(TEXTS) for j, second in enumerate(TEXTS))
        run = self.folder / "pairs-run"
        mtnlp("train", "--task", f"same={self.folder / 'pairs.csv'}", "--pair-column", "second", "--encoder", encoder, "--epochs", 1,
              "--lr", 1e-2, "--max-length", 20, "--out", run, "--overwrite", "--threads", 1, "--quiet")
        checkpoint, pairs = run / "best", [(first, second) for first in TEXTS for second in TEXTS]
        mtnlp("embed", run, self.folder / "pairs.csv", "--out", self.folder / "out.npy", "--precision", "fp32", "--quiet")
        found = np.load(self.folder / "out.npy")
        self.assert_close(found, SentenceTransformer(str(checkpoint), device="cpu").encode(pairs, convert_to_numpy=True))

        tokenizer = AutoTokenizer.from_pretrained(checkpoint)
        encoded = tokenizer([first for first, _ in pairs], [second for _, second in pairs], truncation=True, max_length=20)
        lines = mtnlp("tokenize", run, self.folder / "pairs.csv").splitlines()
        self.assertEqual([[int(i) for i in line.split()] for line in lines], encoded["input_ids"])
        model, info = AutoModel.from_pretrained(checkpoint, output_loading_info=True)
        self.assertEqual(type(model).__name__, encoder_class)
        self.assertEqual(list(info["unexpected_keys"]), [])
        takes_types = getattr(model.config, "type_vocab_size", 0) > 1
        for i in range(0, len(pairs), 17):
            with torch.inference_mode():
                names = [name for name in encoded if name != "token_type_ids" or takes_types]
                output = model.eval()(**{name: torch.tensor([encoded[name][i]]) for name in names})
            self.assert_close(found[i:i + 1], output.last_hidden_state.mean(1).numpy())

        lines = (checkpoint / "README.md").read_text(encoding="utf-8").split("```")[1].removeprefix("python\n")
        names = {"folder": str(checkpoint), "texts": pairs}
        exec(compile(lines, "README.md", "exec"), names)
        table = mtnlp("predict", checkpoint, self.folder / "pairs.csv", "--precision", "fp32", "--quiet")
        for row, (label, probability) in zip(csv.DictReader(io.StringIO(table)), names["predictions"]["same"], strict=True):
            self.assertEqual(row["same"], label)
            self.assertAlmostEqual(float(row["same.probability"]), probability, delta=1e-4)

    def test_checkpoints_of_pairs(self):
        self.check_pairs(ENCODERS / "tiny-bert", "BertModel")
        self.check_pairs(ENCODERS / "tiny-distilbert", "DistilBertModel")
        for name, encoder_class in (("tiny-xlmr", "XLMRobertaModel"), ("tiny-multilingual", "BertModel")):
            shutil.copytree(ENCODERS / name, self.folder / name)
            write_xlmr_tokenizer(self.folder / name)
            self.check_pairs(self.folder / name, encoder_class)

    def test_windows_are_those_of_the_library(self):
        """Their ids are the library's overflowing tokens, an embedding is the mean of what the windows have in Python."""
        texts = [" ".join(TEXTS), "good", " ".join(TEXTS[:2]), " ".join(TEXTS * 3)]
        with open(self.folder / "long.csv", "w", newline="", encoding="utf-8") as out:
            csv.writer(out).writerows([("text", "label"), *((text, label) for text in texts for label in ("up", "down"))])
        for name in ("tiny-bert", "tiny-distilbert"):
            run = self.folder / f"windows-{name}"
            mtnlp("train", "--task", f"mood={self.folder / 'long.csv'}", "--encoder", ENCODERS / name, "--epochs", 1, "--max-length", 16, "--window", 9,
                  "--max-windows", 1000, "--out", run, "--quiet")
            tokenizer = AutoTokenizer.from_pretrained(run / "best")
            lines = mtnlp("tokenize", run, self.folder / "long.csv").splitlines()[::2]
            mtnlp("embed", run, self.folder / "long.csv", "--out", self.folder / "out.npy", "--precision", "fp32", "--quiet")
            found = np.load(self.folder / "out.npy")[::2]
            model = SentenceTransformer(str(run / "best"), device="cpu")
            for i, text in enumerate(texts):
                windows = tokenizer(text, truncation=True, max_length=16, stride=14 - 9, return_overflowing_tokens=True)["input_ids"]
                self.assertEqual([int(token) for token in lines[i].split()], sum(windows, []))
                with torch.no_grad():
                    means = [model[1]({"token_embeddings": model[0].auto_model(torch.tensor([ids]))[0], "attention_mask": torch.ones(1, len(ids)),
                                       "input_ids": torch.tensor([ids])})["sentence_embedding"][0] for ids in windows]
                self.assert_close(found[i:i + 1], torch.stack(means).mean(0)[None].numpy())
            self.assertGreater(len(windows), 3)

    def test_distilbert_checkpoint(self):
        self.check_checkpoint(self.train(ENCODERS / "tiny-distilbert", "--max-length", 32), "DistilBertModel")

    def test_bert_checkpoint_of_every_pooling(self):
        for pooling in ("mean", "cls", "max"):
            with self.subTest(pooling):
                run = self.train(ENCODERS / "tiny-bert", "--max-length", 20, "--pooling", pooling)
                self.check_checkpoint(run, "BertModel")

    def xlmr(self):
        encoder = self.folder / "xlmr"
        shutil.copytree(ENCODERS / "tiny-xlmr", encoder)
        write_xlmr_tokenizer(encoder)
        return encoder

    def test_xlm_roberta_checkpoint(self):
        self.check_checkpoint(self.train(self.xlmr(), "--max-length", 48), "XLMRobertaModel")

    def test_xlm_roberta_encoder(self):
        encoder = self.xlmr()
        self.assert_close(self.embed(encoder, TEXTS), plain_embeddings(encoder, TEXTS, 64))
        (encoder / "tokenizer.json").unlink()  # from the SentencePiece model alone
        self.assert_close(self.embed(encoder, TEXTS), plain_embeddings(encoder, TEXTS, 64))

    def test_bert_with_the_tokenizer_of_xlm_roberta(self):
        """The layout of paraphrase-multilingual-MiniLM."""
        encoder = self.folder / "multilingual"
        torch.manual_seed(4)
        config = transformers.BertConfig(vocab_size=2002, hidden_size=24, num_hidden_layers=2, num_attention_heads=3,
                                         intermediate_size=48, max_position_embeddings=64, pad_token_id=0)
        model = transformers.BertModel(config).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.2 * torch.randn_like(parameter)
        model.save_pretrained(encoder)
        write_xlmr_tokenizer(encoder)
        self.assert_close(self.embed(encoder, TEXTS), plain_embeddings(encoder, TEXTS, 64))
        self.check_checkpoint(self.train(encoder, "--max-length", 40), "BertModel")

    def test_folder_of_sentence_transformers(self):
        for encoder in ("tiny-distilbert", "tiny-bert"):
            for pooling in ("mean", "cls", "max"):
                for normalize in (False, True):
                    with self.subTest(f"{encoder}, {pooling}, normalize {normalize}"):
                        transformer = Transformer(str(ENCODERS / encoder), max_seq_length=24)
                        dim = transformer.get_embedding_dimension()
                        modules = [transformer, Pooling(dim, pooling_mode=pooling)]
                        modules += [Normalize()] if normalize else []
                        python = SentenceTransformer(modules=modules, device="cpu")
                        saved = self.folder / "saved"
                        shutil.rmtree(saved, ignore_errors=True)
                        python.save(str(saved))
                        expected = python.encode(TEXTS, convert_to_numpy=True)
                        self.assert_close(self.embed(saved, TEXTS), expected)
                        self.assertEqual(normalize, bool(np.allclose(np.linalg.norm(expected, axis=1), 1)))
            with self.subTest(f"{encoder}, a checkpoint born from the last of these"):
                self.check_checkpoint(self.train(saved, "--max-length", 24), type(transformer.model).__name__)

    def test_checkpoint_saved_again_by_sentence_transformers(self):
        run = self.train(ENCODERS / "tiny-bert", "--max-length", 20)
        python = SentenceTransformer(str(run / "best"), device="cpu")
        python.save(str(self.folder / "again"))
        self.assert_close(self.embed(self.folder / "again", TEXTS), self.embed(run, TEXTS), 1e-6)

    def saved(self, encoder, pooling="mean", include_prompt=True, **options):
        """A folder of sentence-transformers with its model in memory."""
        transformer = Transformer(str(ENCODERS / encoder), max_seq_length=32)
        modules = [transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling,
                                        include_prompt=include_prompt)]
        python = SentenceTransformer(modules=modules, device="cpu", **options)
        folder = self.folder / "saved"
        shutil.rmtree(folder, ignore_errors=True)
        python.save(str(folder))
        return folder, python

    def test_prompts(self):
        prompts = {"query": "the good: ", "bare": "song", "empty": ""}
        for encoder in ("tiny-distilbert", "tiny-bert"):
            for pooling in ("mean", "cls", "max"):
                for include in (True, False):
                    with self.subTest(f"{encoder}, {pooling}, include_prompt {include}"):
                        folder, python = self.saved(encoder, pooling, include, prompts=prompts,
                                                    default_prompt_name="query")
                        self.assert_close(self.embed(folder, TEXTS), python.encode(TEXTS))
                        for name in prompts:
                            self.assert_close(self.embed(folder, TEXTS, "--prompt", name),
                                              python.encode(TEXTS, prompt_name=name))
                        self.assert_close(self.embed(folder, TEXTS, "--no-prompt"), python.encode(TEXTS, prompt=""))
                        for text in ("award, ", " ", "[SEP]"):
                            self.assert_close(self.embed(folder, TEXTS, "--prompt-text", text),
                                              python.encode(TEXTS, prompt=text))

    def test_prompts_of_a_checkpoint(self):
        for include in (True, False):
            folder, _ = self.saved("tiny-bert", "mean", include, prompts={"query": "the good: ", "passage": "song "},
                                   default_prompt_name="query")
            for options in ((), ("--prompt", "passage"), ("--prompt-text", "award "), ("--no-prompt",)):
                with self.subTest(f"{options}, include_prompt {include}"):
                    run = self.train(folder, "--max-length", 24, *options)
                    python = SentenceTransformer(str(run / "best"), device="cpu")
                    expected = python.encode(TEXTS)
                    self.assert_close(self.embed(run, TEXTS), expected)
                    self.assert_close(self.embed(run, TEXTS, "--prompt", "passage"),
                                      python.encode(TEXTS, prompt_name="passage"))
                    self.check_heads(run, run / "best", expected)

    def test_lengths_and_former_names(self):
        folder, _ = self.saved("tiny-bert")
        names = ["bert", "roberta", "distilbert", "camembert", "albert", "xlm-roberta", "xlnet"]
        for sentence, tokenizer in ((40, 20), (20, 40), (None, 20), (None, None), (30, None), (None, 4000)):
            for name in names if sentence else names[:1]:
                with self.subTest(f"{name}: {sentence}, {tokenizer}"):
                    for other in names:
                        (folder / f"sentence_{other}_config.json").unlink(missing_ok=True)
                    content = {} if sentence is None else {"max_seq_length": sentence, "do_lower_case": False}
                    (folder / f"sentence_{name}_config.json").write_text(json.dumps(content))
                    config = json.loads((folder / "tokenizer_config.json").read_text())
                    config.pop("model_max_length", None)
                    config |= {} if tokenizer is None else {"model_max_length": tokenizer}
                    (folder / "tokenizer_config.json").write_text(json.dumps(config))
                    python = SentenceTransformer(str(folder), device="cpu")
                    mtnlp("info", folder, "--json", self.folder / "info.json")
                    found = json.loads((self.folder / "info.json").read_text())["max_length"]
                    self.assertEqual(found, python.max_seq_length)
                    self.assert_close(self.embed(folder, TEXTS), python.encode(TEXTS))
        for first, second in zip(names, names[1:]):  # the precedence among them
            for other in names:
                (folder / f"sentence_{other}_config.json").unlink(missing_ok=True)
            (folder / f"sentence_{first}_config.json").write_text('{"max_seq_length": 11}')
            (folder / f"sentence_{second}_config.json").write_text('{"max_seq_length": 22}')
            self.assertEqual(SentenceTransformer(str(folder), device="cpu").max_seq_length, 11)
            self.assertIn("11 tokens", mtnlp("info", folder))

    def test_an_encoder_in_a_folder_of_its_own(self):
        folder, _ = self.saved("tiny-bert", "cls")
        inner = folder / "0_Transformer"
        inner.mkdir()
        for file in list(folder.iterdir()):
            if file.is_file() and file.name not in ("modules.json", "config_sentence_transformers.json", "README.md"):
                file.rename(inner / file.name)
        modules = json.loads((folder / "modules.json").read_text())
        modules[0]["path"] = "0_Transformer"
        (folder / "modules.json").write_text(json.dumps(modules))
        python = SentenceTransformer(str(folder), device="cpu")
        self.assert_close(self.embed(folder, TEXTS), python.encode(TEXTS))
        self.check_checkpoint(self.train(folder, "--max-length", 24), "BertModel")

    def assert_same_ids(self, folder, texts):
        ids = AutoTokenizer.from_pretrained(folder)(texts)["input_ids"]
        lines = mtnlp("tokenize", folder, "--max-length", 1000, stdin="".join(t + "\n" for t in texts)).splitlines()
        self.assertEqual([[int(i) for i in line.split()] for line in lines], ids)

    def test_vocabulary(self):
        folder = self.folder / "new"
        mtnlp("vocabulary", "--text", SENTENCES, "--pieces", 1500, "--layers", 2, "--dim", 32, "--max-length", 64, "--out", folder,
              "--quiet")
        tokenizer = AutoTokenizer.from_pretrained(folder)
        self.assertIsInstance(tokenizer, transformers.XLMRobertaTokenizer)
        self.assertEqual((len(tokenizer), tokenizer.model_max_length), (1502, 64))
        self.assertEqual(tokenizer.convert_tokens_to_ids(["<s>", "<pad>", "</s>", "<unk>", "<mask>"]), [0, 1, 2, 3, 1501])
        sentences = SENTENCES.read_text(encoding="utf-8").splitlines()
        self.assert_same_ids(folder, sentences + TEXTS + ["<mask> x", "a <mask> film</s>", "ｆｕｌｌ ﬁ ½", "▁a\u2585b\u200bc  d"])
        model = AutoModelForMaskedLM.from_config(transformers.AutoConfig.from_pretrained(folder))
        self.assertEqual(model.get_input_embeddings().weight.shape, (1502, 32))
        self.check_checkpoint(self.train(folder, "--max-length", 48, "--random-weights"), "XLMRobertaModel")

    def test_added_tokens_of_slow_tokenizers(self):
        texts = TEXTS + ["a <new> film", "a<new>film <NEW>", "x <left> y <right> z <word> a <word>b word words Word",
                         "good<norm>GOOD<Norm>", "[extra] [EXTRA] film", "[MASK] the [mask]"]
        size = len((ENCODERS / "tiny-bert/vocab.txt").read_text().splitlines())
        flags = {str(size): {"content": "<new>", "special": True, "normalized": False},
                 str(size + 1): {"content": "<left>", "lstrip": True, "normalized": False},
                 str(size + 2): {"content": "<right>", "rstrip": True, "normalized": False},
                 str(size + 3): {"content": "word", "single_word": True, "normalized": False},
                 str(size + 4): {"content": "<Norm>", "normalized": True},
                 "4": {"content": "[MASK]", "special": True, "lstrip": True, "normalized": False}}
        mask = (ENCODERS / "tiny-bert/vocab.txt").read_text().splitlines().index("[MASK]")
        flags[str(mask)] = flags.pop("4")
        files = {"added_tokens.json": ({"<new>": size, "<Norm>": size + 1}, {}, None),
                 "special ones": ({"<new>": size, "[extra]": size + 1}, {}, {"additional_special_tokens": ["[extra]"]}),
                 "extra ones": (None, {"extra_special_tokens": ["[extra]", "<new>"]}, None),
                 "a mask that takes its space along":
                     (None, {}, {"mask_token": {"content": "[MASK]", "lstrip": True, "rstrip": False, "normalized": False}}),
                 "added_tokens_decoder": ({"<other>": 999}, {"added_tokens_decoder": flags}, None)}
        for name, (added, config, special) in files.items():
            with self.subTest(name):
                folder = self.folder / "slow"
                shutil.rmtree(folder, ignore_errors=True)
                shutil.copytree(ENCODERS / "tiny-bert", folder)
                (folder / "tokenizer.json").unlink()
                encoder = json.loads((folder / "config.json").read_text())
                (folder / "config.json").write_text(json.dumps(encoder | {"vocab_size": size + 50}))
                tokenizer = {"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 64}
                (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer | config))
                for file, content in (("added_tokens.json", added), ("special_tokens_map.json", special)):
                    if content is not None:
                        (folder / file).write_text(json.dumps(content))
                self.assert_same_ids(folder, texts)

    def test_tokenizer_json_among_other_files(self):
        """Which file counts depends on the class: BertTokenizer takes the vocabulary alone from tokenizer.json."""
        texts = TEXTS + ["a <new> film", "a<new>film <NEW>", "GOOD Film", "agoodfilm café"]
        size = len((ENCODERS / "tiny-bert/vocab.txt").read_text().splitlines())
        token = {"id": size, "content": "<new>", "special": True, "normalized": False, "single_word": False, "lstrip": False,
                 "rstrip": False}
        entry = {"content": "<new>", "normalized": True, "lstrip": True}
        cases = {"plain": {},
                 "added_tokens.json": {"added": {"<new>": size}},
                 "decoder": {"config": {"added_tokens_decoder": {size: entry}}},
                 "decoder and added_tokens.json": {"config": {"added_tokens_decoder": {size: entry}}, "added": {"<other>": size}},
                 "extra": {"config": {"additional_special_tokens": ["<new>"]}},
                 "role": {"config": {"bos_token": "good"}},
                 "first": {"config": {"cls_token": "good"}},
                 "both": {"tokens": [token], "added": {"<other>": size + 1}},
                 "decoder without": {"tokens": [token], "config": {"added_tokens_decoder": {}}},
                 "decoder otherwise": {"tokens": [token], "config": {"added_tokens_decoder": {size: entry}}},
                 "cased config": {"config": {"do_lower_case": False}},
                 "uncased config": {"config": {"do_lower_case": True}, "normalizer": {"lowercase": False}},
                 "cased json": {"normalizer": {"lowercase": False, "strip_accents": False}},
                 "accents": {"config": {"strip_accents": False, "tokenize_chinese_chars": False}}}
        for kind in ("BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", None, "PreTrainedTokenizerFast"):
            for name, case in cases.items():
                with self.subTest(f"{kind}, {name}"):
                    folder = self.tokenizer_folder(size, kind, **case)
                    self.assert_same_ids(folder, texts)

    def tokenizer_folder(self, size, kind, config={}, added=None, tokens=(), normalizer={}):
        folder = self.folder / "fast"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ENCODERS / "tiny-bert", folder)
        (folder / "vocab.txt").unlink()
        encoder = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(encoder | {"vocab_size": size + 50}))
        tokenizer = json.loads((folder / "tokenizer.json").read_text())
        tokenizer["added_tokens"] += tokens
        tokenizer["normalizer"] |= normalizer
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
        content = {"model_max_length": 64} | config | ({"tokenizer_class": kind} if kind else {})
        (folder / "tokenizer_config.json").write_text(json.dumps(content))
        if added is not None:
            (folder / "added_tokens.json").write_text(json.dumps(added))
        return folder

    def test_truncation_side(self):
        for side in ("left", "right"):
            for fast in (True, False):
                with self.subTest(f"{side}, {fast}"):
                    folder, _ = self.saved("tiny-bert")
                    config = json.loads((folder / "tokenizer_config.json").read_text())
                    (folder / "tokenizer_config.json").write_text(
                        json.dumps(config | {"truncation_side": side, "model_max_length": 8}))
                    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 8}')
                    if not fast:
                        shutil.copy(ENCODERS / "tiny-bert/vocab.txt", folder)
                        (folder / "tokenizer.json").unlink()
                    expected = SentenceTransformer(str(folder), device="cpu").encode(TEXTS)
                    self.assert_close(self.embed(folder, TEXTS), expected)
                    self.check_checkpoint(self.train(folder, "--max-length", 8), "BertModel")
        for end in ("head", "tail"):  # whatever the folder has
            self.check_checkpoint(self.train(folder, "--max-length", 8, "--truncate", end), "BertModel")

    def test_added_tokens_of_sentencepiece(self):
        folder = self.xlmr()
        (folder / "tokenizer.json").unlink()
        size = 2002
        encoder = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(encoder | {"vocab_size": size + 50}))
        (folder / "tokenizer_config.json").write_text('{"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 64}')
        (folder / "added_tokens.json").write_text(json.dumps({"<new>": size, "Norm": size + 1}))
        self.assert_same_ids(folder, TEXTS + ["a <new> film", "a<new>b", "a Norm b", "Normal", "<mask> x"])

    def test_configs_that_leave_out_what_is_usual(self):
        sizes = {"bert": {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16},
                 "distilbert": {"dim": 24, "n_layers": 1, "n_heads": 2, "hidden_dim": 16}}
        for kind, size in sizes.items():
            with self.subTest(kind):
                encoder = self.folder / kind
                torch.manual_seed(6)
                model = AutoModel.from_config(transformers.AutoConfig.for_model(kind, **size)).eval()
                with torch.no_grad():
                    for parameter in model.parameters():
                        parameter += 0.2 * torch.randn_like(parameter)
                model.save_pretrained(encoder)
                (encoder / "config.json").write_text(json.dumps({"model_type": kind, **size}))
                for name in ("vocab.txt", "tokenizer_config.json"):
                    shutil.copy(ENCODERS / "tiny-bert" / name, encoder)
                self.assert_close(self.embed(encoder, TEXTS), plain_embeddings(encoder, TEXTS, 64))

    def test_weights_in_parts(self):
        encoder = self.folder / "parts"
        shutil.copytree(ENCODERS / "tiny-bert", encoder)
        model = AutoModel.from_pretrained(encoder).eval()
        (encoder / "model.safetensors").unlink()
        model.save_pretrained(encoder, max_shard_size="40KB")
        self.assertGreater(len(list(encoder.glob("model-*.safetensors"))), 2)
        self.assertFalse((encoder / "model.safetensors").exists())
        self.assert_close(self.embed(encoder, TEXTS), plain_embeddings(encoder, TEXTS, 64))
        self.check_checkpoint(self.train(encoder, "--max-length", 24), "BertModel")

    def check_hidden_states(self, encoder, texts, length):
        """Of every token, after the embeddings and after each layer."""
        ids, expected = states(encoder, texts, length)
        lines = "".join(" ".join(map(str, sequence)) + "\n" for sequence in ids)
        subprocess.run([HIDDEN_STATES, encoder, self.folder / "states"], input=lines, text=True, check=True)
        with safe_open(self.folder / "states", "np") as found:
            self.assertEqual(len(found.keys()), len(expected) + 1)
            pairs = [(f"hidden.{layer}", state) for layer, state in enumerate(expected)] + [("engine", expected[-1])]
            for name, state in pairs:
                values = found.get_tensor(name)
                with self.subTest(f"{name}: {np.abs(values - state).max()}"):
                    self.assert_close(values, state)

    def adapt(self, encoder, *options):
        (self.folder / "corpus.txt").write_text("".join(f"{text} {i}\n" for i in range(6) for text in TEXTS), encoding="utf-8")
        out = self.folder / "adapted"
        for place in (out, self.folder / "adapted.run"):
            shutil.rmtree(place, ignore_errors=True)
        mtnlp("adapt", encoder, "--text", self.folder / "corpus.txt", "--out", out, "--max-length", 32, "--batch-size", 8,
              "--lr", 1e-3, "--threads", 1, "--quiet", *options)
        return out

    def test_adapted_encoders_open_with_their_language_model_head(self):
        for encoder in (ENCODERS / "tiny-distilbert", ENCODERS / "tiny-bert", self.xlmr()):
            with self.subTest(encoder.name):
                out = self.adapt(encoder, "--steps", 5)
                model, info = AutoModelForMaskedLM.from_pretrained(out, output_loading_info=True)
                for key in ("missing_keys", "unexpected_keys", "mismatched_keys"):
                    self.assertEqual(list(info[key]), [], key)
                tokenizer = AutoTokenizer.from_pretrained(out)
                ids = [tokenizer(text, truncation=True, max_length=64)["input_ids"] for text in TEXTS]
                with torch.inference_mode():
                    expected = np.concatenate([model.eval()(torch.tensor([text])).logits[0].numpy() for text in ids])
                lines = "".join(" ".join(map(str, text)) + "\n" for text in ids)
                subprocess.run([HIDDEN_STATES, out, self.folder / "states"], input=lines, text=True, check=True)
                with safe_open(self.folder / "states", "np") as found:
                    self.assert_close(found.get_tensor("logits"), expected, 1e-5 * np.abs(expected).max())
                self.assert_close(self.embed(out, TEXTS), plain_embeddings(out, TEXTS, 64))

    def test_an_adapted_folder_is_what_its_encoder_was(self):
        for options in ((), ("--objective", "simcse")):
            with self.subTest(options=options):
                folder, _ = self.saved("tiny-bert", "cls", prompts={"query": "the good: "}, default_prompt_name="query")
                out = self.adapt(folder, "--steps", 2, *options)
                python = SentenceTransformer(str(out), device="cpu")
                self.assertEqual((python.max_seq_length, python.prompts.get("query")), (32, "the good: "))
                self.assert_close(self.embed(out, TEXTS), python.encode(TEXTS))

    def test_full_size_distilbert(self):
        """DistilBERT-base with seeded random weights: the size people use, and nothing to download."""
        if not (DEFAULT_ENCODER / "vocab.txt").exists():
            self.skipTest("./run fetch brings the vocabulary")
        encoder = self.folder / "distilbert-base"
        torch.manual_seed(5)
        model = transformers.DistilBertModel(transformers.DistilBertConfig()).eval()
        with torch.no_grad():
            for parameter in model.parameters():  # far from a fresh start's near-uniform attention
                parameter += 0.02 * torch.randn_like(parameter)
        self.assertEqual(sum(p.numel() for p in model.parameters()), 66_362_880)
        model.save_pretrained(encoder)
        for name in ("vocab.txt", "tokenizer_config.json"):
            shutil.copy(DEFAULT_ENCODER / name, encoder)
        texts = TEXTS + [" ".join(TEXTS) * 2]
        self.assert_close(self.embed(encoder, texts, "--max-length", 512), plain_embeddings(encoder, texts, 512))
        self.check_hidden_states(encoder, texts, 512)

    def test_default_encoder_on_500_sentences(self):
        if not (DEFAULT_ENCODER / "model.safetensors").exists():
            self.skipTest("./run fetch brings the default encoder")
        texts = SENTENCES.read_text(encoding="utf-8").splitlines()
        expected = SentenceTransformer(str(DEFAULT_ENCODER), device="cpu").encode(texts, convert_to_numpy=True)
        self.assertEqual(expected.shape, (500, 384))
        self.assert_close(self.embed(DEFAULT_ENCODER, texts), expected)
        self.check_hidden_states(DEFAULT_ENCODER, texts, 128)


class SearchTest(unittest.TestCase):
    """The example of docs/sweep.md, with fewer trials and a small encoder."""

    def test_optuna_drives_train(self):
        page = (ROOT / "docs/sweep.md").read_text(encoding="utf-8")
        code = page.split("```python\n", 1)[1].split("```", 1)[0]
        self.assertIn("range(20)", code)
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            with open(folder / "rows.csv", "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("text", "mood"), *((f"{'good fine' if i % 2 else 'bad poor'} thing {i}", f"m{i % 2}")
                                                                for i in range(40))])
            wrapper = folder / "bin/mtnlp"
            wrapper.parent.mkdir()
            wrapper.write_text(f"#!/bin/sh\nexec {MTNLP} \"$@\" --encoder {ENCODERS / 'tiny-bert'} --task mood=rows.csv --epochs 1 --max-length 32 --threads 1\n")
            wrapper.chmod(0o755)
            path = f"{wrapper.parent}:{os.environ['PATH']}"
            done = subprocess.run([sys.executable, "-c", code.replace("range(20)", "range(4)")], cwd=folder, text=True,
                                  env={**os.environ, "PATH": path}, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex(done.stdout, r"\{'lr': [0-9.e-]+, 'freeze': '[a-z0-9:]+'\} [0-9.]+")
            self.assertEqual(len(list((folder / "runs").glob("trial-*/best"))), 4)
            self.assertEqual(list((folder / "runs").glob("trial-*/test.json")), [])


if __name__ == "__main__":
    unittest.main()
