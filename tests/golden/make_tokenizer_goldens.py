#!/usr/bin/env python3
"""Writes tests/golden/tokenizers/: lines, vocabularies and what the reference libraries make of the lines.

    pip install tokenizers==0.23.3 transformers==5.23.0 sentencepiece==0.2.3 protobuf==7.36.2
    python tests/golden/make_tokenizer_goldens.py MINILM      # a folder with the vocab.txt of all-MiniLM-L6-v2

Two runs with the same versions write the same bytes. All lines are made here: sentences written for the purpose,
short extracts of works in the public domain, article 1 of the Universal Declaration of Human Rights, and what a
seeded generator makes of them. vocab.txt is copied from sentence-transformers/all-MiniLM-L6-v2 (Apache-2.0), where
it is that of google-bert/bert-base-uncased.

The SentencePiece models are trained on tokenizers/training.txt, which is not made here. All of it is in the public
domain: 350 sentences of R. D. Blackmore, Clara Vaughan (1864), A. Conan Doyle, The Hound of the Baskervilles (1902),
E. Gaskell, Sylvia's Lovers (1863), G. Eliot, Daniel Deronda (1876), and T. Hardy, Far from the Madding Crowd (1874);
the Universal Declaration of Human Rights in about 30 languages (most of it as the package gflanguages 0.7.11 quotes
it); and well-known lines of Caesar, Virgil, Homer, Kafka, Heine, Goethe, Kant, the Grimms, the Declaration of 1789,
Rousseau, Proust, Descartes, Flaubert, La Fontaine, Cervantes, Calderón, Dante, Manzoni, Collodi, Camões, Machado de
Assis, Mickiewicz, Ersoy, Nguyễn Du, Tolstoy, Pushkin, Lermontov, Dostoevsky, Shevchenko, Solomos, Kabir, Laozi, the
Analects, the Great Learning, the Three Character Classic, Li Bai, Meng Haoran, the Three Kingdoms, Lu Xun, Sōseki, the
Heike, Kamo no Chōmei, Akutagawa, Sei Shōnagon and Kim Sowol.

    lines.json.gz    the lines, a list of strings
    cases.json.gz    name -> {file, settings, ids or crc32 per line}; crc32 is over "101 7592 102"
    pairs.json.gz    "pairs": numbers of two lines each; "cases": name -> length -> crc32 per pair, over "101 7592 102 2026
                     102 | 3", the ids and the place of the first of the second token type (their number if there is none);
                     length "tail 9" keeps the ends of the texts, "all" cuts nothing
    sweep.json.gz    name -> crc32 per block of 1024 code points, each between two letters
    */               the files of one tokenizer each, compressed
"""
import collections
import copy
import gzip
import io
import json
import pathlib
import random
import sys
import tempfile
import zlib

import sentencepiece
import tokenizers
import transformers
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers.convert_slow_tokenizer import import_protobuf

OUT = pathlib.Path(__file__).resolve().parent / "tokenizers"
MINILM = pathlib.Path(sys.argv[1])
BLOCK = 1024
rng = random.Random(20240817)

# ---- lines ---------------------------------------------------------------------------------------------------------

