#!/usr/bin/env python3
"""Writes src/text/unicode_differences.h: where the Rust `tokenizers` library and utf8proc disagree.

The reference takes its Unicode properties from several crates of different ages. This script asks it about
every code point (through the normalizers and pre-tokenizers of its Python binding), asks the installed
libutf8proc the same, and stores the ranges that differ. Run it again when either library moves on; the sweep
of tests/text/wordpiece_test.cc tells whether it is needed.

    pip install tokenizers==0.23.3 sentencepiece==0.2.3 protobuf transformers==5.23.0   # and apt: libutf8proc2 2.8.0
    python tests/golden/make_unicode_differences.py
"""
import ctypes
import io
import pathlib
import tempfile

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers
from transformers.utils import sentencepiece_model_pb2_new as spm_proto

OUT = pathlib.Path(__file__).resolve().parents[2] / "src/text/unicode_differences.h"
CODE_POINTS = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]


class Property(ctypes.Structure):
    _fields_ = [("category", ctypes.c_int16), ("combining_class", ctypes.c_int16)]


utf8proc = ctypes.CDLL("libutf8proc.so.2")
utf8proc.utf8proc_category_string.restype = ctypes.c_char_p
utf8proc.utf8proc_version.restype = ctypes.c_char_p
utf8proc.utf8proc_unicode_version.restype = ctypes.c_char_p
utf8proc.utf8proc_tolower.restype = ctypes.c_int32
utf8proc.utf8proc_grapheme_break.restype = ctypes.c_bool
utf8proc.utf8proc_get_property.restype = ctypes.POINTER(Property)
CATEGORY = {c: utf8proc.utf8proc_category_string(c).decode() for c in CODE_POINTS}
CLASS = {c: utf8proc.utf8proc_get_property(c).contents.combining_class for c in CODE_POINTS}


def decomposed(c, options):
    buffer = (ctypes.c_int32 * 64)()
    count = utf8proc.utf8proc_decompose_char(c, buffer, 64, options, None)
    return "".join(map(chr, buffer[:count]))


def in_category(*categories):
    return {c for c in CODE_POINTS if CATEGORY[c].startswith(categories)}


def between(change):
    """Code points -> what `change` makes of them between two letters."""
    return {c: change("a" + chr(c) + "b")[1:-1] for c in CODE_POINTS}


def bert(**options):
    off = dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False)
    return between(normalizers.BertNormalizer(**{**off, **options}).normalize_str)


def ranges(points):
    out = []
    for c in sorted(points):
        if out and out[-1][1] == c - 1:
            out[-1][1] = c
        else:
            out.append([c, c])
    return out


def charsmap(sources):
    """A SentencePiece rule map that turns each of `sources` into X."""
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as rules:
        rules.writelines(f"{ord(c):X}\t58\n" for c in sources)
        rules.flush()
        out = io.BytesIO()
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(["b c d e f"] * 50), model_writer=out, vocab_size=20, hard_vocab_limit=False,
            normalization_rule_tsv=rules.name, minloglevel=2)
    return spm_proto.ModelProto.FromString(out.getvalue()).normalizer_spec.precompiled_charsmap


tables = []


def table(name, note, points):
    body = ", ".join(f"{{0x{a:04X}, 0x{b:04X}}}" for a, b in ranges(points))
    tables.append(f"/// {note}\ninline constexpr Range {name}[] = {{{body}}};\n")


def both(only_utf8proc, only_reference, what, ours, reference):
    """Up to two tables; one that would be empty is left out, and unicode.cc does not use it."""
    if ours - reference:
        table(only_utf8proc, f"{what}: utf8proc says so, the reference does not.", ours - reference)
    if reference - ours:
        table(only_reference, f"{what}: the reference says so, utf8proc does not.", reference - ours)


