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

    # ---- what arrives is not what was asked for ----

    def test_weights_that_were_cut_are_refused_where_the_hub_tells_nothing(self):
        self.hub.sha256, self.hub.lengths = None, False
        for size in (3, 100, 30000, len(WEIGHTS) - 1):
            self.hub.cut = {"model.safetensors": size}
            output = self.fetch("owner/tiny", "--to", self.models / str(size), code=1)
            self.assertIn("safetensors file" if size < 8 else "was cut", output)
            self.assertFalse((self.models / str(size) / "tiny").exists())
        self.hub.cut = {}
        self.fetch("owner/tiny", "--to", self.models / "30000")  # goes on where it was cut
        self.assertEqual((self.models / "30000/tiny/model.safetensors").read_bytes(), WEIGHTS)
        self.assertIn("bytes=30000-", [wanted for _, wanted, _ in self.hub.requests])

    def test_files_that_are_not_what_their_name_says(self):
        pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 102400\n"
        html = b"\n<!DOCTYPE HTML>\n<html><body>Welcome to the hotel</body></html>"
        self.hub.lengths, self.hub.sha256 = False, None
        for file, content, message in (
                ("model.safetensors", pointer, "is a git-lfs pointer"), ("model.safetensors", html, "is an HTML page"),
                ("model.safetensors", WEIGHTS + b"more", "has 102404 bytes, its header tells of 102400"),
                ("model.safetensors", b"PK\3\4" + bytes(3000), "is no safetensors file"),
                ("tokenizer.json", pointer, "is a git-lfs pointer"), ("config.json", html, "is an HTML page"),
                ("config.json", ENCODER["config.json"][:-1], "is not whole JSON"), ("config.json", b"", "is not whole JSON"),
                ("tokenizer.json", b'{"model": {"vocab": {"a": 1', "is not whole JSON"), ("vocab.txt", b"\n \n", "is empty"),
                ("modules.json", b'[{"path": "', "is not whole JSON"), ("1_Pooling/config.json", html, "is an HTML page"),
                ("vocab.txt", html, "is an HTML page"), ("spiece.model", b"\x0a\x05ab", "is not a whole SentencePiece model")):
            with self.subTest(file=file, content=content[:20]):
                self.hub.repositories["owner/tiny"] = {**ENCODER, file: content}
                self.assertIn(f"{file} of owner/tiny {message}", self.refuse())

    def test_an_html_page_is_known_by_its_type(self):
        for file in ("modules.json", "vocab.txt", "model.safetensors"):
            self.hub.types = {file: "text/HTML; charset=utf-8"}
            self.assertIn(f"sends an HTML page in place of {file}", self.refuse())

    def test_a_login_page_does_not_cost_the_weights_that_wait(self):
        self.hub.cut = {"model.safetensors": 30000}
        self.fetch("owner/tiny", code=1)
        self.hub.cut, self.hub.ranges, self.hub.types = {}, False, {"model.safetensors": "text/html"}
        self.assertIn("30000 bytes of model.safetensors wait", self.fetch("owner/tiny", code=1))
        self.hub.ranges, self.hub.types = True, {}
        self.fetch("owner/tiny")
        self.assert_fetched()
        self.assertIn("bytes=30000-", self.hub.requests[-1][1])

    def test_a_short_vocabulary_is_said(self):
        self.hub.files()["config.json"] = b'{"vocab_size": 3, "model_type": "distilbert"}'
        self.assertIn("warning: vocab.txt has 2 tokens, vocab_size in config.json is 3", self.fetch("owner/tiny"))

    # ---- weights in several files, modules ----

    def use_shards(self, index=INDEX, **files):
        self.hub.files("model.safetensors", **{"model.safetensors.index.json": index, **SHARDS, **files})

    def assert_sharded(self):
        for file, content in {**SHARDS, "model.safetensors.index.json": INDEX}.items():
            self.assertEqual((self.models / "tiny" / file).read_bytes(), content, file)
        self.assert_only("tiny")

    def test_brings_weights_in_several_files(self):
        self.use_shards()
        self.fetch("owner/tiny")
        self.assert_sharded()
        self.assertIn("already", self.fetch("owner/tiny"))

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

    def test_completes_a_folder_that_waits_for_the_index(self):
        self.use_shards()
        self.fetch("owner/tiny")
        (self.models / "tiny/model.safetensors.index.json").unlink()  # as if killed before the last step
        (self.models / "tiny" / list(SHARDS)[0]).write_bytes(safetensors(9000))
        self.fetch("owner/tiny")
        self.assert_sharded()

    def test_refuses_an_index_that_is_not_one(self):
        for name in ("../../model-00001-of-00002.safetensors", "model-00001-of-00002.safetensors/../x", "/etc/passwd", "x\u001b",
                     "pytorch_model-00001-of-00002.bin", "model-00001-of-00002.safetensors model-00002-of-00002.safetensors"):
            self.use_shards_again(json.dumps({"weight_map": {"a": name, "b": list(SHARDS)[0]}}).encode())
            self.assertIn("not a file such as model-00001-of-00002.safetensors", self.refuse(code=2))
        self.use_shards_again(b'{"weight_map": {}}')
        self.assertIn("names no file", self.refuse(code=2))
        self.use_shards_again(INDEX[:-3])
        self.assertIn("model.safetensors.index.json of owner/tiny is not whole JSON", self.refuse())
        self.use_shards_again(INDEX)
        self.hub.files(list(SHARDS)[2])
        self.assertIn(f"has no {list(SHARDS)[2]}, which its", self.refuse(code=2))
        self.hub.files()[list(SHARDS)[2]] = SHARDS[list(SHARDS)[2]][:-4]
        self.hub.sha256 = None
        self.assertIn("was cut", self.fetch("owner/tiny", code=1))

    def use_shards_again(self, index):
        self.hub.repositories["owner/tiny"] = dict(ENCODER)
        self.use_shards(index)

    def set_modules(self, *modules):
        self.hub.files()["modules.json"] = json.dumps(
            [{"type": f"sentence_transformers.models.{type}", "idx": 0, "path": path} for type, path in modules]).encode()

    def test_brings_what_modules_json_names(self):
        moved = ("config.json", "vocab.txt", "tokenizer.json", "model.safetensors")
        files = self.hub.files("1_Pooling/config.json", **{"2_Pooling/config.json": b"{}", "0_Transformer/added_tokens.json": b"{}",
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
            self.hub.repositories["owner/tiny"] = {**ENCODER, name: b'{"max_seq_length": 64}', "added_tokens.json": b'{"<new>": 2}'}
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

    # ---- what goes out ----

    def test_refuses_folders_tokens_and_addresses_that_are_none(self):
        for folder in ("", "a\nb", "\033[2J", FETCH):
            self.assertIn("--to", self.refuse("--to", folder, "owner/tiny", code=2))
        for token in ("hf_a\nHost: evil", "hf_a\r", "hf_a\n", 'hf_a"', "hf a", "hf_a\\", "hf_\u00e9", "\n"):
            self.assertNotIn("hf_", self.refuse(code=2, HF_TOKEN=token))
        for address in ("ftp://127.0.0.1", "file:///etc/passwd", "127.0.0.1", "http://", "http://127.0.0.1/\r\nHost: evil",
                        "http://127.0.0.1/a b", "http://127.0.0.1/?a=", "-o/tmp/x", "http://\t"):
            self.assertIn("is not an http:// or https:// address", self.refuse(code=2, HF_ENDPOINT=address))
        for name in ("owner/ti\nny", "owner\r/tiny", "owner/tiny\n", "owner/\u00e9", "o/" + "n" * 5000):
            self.assertIn("is not OWNER/NAME", self.refuse(name, code=2))
        for size in ("", "0", "-1", "1e9", "a", "1" * 30, "08"):
            self.assertIn("--max-size", self.refuse("--max-size", size, "owner/tiny", code=2))
        self.assertEqual(self.hub.requests, [])

    def test_a_folder_may_have_any_other_name(self):
        for folder in ("-o", "a b", "\u00e9", "$(id)"):
            self.fetch("owner/tiny", "--to", folder, cwd=self.models.parent)
            self.assertEqual((self.models.parent / folder / "tiny/model.safetensors").read_bytes(), WEIGHTS)

    def test_the_token_goes_to_no_other_host(self):
        store = Hub()
        self.addCleanup(store.server_close)
        self.addCleanup(store.shutdown)
        self.environment["HF_TOKEN"] = "hf_secret"
        for host in ("127.0.0.1", "localhost"):
            self.hub.store = f"http://{host}:{store.server_port}"
            self.fetch("owner/tiny", "--to", self.models / host)
        self.assertEqual({token for _, _, token in self.hub.requests}, {"Bearer hf_secret"})
        self.assertEqual(store.requests, [("/store/model.safetensors", None, None)] * 2)

    def test_the_settings_of_curl_do_not_count(self):
        self.home.mkdir()
        (self.home / ".curlrc").write_text(f'proxy = "http://127.0.0.1:1"\noutput = "{self.home}/stolen"\n')
        (self.home / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
        self.environment |= {"CURL_HOME": str(self.home), "XDG_CONFIG_HOME": str(self.home)}
        self.fetch("owner/tiny")
        self.assert_fetched()
        self.assertEqual({token for _, _, token in self.hub.requests}, {None})
        self.assertFalse((self.home / "stolen").exists())

    def test_a_proxy_of_the_environment_counts(self):
        del self.environment["no_proxy"]
        self.assertIn("cannot reach", self.refuse(http_proxy="http://127.0.0.1:1"))

    def test_a_password_of_the_address_is_not_told(self):
        self.environment["HF_ENDPOINT"] = self.hub.url.replace("//", "//me:secret@")
        self.assertNotIn("secret", self.fetch("owner/other", code=2))
        self.fetch("owner/tiny")
        self.assertIn(f"hub {self.hub.url}\n", (self.models / "tiny/origin.txt").read_text())

    def test_nothing_leads_from_https_to_http(self):
        certificate = self.models.parent / "certificate.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate, "-out",
                        certificate.with_suffix(".crt")], check=True, capture_output=True)
        with open(certificate, "a") as file:
            file.write(certificate.with_suffix(".crt").read_text())
        safe = Hub(certificate)
        self.addCleanup(safe.server_close)
        self.addCleanup(safe.shutdown)
        self.environment["HF_ENDPOINT"] = safe.url
        self.assertIn("its certificate is not trusted", self.refuse())
        self.environment["CURL_CA_BUNDLE"] = str(certificate)
        for store in (self.hub.url, "file://"):
            safe.store = store
            self.assertIn("leads for model.safetensors to an address that is not https", self.refuse())
        self.assertEqual(self.hub.requests, [])
        safe.store = ""
        self.fetch("owner/tiny")
        self.assert_fetched()
        self.hub.store, self.environment["HF_ENDPOINT"] = "file://", self.hub.url
        self.assertIn("to an address that is not http,https", self.refuse("--to", self.models / "2", "owner/tiny"))

    # ---- limits ----

    def test_weights_may_have_only_so_many_bytes(self):
        for lengths in (True, False):
            self.hub.lengths = lengths
            self.assertIn("model.safetensors of owner/tiny has more bytes than the 102399", self.refuse(
                "--max-size", "102399", "owner/tiny"))
            self.assertIn("has more bytes than the 1000 ", self.refuse("--max-size", "1000", "owner/tiny"))
        self.fetch("--max-size", "102400", "owner/tiny")
        self.assert_fetched()

    def test_the_limit_is_of_all_shards_together(self):
        self.use_shards()
        size = sum(map(len, SHARDS.values()))
        self.assertIn("has more bytes than", self.refuse("--max-size", str(size - 1), "owner/tiny"))
        self.fetch("--max-size", str(size), "owner/tiny")
        self.assert_sharded()

    def test_a_small_file_cannot_be_large(self):
        self.hub.files()["tokenizer.json"] = b"[" + b" " * 64_000_000 + b"]"
        for lengths in (True, False):
            self.hub.lengths = lengths
            self.assertIn("tokenizer.json of owner/tiny has more bytes than the 64000000", self.refuse())

    def test_a_full_disk_is_said(self):
        output = self.fetch("owner/tiny", code=1, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (20480, 20480)))
        self.assertIn("cannot write to", output)
        self.fetch("owner/tiny")
        self.assert_fetched()

    def test_one_call_at_a_time(self):
        self.hub.cut, self.hub.stall = {"model.safetensors": 30000}, True
        first = self.start("owner/tiny")
        while first.poll() is None and "/store/model.safetensors" not in self.hub.paths():
            time.sleep(0.01)
        self.assertIn("another call is fetching owner/tiny", self.fetch("owner/tiny", code=1))
        first.terminate()
        first.communicate()

    def test_does_not_work_in_a_folder_of_others(self):
        (self.models / "elsewhere/files").mkdir(parents=True)
        (self.models / "elsewhere/files/mine").touch()
        (self.models / ".owner--tiny.partial").symlink_to("elsewhere")
        self.assertIn("is a link or not yours", self.fetch("owner/tiny", code=1))
        self.assertTrue((self.models / "elsewhere/files/mine").exists())


