"""What the tests of src/cli/mtnlp-fetch share: a hub of our own with an encoder, and how it is fetched."""

import hashlib
import http.server
import json
import os
import pathlib
import random
import ssl
import struct
import subprocess
import tempfile
import threading
import time
import unittest

FETCH = pathlib.Path(__file__).resolve().parents[2] / "src/cli/mtnlp-fetch"


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
            return self.answer(416, {
                "Content-Type": "text/html", "Content-Range": f"bytes */{len(body)}"}, b"<html>Not satisfiable</html>")
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
        self.assertRegex(output, r"\Amtnlp-fetch: [^\x00-\x1f\x7f]{1,500}\n\Z")
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
