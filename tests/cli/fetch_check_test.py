"""src/cli/mtnlp-fetch-check, which looks at the files that were brought."""

import json
import pathlib
import random
import struct
import subprocess
import tempfile
import unittest

from hub import FETCH, safetensors

CHECK = FETCH.with_name("mtnlp-fetch-check")


class CheckTest(unittest.TestCase):
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
        pieces = b"".join(b"\x0a" + bytes([len(piece) + 2, 0x0a, len(piece)]) + piece
                          for piece in (b"<unk>", b"ab", b"c" * 90))
        model = pieces + b"\x12\x03\x08\x01\x18\x1a\x02\x0a\x00"
        values = {"a\\": ['"', '\\"', "}", 1.5, None, True, {}], "\u00e9": {"b": [[-1e9]]}}
        text = json.dumps(values, ensure_ascii=False).encode()
        for name, content in (("a.safetensors", safetensors(800)), ("a.json", text), ("b.json", b'[{"a": "]"}]'),
                              ("a.model", model)):
            self.assertEqual(self.fault(name, content), "", name)
            for size in random.Random(1).sample(range(len(content) - 3), min(len(content) - 3, 25)):
                if name != "a.model" or size < len(pieces):
                    self.assertNotEqual(self.fault(name, content[:size]), "", (name, size))

    def test_json(self):
        for text in (b"{}", b"[]", b'\xef\xbb\xbf {"a": NaN}\r\n', b'["\x7f", "\\u0000", "\\\\"]', b"[" * 200 + b"]" * 200):
            self.assertEqual(self.fault("a.json", text), "", text)
        for text in (b"", b"null", b"1", b'"a"', b"{]", b"[}", b"{}{}", b"{},", b'{}"', b'{"a": b}', b"[\0]",
                     b'["\n"]', b'["a\\"]', b"[" * 201 + b"]" * 201, b"[" * 1000000,
                     b"not found", b"<html>", b"[]" * 9):
            self.assertNotEqual(self.fault("a.json", text), "", text[:20])

    def test_safetensors_headers(self):
        def file(header, data=b""):
            return struct.pack("<Q", len(header)) + header + data
        tensor = '"%s": {"shape": [1, 2], "data_offsets": [%d, %d], "dtype": "F32"}'
        ordered = ("{" + tensor % ("data_offsets", 8, 16) + "," + tensor % ('a\\"]}', 0, 8) + "}").encode()
        self.assertEqual(self.fault("a.safetensors", file(ordered, bytes(16))), "")
        whole = len(ordered) + 24
        self.assertEqual(self.fault("a.safetensors", file(ordered, bytes(15))),
                         f"was cut: it has {whole - 1} bytes of {whole}\n")
        self.assertIn(f"its header describes {whole}", self.fault("a.safetensors", file(ordered, bytes(17))))
        for header in (b"{}", b"[]", b"{", ordered[:-1], b'{"__metadata__": {"data_offsets": "[0,16]"}}', b"\0" * 40,
                       ('{' + tensor % ("a", 0, 2**70) + "}").encode()):
            self.assertIn("is not a safetensors file", self.fault("a.safetensors", file(header, bytes(16))))
        for start in (2**64 - 1, 2**63, 10**8 + 1):
            self.assertIn("is not a safetensors file", self.fault("a.safetensors", struct.pack("<Q", start) + bytes(99)))
        self.assertIn("was cut", self.fault("a.safetensors", struct.pack("<Q", 10**8) + b"{" + bytes(99)))


if __name__ == "__main__":
    unittest.main()
