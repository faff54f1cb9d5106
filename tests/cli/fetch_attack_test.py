"""src/cli/mtnlp-fetch: hubs and networks that send something else than was asked for, and arguments that are none."""

import resource
import subprocess
import time
import unittest

from hub import ENCODER, FETCH, WEIGHTS, FetchTest, Hub


class AttackTest(FetchTest):
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
                ("model.safetensors", WEIGHTS + b"more", "has 102404 bytes, its header describes 102400"),
                ("model.safetensors", b"PK\3\4" + bytes(3000), "is not a safetensors file"),
                ("tokenizer.json", pointer, "is a git-lfs pointer"), ("config.json", html, "is an HTML page"),
                ("config.json", ENCODER["config.json"][:-1], "is not whole JSON"), ("config.json", b"", "is not whole JSON"),
                ("tokenizer.json", b'{"model": {"vocab": {"a": 1', "is not whole JSON"), ("vocab.txt", b"\n \n", "is empty"),
                ("modules.json", b'[{"path": "', "is not whole JSON"), ("1_Pooling/config.json", html, "is an HTML page"),
                ("vocab.txt", html, "is an HTML page"),
                ("spiece.model", b"\x0a\x05ab", "is not a whole SentencePiece model")):
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
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                        "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", certificate,
                        "-out", certificate.with_suffix(".crt")], check=True, capture_output=True)
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
        self.assertIn("to an address that is not http,https", self.fetch("owner/tiny", "--to", self.models / "2", code=1))

    # ---- limits ----

    def test_weights_may_have_only_so_many_bytes(self):
        for lengths in (True, False):
            self.hub.lengths = lengths
            self.assertIn("model.safetensors of owner/tiny has more bytes than the 102399", self.refuse(
                "--max-size", "102399", "owner/tiny"))
            self.assertIn("has more bytes than the 1000 ", self.refuse("--max-size", "1000", "owner/tiny"))
        self.fetch("--max-size", "102400", "owner/tiny")
        self.assert_fetched()

    def test_a_small_file_cannot_be_large(self):
        self.hub.files()["tokenizer.json"] = b"[" + b" " * 64_000_000 + b"]"
        for lengths in (True, False):
            self.hub.lengths = lengths
            self.assertIn("tokenizer.json of owner/tiny has more bytes than the 64000000", self.refuse())

    def test_the_shell_s_own_settings_do_not_count(self):
        (self.models.parent / "decoy/here/.owner--tiny.partial/files/x").mkdir(parents=True)
        self.environment |= {"POSIXLY_CORRECT": "1", "CDPATH": str(self.models.parent / "decoy"), "LC_ALL": "C.UTF-8"}
        (self.models.parent / "here/tiny").mkdir(parents=True)
        self.fetch("owner/tiny", "--max-size", "102400", "--to", "here", cwd=self.models.parent)
        self.assertEqual((self.models.parent / "here/tiny/model.safetensors").read_bytes(), WEIGHTS)
        self.assertTrue((self.models.parent / "here/tiny/vocab.txt").exists())

    def test_a_full_disk_is_said(self):
        def full():
            resource.setrlimit(resource.RLIMIT_FSIZE, (20480, 20480))
        self.assertIn("cannot write to", self.fetch("owner/tiny", code=1, preexec_fn=full))
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


if __name__ == "__main__":
    unittest.main()
