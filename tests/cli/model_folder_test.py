"""What stands in a model folder is taken for what it is, or refused in one line that says what to do."""

import array
import json
import shutil
import struct
import unittest

from support import ENCODER, CliTest, mood_rows, mtnlp, read_tensors, write_csv

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:53aa51172d142c89d9012cce15ae4d6c\nsize 90868376\n"
WEIGHTS = "model.safetensors"


def write_tensors(file, tensors):
    """{name: (dtype, shape, bytes)}"""
    header, body = {}, b""
    for name, (dtype, shape, data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + body)


def read_all(file):
    header, data = read_tensors(file)
    return {name: (tensor["dtype"], tensor["shape"], data[slice(*tensor["data_offsets"])])
            for name, tensor in header.items() if name != "__metadata__"}


def split_weights(folder, parts=2):
    """Several files and their index in place of model.safetensors."""
    tensors = read_all(folder / WEIGHTS)
    where = {}
    for part in range(parts):
        name = f"model-{part + 1:05d}-of-{parts:05d}.safetensors"
        mine = {tensor: tensors[tensor] for tensor in sorted(tensors)[part::parts]}
        write_tensors(folder / name, mine)
        where |= dict.fromkeys(mine, name)
    (folder / WEIGHTS).unlink()
    (folder / (WEIGHTS + ".index.json")).write_text(json.dumps({"metadata": {}, "weight_map": where}))
    return where


def change_json(file, **changes):
    content = json.loads(file.read_text()) if file.exists() else {}
    file.write_text(json.dumps({key: value for key, value in (content | changes).items() if value is not ...}))


class FolderTest(CliTest):
    def setUp(self):
        super().setUp()
        self.encoder = self.folder / "encoder"
        shutil.copytree(ENCODER, self.encoder)
        self.data = write_csv(self.folder / "rows.csv", [("text", "label"), *mood_rows(24)])
        self.texts = self.folder / "texts.txt"
        self.texts.write_text("a good film\nthe team won\n[SEP] and a bad song\n")

    def embed(self, model, *options, text=None):
        source = "-" if text is not None else self.texts
        return self.run_ok("embed", model, source, "--out", "-", "--threads", 1, "--quiet", *options, stdin=text).stdout

    def train_options(self, *options):
        return ("train", "--encoder", self.encoder, "--task", f"mood={self.data}", "--max-length", 16, "--epochs", 1,
                "--threads", 1, "--freeze", "backbone", "--out", self.folder / "run", *options)

    def train(self, *options):
        return self.run_ok(*self.train_options(*options))

    def verbs(self):
        """Command lines of every verb that reads the encoder's tokenizer."""
        return {"train": self.train_options(), "train at random": self.train_options("--random-weights"),
                "embed": ("embed", self.encoder, self.texts, "--out", self.folder / "x.csv"),
                "tokenize": ("tokenize", self.encoder, self.texts),
                "quantize": ("quantize", self.encoder, self.folder / "q"),
                "info": ("info", self.encoder),
                "data check": ("data", "check", "--encoder", self.encoder, "--task", f"mood={self.data}", "--max-length", 16)}

    def assert_refused_by(self, verbs, *parts):
        for verb, words in self.verbs().items():
            if verb in verbs:
                with self.subTest(verb):
                    self.assert_refused(mtnlp(*words), *parts)
                    for made in ("run", "q", "x.csv"):
                        self.assertFalse((self.folder / made).exists())