class CheckTest(unittest.TestCase):
    """mtnlp-fetch-check, which looks at the files."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def fault(self, name, content):
        file = self.folder / name
        file.write_bytes(content)
        result = subprocess.run([CHECK, file], capture_output=True, text=True, check=True)
        self.assertEqual(result.stderr, "")
        return result.stdout

    def test_any_cut_is_seen(self):
        pieces = b"".join(b"\x0a" + bytes([len(piece) + 2, 0x0a, len(piece)]) + piece for piece in (b"<unk>", b"ab", b"c" * 90))
        model = pieces + b"\x12\x03\x08\x01\x18\x1a\x02\x0a\x00"
        text = json.dumps({"a\\": ['"', '\\"', "}", 1.5, None, True, {}], "\u00e9": {"b": [[-1e9]]}}, ensure_ascii=False).encode()
        for name, content in (("a.safetensors", safetensors(800)), ("a.json", text), ("b.json", b'[{"a": "]"}]'), ("a.model", model)):
            self.assertEqual(self.fault(name, content), "", name)
            for size in random.Random(1).sample(range(len(content) - 3), min(len(content) - 3, 25)):
                if name != "a.model" or size < len(pieces):
                    self.assertNotEqual(self.fault(name, content[:size]), "", (name, size))

    def test_json(self):
        for text in (b"{}", b"[]", b'\xef\xbb\xbf {"a": NaN}\r\n', b'["\x7f", "\\u0000", "\\\\"]', b"[" * 200 + b"]" * 200):
            self.assertEqual(self.fault("a.json", text), "", text)
        for text in (b"", b"null", b"1", b'"a"', b"{]", b"[}", b"{}{}", b"{},", b'{}"', b'{"a": b}', b"[\0]", b'["\n"]', b'["a\\"]',
                     b"[" * 201 + b"]" * 201, b"[" * 1000000, b"not found", b"<html>", b"[]" * 9):
            self.assertNotEqual(self.fault("a.json", text), "", text[:20])

    def test_safetensors_headers(self):
        def file(header, data=b""):
            return struct.pack("<Q", len(header)) + header + data
        tensor = '"%s": {"shape": [1, 2], "data_offsets": [%d, %d], "dtype": "F32"}'
        ordered = ("{" + tensor % ("data_offsets", 8, 16) + "," + tensor % ('a\\"]}', 0, 8) + "}").encode()
        self.assertEqual(self.fault("a.safetensors", file(ordered, bytes(16))), "")
        self.assertEqual(self.fault("a.safetensors", file(ordered, bytes(15))), "was cut: it has 175 bytes of 176\n")
        self.assertIn("its header tells of 176", self.fault("a.safetensors", file(ordered, bytes(17))))
        for header in (b"{}", b"[]", b"{", ordered[:-1], b'{"__metadata__": {"data_offsets": "[0,16]"}}', b"\0" * 40,
                       ('{' + tensor % ("a", 0, 2**70) + "}").encode()):
            self.assertIn("is no safetensors file", self.fault("a.safetensors", file(header, bytes(16))))
        for start in (2**64 - 1, 2**63, 10**8 + 1):
            self.assertIn("is no safetensors file", self.fault("a.safetensors", struct.pack("<Q", start) + bytes(99)))
        self.assertIn("was cut", self.fault("a.safetensors", struct.pack("<Q", 10**8) + bytes(99)))


if __name__ == "__main__":
    unittest.main()