ENGLISH = """It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.
However little known the feelings or views of such a man may be on his first entering a neighbourhood, this truth is so well fixed in the minds of the surrounding families, that he is considered as the rightful property of some one or other of their daughters.
Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, and nothing particular to interest me on shore, I thought I would sail about a little and see the watery part of the world.
It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness, it was the epoch of belief, it was the epoch of incredulity.
Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do: once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it, "and what is the use of a book," thought Alice, "without pictures or conversations?"
"Well!" thought Alice to herself, "after such a fall as this, I shall think nothing of tumbling down stairs!"
You don't know about me without you have read a book by the name of The Adventures of Tom Sawyer; but that ain't no matter.
Mr. Sherlock Holmes, who was usually very late in the mornings, save upon those not infrequent occasions when he was up all night, was seated at the breakfast table.
No one would have believed in the last years of the nineteenth century that this world was being watched keenly and closely by intelligences greater than man's and yet as mortal as his own.
I have of late—but wherefore I know not—lost all my mirth, forgone all custom of exercises.
The quarterly figures, published on Tuesday, show revenue of $4.2bn (up 3.7%), well above the $3.9bn that analysts had expected.
The new phone weighs 187 grams, has a 6.1-inch screen, and costs £799; pre-orders start at 09:00 on 12/09/2023.
Parliament voted 312-298 against the amendment; the prime minister's spokesman declined to comment.
The actors' performances couldn't save a script that's weaker than the book's first chapter.
She scored twice in the second half, and the under-21 team won 3–1 after extra time.
Visit https://www.example.com/path/to/page.html?query=1&lang=en#top or write to someone_else@example.org for details.
C++20, C#, F#, .NET, Node.js, TCP/IP and x86-64 are all tokens of a sort; so is 1,234,567.89e-10.
The (so-called) "state-of-the-art" method: O(n log n) -- or is it O(n^2)?!
I'd've thought they'll've finished by now, wouldn't you? Y'all're right.
the cat sat on the mat. THE CAT SAT ON THE MAT. The Cat Sat On The Mat.""".split("\n")

TWEETS = """@user omg this is SO good 😂😂😂 #blessed #nofilter
just landed in NYC ✈️🗽 can't wait 2 c u all!!! xoxo
why is the wifi ALWAYS down on mondays 😤😤 @BigTelco fix it pls
RT @someone: "Never gonna give you up" 🎶🕺 http://t.co/abc123XYZ
happy bday bestie!!! 🎂🎉🥳❤️🧡💛💚💙💜 luv uuuu
ugh. 6am alarm. 3 coffees. still 😴... send help ☕️☕️☕️
best. game. EVER. ⚽️🏆 #WorldCup2022 🇦🇷🇫🇷 3-3 (4-2 pens)
my dog 🐶 > your dog (sorry not sorry) ¯\\_(ツ)_/¯
new post is up 👉 link in bio 👈 pls rt 🙏🏽🙏🏿
👨‍👩‍👧‍👦 family day at the beach 🏖️ w/ the kids &amp; grandma 👵🏻
lol idk ... maybe??? :-) ;-P <3 </3 ^_^ T_T o_O
I'm not crying, you're crying 😭 (ok fine I'm crying) #ThisIsUs""".split("\n")

