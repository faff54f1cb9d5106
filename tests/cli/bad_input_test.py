"""Bad input: each case is one line on stderr that names file and place, exit code 2, nothing written, within seconds.
Then what is only warned of."""

import gzip
import json
import re
import shutil
import struct
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, read_tensors, train, write_csv

GOOD = "text,label\na,x\nb,y\nc,x\nd,y\n"

# name: (file, content, what the line on stderr holds besides the file's name)
DATA = {
    "empty file": ("a.csv", "", ["is empty", '"text"']),
    "header only": ("a.csv", "text,label\n", ["nothing left to train"]),
    "missing text column": ("a.csv", "txet,label\na,x\n", ['no column "text"', "txet, label", 'did you mean "txet"']),
    "missing label column": ("a.csv", "text,lable\na,x\n", ['no column "label"', "text, lable", 'did you mean "lable"']),
    "duplicate column": ("a.csv", "text,label,text\na,x,b\n", ["a.csv:", '"text" occurs twice']),
    "ragged row": ("a.csv", GOOD + "e\n", ["a.csv:6:", "1 field found, 2 expected: text, label"]),
    "ragged row of a TSV": ("a.tsv", "text\tlabel\na\tx\tz\n", ["a.tsv:2:", "3 fields found, 2 expected"]),
    "unterminated quote": ("a.csv", GOOD + '"e,x\nf,y\n', ["a.csv:6:", "never closed"]),
    "text behind a quote": ("a.csv", GOOD + '"e"e,x\n', ["a.csv:6:", "closing quote"]),
    "bad JSON": ("a.jsonl", '{"text": "a", "label": "x"}\n{"text": "b", \n', ["a.jsonl:2:", "not a JSON object"]),
    "JSON that is no object": ("a.jsonl", '{"text": "a", "label": "x"}\n[1]\n', ["a.jsonl:2:", "a list"]),
    "a JSON key twice": ("a.jsonl", '{"text": "a", "label": "x"}\n{"text": "a", "label": "x", "text": "b"}\n',
                         ["a.jsonl:2:", 'names the key "text" twice']),
    "JSON nested too deeply": ("a.jsonl", '{"text": ' + "[" * 5000 + "]" * 5000 + "}\n", ["a.jsonl:1:", "nests deeper"]),
    "corrupt gzip": ("a.csv.gz", gzip.compress((GOOD * 50).encode())[:-12], ["gzip"]),
    "no gzip content": ("a.csv.gz", b"\x1f\x8b" + b"\x00" * 20, ["gzip"]),
    "one class": ("a.csv", "text,label\na,x\nb,x\n", ['has only the label "x"', "at least two"]),
    "blank texts only": ("a.csv", "text,label\n ,x\n\t,y\n", ["nothing left", "2 rows with blank text"]),
    "no labels": ("a.csv", "text,label\na,\nb, \n", ["nothing left", "2 without a label"]),
}

