"""src/cli/mtnlp-fetch against a hub of our own: redirections, resuming, missing files, wrong checksums, the hub cache."""

import os
import signal
import time
import unittest

from hub import COMMIT, ENCODER, WEIGHTS, FetchTest, safetensors, sha256


class BringTest(FetchTest):
    def test_brings_an_encoder(self):
        self.fetch("owner/tiny")
        self.assert_fetched()
        origin = (self.models / "tiny/origin.txt").read_text()
        self.assertEqual(origin, f"repository owner/tiny\nhub {self.hub.url}\ncommit {COMMIT}\n")
        self.assertFalse((self.models / "tiny/spiece.model").exists())

    def test_is_done_at_once_the_second_time(self):
        self.fetch("owner/tiny")
        self.hub.requests.clear()
        self.assertIn("already", self.fetch("owner/tiny"))
        self.assertEqual(self.hub.requests, [])

    def test_optional_files_may_be_missing(self):
        self.hub.repositories["owner/tiny"] = {name: ENCODER[name] for name in
                                               ("config.json", "vocab.txt", "model.safetensors")}
        self.fetch("owner/tiny")
        there = {str(path.relative_to(self.models / "tiny")) for path in (self.models / "tiny").rglob("*")}
        self.assertEqual(there, {"config.json", "vocab.txt", "model.safetensors", "origin.txt"})

    def test_sends_the_token_only_when_there_is_one(self):
        self.fetch("owner/tiny")
        self.assertEqual({token for _, _, token in self.hub.requests}, {None})
        self.environment["HF_TOKEN"] = "hf_secret"
        self.hub.requests.clear()
        self.fetch("owner/tiny", "--to", self.models / "other")
        self.assertEqual(self.hub.requests[0][2], "Bearer hf_secret")

    def test_resumes_after_a_cut_connection(self):
        self.hub.cut = {"model.safetensors": 30000}
        output = self.fetch("owner/tiny", code=1)
        self.assertIn("was cut", output)
        self.assertIn("30000 bytes of model.safetensors wait in", output)
        self.assert_only(".owner--tiny.partial")
        self.hub.cut = {}
        self.fetch("owner/tiny")
        self.assert_fetched()
        self.assertIn(("/store/model.safetensors", "bytes=30000-", None), self.hub.requests)

    def test_starts_again_where_the_hub_cannot_resume(self):
        self.hub.cut = {"model.safetensors": 30000}
        self.fetch("owner/tiny", code=1)
        self.hub.cut, self.hub.ranges = {}, False
        self.fetch("owner/tiny")
        self.assert_fetched()

    def test_does_not_join_two_versions_of_the_weights(self):
        self.hub.cut = {"model.safetensors": 30000}
        self.fetch("owner/tiny", code=1)
        newer = safetensors(len(WEIGHTS), seed=1)
        self.hub.repositories["owner/tiny"]["model.safetensors"] = newer
        self.hub.cut, self.hub.commit = {}, "f" * 40
        self.fetch("owner/tiny")
        self.assertEqual((self.models / "tiny/model.safetensors").read_bytes(), newer)

    def test_a_signal_keeps_what_is_there(self):
        self.hub.cut, self.hub.stall = {"model.safetensors": 30000}, True
        process = self.start("owner/tiny")
        partial = self.models / ".owner--tiny.partial/model.safetensors"
        while process.poll() is None and not (partial.exists() and partial.stat().st_size > 10000):
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        output = process.communicate()[0]
        self.assertEqual(process.returncode, 143, output)
        self.assertIn("the same command resumes", output)
        self.hub.cut, self.hub.stall = {}, False
        self.fetch("owner/tiny")
        self.assert_fetched()

    def test_refuses_a_wrong_checksum(self):
        self.hub.sha256 = "b" * 64
        self.assertIn("model.safetensors of owner/tiny does not match the sha256", self.fetch("owner/tiny", code=1))
        self.assert_only()

    def test_does_without_a_checksum(self):
        self.hub.sha256 = None
        self.fetch("owner/tiny")
        self.assert_fetched()

    def test_refuses_a_repository_with_only_a_pickle(self):
        files = self.hub.repositories["owner/tiny"]
        files["pytorch_model.bin"] = files.pop("model.safetensors")
        output = self.fetch("owner/tiny", code=2)
        self.assertIn("only pytorch_model.bin", output)
        self.assertIn("save_pretrained", output)
        self.assert_only()

    def test_refuses_a_repository_without_vocabulary(self):
        for name in ("vocab.txt", "tokenizer.json"):
            del self.hub.repositories["owner/tiny"][name]
        self.assertIn("no tokenizer file", self.fetch("owner/tiny", code=2))
        self.assert_only()

    def test_tells_a_missing_repository_from_a_silent_hub(self):
        self.assertIn("no repository owner/other", self.fetch("owner/other", code=2))
        self.environment["HF_ENDPOINT"] = "http://127.0.0.1:1"
        self.assertIn("cannot reach http://127.0.0.1:1", self.fetch("owner/tiny", code=1))
        self.assert_only()

    def test_refuses_what_is_not_owner_and_name(self):
        for name in ("", "tiny", "owner/", "/tiny", "../tiny", "owner/..", "owner/a..b", "a/b/c", "owner/ti ny",
                     "owner/$(id)", "https://host/owner/tiny", "owner/.hidden"):
            self.assertIn("is not OWNER/NAME", self.fetch(name, code=2), name)
        self.assertIn("unknown option '--wat'", self.fetch("--wat", code=2))
        self.assertIn("one repository at a time", self.fetch("a/b", "c/d", code=2))
        self.assert_only()
        self.assertEqual(self.hub.requests, [])

    def test_does_not_touch_weights_from_elsewhere(self):
        (self.models / "tiny").mkdir(parents=True)
        (self.models / "tiny/model.safetensors").write_bytes(b"mine")
        self.assertIn("not from owner/tiny", self.fetch("owner/tiny", code=2))
        self.assertEqual((self.models / "tiny/model.safetensors").read_bytes(), b"mine")

    def test_completes_a_folder_that_waits_for_its_weights(self):
        (self.models / "tiny").mkdir(parents=True)
        (self.models / "tiny/README.md").write_bytes(b"from git")
        self.fetch("owner/tiny")
        self.assertEqual((self.models / "tiny/README.md").read_bytes(), b"from git")
        self.assertEqual((self.models / "tiny/model.safetensors").read_bytes(), WEIGHTS)
        self.assertEqual((self.models / "tiny/1_Pooling/config.json").read_bytes(), ENCODER["1_Pooling/config.json"])
        self.assert_only("tiny")

    def test_takes_from_the_hub_cache(self):
        for variable, value, folder in (("HF_HUB_CACHE", self.home / "a", self.home / "a"),
                                        ("HF_HOME", self.home / "b", self.home / "b/hub"),
                                        ("PATH", os.environ["PATH"], self.home / ".cache/huggingface/hub")):
            with self.subTest(variable):
                cached = {name: content for name, content in ENCODER.items() if name != "modules.json"}
                self.fill_cache(folder, cached)
                self.hub.requests.clear()
                name = f"into-{variable}"
                environment, self.environment = self.environment, {**self.environment, variable: str(value)}
                self.fetch("owner/tiny", "--to", self.models / name)
                self.environment = environment
                self.assertEqual((self.models / name / "tiny/model.safetensors").read_bytes(), WEIGHTS)
                self.assertFalse((self.models / name / "tiny/model.safetensors").is_symlink())
                self.assertEqual((self.models / name / "tiny/modules.json").read_bytes(),
                                 ENCODER["modules.json"])  # from the hub
                self.assertNotIn("/store/model.safetensors", self.hub.paths())

    def test_the_hub_cache_is_enough_without_a_hub(self):
        self.fill_cache(self.home / ".cache/huggingface/hub", ENCODER)
        self.environment["HF_ENDPOINT"] = "http://127.0.0.1:1"
        self.assertIn("taking what the local hub cache", self.fetch("owner/tiny"))
        self.assert_fetched()

    def test_a_stale_or_broken_cache_does_not_count(self):
        older = {name: content for name, content in ENCODER.items()} | {"vocab.txt": b"old\n"}
        self.fill_cache(self.home / "stale", older, commit="0" * 40)
        self.environment["HF_HUB_CACHE"] = str(self.home / "stale")
        self.fetch("owner/tiny")
        self.assert_fetched()

        repository = self.fill_cache(self.home / "broken", ENCODER)
        (repository / "blobs" / sha256(WEIGHTS)).write_bytes(b"cut")
        self.environment["HF_HUB_CACHE"] = str(self.home / "broken")
        self.assertIn("does not match its sha256", self.fetch("owner/tiny", "--to", self.models / "2"))
        self.assertEqual((self.models / "2/tiny/model.safetensors").read_bytes(), WEIGHTS)


if __name__ == "__main__":
    unittest.main()