# ---- the clean-up of BertNormalizer ------------------------------------------------------------------------------
cleaned = bert(clean_text=True)
dropped = {c for c, result in cleaned.items() if result == ""} - {0, 0xFFFD}
both("kNotControl", "kControl", "Dropped as a control, format or private character",
     in_category("Cc", "Cf", "Co") - {0, 9, 10, 13}, dropped)

nfd = between(normalizers.NFD().normalize_str)
nfkd = between(normalizers.NFKD().normalize_str)
stripped = bert(strip_accents=True)
marks = {c for c in CODE_POINTS if stripped[c] == ""}
assert all(stripped[c] == "".join(d for d in nfd[c] if ord(d) not in marks) for c in CODE_POINTS)
marks = {c for c in marks if nfd[c] == chr(c)}
ours = {c for c in in_category("Mn") if nfd[c] == chr(c)}
both("kNotNonspacing", "kNonspacing", "Mn, as BertNormalizer's strip_accents sees it", ours, marks)

accents = between(normalizers.StripAccents().normalize_str)
both("kNotAccent", "kAccent", "M*, as the normalizer StripAccents sees it", in_category("M"),
     {c for c, result in accents.items() if result == ""})

# ---- decomposition ------------------------------------------------------------------------------------------------
STABLE, COMPATIBLE, DECOMPOSE = 2, 4, 16
no_canonical = {c for c in CODE_POINTS if nfd[c] != decomposed(c, STABLE | DECOMPOSE)}
no_compatible = {c for c in CODE_POINTS if nfkd[c] != decomposed(c, STABLE | DECOMPOSE | COMPATIBLE)}
assert all(nfd[c] == chr(c) for c in no_canonical)
assert all(nfkd[c] == chr(c) for c in no_compatible)
table("kNoDecomposition", "Canonical decompositions that the reference does not know.", no_canonical)
table("kNoCompatibility", "Canonical or compatible decompositions that NFKD of the reference does not know.",
      no_compatible)

# A combining class shows in how two marks are ordered. One old mark of each class is the yard stick.
yard = {1: 0x334, 7: 0x93C, 8: 0x3099, 9: 0x94D, 84: 0xC55, 91: 0xC56, 103: 0xE38, 107: 0xE48, 118: 0xEB8,
        122: 0xEC8, 129: 0xF71, 130: 0xF72, 132: 0xF74, 202: 0x321, 214: 0x1DCE, 216: 0x31B, 218: 0x302A, 220: 0x316,
        222: 0x59A, 224: 0x302E, 226: 0x1D16D, 228: 0x5AE, 230: 0x300, 232: 0x315, 233: 0x35C, 234: 0x35D, 240: 0x345}
no_class = set()
for c in in_category("M") | {c for c in CODE_POINTS if CLASS[c]}:
    if nfd[c] != chr(c):
        continue
    order = {}
    for value, mark in yard.items():
        after = normalizers.NFD().normalize_str("x" + chr(c) + chr(mark))[1:] != chr(c) + chr(mark)
        before = normalizers.NFD().normalize_str("x" + chr(mark) + chr(c))[1:] != chr(mark) + chr(c)
        order[value] = (after, before)
    if order != {value: (CLASS[c] > value, 0 < CLASS[c] < value) for value in yard}:
        assert not any(after or before for after, before in order.values()), hex(c)
        no_class.add(c)
table("kNoCombiningClass", "Combining classes that the reference does not know: 0 there.", no_class)

# ---- letters and words ---------------------------------------------------------------------------------------------
lowered = bert(lowercase=True)
new_lower = [c for c in CODE_POINTS if lowered[c] != chr(utf8proc.utf8proc_tolower(c)) and c != 0x130]
pairs = []
for c in new_lower:
    assert len(lowered[c]) == 1
    offset = ord(lowered[c]) - c
    if pairs and pairs[-1][1] == c - 1 and pairs[-1][2] == offset:
        pairs[-1][1] = c
    else:
        pairs.append([c, c, offset])