# name: (options behind --task t=a.csv, what the line holds)
OPTIONS = {
    "missing file": (["--task", "u=none.csv"], ["none.csv: no such file"]),
    "a folder for a file": (["--task", "u=."], [".: is a folder"]),
    "task without =": (["--task", "a.csv"], ['--task "a.csv" is not of the form NAME=FILE']),
    "task without a name": (["--task", "=a.csv"], ["=a.csv", "NAME=FILE"]),
    "task without a file": (["--task", "u="], ["u=", "NAME=FILE"]),
    "the same file twice": (["--task", "t=a.csv"], ["a.csv", 'twice for task "t"']),
    "one column for two tasks": (["--task", "u=a.csv", "--label-column", "u=label", "--label-column", "t=label"],
                                 ["a.csv", 'two tasks read the column "label"']),
    "the same name with other columns": (["--task", "t=b.csv"], ["b.csv", 'no column "label"', "text, mood"]),
    "a label column that is missing": (["--label-column", "t=lable"], ["a.csv", '"lable"', 'did you mean "label"']),
    "a group column that is missing": (["--group-column", "gruop"], ["a.csv", '"gruop"']),
    "label column of an unknown task": (["--label-column", "tt=label"], ['"tt"', 'did you mean "t"']),
    "limit of an unknown task": (["--limit", "u=3"], ['"u"']),
    "a limit that is no number": (["--limit", "t=3x"], ["--limit", "3x"]),
    "a limit of 0": (["--limit", "t=0"], ["--limit", "t=0"]),
    "a label that is not listed": (["--labels", "t=x,z"], ["a.csv:3:", '"y"', "x, z"]),
    "a label listed twice": (["--labels", "t=x,y,x"], ['"x" occurs twice']),
    "an empty label": (["--labels", "t=x,,y"], ["--labels", "empty"]),
    "a test part for an unknown task": (["--test", "u=a.csv"], ['"u"', "--test"]),
    "a label of given parts only": (["--test", "t=c.csv"], ["c.csv:3:", '"z"']),
    "task weight of an unknown task": (["--task-weight", "u=2"], ["--task-weight", '"u"']),
    "a task weight that is no number": (["--task-weight", "t=x"], ["--task-weight", '"x"']),
    "an unknown freeze target": (["--freeze", "embedings"], ['"embedings"', "layers:K", 'did you mean "embeddings"']),
    "a freeze target that is nearly one": (["--freeze", "layer:1"], ['"layer:1"', 'did you mean "layers"']),
    "layers beyond the encoder": (["--freeze", "layers:99"], ["layers:99", "3 layers"]),
    "no layers": (["--freeze", "layers:0"], ["layers:0", "1 and more"]),
    "a head that is no task": (["--freeze", "head:tt"], ["head:tt", 'did you mean "t"']),
    "a length beyond the positions": (["--max-length", "4000"], ["--max-length", "4000", "2 to"]),
    "an encoder that is missing": (["--encoder", "nowhere"], ["nowhere: no such encoder folder"]),
    "an encoder that is a file": (["--encoder", "a.csv"], ["a.csv: is a file"]),
    "an unknown pooling": (["--pooling", "meen"], ["--pooling", "meen", 'did you mean "mean"']),
    "an unknown device": (["--device", "gpu"], ["--device", "gpu"]),
    "an unknown option": (["--epohcs", "3"], ["--epohcs", 'did you mean "--epochs"']),
    "an option without value": (["--epochs"], ["--epochs"]),
    "an argument too many": (["more"], ["more"]),
    "a config that is missing": (["--config", "none.toml"], ["none.toml"]),
    "a config with an unknown key": (["--config", "odd.toml"], ["epohcs"]),
    "an output that is a file": (["--out", "a.csv"], ["a.csv", "is a file"]),
    "an output that is in use": (["--out", "used"], ["used", "--overwrite"]),
}

FRACTIONS = ("--lr", "--head-lr", "--weight-decay", "--warmup", "--clip", "--dropout", "--label-smoothing", "--soft-weight",
             "--soft-temperature", "--min-confidence")
VERBS = ("train", "eval", "predict", "embed", "tokenize", "data check", "data split")


def write_tensors(file, header, data):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data)


NORM = "embeddings.LayerNorm.weight"


def header_changed(change):
    """Damages the header of model.safetensors by `change(header)`."""
    def damage(folder):
        header, data = read_tensors(folder / "model.safetensors")
        data = change(header) or data
        write_tensors(folder / "model.safetensors", header, data)
    return damage


def overlap(header):
    names = sorted((name for name in header if name != "__metadata__"), key=lambda name: header[name]["data_offsets"])
    same = [(a, b) for a, b in zip(names, names[1:]) if header[a]["shape"] == header[b]["shape"]]
    header[same[0][1]]["data_offsets"] = header[same[0][0]]["data_offsets"]


