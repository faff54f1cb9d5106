"""How tests/container/readme.py finds the README's examples and compares what they write."""

import pathlib
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "container"))
from readme import differences, examples  # noqa: E402

TABLE = ["  figure            value      95% interval   rows", "  topic accuracy   0.9833   0.9616 - 0.9929    300",
         "  topic loss       0.0793   0.0518 - 0.1124    300"]


class Readme(unittest.TestCase):
    def test_examples_with_what_they_show(self):
        text = "Words:\n\n    $ mtnlp info X      tells\n    X: encoder\n      heads  12\n    mtnlp man\n\n    other\n"
        self.assertEqual(examples(text), [("mtnlp info X", ["X: encoder", "  heads  12"]), ("mtnlp man", [])])

    def test_words_whole_numbers_and_columns_must_agree(self):
        self.assertEqual(differences(["101 7592 102"], ["101 7592 102"]), [])
        for written in (["101 7593 102"], ["101 7592"], [], ["101 7592 102", "more"], ["101 7592 102 1.5"]):
            self.assertEqual(len(differences(["101 7592 102"], written)), 1, written)
        self.assertEqual(differences([], ["anything"]), [])

    def test_decimals_and_the_precision_may_differ(self):
        self.assertEqual(differences(["text,Sports,0.9991"], ["text,Sports,0.8765"]), [])
        self.assertEqual(len(differences(["text,Sports,0.9991"], ["text,Sports,0.87"])), 1)
        self.assertEqual(differences(["info: training in bf16"], ["info: training in fp32"]), [])

    def test_dots_stand_for_any_lines(self):
        self.assertEqual(differences(["a", "...", "c"], ["a", "b", "b", "c"]), [])
        self.assertEqual(differences(["...", "c", "..."], ["a", "c", "d"]), [])
        self.assertEqual(len(differences(["a", "...", "c"], ["a", "b"])), 1)

    def test_scores_have_a_floor(self):
        self.assertEqual(differences(TABLE, [TABLE[0], "  topic accuracy   0.9400   0.9101 - 0.9605    300",
                                              "  topic loss       0.0001   0.0000 - 0.1124    300"]), [])
        self.assertEqual(differences(TABLE, [TABLE[0], "  topic accuracy   0.9300   0.9001 - 0.9505    300", TABLE[2]]),
                         ["topic accuracy is 0.9300, the README has 0.9833"])


if __name__ == "__main__":
    unittest.main()