WORLD = """Alle Menschen sind frei und gleich an Würde und Rechten geboren. Sie sind mit Vernunft und Gewissen begabt und sollen einander im Geist der Brüderlichkeit begegnen.
Tous les êtres humains naissent libres et égaux en dignité et en droits. Ils sont doués de raison et de conscience et doivent agir les uns envers les autres dans un esprit de fraternité.
Todos los seres humanos nacen libres e iguales en dignidad y derechos y, dotados como están de razón y conciencia, deben comportarse fraternalmente los unos con los otros.
Todos os seres humanos nascem livres e iguais em dignidade e em direitos. Dotados de razão e de consciência, devem agir uns para com os outros em espírito de fraternidade.
Tutti gli esseri umani nascono liberi ed eguali in dignità e diritti. Essi sono dotati di ragione e di coscienza.
Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw. Zażółć gęślą jaźń.
Všichni lidé rodí se svobodní a sobě rovní co do důstojnosti a práv. Příliš žluťoučký kůň úpěl ďábelské ódy.
Tất cả mọi người sinh ra đều được tự do và bình đẳng về nhân phẩm và quyền lợi. Người ta cần được đối xử bình đẳng.
Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar. İstanbul'da IŞIK ışık, İNCİ inci, Diyarbakır.
Все люди рождаются свободными и равными в своём достоинстве и правах. Съешь же ещё этих мягких французских булок, да выпей чаю.
Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα. ΟΔΥΣΣΕΥΣ, Οδυσσεύς· ΣΊΣΥΦΟΣ σίσυφος.
يولد جميع الناس أحرارًا متساوين في الكرامة والحقوق. وقد وهبوا عقلًا وضميرًا وعليهم أن يعامل بعضهم بعضًا بروح الإخاء.
כל בני האדם נולדו בני חורין ושווים בערכם ובזכויותיהם. כֻּלָּם חוֹנְנוּ בִּתְבוּנָה וּבְמַצְפּוּן.
سب انسان آزاد اور حقوق و عزت کے اعتبار سے برابر پیدا ہوئے ہیں۔
सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है। उन्हें बुद्धि और अन्तरात्मा की देन प्राप्त है।
সমস্ত মানুষ স্বাধীনভাবে সমান মর্যাদা এবং অধিকার নিয়ে জন্মগ্রহণ করে।
மனிதப் பிறிவியினர் சகலரும் சுதந்திரமாகவே பிறக்கின்றனர்; அவர்கள் மதிப்பிலும், உரிமைகளிலும் சமமானவர்கள்.
మానవులందరు స్వాతంత్య్రంతో జన్మించారు. ಎಲ್ಲಾ ಮಾನವರೂ ಸ್ವತಂತ್ರರಾಗಿಯೇ ಜನಿಸಿದ್ದಾರೆ. മനുഷ്യരെല്ലാവരും തുല്യാവകാശങ്ങളോടെ ജനിച്ചിട്ടുള്ളവരാണ്.
มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ ต่างมีเหตุผลและมโนธรรม และควรปฏิบัติต่อกันด้วยเจตนารมณ์แห่งภราดรภาพ
လူတိုင်းသည် တူညီ လွတ်လပ်သော ဂုဏ်သိက္ခာဖြင့် မွေးဖွားလာသူများ ဖြစ်သည်။ មនុស្សទាំងអស់ កើតមកមានសេរីភាព។ ມະນຸດທຸກຄົນເກີດມາມີກຽດສັກສີ
人人生而自由,在尊严和权利上一律平等。他们赋有理性和良心,并应以兄弟关系的精神相对待。
學而時習之，不亦說乎？有朋自遠方來，不亦樂乎？人不知而不慍，不亦君子乎？
吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。カタカナとひらがな、ﾊﾝｶｸもある。
모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 천부적으로 이성과 양심을 부여받았으며
ყველა ადამიანი იბადება თავისუფალი. ᲧᲕᲔᲚᲐ ᲐᲓᲐᲛᲘᲐᲜᲘ. Բոլոր մարդիկ ծնվում են ազատ ու հավասար։
የሰው፡ልጅ፡ሁሉ፡ሲወለድ፡ነጻና፡በክብርና፡በመብትም፡እኩልነት፡ያለው፡ነው። ᏂᎦᏓ ᎠᏂᏴᏫ ᏂᎨᎫᏓᎸᎾ ꮒꭶꮣ
Hið íslenska þing: ÞÆÖ æðö. Fluß STRASSE straße ẞ. Ǆ ǅ ǆ Ǉ ǈ ǉ. ŒUVRE œuvre. ĲSBEER ĳs.
ﬁnal ﬂoor oﬃce ﬀ ﬄ ﬅ ﬆ; ＦＵＬＬ－ＷＩＤＴＨ　ｔｅｘｔ，１２３！ ℡ № ℃ Å Ω ½ ⅷ ① ㈱ ㍿ ﷺ ﷽""".split("\n")

# Written with escapes, since no eye can check them: what breaks tokenizers.
ZWJ = ["\U0001F468\u200d\U0001F469\u200d\U0001F467\u200d\U0001F466", "\U0001F469\U0001F3FD\u200d\U0001F4BB",
       "\U0001F3F3\ufe0f\u200d\U0001F308", "\u2764\ufe0f\u200d\U0001F525", "\U0001F9D1\u200d\U0001F680", "\u200d", "a\u200db",
       "\U0001F44D\U0001F3FF", "\u0031\ufe0f\u20e3", "\u00a9\ufe0f", "\u00ae\ufe0e", "\u2122\ufe0f", "\U0001F600\U0001F601"]
FLAGS = ["\U0001F1E9\U0001F1EA", "\U0001F1EF\U0001F1F5", "\U0001F1E6\U0001F1E7\U0001F1E8", "\U0001F1FA",
         "\U0001F3F4\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", "\U0001F3F4\u200d\u2620\ufe0f"]