class Weights(FolderTest):
    READERS = ("train", "embed", "quantize")

    def test_absent_ones_are_refused_unless_random_ones_are_asked_for(self):
        (self.encoder / WEIGHTS).unlink()
        self.assert_refused_by(self.READERS, "encoder: has no model.safetensors")
        self.assertIn("random weights, as --random-weights asks", self.train("--random-weights").stderr)
        self.assertIn("none", self.run_ok("info", self.encoder).stdout)
        self.run_ok("tokenize", self.encoder, self.texts)

    def test_random_ones_leave_those_that_are_there_unread_and_say_so(self):
        self.assertIn("its model.safetensors is not read", self.train("--random-weights").stderr)
        first = (self.folder / "run/best/model.safetensors").read_bytes()
        self.assertNotEqual(read_all(self.folder / "run/best" / WEIGHTS), read_all(self.encoder / WEIGHTS))
        self.train("--random-weights", "--overwrite")
        self.assertEqual((self.folder / "run/best/model.safetensors").read_bytes(), first)
        self.run_ok("train", "--resume", self.folder / "run")

    def test_others_in_their_place_are_named(self):
        (self.encoder / WEIGHTS).unlink()
        for name in ("tf_model.h5", "flax_model.msgpack", "pytorch_model.bin", "pytorch_model.bin.index.json", "onnx/model.onnx"):
            (self.encoder / name).parent.mkdir(exist_ok=True)
            (self.encoder / name).write_text("x")
            self.assert_refused_by(self.READERS, f"has {name}", "save_pretrained")
            (self.encoder / name).unlink()

    def test_pointers_empty_files_links_and_cut_downloads_are_named(self):
        whole = {name: (self.encoder / name).read_bytes() for name in (WEIGHTS, "tokenizer.json", "config.json")}
        for name, content in whole.items():
            readers = self.READERS if name == WEIGHTS else self.verbs()
            (self.encoder / name).write_text(POINTER)
            self.assert_refused_by(readers, f"{name}: is a git-lfs pointer", "git lfs pull")
            (self.encoder / name).write_text("")
            self.assert_refused_by(readers, f"{name}: is empty", "download")
            (self.encoder / name).unlink()
            (self.encoder / name).symlink_to("../blobs/none")
            self.assert_refused_by(readers, f"{name}: is a link to a file that is not there")
            (self.encoder / name).unlink()
            (self.encoder / name).write_bytes(content[:len(content) // 2])
            self.assert_refused_by(readers, name, *(["download it again"] if name == WEIGHTS else []))
            (self.encoder / name).write_bytes(content)
        self.train()

    def test_in_parts_are_read_by_every_verb(self):
        expected = self.embed(self.encoder)
        split_weights(self.encoder, 3)
        self.assertEqual(self.embed(self.encoder), expected)
        for words in self.verbs().values():
            self.run_ok(*words)
            shutil.rmtree(self.folder / "run", ignore_errors=True)
        self.train("--keep-layers", "2")
        self.assertTrue((self.folder / "run/best" / WEIGHTS).exists())
        self.run_ok("train", "--resume", self.folder / "run")

    def test_a_changed_part_ends_a_resumption(self):
        where = split_weights(self.encoder)
        self.train()
        part = self.encoder / sorted(set(where.values()))[1]
        tensors = read_all(part)
        name = next(iter(tensors))
        tensors[name] = (*tensors[name][:2], bytes(len(tensors[name][2])))
        write_tensors(part, tensors)
        self.assert_refused(mtnlp("train", "--resume", self.folder / "run"), part.name, "changed since the run started")

    def test_parts_that_do_not_fit_are_refused(self):
        where = split_weights(self.encoder)
        index = self.encoder / (WEIGHTS + ".index.json")
        parts, tensor = sorted(set(where.values())), sorted(where)[0]
        for change, reasons in (({tensor: parts[1]}, [parts[1], f'"{tensor}" is missing']),
                                ({"no.such": parts[0]}, [parts[0], '"no.such" is missing']),
                                ({tensor: "../" + parts[0]}, ["index.json", "is not a file of the folder"]),
                                ({tensor: "gone.safetensors"}, ["gone.safetensors: is missing"])):
            index.write_text(json.dumps({"weight_map": where | change}))
            self.assert_refused_by(self.READERS, *reasons)
        index.write_text(json.dumps({"weight_map": where}))
        first = read_all(self.encoder / parts[0])
        write_tensors(self.encoder / parts[1], read_all(self.encoder / parts[1]) | {tensor: first[tensor]})
        self.assert_refused_by(self.READERS, parts[1], f'"{tensor}" is in {parts[0]}, too')

    def test_the_root_of_the_hubs_cache_names_the_snapshot(self):
        root = self.folder / "models--owner--name"
        (root / "snapshots").mkdir(parents=True)
        (root / "refs").mkdir()
        (root / "refs/main").write_text("0123abc")
        self.encoder.rename(root / "snapshots/0123abc")
        (root / "blobs").mkdir()
        for self.encoder in (root, root / "snapshots", root / "refs", root / "blobs", self.folder):
            self.assert_refused_by(self.verbs(), "hub's cache", "snapshots/0123abc")
            self.assert_refused(mtnlp("predict", self.encoder, self.texts), "hub's cache", "snapshots/0123abc")

    def test_that_overflow_give_no_numbers(self):
        tensors = read_all(self.encoder / WEIGHTS)
        for name, (dtype, shape, data) in tensors.items():
            if "ffn.lin" in name and name.endswith("weight"):
                huge = array.array("f", [x * 1e37 for x in array.array("f", data)])
                tensors[name] = (dtype, shape, huge.tobytes())
        self.train()
        write_tensors(self.encoder / WEIGHTS, tensors)
        self.assert_refused(mtnlp("embed", self.encoder, self.texts, "--out", "-"), "texts.txt:1", "not finite")
        self.assert_refused(mtnlp("quantize", self.encoder, self.folder / "q"), "not finite")
        self.assertFalse((self.folder / "q").exists())


class Outputs(FolderTest):
    """None overwrites what the command reads."""

    def assert_kept(self, file, *words):
        before = file.read_bytes()
        with self.subTest(f"{words[0]} {file.name}"):
            self.assert_refused(mtnlp(*words), "is a file of the model", "write to another file")
            self.assertEqual(file.read_bytes(), before)

    def test_that_are_files_of_an_encoder_are_refused(self):
        (self.encoder / "modules.json").write_text('[{"type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"}]')
        (self.encoder / "1_Pooling").mkdir()
        (self.encoder / "1_Pooling/config.json").write_text("{}")
        for name in (WEIGHTS, "config.json", "tokenizer.json", "tokenizer_config.json", "modules.json", "1_Pooling/config.json"):
            file = self.encoder / name
            self.assert_kept(file, "tokenize", self.encoder, self.texts, "--out", file)
            self.assert_kept(file, "info", self.encoder, "--json", file)
            self.assert_kept(file, "data", "check", "--encoder", self.encoder, "--task", f"mood={self.data}", "--json", file)
        self.run_ok("tokenize", self.encoder, self.texts, "--out", self.encoder / "ids.txt")
        self.run_ok("tokenize", self.encoder, self.texts, "--out", self.encoder / "ids.txt")  # no file of the model

    def test_that_are_files_of_a_run_are_refused(self):
        self.train()
        run = self.folder / "run"
        best = (run / "best").resolve()
        for file in (best / WEIGHTS, best / "tasks.json", best / "README.md", run / "checkpoints.json", run / "split.csv",
                     run / "test.json"):
            for model in (run, run / "best", best):
                self.assert_kept(file, "predict", model, self.texts, "--out", file)
                self.assert_kept(file, "eval", model, "--json", file)
        for model in (run, run / "best", self.encoder):
            for name in ("link.csv", "hard.csv"):
                file = (best if model != self.encoder else self.encoder) / WEIGHTS
                link = self.folder / name
                link.symlink_to(file) if name == "link.csv" else link.hardlink_to(file)
                self.assert_kept(file, "embed", model, self.texts, "--out", link)
                link.unlink()
        with open(best / "tasks.json", "ab") as out:
            before = (best / "tasks.json").read_bytes()
            result = mtnlp("predict", run, self.texts, stdout=out)
        self.assertIn("standard output: is a file of the model", result.stderr)
        self.assertEqual((best / "tasks.json").read_bytes(), before)
        copy = self.folder / "copy"
        shutil.copytree(best, copy)
        self.assert_kept(copy / "heads.safetensors", "predict", copy, self.texts, "--out", copy / "heads.safetensors")


class Ids(FolderTest):
    def test_beyond_the_embeddings_are_refused_by_every_verb(self):
        with open(self.encoder / "vocab.txt", "a", encoding="utf-8") as file:
            file.write("".join(f"extra{i}\n" for i in range(50)))
        (self.encoder / "tokenizer.json").unlink()
        self.assert_refused_by(self.verbs(), "encoder: the tokenizer has", "vocab_size")

    def test_of_added_tokens_beyond_the_embeddings(self):
        tokenizer = json.loads((self.encoder / "tokenizer.json").read_text())
        tokenizer["added_tokens"].append({"id": 160, "content": "[NEW]", "special": True, "normalized": False})
        (self.encoder / "tokenizer.json").write_text(json.dumps(tokenizer))
        self.assert_refused_by(self.verbs(), "encoder: the tokenizer has 161 pieces", "160")

    def test_around_a_text_beyond_the_embeddings(self):
        tokenizer = json.loads((self.encoder / "tokenizer.json").read_text())
        for token in tokenizer["post_processor"]["special_tokens"].values():
            token["ids"] = [9999999]
        (self.encoder / "tokenizer.json").write_text(json.dumps(tokenizer))
        self.assert_refused_by(self.verbs(), "encoder/tokenizer.json", "9999999")

    def test_of_the_config_beyond_the_embeddings(self):
        for key in ("pad_token_id", "eos_token_id"):
            change_json(self.encoder / "config.json", **{key: 160})
            self.assert_refused_by(self.verbs(), f'config.json: "{key}" is 160')
            change_json(self.encoder / "config.json", **{key: ...})

    def test_sizes_are_compared_before_memory_is_taken(self):
        for key, value in (("n_layers", 10**9), ("n_layers", 1000), ("vocab_size", 10**12), ("vocab_size", 2**24),
                           ("dim", 2**40), ("dim", 2**20), ("hidden_dim", 2**20), ("max_position_embeddings", 2**20),
                           ("n_heads", 10**12), ("n_layers", -1), ("dim", 10**30)):
            with self.subTest(f"{key} {value}"):
                change_json(self.encoder / "config.json", **{key: value})
                self.assert_refused_by(("train", "embed", "quantize"), "encoder/")
                shutil.copy(ENCODER / "config.json", self.encoder)

    def test_added_tokens_json(self):
        (self.encoder / "tokenizer.json").unlink()
        lines = (self.encoder / "vocab.txt").read_text().splitlines()
        (self.encoder / "vocab.txt").write_text("".join(line + "\n" for line in lines[:-1]))
        (self.encoder / "added_tokens.json").write_text(json.dumps({"[NEW]": len(lines) - 1}))
        ids = self.run_ok("tokenize", self.encoder, stdin="a [NEW] film\n").stdout.split()
        self.assertEqual(ids[2], str(len(lines) - 1))
        self.train()
        self.assertEqual(self.run_ok("tokenize", self.folder / "run", stdin="a [NEW] film\n").stdout.split(), ids)
        shutil.rmtree(self.folder / "run")
        (self.encoder / "added_tokens.json").write_text(json.dumps({"[NEW]": 7}))
        self.assert_refused_by(self.verbs(), "added_tokens.json", "[NEW]")


class Config(FolderTest):
    def test_truncation_side(self):
        text = "a good film the team won the match and a bad song " * 2 + "\n"
        ids = self.run_ok("tokenize", self.encoder, stdin=text).stdout.split()
        change_json(self.encoder / "tokenizer_config.json", truncation_side="left", model_max_length=16)
        last = [ids[0], *ids[-15:]]
        self.assertEqual(self.run_ok("tokenize", self.encoder, stdin=text).stdout.split(), last)
        self.assertNotEqual(self.embed(self.encoder, text=text), self.embed(self.encoder, text="the " + text[:-5] + "\n"))
        self.assertEqual(self.embed(self.encoder, text=text), self.embed(self.encoder, text="the " + text))
        self.assertIn("the tail of longer texts", self.run_ok("info", self.encoder).stdout)
        self.assertIn("the tail of long texts is kept", self.train().stderr)
        run = self.folder / "run"
        self.assertEqual(self.run_ok("tokenize", run, stdin=text).stdout.split(), last)
        self.run_ok("train", "--resume", run)
        change_json(self.encoder / "tokenizer_config.json", truncation_side="right")
        self.assert_refused(mtnlp("train", "--resume", run, "--quiet"), "changed since the run started")
        self.train("--overwrite", "--truncate", "tail")
        side = json.loads((run / "best/tokenizer_config.json").read_text())["truncation_side"]
        self.assertEqual(side, "left")  # for the Python libraries
        shutil.rmtree(run)
        change_json(self.encoder / "tokenizer_config.json", truncation_side="up")
        self.assert_refused_by(self.verbs(), "tokenizer_config.json", '"truncation_side" is "up"')

    def test_lengths_are_whole_numbers(self):
        (self.encoder / "sentence_bert_config.json").write_text('{"max_seq_length": 6.5}')
        self.assert_refused_by(("embed", "tokenize", "info", "train"), "sentence_bert_config.json", '"max_seq_length" is 6.5')

    def test_former_names_and_precedence_of_lengths(self):
        change_json(self.encoder / "tokenizer_config.json", model_max_length=20)
        for name in ("distilbert", "roberta", "xlm-roberta", "camembert", "albert", "xlnet", "flaubert"):
            file = self.encoder / f"sentence_{name}_config.json"
            file.write_text('{"max_seq_length": 40}')
            self.assertIn("40 tokens", self.run_ok("info", self.encoder).stdout)
            file.unlink()
        self.assertIn("20 tokens", self.run_ok("info", self.encoder).stdout)
        (self.encoder / "sentence_bert_config.json").write_text('{"max_seq_length": 4000}')
        self.assertIn("64 tokens", self.run_ok("info", self.encoder).stdout)  # its positions

    def test_an_encoder_in_a_folder_of_its_own(self):
        expected = self.embed(self.encoder)
        root = self.folder / "root"
        root.mkdir()
        self.encoder.rename(root / "0_Transformer")
        (root / "1_Pooling").mkdir()
        (root / "1_Pooling/config.json").write_text("{}")
        (root / "modules.json").write_text(json.dumps(
            [{"idx": 0, "name": "0", "path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
             {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]))
        self.encoder = root
        self.assertEqual(self.embed(root), expected)
        for words in self.verbs().values():
            self.run_ok(*words)
            if words[0] == "train":
                shutil.rmtree(self.folder / "run")
        self.embed(self.folder / "q")
        self.train()
        self.assertEqual(self.embed(self.folder / "run"), expected)  # of a frozen backbone
        self.run_ok("predict", self.folder / "run", self.texts)
        shutil.rmtree(self.folder / "q")
        self.run_ok("quantize", self.folder / "run", self.folder / "q")
        self.run_ok("predict", self.folder / "q", self.texts)

    def test_the_pooling_of_the_folder(self):
        (self.encoder / "1_Pooling").mkdir()
        (self.encoder / "1_Pooling/config.json").write_text('{"pooling_mode_cls_token": true}')
        (self.encoder / "modules.json").write_text(json.dumps(
            [{"path": "", "type": "sentence_transformers.models.Transformer"},
             {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}]))
        self.assertIn("pooling: cls, as the encoder's folder has it", self.train().stderr)
        self.assertIn("cls pooling", self.run_ok("info", self.folder / "run").stdout)
        self.assertIn("pooling: max\n", self.train("--pooling", "max", "--overwrite").stderr)
        self.assertIn("max pooling", self.run_ok("info", self.folder / "run").stdout)
        self.run_ok("train", "--resume", self.folder / "run")

    def test_a_pooling_that_changes_ends_a_resumption(self):
        self.train()
        (self.encoder / "1_Pooling").mkdir()
        (self.encoder / "1_Pooling/config.json").write_text('{"pooling_mode_cls_token": true}')
        (self.encoder / "modules.json").write_text('[{"type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"}]')
        self.assert_refused(mtnlp("train", "--resume", self.folder / "run", "--quiet"), "pooling is cls", "mean")

    def test_modules_that_are_not_supported(self):
        for module in ("Dense", "LSTM", "WeightedLayerPooling"):
            (self.encoder / "modules.json").write_text(json.dumps(
                [{"path": "", "type": "Transformer"}, {"path": "x", "type": f"sentence_transformers.models.{module}"}]))
            self.assert_refused_by(("train", "embed", "quantize", "info"), f"module {module} is not supported")


class Prompts(FolderTest):
    def setUp(self):
        super().setUp()
        self.plain = self.folder / "plain"
        shutil.copytree(self.encoder, self.plain)
        self.set_prompts(default_prompt_name="query")

    def set_prompts(self, **changes):
        change_json(self.encoder / "config_sentence_transformers.json",
                    prompts={"query": "the good: ", "passage": "song "}, **changes)

    def with_prompt(self, prompt):
        return "".join(prompt + line + "\n" for line in self.texts.read_text().splitlines())

    def test_are_put_before_every_text(self):
        for options, prompt in (((), "the good: "), (("--prompt", "passage"), "song "), (("--no-prompt",), ""),
                                (("--prompt-text", "award "), "award ")):
            with self.subTest(options):
                text = self.with_prompt(prompt)
                self.assertEqual(self.embed(self.encoder, *options), self.embed(self.plain, text=text))
                found = self.run_ok("tokenize", self.encoder, self.texts, *options).stdout
                self.assertEqual(found, self.run_ok("tokenize", self.plain, stdin=text).stdout)

    def test_that_are_not_there_are_refused(self):
        for verb in (("embed", self.encoder, self.texts, "--out", "-"), ("tokenize", self.encoder, self.texts),
                     self.train_options()):
            self.assert_refused(mtnlp(*verb, "--prompt", "qery"), "encoder", '"qery"', 'did you mean "query"')
            self.assertEqual(mtnlp(*verb, "--prompt", "query", "--no-prompt").returncode, 2)
        self.set_prompts(default_prompt_name="other")
        self.assert_refused(mtnlp("embed", self.encoder, self.texts, "--out", "-"), "default_prompt_name", '"other"')

    def test_that_leave_no_room_are_refused(self):
        self.assert_refused(mtnlp(*self.train_options("--prompt-text", "good " * 20)), "leaves no room")
        self.assert_refused(mtnlp("embed", self.encoder, self.texts, "--out", "-", "--max-length", 5), "leaves no room")

    def test_are_kept_in_checkpoints(self):
        for options, prompt in (((), "the good: "), (("--prompt", "passage"), "song "), (("--no-prompt",), ""),
                                (("--prompt-text", "award "), "award ")):
            with self.subTest(options):
                self.train("--overwrite", *options)
                run = self.folder / "run"
                text = self.with_prompt(prompt)
                self.assertEqual(self.embed(run), self.embed(self.plain, text=text))
                self.assertEqual(self.embed(run, "--no-prompt"), self.embed(self.plain))
                self.assertEqual(self.embed(run, "--prompt", "query"),
                                 self.embed(self.plain, text=self.with_prompt("the good: ")))
                tasks = json.loads((run / "best/tasks.json").read_text())
                self.assertEqual(tasks.get("prompt", ""), prompt)
                self.assertEqual(tasks["format_version"], 2 if prompt else 1)
                predicted = self.run_ok("predict", run, self.texts).stdout
                bare = self.run_ok("predict", run, "--no-prompt", stdin=text).stdout
                labels = [line.split(",")[-2:] for line in predicted.splitlines()]
                self.assertEqual(labels, [line.split(",")[-2:] for line in bare.splitlines()])
                self.run_ok("train", "--resume", run)
                scores = self.run_ok("eval", run, "--json", "-").stdout
                self.assertEqual(json.loads(scores), json.loads((run / "test.json").read_text()))

    def test_that_change_end_a_resumption(self):
        self.train()
        self.set_prompts(default_prompt_name="passage")
        self.assert_refused(mtnlp("train", "--resume", self.folder / "run", "--quiet"), "its prompt is", "song", "the good: ")

    def test_may_be_left_out_of_the_pooling(self):
        (self.encoder / "1_Pooling").mkdir()
        (self.encoder / "1_Pooling/config.json").write_text('{"pooling_mode_mean_tokens": true, "include_prompt": false}')
        (self.encoder / "modules.json").write_text('[{"type": "Transformer"}, {"path": "1_Pooling", "type": "Pooling"}]')
        self.assertNotEqual(self.embed(self.encoder), self.embed(self.plain, text=self.with_prompt("the good: ")))
        self.assertEqual(self.embed(self.encoder, "--no-prompt"), self.embed(self.plain))
        expected = self.embed(self.encoder)
        self.train()
        self.assertEqual(self.embed(self.folder / "run"), expected)


if __name__ == "__main__":
    unittest.main()
