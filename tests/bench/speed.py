#!/usr/bin/env python3
"""Speed and memory of mtnlp beside the Python stack, alternating, medians.

    tests/bench/speed.py --data DIR --python VENV/bin/python [train frozen distilbert adapt infer cold scale]

--data is what tests/bench/convert_data.py writes; VENV has what tests/bench/peers/requirements.txt lists. Each case
runs its programs in turn, --repeats times, and prints the median of each and how many times as good mtnlp is. Rates are
those that the training programs print for their own training loops; frozen, cold and scale count whole processes, start
included. The peers of infer are timed warm inside their process, so from mtnlp's processes there the time of one that
embeds a single line is taken off. The share of the GEMM limit is the rate of the linear layers' arithmetic beside the
best that PyTorch reaches on the same shapes in the same minutes.
"""
import argparse
import csv
import json
import os
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

from bench import ROOT, cpu

PEERS = ROOT / "tests/bench/peers"
# The C library keeps what PyTorch frees, as mtnlp has it do for itself. Where a fresh page costs much, as in some virtual machines, the
# loop is else up to five times slower, which would say nothing of the programs.
KEEP_MEMORY = ["env", "GLIBC_TUNABLES=glibc.malloc.mmap_threshold=4294967296:glibc.malloc.trim_threshold=4294967296:"
               "glibc.malloc.top_pad=268435456"]

# Three products of matrices: of MKL, of oneDNN with the weights laid out beforehand, and of bytes.
GEMM = """
import time, torch
torch.set_num_threads({threads})
def product(kind, n, k, m):
    a, b = torch.randn(n, k), torch.randn(m, k)
    if kind == "int8":
        a, b = a.to(torch.int8), b.to(torch.int8)
        return lambda: torch._int_mm(a, b.t())
    if kind == "oneDNN":
        packed = torch.ops.mkldnn._reorder_linear_weight(b, n)
        return lambda: torch.ops.mkldnn._linear_pointwise(a, packed, None, "none", [], "")
    return lambda: a @ b.t()
best = 0
with torch.inference_mode():
    for kind in {kinds}:
        for n, k, m in {shapes}:
            multiply = product(kind, n, k, m)
            for _ in range(3): multiply()
            start = time.perf_counter()
            for _ in range(20): multiply()
            best = max(best, 2 * n * k * m * 20 / (time.perf_counter() - start))
print(best)
"""

COLD = """
import sys, torch
from transformers import AutoModel, AutoTokenizer
torch.set_num_threads(int(sys.argv[3]))
tokenizer, model = AutoTokenizer.from_pretrained(sys.argv[1]), AutoModel.from_pretrained(sys.argv[1])
head = torch.nn.Linear(model.config.hidden_size, 3)
batch = tokenizer(open(sys.argv[2]).read().splitlines(), padding=True, truncation=True, max_length=128, return_tensors="pt")
with torch.no_grad():
    print(head(model(**batch).last_hidden_state.mean(1)).argmax(1))
"""


class Measured:
    """One finished process: what it printed, wall seconds, peak memory in MB."""

    def __init__(self, command):
        with tempfile.TemporaryFile("w+") as output:
            start = time.perf_counter()
            process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.STDOUT)
            _, status, usage = os.wait4(process.pid, 0)
            self.seconds = time.perf_counter() - start
            self.megabytes = usage.ru_maxrss / 1024
            process.returncode = os.waitstatus_to_exitcode(status)
            output.seek(0)
            self.output = output.read()
        if process.returncode != 0:
            raise SystemExit(f"{command[0]} ended with {process.returncode}: {self.output[-2000:]}")

    def rate(self):
        """Sentences or sequences/s of the last training epoch."""
        return float(re.findall(r"([\d.]+) (?:sentences|sequences)/s", self.output)[-1])