MARKS = ["e\u0301", "n\u0303", "o\u0302\u0301", "a\u0323\u0302", "a\u0302\u0323", "\u1ea5", "\u0344", "\u0f73", "q\u0307\u0323",
         "\u0301x", "c\u0327\u0301", "\u212b", "\u0958", "\u1112\u1161\u11ab", "\ud55c", "z\u0351\u036b\u0343\u036a",
         "k\u0336e\u0336", "\U0001D15E", "\U0001D165\U0001D16D", "\u302f\u302e", "x\u0334\u302f\u0301", "\u0f71\u0f72", "\u1a60\u1a75",
         "\u0897a", "a\u0897", "\u08d4\u0301", "\u1abf\u0316", "\U00011C3F\u0301", "\U0001E000\u0316", "o\u0308\u0304", "\u022b"]
CONTROLS = ["\x00", "\x01", "\x07", "\x08", "\t", "\n", "\x0b", "\x0c", "\r", "\r\n", "\x1b[31m", "\x1c", "\x1f", "\x7f", "\x80",
            "\x85", "\x9f", "\xa0", "\xad", "\u061c", "\u200b", "\u200c", "\u200e", "\u200f", "\u2028", "\u2029", "\u202e",
            "\u2060", "\u2065", "\ufeff", "\ufff9", "\ufffd", "\uffff", "\ue000", "\uf8ff", "\U000E0001", "\U000F0000", "\U0010FFFF",
            "\u180e", "\u1680", "\u2003", "\u202f", "\u205f", "\u3000", "\ufdd0", "\u0378", "\u0600", "\u06dd", "\u070f", "\u08e2",
            "\U000110BD", "\U000110CD", "\U00013430", "\U0001BCA0"]
LETTERS = ["\u0130", "\u0131", "I", "\u03a3", "\u03c2", "\u03c3", "\u1e9e", "\u00df", "\u01c5", "\u2126", "\u212a", "\u10a0", "\u1c90", "\u13a0",
           "\uab70", "\ua64a", "\u2c2f", "\u1c89", "\ua7cb", "\ua7dc", "\U00010400", "\U00010D50", "\U00016EA0", "\U0001E900", "\u0345",
           "\u1fb3", "\u1f88", "\u0149", "\u01f0", "\u24b6", "\U0001F170", "\ufb00", "\ufb13", "\u00aa", "\u2160"]
PUNCTUATION = list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~") + [
    "\u00a1", "\u00ab", "\u00b7", "\u2018", "\u2019", "\u201c", "\u201d", "\u2013", "\u2014", "\u2026", "\u2030", "\u2044", "\u3001", "\u3002",
    "\uff01", "\uff5e", "\u061f", "\u0964", "\u1362", "\u166d", "\u2e43", "\u2e52", "\U00010100", "\U000111C9", "\U00011F43", "\u20ac",
    "\u00a3", "\u2200", "\u00a7", "\u00b6", "\u203f", "\uff3f"]
CJK = ["\u4e2d\u6587", "\u3400", "\u9fff", "\uf900", "\ufa0e", "\ufaff", "\U00020000", "\U0002A6DF", "\U0002A6E0", "\U0002B740", "\U0002B820",
       "\U0002B920", "\U0002F800", "\U0002FA1F", "\U00030000", "\u3042\u30a2", "\u3005", "\u30fc", "\uff76\uff9e", "\u31f0", "\u2e80", "\u3300"]
SPECIALS = ["[CLS]", "[SEP]", "[PAD]", "[UNK]", "[MASK]", "[cls]", "[Sep]", "[ SEP ]", "[SEP", "SEP]", "[[SEP]]", "[SEP][SEP]", "[MASK]ed",
            "<s>", "</s>", "<pad>", "<unk>", "<mask>", " <mask>  ", "<S>", "<s", "s>", "<extra_id_0>", "<extra_id_99>", "<extra_id_100>",
            "\u2581", "\u2581\u2581x", "``", "''", "##ing", "##", "[unused0]", "[NEW]", "x[NEW]y", "Tok", "Token", "caf\u00e9!", "CAFE!"]

words = sorted({word for line in ENGLISH + TWEETS + WORLD for word in line.split()})


def some(pool, least, most):
    return [pool[rng.randrange(len(pool))] for _ in range(rng.randint(least, most))]


