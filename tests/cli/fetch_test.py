"""src/cli/mtnlp-fetch against a hub of our own: redirections, resuming, missing files, wrong checksums, the hub cache, and
answers that are not what was asked for."""

import hashlib
import http.server
import json
import os
import pathlib
import random
import resource
import shutil
import signal
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

FETCH = pathlib.Path(__file__).resolve().parents[2] / "src/cli/mtnlp-fetch"
CHECK = FETCH.with_name("mtnlp-fetch-check")


def safetensors(size, seed=0, name="embeddings.word_embeddings.weight"):
    """A file of `size` bytes."""
    shape = size // 4 - 100
    header = json.dumps({"__metadata__": {"format": "pt"}, "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
                         name: {"dtype": "F32", "shape": [shape - 2], "data_offsets": [8, 4 * shape]}}).encode()
    header = header.ljust(size - 8 - 4 * shape)
    return struct.pack("<Q", len(header)) + header + random.Random(seed).randbytes(4 * shape)


WEIGHTS = safetensors(102400)
SHARDS = {f"model-0000{i}-of-00003.safetensors": safetensors(40000 + 4000 * i, i, f"layer.{i}") for i in (1, 2, 3)}
INDEX = json.dumps({"metadata": {"total_size": 1, "note": "model.safetensors"},
                    "weight_map": {f"layer.{i % 3 + 1}.{i}": list(SHARDS)[i % 3] for i in range(9)}}).encode()
COMMIT = "c0ffee" * 6 + "c0ff"
ENCODER = {
    "config.json": b'{"model_type": "distilbert"}',
    "vocab.txt": b"[PAD]\n[UNK]\n",
    "tokenizer.json": b"{}",
    "modules.json": json.dumps([{"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{type}"} for
                                i, (path, type) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"),
                                                              ("2_Normalize", "Normalize")])]).encode(),
    "1_Pooling/config.json": b'{"pooling_mode_cls_token": true}',
    "README.md": b"a card",
    "model.safetensors": WEIGHTS,
}


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Hub(http.server.ThreadingHTTPServer):
    """Repositories by name; weights are redirected to /store, as the real hub does. The knobs make it misbehave."""

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories = {"owner/tiny": dict(ENCODER)}
        self.sha256 = ...  # what it says of the weights; else the truth
        self.commit = COMMIT
        self.ranges = True
        self.lengths = True  # else an answer ends where the connection does
        self.store = ""  # the server that weights are redirected to, when not this one
        self.cut = {}  # of these files send only so many bytes
        self.stall = False  # ... and then neither go on nor hang up
        self.types = {}  # the Content-Type of a file
        self.requests = []  # (path, Range, Authorization)
        self.scheme = "https" if certificate else "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True)
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, *_):
        pass  # of a client that went away

    @property
    def url(self):
        return f"{self.scheme}://127.0.0.1:{self.server_port}"

    def files(self, *without, **others):
        """owner/tiny's files, after a change."""
        files = self.repositories["owner/tiny"]
        for name in without:
            del files[name]
        files.update(others)
        return files

    def paths(self):
        return [path for path, _, _ in self.requests]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, headers, body=b"", cut=None):
        self.send_response(status)
        length = {"Content-Length": len(body)} if self.server.lengths else {"Connection": "close"}
        for name, value in {**length, **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body[:cut])
        if cut is not None and self.server.stall:
            self.wfile.flush()
            time.sleep(30)
        self.close_connection = cut is not None or not self.server.lengths

    def do_GET(self):
        hub = self.server
        wanted = self.headers["Range"]
        hub.requests.append((self.path, wanted, self.headers["Authorization"]))
        if self.path.startswith("/store/"):
            return self.from_store(self.path[len("/store/"):], wanted)
        owner, name, _, _, file = self.path[1:].split("/", 4)
        files = hub.repositories.get(f"{owner}/{name}")
        if files is None:
            return self.answer(401, {"X-Error-Code": "RepoNotFound"})
        if file not in files:
            return self.answer(404, {"X-Error-Code": "EntryNotFound"})
        headers = {"X-Repo-Commit": hub.commit} if hub.commit else {}
        if file.endswith(".safetensors"):
            tag = sha256(files[file]) if hub.sha256 is ... else hub.sha256 or "plain"
            return self.answer(302, headers | {"Location": f"{hub.store}/store/{file}", "X-Linked-Etag": f'"{tag}"'})
        headers |= {"ETag": 'W/"0123abcd"', "Content-Type": hub.types.get(file, "text/plain")}
        return self.answer(200, headers, files[file], hub.cut.get(file))

    def from_store(self, file, wanted):
        hub = self.server
        body = hub.repositories["owner/tiny"][file]
        first = int(wanted[len("bytes="):].split("-")[0]) if wanted and hub.ranges else 0
        headers = {"ETag": '"' + "a" * 64 + '"',  # a store's own, not a sha256
                   "Content-Type": hub.types.get(file, "application/octet-stream")}
        if first >= len(body):
            return self.answer(416, headers | {"Content-Range": f"bytes */{len(body)}"})
        if first:
            headers["Content-Range"] = f"bytes {first}-{len(body) - 1}/{len(body)}"
        self.answer(206 if first else 200, headers, body[first:], hub.cut.get(file))


class FetchTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.models = pathlib.Path(folder.name, "models")
        self.home = pathlib.Path(folder.name, "home")
        self.hub = Hub()
        self.addCleanup(self.hub.server_close)
        self.addCleanup(self.hub.shutdown)
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.home), "HF_ENDPOINT": self.hub.url + "/",
                            "no_proxy": "*"}

    def start(self, *arguments, **options):
        return subprocess.Popen([FETCH, "--to", self.models, *arguments], env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)

    def fetch(self, *arguments, code=0, **options):
        process = self.start(*arguments, **options)
        output = process.communicate()[0]
        self.assertEqual(process.returncode, code, output)
        return output

    def assert_fetched(self, name="tiny"):
        for file, content in ENCODER.items():
            self.assertEqual(pathlib.Path(self.models, name, file).read_bytes(), content, file)
        self.assert_only(name)

    def refuse(self, *arguments, code=1, **environment):
        """Fetching owner/tiny (or what `arguments` say) fails with one line, which is returned, and leaves nothing."""
        saved, self.environment = self.environment, {**self.environment, **environment}
        output = self.fetch(*arguments or ("owner/tiny",), code=code)
        self.environment = saved
        self.assertRegex(output, r"\Amtnlp-fetch: [ -~]{1,500}\n\Z")
        self.assert_only()
        return output

    def assert_only(self, *names):
        there = {path.name for path in self.models.iterdir()} if self.models.exists() else set()
        self.assertEqual(there, set(names))

    def fill_cache(self, folder, files, commit=COMMIT):
        repository = pathlib.Path(folder, "models--owner--tiny")
        for name, content in files.items():
            blob = repository / "blobs" / sha256(content)
            blob.parent.mkdir(parents=True, exist_ok=True)
            blob.write_bytes(content)
            link = repository / "snapshots" / commit / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(os.path.relpath(blob, link.parent))
        (repository / "refs").mkdir()
        (repository / "refs/main").write_text(commit)
        return repository

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