def not_a_number(folder):
    header, data = read_tensors(folder / "model.safetensors")
    begin, end = header[NORM]["data_offsets"]
    write_tensors(folder / "model.safetensors", header, data[:begin] + struct.pack("<f", float("nan")) + data[begin + 4:])


def other_dtype(header):
    header[NORM]["dtype"] = "I32"


def bytes_changed(change):
    def damage(folder):
        file = folder / "model.safetensors"
        file.write_bytes(change(file.read_bytes()))
    return damage


def config_changed(**keys):
    def damage(folder):
        file = folder / "config.json"
        config = json.loads(file.read_text())
        for key, value in keys.items():
            if value is None:
                del config[key]
            else:
                config[key] = value
        file.write_text(json.dumps(config))
    return damage


def file_written(name, content):
    return lambda folder: (folder / name).write_text(content)


def tokenizer_changed(part, value):
    def damage(folder):
        file = folder / "tokenizer.json"
        content = json.loads(file.read_text())
        content[part] = value
        file.write_text(json.dumps(content))
    return damage


def no_vocabulary(folder):
    for name in ("tokenizer.json", "vocab.txt"):
        (folder / name).unlink()


def pickled_weights(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")


# name: (damage to a copy of the encoder, what the line holds besides the folder's name)
ENCODERS = {
    "no config": (lambda folder: (folder / "config.json").unlink(), ["config.json: no such file"]),
    "pickled weights only": (pickled_weights, ["pytorch_model.bin", "model.safetensors"]),
    "no vocabulary": (no_vocabulary, ["holds no tokenizer", "vocab.txt"]),
    "truncated weights": (bytes_changed(lambda raw: raw[:-100]), ["model.safetensors", "the file has"]),
    "weights of 3 bytes": (bytes_changed(lambda raw: raw[:3]), ["model.safetensors", "too short"]),
    "bytes behind the weights": (bytes_changed(lambda raw: raw + b"x"), ["model.safetensors", "the tensors end at"]),
    "a bit of the header flipped": (bytes_changed(lambda raw: raw[:8] + bytes([raw[8] ^ 1]) + raw[9:]),
                                    ["model.safetensors", "header"]),
    "a huge header": (bytes_changed(lambda raw: struct.pack("<Q", 1 << 60) + raw[8:]), ["model.safetensors", "header claims"]),
    "a header that is no JSON": (bytes_changed(lambda raw: struct.pack("<Q", 4) + b"oops"), ["model.safetensors", "not valid JSON"]),
    "overlapping ranges": (header_changed(overlap), ["model.safetensors", "overlap"]),
    "a range beyond the file": (header_changed(lambda h: h[NORM].update(data_offsets=[0, 1 << 50])),
                                ["model.safetensors", NORM, "the file has"]),
    "a negative shape": (header_changed(lambda h: h[NORM].update(shape=[-32])), ["model.safetensors", NORM, "impossible shape"]),
    "a shape beyond 64 bits": (header_changed(lambda h: h[NORM].update(shape=[1 << 40, 1 << 40])),
                               ["model.safetensors", NORM, "impossible shape"]),
    "a missing tensor": (header_changed(lambda h: h.update(other=h.pop(NORM))), ["model.safetensors", NORM, "is missing"]),
    "a tensor of another shape": (header_changed(lambda h: h[NORM].update(shape=[4, 8])),
                                  ["model.safetensors", NORM, "[4, 8]", "[32]"]),
    "a dtype that is not supported": (header_changed(other_dtype), ["model.safetensors", NORM, "I32", "F32, F16"]),
    "a dtype that is unknown": (header_changed(lambda h: h[NORM].update(dtype="F33")), ["model.safetensors", NORM, "F33"]),
    "a weight that is no number": (not_a_number, ["model.safetensors", NORM, "not finite"]),
    "broken config": (file_written("config.json", '{"model_type": "distilbert",'), ["config.json", "not valid JSON"]),
    "config that is no object": (file_written("config.json", "[]"), ["config.json", "not a JSON object"]),
    "config without a size": (config_changed(dim=None), ["word_embeddings", "[160, 32]", "config.json", "[160, 768]"]),
    "config with a size of text": (config_changed(dim="wide"), ["config.json", '"dim"', "wide"]),
    "config with a huge size": (config_changed(dim=1 << 40), ["config.json", '"dim"', "valid are"]),
    "config with a negative size": (config_changed(n_layers=-1), ["config.json", '"n_layers"', "valid are"]),
    "config against the weights": (config_changed(vocab_size=999),
                                   ["model.safetensors", "word_embeddings", "[160, 32]", "[999, 32]"]),
    "heads that do not divide": (config_changed(n_heads=5), ["config.json", '"n_heads" is 5', "does not divide"]),
    "an unsupported model": (config_changed(model_type="gpt2"), ["config.json", "gpt2", "distilbert, bert, xlm-roberta"]),
    "an unsupported activation": (config_changed(activation="relu"), ["config.json", "relu", "gelu"]),
    "broken tokenizer": (file_written("tokenizer.json", "{"), ["tokenizer.json", "not valid JSON"]),
    "an unsupported normalizer": (tokenizer_changed("normalizer", {"type": "Strange"}), ["tokenizer.json", "Strange"]),
    "an unsupported pre-tokenizer": (tokenizer_changed("pre_tokenizer", {"type": "Strange"}), ["tokenizer.json", "Strange"]),
    "an unsupported model of pieces": (tokenizer_changed("model", {"type": "BPE", "vocab": {}}), ["tokenizer.json", "BPE"]),
}


class BadInput(CliTest):
    def listing(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*"))

    def assert_refused_cleanly(self, arguments, parts, stdin=""):
        before = self.listing()
        result = mtnlp(*arguments, cwd=self.folder, timeout=60, stdin=stdin)
        self.assert_refused(result, *parts)
        self.assertEqual(self.listing(), before)

    def train_arguments(self, *more):
        return ("train", "--encoder", ENCODER, "--threads", 1, "--max-length", 16, "--out", "run", *more)

    def test_data(self):
        for name, (file, content, parts) in DATA.items():
            with self.subTest(name):
                path = self.folder / file
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
                self.assert_refused_cleanly(self.train_arguments("--task", f"t={file}"), [file, *parts])
                path.unlink()

    def test_options(self):
        (self.folder / "a.csv").write_text(GOOD)
        (self.folder / "b.csv").write_text("text,mood\na,x\n")
        (self.folder / "c.csv").write_text("text,label\ne,x\nf,z\n")
        (self.folder / "odd.toml").write_text("[train]\nepohcs=3\n")
        (self.folder / "used").mkdir()
        (self.folder / "used/metrics.csv").write_text("epoch\n")
        for name, (options, parts) in OPTIONS.items():
            with self.subTest(name):
                given = self.train_arguments("--task", "t=a.csv")
                for option in ("--encoder", "--max-length", "--out"):
                    if option in options:
                        at = given.index(option)
                        given = given[:at] + given[at + 2:]
                self.assert_refused_cleanly((*given, *options), parts)

    def test_numbers(self):
        """Every option with a range, as the help shows it, refuses what is no number in it."""
        seen = 0
        for verb in VERBS:
            shown = self.run_ok(*verb.split(), "--help").stdout
            for option, text in re.findall(r"^  (--[a-z-]+) N\b((?:.|\n {20,})*)", shown, re.MULTILINE):
                low, below, high = re.search(r"\(([\d.e+]+)\s+to\s+(below\s+)?([\d.e+]+)\)", text).groups()
                above = high if below else str(float(high) * 2 + 1)
                below_low = "0" if float(low) > 0 else "-1"
                values = [above, "", "nan", "inf", "3x", " 3", "0x1", "1e400", "1_0", "\x1b[31m", "9" * 5000, below_low]
                if option not in FRACTIONS:
                    values += ["3.5", "18446744073709551616", "1e1"]
                for value in values if verb == "train" else [above, values[1 + seen % (len(values) - 1)]]:
                    with self.subTest(verb=verb, option=option, value=value[:30]):
                        self.assert_refused_cleanly((*verb.split(), option, value), [option, "valid are", low])
                seen += 1
        self.assertGreaterEqual(seen, 20)

    def test_whole_numbers_are_decimal(self):
        for text, tokens in (("010", 10), ("08", 8), ("0011", 11)):
            result = self.run_ok("tokenize", ENCODER, "--max-length", text, stdin="a " * 60 + "\n")
            self.assertEqual(len(result.stdout.split()), tokens)

    def test_empty_values(self):
        """As a script gives them whose variable is not set, in both forms; --join= takes no other argument for its value."""
        seen = 0
        for verb in VERBS:
            shown = self.run_ok(*verb.split(), "--help").stdout
            model = [] if verb == "train" or verb.startswith("data") else [ENCODER]
            for option in re.findall(r"^  (--[a-z-]+) [A-Za-z]", shown, re.MULTILINE):
                if option in ("--join", "--prefix"):
                    continue
                for words in ([option, ""], [option + "="]) if verb == "train" else ([option + "="],):
                    with self.subTest(verb=verb, words=words):
                        out = ["--out", "x.npy"] if verb in ("embed", "data split") and option != "--out" else []
                        self.assert_refused_cleanly((*verb.split(), *model, *out, *words), [option])
                seen += 1
        self.assertGreaterEqual(seen, 80)
        self.assert_refused_cleanly(("train", "--config", ""), ["--config has an empty value"])
        self.assert_refused_cleanly(("train", "--resume="), ["--resume has an empty value"])
        self.assert_refused_cleanly(("info", ""), ["MODEL has an empty value"])
        (self.folder / "a.csv").write_text("one,two\na,b\n")
        columns = ("--text-column", "one", "--text-column", "two")
        joined = self.run_ok("tokenize", ENCODER, *columns, "--join=", self.folder / "a.csv").stdout
        self.assertEqual(joined, self.run_ok("tokenize", ENCODER, stdin="ab\n").stdout)

    def test_encoders(self):
        (self.folder / "a.csv").write_text(GOOD)
        for name, (damage, parts) in ENCODERS.items():
            with self.subTest(name):
                shutil.copytree(ENCODER, self.folder / "damaged")
                damage(self.folder / "damaged")
                self.assert_refused_cleanly(("train", "--task", "t=a.csv", "--encoder", "damaged", "--threads", 1, "--max-length",
                                             16, "--out", "run"), ["damaged", *parts])
                shutil.rmtree(self.folder / "damaged")

    def test_encoder_without_weights(self):
        shutil.copytree(ENCODER, self.folder / "bare")
        (self.folder / "bare/model.safetensors").unlink()
        self.assert_refused_cleanly(("embed", "bare", "--out", "x.npy"), ["bare", "no model.safetensors"], stdin="a\n")

    def test_verbs(self):
        for arguments, parts in ((("trian",), ["trian", 'did you mean "train"']), (("data", "chekc"), ["chekc", 'did you mean "check"']),
                                 ((), ["--help"]), (("data",), ["--help"]), (("nothing",), ["nothing", "train, distill, sweep"]),
                                 (("eval",), ["MODEL"]), (("embed", ENCODER), ["--out"]), (("--quite", "eval"), ["--quite"]),
                                 (("completion", "fish"), ["fish", "bash, zsh"]), (("-x",), ["unknown option -x"]),
                                 (("",), ['unknown verb ""']), (("--",), ["a verb is missing"]),
                                 (("--quiet",), ["a verb is missing"]), (("--quiet=x", "info", ENCODER), ['--quiet: "x"', "true, false"]),
                                 (("--\x1b[31m",), ["unknown option --\\x1b[31m"]), (("info",), ["MODEL is missing"]),
                                 (("info", ENCODER, "--json", "a", "--json", "b"), ["--json is given more than once"]),
                                 (("tokenize", ENCODER, "--prompt", "a", "--prompt-text", "b"), ["--prompt", "cannot go with"]),
                                 (("train", "--resume", "a", "--overwrite"), ["--overwrite cannot go with --resume"])):
            with self.subTest(arguments):
                self.assert_refused_cleanly(arguments, parts)

    def test_models(self):
        data = write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(40)])
        train(data, self.folder / "run")
        (self.folder / "empty").mkdir()
        (self.folder / "new.csv").write_text("text,label\na,up\nb,sideways\n")
        (self.folder / "taken.csv").write_text("text,mood\na,up\n")
        (self.folder / "ragged.csv").write_text("text,label\na,up\nb\n")
        best = self.folder / "run" / (self.folder / "run/best").readlink()
        for name, damage in {
            "flipped": lambda folder: bytes_changed(lambda raw: raw[:-9] + bytes([raw[-9] ^ 16]) + raw[-8:])(folder),
            "cut": lambda folder: bytes_changed(lambda raw: raw[:-100])(folder),
            "newer": lambda folder: self.change_tasks(folder, format_version=99),
            "edited": lambda folder: self.change_tasks(folder, max_length=8),
            "plain": lambda folder: None,
            "headless": lambda folder: (folder / "heads.safetensors").unlink(),
        }.items():
            shutil.copytree(best, self.folder / name)
            damage(self.folder / name)
        for name, arguments, parts in (
            ("an encoder where a checkpoint is needed", ("eval", ENCODER, "--task", "mood=a.csv"), ["tiny-distilbert", "is an encoder"]),
            ("the same for predict", ("predict", ENCODER, "a.csv"), ["tiny-distilbert", "is an encoder"]),
            ("no folder", ("predict", "nowhere", "a.csv"), ["nowhere: no such folder"]),
            ("a file", ("predict", "a.csv", "a.csv"), ["a.csv: is a file"]),
            ("an empty folder", ("predict", "empty", "a.csv"), ["empty: is not a checkpoint"]),
            ("info of an empty folder", ("info", "empty"), ["empty/config.json: no such file"]),
            ("a label never seen in training", ("eval", "run", "--task", "mood=new.csv"), ["new.csv:3:", '"sideways"', "down, up"]),
            ("a task never seen in training", ("eval", "run", "--task", "moood=a.csv"), ['"moood"', 'did you mean "mood"']),
            ("a checkpoint outside its run", ("eval", "plain"), ["plain: is not in a run folder", "--task"]),
            ("a flipped bit", ("eval", "flipped", "--task", "mood=a.csv"), ["flipped/model.safetensors", "checksum", "damaged"]),
            ("a cut file", ("predict", "cut", "a.csv"), ["cut/model.safetensors", "checksum", "damaged"]),
            ("a newer format", ("predict", "newer", "a.csv"), ["newer/tasks.json", "format_version is 99", "up to"]),
            ("an edited tasks.json", ("predict", "edited", "a.csv"), ["edited/tasks.json", "checksum"]),
            ("no heads", ("predict", "headless", "a.csv"), ["headless/heads.safetensors", "no such file"]),
            ("a column that predict would write", ("predict", "run", "taken.csv", "--out", "x.csv"), ['"mood"', "--prefix"]),
            ("a ragged row after good ones", ("predict", "run", "ragged.csv", "--out", "x.csv"), ["ragged.csv:3:"]),
            ("a missing input", ("predict", "run", "none.csv", "--out", "x.csv"), ["none.csv: no such file"]),
            ("a missing column", ("embed", "run", "a.csv", "--text-column", "txt", "--out", "x.npy"), ["a.csv", '"txt"', "text, label"]),
            ("a wrong ending", ("embed", "run", "a.csv", "--out", "x.txt"), ["x.txt", ".npy or .csv"]),
            ("a length beyond the positions", ("embed", "run", "a.csv", "--out", "x.npy", "--max-length", "5000"), ["5000", "2 to"]),
        ):
            with self.subTest(name):
                self.assert_refused_cleanly(arguments, parts)
        with self.subTest("a data file changed since the run was split"):
            with open(data, "a", encoding="utf-8") as file:
                file.write("one more,up\n")
            self.assert_refused_cleanly(("eval", "run"), ["a.csv", "changed since the run was split"])
        with self.subTest("a data file gone since the run was split"):
            data.unlink()
            self.assert_refused_cleanly(("eval", "run"), ["a.csv", "no such file"])

    def test_output_that_cannot_be_written(self):
        """Not the input's fault: exit code 1."""
        (self.folder / "a.csv").write_text(GOOD)
        before = self.listing()
        for arguments, parts in (
            (("train", "--encoder", ENCODER, "--task", "t=a.csv", "--max-length", 16, "--out", "a.csv/run"), ["a.csv/run"]),
            (("tokenize", ENCODER, "a.csv", "--out", "/proc/x"), ["/proc/x"]),
            (("data", "split", "--task", "t=a.csv", "--out", "a.csv"), ["a.csv"]),
        ):
            with self.subTest(arguments):
                self.assert_refused(mtnlp(*arguments, cwd=self.folder), *parts, "cannot be written", code=1)
                self.assertEqual(self.listing(), before)
        self.assert_refused(mtnlp("embed", ENCODER, "a.csv", "--out", "none/x.npy", cwd=self.folder), "none/x.npy: there is no folder none")
        for verb in (("data", "check", "--task", "t=a.csv", "--encoder", "none"), ("info", ENCODER)):  # before its tables
            self.assert_refused(mtnlp(*verb, "--json", "none/x.json", cwd=self.folder), "none/x.json: there is no folder none")

    @staticmethod
    def change_tasks(folder, **keys):
        file = folder / "tasks.json"
        file.write_text(json.dumps({**json.loads(file.read_text()), **keys}))