def mixed(*pools, least=1, most=12):
    """Parts of the pools and ordinary words, glued or spaced at random."""
    out = []
    for _ in range(rng.randint(least, most)):
        pool = pools[rng.randrange(len(pools))] if rng.random() < 0.5 else words
        out.append(pool[rng.randrange(len(pool))])
        if rng.random() < 0.6:
            out.append(" ")
    return "".join(out)


def scattered(first, last):
    """Random code points of a range."""
    points = [rng.randint(first, last) for _ in range(rng.randint(1, 24))]
    return "".join(chr(c) + (" " if rng.random() < 0.1 else "") for c in points if not 0xD800 <= c < 0xE000)


def first_lines():
    """300 lines of what people write."""
    out = ENGLISH + TWEETS + WORLD
    while len(out) < 300:
        source = ENGLISH if rng.random() < 0.5 else TWEETS if rng.random() < 0.5 else WORLD
        cut = some(source, 1, 1)[0].split()
        begin = rng.randrange(len(cut))
        line = " ".join(cut[begin:begin + rng.randint(1, 30)])
        out = out + [rng.choice([line, line.upper(), line.title(), line + " " + some(TWEETS, 1, 1)[0]])]
    return out[:300]


def make_lines():
    out = first_lines()
    out += ["", " ", "\t", "\n", "\u3000", "  \u00a0 ", ".", "##", "\u0301", "\x00", "\ufffd", "[SEP]", " [SEP] ", "\u2581"]
    for pools in ((ZWJ,), (FLAGS,), (ZWJ, FLAGS), (MARKS,), (CJK,), (CONTROLS,), (CONTROLS, MARKS), (LETTERS,), (PUNCTUATION,),
                  (SPECIALS,), (SPECIALS, CONTROLS), (SPECIALS, PUNCTUATION), (MARKS, LETTERS, CJK),
                  (ZWJ, FLAGS, MARKS, CONTROLS, LETTERS, PUNCTUATION, CJK, SPECIALS)):
        out += [mixed(*pools) for _ in range(220)]
    for first, last in ((0, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x8FF), (0x900, 0xDFF), (0xE00, 0x109F),
                        (0x10A0, 0x1CFF), (0x1D00, 0x2BFF), (0x2C00, 0x33FF), (0x3400, 0xABFF), (0xAC00, 0xD7FF), (0xF900, 0xFFFF),
                        (0x10000, 0x11FFF), (0x12000, 0x1CFFF), (0x1D000, 0x1FFFF), (0x20000, 0x323AF), (0, 0x10FFFF)):
        out += [scattered(first, last) for _ in range(70)]
    for letter in ("a", "Z", "\u00e9", "e\u0301", "\u0130", "\u03c9", "\u6f22", "\U0001F600", "\ud55c"):
        for count in (99, 100, 101, 102, 200):
            out += [letter * count, "x " + letter * count + ", y"]
    out += ["superduper" * n for n in (9, 10, 11, 30)] + ["un" + "believ" * 16 + "able", "-" * 300, "a." * 200]
    for _ in range(240):
        out.append(" ".join(some(words, 5, 60)))
    for length in (600, 1500, 4000):
        out += [" ".join(some(words, length, length)), mixed(MARKS, CJK, PUNCTUATION, SPECIALS, least=length, most=length)]
    out += ["word " * 5000, "\u0301" * 3000, "a" * 20000, "\u4e2d" * 3000, "[SEP]" * 600, " " * 10000, "\U0001F600\u200d" * 1000]
    return out


lines = make_lines()
assert len(lines) >= 5000, len(lines)


# ---- writing -------------------------------------------------------------------------------------------------------

def write(name, content):
    if not isinstance(content, (bytes, str)):
        content = json.dumps(content, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    path = OUT / (name + ".gz")
    path.parent.mkdir(parents=True, exist_ok=True)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9, mtime=0) as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    path.write_bytes(packed.getvalue())


def crc32(text):
    return f"{zlib.crc32(text.encode()):08x}"


cases = {}