tables.append("/// Lower-case letters that utf8proc does not know, as first, last, offset. (U+0130 is in unicode.cc.)\n"
              "inline constexpr Lower kLower[] = {"
              + ", ".join(f"{{0x{a:04X}, 0x{b:04X}, {o}}}" for a, b, o in pairs) + "};\n")

splits = {c: pre_tokenizers.BertPreTokenizer().pre_tokenize_str("a" + chr(c) + "b") for c in CODE_POINTS}
ascii_punctuation = {c for c in range(33, 127) if not chr(c).isalnum()}
both("kNotPunctuation", "kPunctuation", "Punctuation of BertPreTokenizer",
     in_category("P") | ascii_punctuation, {c for c, pieces in splits.items() if len(pieces) == 3})
white = {c for c, pieces in splits.items() if len(pieces) == 2}
assert white == {0x85, 0xA0, 0x1680, 0x2028, 0x2029, 0x202F, 0x205F, 0x3000, *range(9, 14), 32, *range(0x2000, 0x200B)}
assert white - {0xB, 0xC, 0x85} == {c for c, result in cleaned.items() if result == " "}

probe = Tokenizer(models.WordPiece({"[UNK]": 0, "Q": 1}, unk_token="[UNK]"))
probe.add_tokens([AddedToken("Q", single_word=True, normalized=False)])
word = {c for c in CODE_POINTS if 1 not in probe.encode(chr(c) + "Q", add_special_tokens=False).ids}
both("kNotWord", "kWord", "Word character (\\w of the regex crate)",
     in_category("L", "M", "Nd", "Nl", "Pc") | {0x200C, 0x200D, *range(0x24B6, 0x24EA), *range(0x1F130, 0x1F14A),
                                                *range(0x1F150, 0x1F16A), *range(0x1F170, 0x1F18A)}, word)

# ---- grapheme clusters: one whose first character is in a rule map is replaced whole --------------------------------
cluster = normalizers.Precompiled(charsmap("a")).normalize_str
both("kNotExtending", "kExtending", "Joins the grapheme cluster of a letter before it",
     {c for c in CODE_POINTS if not utf8proc.utf8proc_grapheme_break(0x61, c)},
     {c for c in CODE_POINTS if cluster("a" + chr(c)) == "X"})
prepending, leading, asked = set(), set(), [c for c in CODE_POINTS if 0x80 <= c < 0x20000 or 0xE0000 <= c < 0xE1000]
for begin in range(0, len(asked), 16384):
    block = asked[begin:begin + 16384]
    cluster = normalizers.Precompiled(charsmap(map(chr, block))).normalize_str
    prepending |= {c for c in block if cluster(chr(c) + "a") == "X"}
    leading |= {c for c in block if c < 0x10000 and cluster(chr(c) + "\u0301") == "X"}
both("kNotPrepending", "kPrepending", "Joins the grapheme cluster of a letter after it",
     {c for c in asked if not utf8proc.utf8proc_grapheme_break(c, 0x61)}, prepending)
ours = {c for c in asked if c < 0x10000 and not utf8proc.utf8proc_grapheme_break(c, 0x301)}
both("kNotLeading", "kLeading", "A combining mark after it joins its grapheme cluster", ours, leading | {0x301})

OUT.write_text(f"""\
// Where the Rust `tokenizers` library {tokenizers.__version__} and utf8proc {utf8proc.utf8proc_version().decode()} \
(Unicode {utf8proc.utf8proc_unicode_version().decode()}) disagree.
// Written by tests/golden/make_unicode_differences.py, which asks both about every code point. Do not edit.
#pragma once

#include <cstdint>

namespace mtnlp::unicode_differences {{

struct Range {{
  uint32_t first, last;
}};
struct Lower {{
  uint32_t first, last;
  int32_t offset;
}};

""" + "\n".join(tables) + "\n}  // namespace mtnlp::unicode_differences\n")
print("wrote", OUT)