class Warned(CliTest):
    """What is no reason to stop; data_test.py has the same through data check."""

    def test_warnings(self):
        rows = [("text", "label"), *mood_rows(30), (" ", "up"), ("no label", ""), ("rare", "third")]
        rows += [(f"long {i} " * 30, "up") for i in range(12)]
        data = write_csv(self.folder / "a.csv", rows)
        with open(data, "ab") as file:
            file.write(b"bad \xff byte,up\n")
        shared = write_csv(self.folder / "test.csv", [("text", "label"), (mood_rows(1)[0][0].upper(), "up")])
        warnings = [line for line in train(data, self.folder / "run", "--test", f"mood={shared}").stderr.splitlines()
                    if line.startswith("warning: ")]
        for parts in (("a.csv", "1 row with blank text skipped", "line 32"), ("1 row without a label skipped", "line 33"),
                      ("1 row with bytes that are not UTF-8",), ("third", "1 "), ("--max-length 16 cuts", "of 45 texts"),
                      ("1 rows of test have a text of",)):
            with self.subTest(parts):
                self.assertTrue(any(all(part in line for part in parts) for line in warnings), warnings)

    def test_texts_cut_by_the_model(self):
        data = write_csv(self.folder / "a.csv", [("text", "label"), *mood_rows(30)])
        train(data, self.folder / "run")
        long = write_csv(self.folder / "long.csv", [("text", "label"), *((f"long {i} " * 30, "up") for i in range(5))])
        for verb in (("eval", "run", "--task", "mood=long.csv"), ("predict", "run", "long.csv"),
                     ("embed", "run", "long.csv", "--out", "x.npy")):
            with self.subTest(verb):
                result = self.run_ok(*verb, cwd=self.folder)
                self.assertEqual(result.stderr, "warning: 5 of 5 texts were cut to 16 tokens\n")
        self.assertTrue(long.exists())


if __name__ == "__main__":
    unittest.main()
