"""The named use: two tasks in three languages, on encoders with the SentencePiece tokenizer of XLM-R.

    MTNLP_EXECUTABLE=build/release/mtnlp python3 tests/cli/multilingual_test.py
"""

import csv
import gzip
import itertools
import json
import pathlib
import random
import shutil
import tempfile
import unittest

import support

GOLDEN = support.TESTS / "golden"

# language -> topic -> subjects; language -> mood -> predicates
SUBJECTS = {
    "en": {"sport": ["the team", "our goalkeeper", "the coach", "the match"],
           "money": ["the bank", "the stock market", "the tax", "the budget"]},
    "de": {"sport": ["die Mannschaft", "unser Torwart", "der Trainer", "das Spiel"],
           "money": ["die Bank", "die Börse", "die Steuer", "der Haushalt"]},
    "fr": {"sport": ["l'équipe", "notre gardien", "l'entraîneur", "le match"],
           "money": ["la banque", "la bourse", "l'impôt", "le budget"]},
}
PREDICATES = {
    "en": {"good": ["was wonderful", "makes me happy", "is great"], "bad": ["was awful", "makes me sad", "is terrible"]},
    "de": {"good": ["war wunderbar", "macht mich froh", "ist großartig"],
           "bad": ["war furchtbar", "macht mich traurig", "ist schrecklich"]},
    "fr": {"good": ["était merveilleux", "me rend heureux", "est génial"],
           "bad": ["était affreux", "me rend triste", "est terrible"]},
}
WHEN = {"en": ["today", "this week", "again"], "de": ["heute", "diese Woche", "schon wieder"],
        "fr": ["aujourd'hui", "cette semaine", "encore une fois"]}


def sentences():
    """(language, text, topic, mood) of every combination, shuffled."""
    rows = []
    for language in SUBJECTS:
        for topic, mood in itertools.product(("sport", "money"), ("good", "bad")):
            parts = itertools.product(SUBJECTS[language][topic], PREDICATES[language][mood], WHEN[language])
            rows += [(language, f"{subject} {predicate} {when}.".capitalize(), topic, mood)
                     for subject, predicate, when in parts]
    random.Random(3).shuffle(rows)
    return rows


def mtnlp(*arguments, stdin=None):
    done = support.mtnlp(*arguments, stdin=stdin)
    if done.returncode != 0:
        raise AssertionError(f"mtnlp {' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


class Multilingual(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="mtnlp-multilingual-")))

    def encoder(self, name):
        encoder = self.folder / name
        encoder.mkdir()
        for file in ("config.json", "model.safetensors"):
            shutil.copy(GOLDEN / "encoders" / name / file, encoder)
        packed = (GOLDEN / "tokenizers/xlmr/sentencepiece.bpe.model.gz").read_bytes()
        (encoder / "sentencepiece.bpe.model").write_bytes(gzip.decompress(packed))
        (encoder / "tokenizer_config.json").write_text('{"tokenizer_class": "XLMRobertaTokenizer"}', encoding="utf-8")
        return encoder

    def check(self, encoder):
        rows = sentences()
        data = self.folder / "rows.csv"
        with open(data, "w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["language", "text", "topic", "mood"])
            writer.writerows(rows)
        run = self.folder / "run"
        mtnlp("train", "--encoder", encoder, "--task", f"topic={data}", "--task", f"mood={data}", "--max-length", 32,
              "--epochs", 15, "--batch-size", 16, "--lr", 1e-2, "--dropout", 0, "--threads", 1,
              "--out", run, "--quiet")
        scores = json.loads((run / "test.json").read_text(encoding="utf-8"))["tasks"]
        self.assertGreater(scores["topic"]["accuracy"], 0.85)
        self.assertGreater(scores["mood"]["accuracy"], 0.85)

        # The checkpoint carries the tokenizer and answers in every language.
        lines = "".join(text + "\n" for _, text, _, _ in rows)
        guesses = list(csv.DictReader(mtnlp("predict", run, "--threads", 1, "--quiet", stdin=lines).splitlines()))
        self.assertEqual(len(guesses), len(rows))
        for language in SUBJECTS:
            right = [guess["topic"] == topic and guess["mood"] == mood
                     for guess, (of, _, topic, mood) in zip(guesses, rows) if of == language]
            self.assertGreater(sum(right) / len(right), 0.85, language)
        self.assertEqual(mtnlp("tokenize", run, stdin=lines), mtnlp("tokenize", encoder, "--max-length", 32, stdin=lines))

    def test_bert_with_the_tokenizer_of_xlm_roberta(self):
        self.check(self.encoder("tiny-multilingual"))

    def test_xlm_roberta(self):
        self.check(self.encoder("tiny-xlmr"))


if __name__ == "__main__":
    unittest.main()
