"""JSON files that nest deeply, are huge, name a key twice or are broken: one line in our words, whichever file it is."""

import json
import shutil
import struct
import unittest

import support
from support import ENCODER, mood_rows, mtnlp

DEEP = "[" * 200_000 + "]" * 200_000


class HostileJson(support.CliTest):
    def setUp(self):
        super().setUp()
        self.encoder = self.folder / "encoder"
        shutil.copytree(ENCODER, self.encoder)

    def assert_one_line(self, result, *parts):
        self.assert_refused(result, *parts)
        self.assertLess(len(result.stderr), 501)
        for word in ("json.exception", "nlohmann", "syntax error"):
            self.assertNotIn(word, result.stderr)

    def embed(self):
        return mtnlp("embed", self.encoder, "-", "--out", "-", stdin="a line\n")

    def test_each_file_of_an_encoder(self):
        for name in ("config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "modules.json",
                     "sentence_bert_config.json"):
            file = self.encoder / name
            if not file.exists():
                continue
            good = file.read_bytes()
            for content, part in ((DEEP, "nests deeper than 100 levels"), ('{"x": ' + DEEP + "}", "nests deeper than 100 levels"),
                                  ('{"a": 1, "a": 2}', 'names the key "a" twice'), ('{"a": 1e999}', "the number 1e999 is too large"),
                                  ('{"a":\n  tru}', "line 2, column 3: expected a value, found 't'"), ("{", "found the end")):
                with self.subTest(name, content=content[:20]):
                    file.write_text(content)
                    self.assert_one_line(self.embed(), f"{name}: is not valid JSON: line ", part)
            file.write_bytes(good)
        self.assertEqual(self.embed().returncode, 0)

    def test_a_file_without_end(self):
        (self.encoder / "config.json").unlink()
        (self.encoder / "config.json").symlink_to("/dev/zero")
        self.assert_one_line(self.embed(), "config.json: is larger than 16 MiB")

    def test_the_files_of_a_run(self):
        data = support.write_csv(self.folder / "mood.csv", [("text", "label"), *mood_rows(40)])
        run = self.folder / "run"
        support.train(data, run)
        tasks = run / "best/tasks.json"
        good = tasks.read_text()
        tasks.write_text(json.dumps({**json.loads(good), "x": "@"}).replace('"@"', DEEP))
        self.assert_one_line(mtnlp("predict", run, "-", stdin="a line\n"), "tasks.json", "nests deeper than 100 levels")
        tasks.write_text(good)
        (run / "test.json").write_text('{"tasks": {"mood": {"accuracy": ' + DEEP + "}}}")
        self.assert_one_line(mtnlp("info", run), "test.json", "nests deeper than 100 levels")

    def test_rows(self):
        rows = self.folder / "rows.jsonl"
        for content, part in (('{"text": "a", "x": ' + DEEP + "}", "nests deeper than 100 levels"),
                              ('{"text": "a", "text": "b"}', 'names the key "text" twice')):
            with self.subTest(part):
                rows.write_text('{"text": "a"}\n' + content + "\n")
                self.assert_one_line(mtnlp("tokenize", self.encoder, rows, "--out", self.folder / "out"), "rows.jsonl:2: ", part)

    def test_forty_thousand_tensors(self):
        header = ",".join(f'"t{i}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}' for i in range(40_000))
        header = ("{" + header + "}").encode()
        (self.encoder / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
        self.assert_one_line(self.embed(), "model.safetensors")
        deep = b'{"a":' + DEEP.encode() + b"}"
        (self.encoder / "model.safetensors").write_bytes(struct.pack("<Q", len(deep)) + deep)
        self.assert_one_line(self.embed(), "model.safetensors: the header is not valid JSON", "nests deeper than 100 levels")


if __name__ == "__main__":
    unittest.main()