def case(name, tokenizer, file, full=False, max_length=None, **settings):
    """What `tokenizer` makes of all lines. `settings` is what the test changes in `file` or puts beside it."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if max_length:
        tokenizer.enable_truncation(max_length)
    ids = [encoding.ids for encoding in tokenizer.encode_batch(lines)]
    cases[name] = {"file": file, **settings}
    if max_length:
        cases[name]["max_length"] = max_length
    if full:
        cases[name]["ids"] = ids
    else:
        cases[name]["crc32"] = [crc32(" ".join(map(str, line))) for line in ids]


# ---- pairs ---------------------------------------------------------------------------------------------------------

PAIR_LENGTHS = (None, 8, 9, 33, 128)
short = [i for i, line in enumerate(lines) if len(line) < 2000]
line_pairs = [[i, short[(7 * place + 3) % len(short)]] for place, i in list(enumerate(short))[::40]]
line_pairs += [[i, i] for i in short[::400]] + [[lines.index(""), 0], [0, lines.index("")], [lines.index("")] * 2]
pair_cases = {}


def pair_case(name, tokenizer, has_types=True):
    """What `tokenizer` makes of the pairs of lines."""
    def one(encoding):
        types = encoding.type_ids if has_types else [0] * len(encoding.ids)
        second = types.index(1) if 1 in types else len(types)
        assert types == [0] * second + [1] * (len(types) - second)
        return crc32(" ".join(map(str, encoding.ids)) + f" | {second}")

    tokenizer.no_padding()
    result = pair_cases[name] = {}
    for length, direction in [(length, "right") for length in PAIR_LENGTHS] + [(9, "left"), (40, "left")]:
        tokenizer.no_truncation()
        if length:
            tokenizer.enable_truncation(length, strategy="longest_first", direction=direction)
        key = "all" if length is None else f"{length}" if direction == "right" else f"tail {length}"
        result[key] = [one(encoding) for encoding in tokenizer.encode_batch([(lines[i], lines[j]) for i, j in line_pairs])]
    tokenizer.no_truncation()


# ---- WordPiece ------------------------------------------------------------------------------------------------------

USUAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def bert(vocabulary):
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.add_special_tokens(USUAL)
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[(token, vocabulary[token]) for token in ("[CLS]", "[SEP]")])
    return tokenizer


minilm_text = (MINILM / "vocab.txt").read_text(encoding="utf-8")
minilm = bert(models.WordPiece.read_file(str(MINILM / "vocab.txt")))
write("minilm/vocab.txt", minilm_text)
case("minilm", minilm, "minilm/vocab.txt", full=True)
for length in (8, 128, 512):
    case(f"minilm, length {length}", minilm, "minilm/vocab.txt", max_length=length)
pair_case("minilm", minilm)

# A vocabulary that tells characters apart: frequent pieces, and most characters of the lines, alone and as a continuation.
VARIANTS = {
    "uncased": {},
    "cased": {"lowercase": False, "strip_accents": None},
    "accents kept": {"strip_accents": False},
    "cased, accents stripped": {"lowercase": False, "strip_accents": True},
    "chinese characters in words": {"handle_chinese_chars": False},
    "not cleaned": {"clean_text": False},
}
counts = collections.Counter()
for line in lines[:300]:
    for word, _ in pre_tokenizers.BertPreTokenizer().pre_tokenize_str(line + " " + line.lower()):
        counts.update(word[:end] for end in range(2, len(word) + 1))
        counts.update("##" + word[begin:end] for begin in range(1, len(word)) for end in range(begin + 2, len(word) + 1))
# (The library's own trainer breaks ties at random.)
texts = USUAL + sorted(sorted(counts, key=lambda text: (-counts[text], text))[:1500])
characters = set()
for options in VARIANTS.values():
    normalizer = normalizers.BertNormalizer(**options)
    for line in lines:
        characters.update(normalizer.normalize_str(line))
characters = {c for c in sorted(characters) if not c.isspace() and rng.random() < 0.8}
texts += sorted(characters) + sorted("##" + c for c in characters)
probe_vocabulary = {text: id for id, text in enumerate(dict.fromkeys(texts))}
probe = bert(probe_vocabulary)
probe_json = json.loads(probe.to_str())
write("probe/tokenizer.json", probe_json)


def probe_case(name, change, **options):
    changed = copy.deepcopy(probe_json)
    changed.update(change)
    case(name, Tokenizer.from_str(json.dumps(changed)), "probe/tokenizer.json", change=change, **options)


for name, options in VARIANTS.items():
    probe_case(name, {"normalizer": {**probe_json["normalizer"], **options}}, full=name == "cased")
probe_case("cased, length 8", {"normalizer": {**probe_json["normalizer"], **VARIANTS["cased"]}}, max_length=8)
cased = {**probe_json["normalizer"], **VARIANTS["cased"]}
probe_case("lower case first", {"normalizer": {"type": "Sequence", "normalizers": [{"type": "Lowercase"}, cased]}})
probe_case("no normalizer", {"normalizer": None})
top = len(probe_vocabulary)
FLAGS_OFF = dict(single_word=False, lstrip=False, rstrip=False, normalized=False, special=False)
probe_case("added tokens", {"added_tokens": probe_json["added_tokens"] + [
    {**FLAGS_OFF, "id": top, "content": "[NEW]", "lstrip": True},
    {**FLAGS_OFF, "id": top + 1, "content": "caf\u00e9!", "normalized": True},
    {**FLAGS_OFF, "id": top + 2, "content": "Tok", "single_word": True},
    {**FLAGS_OFF, "id": top + 3, "content": "</s>", "rstrip": True},
    {**FLAGS_OFF, "id": top + 4, "content": "</s", "normalized": True, "single_word": True},
    {**FLAGS_OFF, "id": top + 5, "content": "<mask>", "lstrip": True, "rstrip": True}]})

# ---- SentencePiece ----------------------------------------------------------------------------------------------------

training = (OUT / "training.txt").read_text(encoding="utf-8").splitlines() + TWEETS
# Latin, Greek and Cyrillic: what a small vocabulary has room for.
european = [line for line in training if max(filter(str.isalpha, line)) < "\u0530"]
T5_IDS = dict(pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
ALBERT_IDS = dict(pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols="[CLS],[SEP],[MASK]",
                  user_defined_symbols="(,),\u00a3,Tok")
# All of these are pieces, however rare: an unknown would hide what became of them.
odd = {c for pool in (ZWJ, FLAGS, MARKS, LETTERS, PUNCTUATION, CJK, SPECIALS) for text in pool for c in text}
REQUIRED = "".join(c for c in sorted(odd) if c.isprintable() and c not in " \u2581()\u00a3")


def train(sentences, **options):
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(sentences), model_writer=out, model_type="unigram",
                                             num_threads=1, minloglevel=2, required_chars=REQUIRED, **options)
    return out.getvalue()


def train_small(**options):
    return train(european, vocab_size=900, character_coverage=0.998, **options)


def spm_case(name, folder, file, model, config, also_json=False, lengths=()):
    with tempfile.TemporaryDirectory() as path:
        root = pathlib.Path(path)
        (root / file).write_bytes(model)
        (root / "tokenizer_config.json").write_text(json.dumps(config))
        tokenizer = transformers.AutoTokenizer.from_pretrained(root)
        assert type(tokenizer).__name__ == config["tokenizer_class"]
        write(f"{folder}/{file}", model)
        case(name, tokenizer.backend_tokenizer, f"{folder}/{file}", full=also_json, config=config)
        if also_json:
            tokenizer.save_pretrained(root / "saved")
            saved = (root / "saved/tokenizer.json").read_text(encoding="utf-8")
            write(f"{folder}-json/tokenizer.json", json.loads(saved))
            ids = [encoding.ids for encoding in Tokenizer.from_str(saved).encode_batch(lines)]
            assert ids == cases[name]["ids"]  # the test compares this folder with the same ids
        for length in lengths:
            case(f"{name}, length {length}", tokenizer.backend_tokenizer, f"{folder}/{file}", max_length=length,
                 config=config)
        if lengths:
            pair_case(name, tokenizer.backend_tokenizer, "token_type_ids" in tokenizer.model_input_names)


def custom_charsmap():
    """A few rules of our own: of several characters, with an empty result, and on a base that others extend."""
    rules = [("a", "\u00e0"), ("ab", "X"), ("e\u0301", "\u00e9"), ("\u00a9", "(c)"), ("\u0600", "N"), ("\r", " "), ("q", ""), ("\ud55c", "han"),
             ("\u0302", "^"), ("\u2065", "?")]
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        for source, target in rules:
            file.write(" ".join(f"{ord(c):X}" for c in source) + "\t" + " ".join(f"{ord(c):X}" for c in target) + "\n")
        file.flush()
        model = import_protobuf().ModelProto.FromString(train_small(normalization_rule_tsv=file.name, **ALBERT_IDS))
    model.normalizer_spec.normalization_rule_tsv = model.trainer_spec.input_format = ""  # no name of a temporary file
    return model.SerializeToString(deterministic=True)


xlmr_model = train(training + WORLD, vocab_size=2000, character_coverage=0.995, normalization_rule_name="nmt_nfkc")
spm_case("xlm-r", "xlmr", "sentencepiece.bpe.model", xlmr_model, {"tokenizer_class": "XLMRobertaTokenizer"}, also_json=True,
         lengths=(8, 128, 512))
albert_model, rules_model = train_small(normalization_rule_name="nmt_nfkc", **ALBERT_IDS), custom_charsmap()
for name, folder, model, lengths in (("albert", "albert", albert_model, (8, 128)),
                                     ("albert, own rules", "albert-rules", rules_model, ())):
    spm_case(name, folder, "spiece.model", model, {"tokenizer_class": "AlbertTokenizer"}, lengths=lengths)
    spm_case(name + ", cased", folder, "spiece.model", model,
             {"tokenizer_class": "AlbertTokenizer", "do_lower_case": False, "keep_accents": True})
for name, folder, rules, lengths in (("t5", "t5", "nmt_nfkc", (8, 128)), ("t5, no rules", "t5-plain", "identity", ())):
    spm_case(name, folder, "spiece.model", train_small(normalization_rule_name=rules, **T5_IDS),
             {"tokenizer_class": "T5Tokenizer", "extra_ids": 100}, lengths=lengths)

# ---- every code point ---------------------------------------------------------------------------------------------------

CODE_POINTS = [chr(c) if not 0xD800 <= c < 0xE000 else None for c in range(0x110000)]
sweep = {}


def sweep_case(name, result):
    """crc32 per block of the results for "a" + c + "b", each ended with a line feed; surrogates are left out."""
    sweep[name] = [crc32("".join(result("a" + c + "b") + "\n" for c in CODE_POINTS[begin:begin + BLOCK] if c is not None))
                   for begin in range(0, len(CODE_POINTS), BLOCK)]


def words_of(normalizer):
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    return lambda text: "\t".join(word for word, _ in split(normalizer.normalize_str(text)))


for name, options in VARIANTS.items():
    sweep_case("words: " + name, words_of(normalizers.BertNormalizer(**options)))
sweep_case("NFD", normalizers.NFD().normalize_str)
sweep_case("NFKD", normalizers.NFKD().normalize_str)
sweep_case("StripAccents", normalizers.StripAccents().normalize_str)
sweep_case("Lowercase", normalizers.Lowercase().normalize_str)
for name, model in (("xlmr", xlmr_model), ("albert-rules", rules_model)):
    charsmap = import_protobuf().ModelProto.FromString(model).normalizer_spec.precompiled_charsmap
    sweep_case("charsmap: " + name, normalizers.Precompiled(charsmap).normalize_str)
minilm.no_truncation()
sweep_case("ids: minilm", lambda text: " ".join(map(str, minilm.encode(text).ids)))

write("lines.json", lines)
write("cases.json", cases)
write("sweep.json", sweep)
write("pairs.json", {"pairs": line_pairs, "cases": pair_cases})
size = sum(path.stat().st_size for path in OUT.rglob("*.gz"))
print(len(lines), "lines,", len(cases), "cases,", len(sweep), "sweeps,", size, "bytes; tokenizers", tokenizers.__version__,
      "transformers", transformers.__version__, "sentencepiece", sentencepiece.__version__)