def alternate(programs, repeats):
    """{name: its finished processes}, the programs taking turns. A command may be a function that makes it, once for each turn."""
    done = {name: [] for name in programs}
    for _ in range(repeats):
        for name, command in programs.items():
            done[name].append(Measured(command() if callable(command) else command))
    return done


def medians(done, measure):
    return {name: statistics.median(map(measure, processes)) for name, processes in done.items()}


def table(title, values, unit, less_is_better=False):
    ours = values["mtnlp"]
    print(f"\n{title}")
    for name, value in values.items():
        ratio = value / ours if less_is_better else ours / value
        print(f"  {name:<32} {value:10.2f} {unit}" + ("" if name == "mtnlp" else f"   mtnlp is {ratio:.2f} times as good"), flush=True)


class Bench:
    def __init__(self, args, folder):
        self.args, self.folder = args, folder
        self.texts = {}
        for name, source in (("topic", "bbc_news"), ("sentiment", "tweet_eval_sentiment")):
            for part in ("train", "validation", "test"):
                with open(args.data / source / f"{part}.csv", encoding="utf-8", newline="") as file:
                    self.texts[name, part] = [(row["text"], row["label"]) for row in csv.DictReader(file)]

    def task(self, label, name, rows):
        """A folder with so many training rows and short validation and test parts."""
        folder = self.folder / label
        folder.mkdir(exist_ok=True)
        for part in ("train", "validation", "test"):
            with open(folder / f"{part}.csv", "w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("text", "label"), *self.texts[name, part][:rows if part == "train" else 100]])
        return folder

    def text_file(self, name, texts):
        file = self.folder / f"{name}.txt"
        file.write_text("".join(f"{' '.join(text.split())}\n" for text in texts), encoding="utf-8")
        return file

    def lines(self, rows):
        texts = [text for text, _ in self.texts["sentiment", "test"] + self.texts["sentiment", "train"]]
        return self.text_file(rows, [texts[i % len(texts)] for i in range(rows)])

    def mtnlp(self, encoder, tasks, *options):
        files = [word for name, folder in tasks.items() for option, part in
                 (("--task", "train"), ("--validation", "validation"), ("--test", "test"))
                 for word in (option, f"{name}={folder / part}.csv")]
        return [self.args.mtnlp, "train", *files, "--encoder", encoder, "--threads", self.args.threads, "--out",
                self.folder / "run", "--overwrite", *options]

    def peer(self, encoder, tasks, *options):
        return [*KEEP_MEMORY, self.args.python, PEERS / "train_hf.py", "--encoder", encoder, "--no-eval", "--threads",
                self.args.threads, *(word for name, folder in tasks.items() for word in ("--task", f"{name}={folder}")), *options]

    def tokens(self, encoder, file):
        return len(Measured([self.args.mtnlp, "tokenize", encoder, file, "--max-length", 128]).output.split())

    def gemm_share(self, encoder, tokens_per_second, passes, kinds, name):
        """Prints the rate of the linear layers' arithmetic, `passes` times the forward one, beside the best product."""
        config = json.loads((encoder / "config.json").read_text())
        dim = config.get("hidden_size", config.get("dim"))
        inner = config.get("intermediate_size", config.get("hidden_dim"))
        layers = config.get("num_hidden_layers", config.get("n_layers"))
        rate = passes * 2 * layers * (4 * dim * dim + 2 * dim * inner) * tokens_per_second
        shapes = [(2048, dim, 3 * dim), (2048, dim, inner), (2048, inner, dim)]
        script = GEMM.format(threads=self.args.threads, shapes=shapes, kinds=kinds)
        limit = float(Measured([self.args.python, "-c", script]).output)
        print(f"  {name}: {rate / 1e9:.0f} of {limit / 1e9:.0f} G operations/s, {100 * rate / limit:.0f} % of the GEMM limit", flush=True)

    def training(self, title, encoder, rows, own_options=(), peer_options=()):
        counts = {"topic": rows // 4, "sentiment": rows}
        tasks = {name: self.task(name, name, count) for name, count in counts.items()}
        programs = {"mtnlp": self.mtnlp(encoder, tasks, "--epochs", 1, *own_options),
                    "mtnlp --precision fp32": self.mtnlp(encoder, tasks, "--epochs", 1, "--precision", "fp32", *own_options),
                    "peer --fused-adamw": self.peer(encoder, tasks, "--epochs", 1, "--fused-adamw", *peer_options),
                    "peer": self.peer(encoder, tasks, "--epochs", 1, *peer_options)}
        done = alternate(programs, self.args.repeats)
        rates = medians(done, Measured.rate)
        table(title, rates, "sentences/s")
        texts = [text for name, count in counts.items() for text, _ in self.texts[name, "train"][:count]]
        tokens = self.tokens(encoder, self.text_file("tokens", texts))
        for name in ("mtnlp --precision fp32", "peer --fused-adamw"):
            self.gemm_share(encoder, rates[name] * tokens / len(texts), 3, ["MKL", "oneDNN"], f"{name}, fp32")
        table(f"{title}: peak memory", medians(done, lambda process: process.megabytes), "MB", True)

    def train(self):
        self.training("training, MiniLM-L6", self.args.encoder, 1600)

    def distilbert(self):
        """DistilBERT-base with random weights: its speed needs no others."""
        encoder = self.folder / "distilbert-base"
        encoder.mkdir()
        for name in ("vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json"):
            if (self.args.encoder / name).exists():
                (encoder / name).write_bytes((self.args.encoder / name).read_bytes())
        (encoder / "config.json").write_text(json.dumps({
            "model_type": "distilbert", "architectures": ["DistilBertModel"], "vocab_size": 30522, "dim": 768, "hidden_dim": 3072,
            "n_layers": 6, "n_heads": 12, "max_position_embeddings": 512, "dropout": 0.1, "attention_dropout": 0.1,
            "activation": "gelu", "initializer_range": 0.02, "sinusoidal_pos_embds": False, "pad_token_id": 0}))
        self.training("training, DistilBERT-base", encoder, 480, ["--random-weights"], ["--random-config", encoder])

    def adapt(self):
        """Pretraining with masked tokens, beside a plain loop and one that computes logits at masked tokens only."""
        steps = 40
        file = self.lines(20000)
        ours = [self.args.mtnlp, "adapt", self.args.encoder, "--text", file, "--threads", self.args.threads, "--max-length", 128,
                "--batch-size", 32, "--steps", steps, "--validate-every", steps]
        peer = [*KEEP_MEMORY, self.args.python, PEERS / "adapt_hf.py", "--encoder", self.args.encoder, "--text", file, "--threads", self.args.threads,
                "--steps", steps, "--fused-adamw"]
        def adapt(*options):
            """A function, since adapt writes to a new folder each time."""
            return lambda: [*ours, *options, "--out", tempfile.mkdtemp(dir=self.folder) + "/out"]
        done = alternate({"mtnlp": adapt(), "mtnlp --precision fp32": adapt("--precision", "fp32"), "peer": peer,
                          "peer --masked-only": [*peer, "--masked-only"]}, self.args.repeats)
        table("adapt, MiniLM-L6, sequences of 128 tokens", medians(done, Measured.rate), "sequences/s")

    def frozen(self):
        tasks = {"sentiment": self.task("frozen", "sentiment", 10000)}
        table("backbone frozen, 3 epochs of 10,000 tweets, whole process", medians(alternate(
            {"mtnlp": self.mtnlp(self.args.encoder, tasks, "--epochs", 3, "--freeze", "backbone"),
             "peer --freeze-backbone": self.peer(self.args.encoder, tasks, "--epochs", 3, "--freeze-backbone")},
            self.args.repeats), lambda process: process.seconds), "s", True)

    def infer(self):
        rows = 4000
        file = self.lines(rows)
        command = [self.args.mtnlp, "embed", self.args.encoder, "--max-length", 128, "--threads", self.args.threads, "--quiet",
                   "--out", self.folder / "x.npy", "--precision"]
        ours = {"mtnlp": "fp32", "mtnlp bf16": "bf16", "mtnlp int8": "int8"}
        starts = medians(alternate({name: [*command, precision, self.lines(1)] for name, precision in ours.items()},
                                   self.args.repeats), lambda process: process.seconds)
        values = {}
        for _ in range(self.args.repeats):
            for name, precision in ours.items():
                seconds = Measured([*command, precision, file]).seconds
                values.setdefault(name, []).append(rows / (seconds - starts[name]))
            output = Measured([self.args.python, PEERS / "infer.py", "--encoder", self.args.encoder, "--file", file,
                               "--threads", self.args.threads, "--runs", 1, "--work", self.folder / "infer"]).output
            for name, rate in re.findall(r"^(.*): (\d+) sentences/s", output, re.M):
                values.setdefault(name, []).append(float(rate))
        rates = medians(values, float)
        table(f"embedding {rows} tweets from text", rates, "sentences/s")
        tokens = self.tokens(self.args.encoder, file) / rows
        for name, kinds in (("mtnlp", ["MKL", "oneDNN"]), ("onnxruntime fp32", ["MKL", "oneDNN"]), ("mtnlp int8", ["int8"])):
            self.gemm_share(self.args.encoder, rates[name] * tokens, 1, kinds, name)

    def cold(self):
        tasks = {"sentiment": self.task("cold", "sentiment", 100)}
        Measured(self.mtnlp(self.args.encoder, tasks, "--epochs", 1))
        ten = self.folder / "ten.csv"
        with open(ten, "w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("text", "label"), *self.texts["sentiment", "test"][:10]])
        table("cold start: 10 rows scored, whole process", medians(alternate(
            {"mtnlp": [self.args.mtnlp, "eval", self.folder / "run", "--task", f"sentiment={ten}", "--threads", self.args.threads],
             "transformers": [self.args.python, "-c", COLD, self.args.encoder, self.lines(10), self.args.threads]},
            max(5, self.args.repeats)), lambda process: process.seconds), "s", True)

    def scale(self):
        print("\ngrowth of mtnlp embed with rows and with the length of texts, whole process")
        for rows in (1000, 10000, 100000):
            process = Measured([self.args.mtnlp, "embed", self.args.encoder, self.lines(rows), "--max-length", 32, "--quiet", "--threads",
                                self.args.threads, "--out", self.folder / "x.npy"])
            print(f"  {rows:>7} tweets {process.seconds:8.1f} s {process.megabytes:6.0f} MB", flush=True)
        word = self.folder / "words.txt"
        word.write_text(("word " * 600 + "\n") * 400)
        for length in (8, 32, 128, 512):
            process = Measured([self.args.mtnlp, "embed", self.args.encoder, word, "--max-length", length, "--quiet", "--threads",
                                self.args.threads, "--out", self.folder / "x.npy"])
            print(f"  400 texts of {length:>3} tokens {process.seconds:8.2f} s {process.megabytes:6.0f} MB", flush=True)


def main():
    cases = ("train", "frozen", "distilbert", "adapt", "infer", "cold", "scale")
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=" ".join(cases))
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--python", default="python3", help="interpreter of the peers' environment")
    parser.add_argument("--mtnlp", type=pathlib.Path, default=ROOT / "build/release/mtnlp")
    parser.add_argument("--encoder", type=pathlib.Path, default=ROOT / "models/minilm-l6")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    args = parser.parse_args()
    if unknown := set(args.cases) - set(cases):
        parser.error(f"unknown case {', '.join(unknown)}; there are {', '.join(cases)}")
    print(f"{cpu()}, {args.threads} threads, medians of {args.repeats}")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(args, pathlib.Path(folder))
        for case in args.cases or cases:
            getattr(bench, case)()


if __name__ == "__main__":
    main()
