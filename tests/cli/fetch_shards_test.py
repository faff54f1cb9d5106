"""src/cli/mtnlp-fetch: weights in several files, and the folders that modules.json names."""

import json
import shutil
import unittest

from hub import ENCODER, INDEX, SHARDS, FetchTest, safetensors, sha256


class ShardsTest(FetchTest):
    def use_shards(self, index=INDEX):
        files = {**ENCODER, **SHARDS, "model.safetensors.index.json": index}
        del files["model.safetensors"]
        self.hub.repositories["owner/tiny"] = files

    def assert_sharded(self):
        for file, content in {**SHARDS, "model.safetensors.index.json": INDEX}.items():
            self.assertEqual((self.models / "tiny" / file).read_bytes(), content, file)
        self.assert_only("tiny")

    def test_brings_weights_in_several_files(self):
        self.use_shards()
        self.fetch("owner/tiny")
        self.assert_sharded()
        self.assertIn("already", self.fetch("owner/tiny"))
        for _ in range(2):  # a folder is not taken for a shard
            there = self.fetch("owner/tiny", "--to", self.models / "1-of-2")
        self.assertIn("already", there)

    def test_resumes_a_cut_shard(self):
        self.use_shards()
        second = list(SHARDS)[1]
        for lengths in (True, False):
            with self.subTest(lengths=lengths):
                self.hub.cut, self.hub.lengths = {second: 20000}, lengths
                self.assertIn(f"{len(SHARDS[list(SHARDS)[0]]) + 20000} bytes of model-*.safetensors wait",
                              self.fetch("owner/tiny", code=1))
                self.hub.cut = {}
                self.hub.requests.clear()
                self.fetch("owner/tiny")
                self.assert_sharded()
                self.assertIn((f"/store/{second}", "bytes=20000-", None), self.hub.requests)
                self.assertNotIn((f"/store/{list(SHARDS)[0]}", None, None), self.hub.requests)  # it was whole
                shutil.rmtree(self.models)

    def test_the_hub_cache_is_enough_for_shards_too(self):
        self.use_shards()
        last = list(SHARDS)[2]
        repository = self.fill_cache(self.home / "cache", self.hub.files())
        self.environment |= {"HF_HUB_CACHE": str(self.home / "cache"), "HF_ENDPOINT": "http://127.0.0.1:1"}
        self.fetch("owner/tiny")
        self.assert_sharded()
        (repository / "blobs" / sha256(SHARDS[last])).write_bytes(SHARDS[last][:-4])
        output = self.fetch("owner/tiny", "--to", self.models / "2", code=1)
        self.assertIn(f"{last} does not match its sha256; not used", output)
        self.assertIn(f"the local hub cache has no whole {last}", output)

    def test_completes_a_folder_that_waits_for_the_index(self):
        self.use_shards()
        self.fetch("owner/tiny")
        (self.models / "tiny/model.safetensors.index.json").unlink()  # as if killed before the last step
        (self.models / "tiny" / list(SHARDS)[0]).write_bytes(safetensors(9000))
        self.fetch("owner/tiny")
        self.assert_sharded()

    def test_refuses_an_index_that_is_not_one(self):
        for name in ("../../model-00001-of-00002.safetensors", "model-00001-of-00002.safetensors/../x", "/etc/passwd",
                     "x\u001b", "pytorch_model-00001-of-00002.bin", " ".join(SHARDS)):
            self.use_shards(json.dumps({"weight_map": {"a": name, "b": list(SHARDS)[0]}}).encode())
            self.assertIn("not a file such as model-00001-of-00002.safetensors", self.refuse(code=2))
        self.use_shards(b'{"weight_map": {}}')
        self.assertIn("names no file", self.refuse(code=2))
        self.use_shards(INDEX[:-3])
        self.assertIn("model.safetensors.index.json of owner/tiny is not whole JSON", self.refuse())
        self.use_shards(INDEX)
        self.hub.files(list(SHARDS)[2])
        self.assertIn(f"has no {list(SHARDS)[2]}, which its", self.refuse(code=2))
        self.hub.files()[list(SHARDS)[2]] = SHARDS[list(SHARDS)[2]][:-4]
        self.hub.sha256 = None
        self.assertIn("was cut", self.fetch("owner/tiny", code=1))

    def test_the_limit_is_of_all_shards_together(self):
        self.use_shards()
        size = sum(map(len, SHARDS.values()))
        self.assertIn("has more bytes than", self.refuse("--max-size", str(size - 1), "owner/tiny"))
        self.fetch("--max-size", str(size), "owner/tiny")
        self.assert_sharded()

    def set_modules(self, *modules):
        self.hub.files()["modules.json"] = json.dumps(
            [{"type": f"sentence_transformers.models.{type}", "idx": 0, "path": path} for type, path in modules]).encode()

    def test_brings_what_modules_json_names(self):
        moved = ("config.json", "vocab.txt", "tokenizer.json", "model.safetensors")
        files = self.hub.files("1_Pooling/config.json", **{
            "2_Pooling/config.json": b"{}", "0_Transformer/added_tokens.json": b"{}",
            "0_Transformer/sentence_roberta_config.json": b"{}"})
        for name in moved:
            files[f"0_Transformer/{name}"] = files.pop(name)
        self.set_modules(("Transformer", "0_Transformer"), ("Pooling", "2_Pooling"), ("Normalize", "3_Normalize"))
        self.fetch("owner/tiny")
        there = {str(path.relative_to(self.models / "tiny")) for path in (self.models / "tiny").rglob("*") if path.is_file()}
        self.assertEqual(there, {*files, "origin.txt"})
        self.assertIn("already", self.fetch("owner/tiny"))

    def test_brings_the_former_names_of_the_settings(self):
        for kind in ("distilbert", "roberta", "xlm-roberta"):
            name = f"sentence_{kind}_config.json"
            self.hub.repositories["owner/tiny"] = {**ENCODER, name: b'{"max_seq_length": 64}', "added_tokens.json": b"{}"}
            self.fetch("owner/tiny", "--to", self.models / kind)
            for file in (name, "added_tokens.json"):
                self.assertEqual((self.models / kind / "tiny" / file).read_bytes(), self.hub.files()[file])

    def test_refuses_folders_outside_of_the_repository(self):
        for path in ("../other", "..", "/etc", "a/../../b", "a/b", ".git", "a..b", "-x", "\u202e", "a b"):
            for type in ("Transformer", "Pooling"):
                self.set_modules((type, path))
                self.assertIn("modules.json of owner/tiny names the folder", self.refuse(code=2))
        self.set_modules(*[("Pooling", f"{i}_Pooling") for i in range(30)])
        self.assertIn("more than 20 modules", self.refuse(code=2))


if __name__ == "__main__":
    unittest.main()
