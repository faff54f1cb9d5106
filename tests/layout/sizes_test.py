"""The sizes that the house keeps to: of a function, a class, a file, a header, a floor; and that nothing stands in it twice."""

import collections
import pathlib
import re
import statistics
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
MOST_OF_FUNCTION, MOST_OF_FILE, MOST_OF_HEADER, MOST_MEMBERS, MOST_COPIED = 60, 350, 50, 15, 12
MOST_OF_FLOOR = 0.2  # of all lines of src and include

# A comment, a string or a character: what may hold braces that are none.
QUIET = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
DIRECTIVE = re.compile(r"^\s*#(?:[^\n]*\\\n)*[^\n]*", re.M)


def blanked(text):
    """Returns C++ `text` of as many lines, without comments, directives and what is in quotes."""
    for noise in (QUIET, DIRECTIVE):
        text = noise.sub(lambda match: "\n" * match[0].count("\n"), text)
    return text


class Block:
    """A pair of braces: what stands before it, its lines, and the statements and blocks right in it."""

    def __init__(self, head, first, outer):
        self.head, self.first, self.last, self.outer = head, first, first, outer
        self.statements, self.blocks = [], []
        words = re.sub(r"^(?:template\s*<.*?>\s*(?=class|struct|union|\w)|\[\[.*?\]\]\s*)+", "", head)
        self.is_scope = outer is None or bool(re.match(r"(?:inline\s+)?namespace\b|extern\b", words))
        named = re.match(r"(class|struct|union)\s+(?:\[\[.*?\]\]\s*)?(\w[\w:]*)", words)
        self.is_class = bool(named) and "(" not in words.split("{")[0].split(":")[0]
        self.name = named[2] if self.is_class else " ".join(head.split())
        outside = outer is None or outer.is_scope or outer.is_class
        # In "A(int b) : b_{b} {}" the first braces are not those of the function.
        in_initialisers = re.search(r"\)\s*(?:noexcept\s*)?:(?!:)", head) and head[-1] not in ")}"
        self.is_function = (outside and not self.is_class and not self.is_scope and "(" in head and head[-1] != "="
                            and not in_initialisers)


def read_blocks(text):
    """Returns all pairs of braces of a C++ source, each of which knows what it stands in."""
    top = Block("", 1, None)
    open_block, blocks, head, start, line = top, [], "", 1, 1
    for char in blanked(text):
        if char == "\n":
            line += 1
        if not head.strip():
            start, head = line, ""
        if char == "{":
            block = Block(head.strip(), start, open_block)
            open_block.blocks.append(block)
            blocks.append(block)
            open_block, head = block, ""
        elif char == "}":
            open_block.last = line
            inner, open_block = open_block, open_block.outer or top
            # A value in braces or an initialiser goes on; a function or a scope ends what stands before it.
            head = "" if inner.is_function or inner.is_scope or inner.is_class else inner.head + " {}"
            start = inner.first
        elif char == ";":
            open_block.statements.append(head.strip())
            head = ""
        else:
            head += char
    return blocks


def data_members(block):
    """Returns how many variables the class `block` holds: not its functions, types and constants."""
    count = 0
    for statement in block.statements:
        words = re.sub(r"^(?:(?:public|private|protected)\s*:\s*)+", "", " ".join(statement.split()))
        if not words or re.match(r"(?:static|using|typedef|friend|enum|class|struct|template|explicit|virtual|~)\b", words):
            continue
        value = re.split(r"=|\{\}", words)[0]
        flat = value
        while (shorter := re.sub(r"<[^<>]*>", "", flat)) != flat:
            flat = shorter
        if "(" not in flat:
            count += 1 + flat.count(",")
    return count


def read_sources():
    """Returns {name below the root: text} of all files of src and include."""
    return {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for top in ("src", "include")
            for path in sorted((ROOT / top).rglob("*")) if path.suffix in (".cc", ".h")}


def copied(sources, least):
    """Returns the places of runs of `least` lines that two places share; comments, blank lines and includes apart."""
    seen, faults = {}, []
    for name, text in sources.items():
        lines = [(number, " ".join(line.split())) for number, line in enumerate(blanked_but_strings(text).splitlines(), 1)]
        lines = [(number, line) for number, line in lines if re.search(r"\w", line) and not line.startswith("#")]
        end = 0
        for at in range(len(lines) - least + 1):
            run = "\n".join(line for _, line in lines[at:at + least])
            place = f"{name}:{lines[at][0]}"
            if run not in seen:
                seen[run] = place
            elif at >= end:
                faults.append(f"{place}: {least} lines stand at {seen[run]} too")
                end = at + least
    return faults


def blanked_but_strings(text):
    return re.sub(r"^\s*//[^\n]*", "", text, flags=re.M)


class Sizes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.sources = read_sources()
        cls.lines = {name: text.count("\n") for name, text in cls.sources.items()}

    def expect_none(self, faults):
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_functions(self):
        self.expect_none([f"{name}:{block.first}: {block.last - block.first + 1} lines: {block.name[:100]}"
                          for name, text in self.sources.items() for block in read_blocks(text)
                          if block.is_function and block.last - block.first + 1 > MOST_OF_FUNCTION])

    def test_classes(self):
        self.expect_none([f"{name}:{block.first}: {block.name} has {data_members(block)} members"
                          for name, text in self.sources.items() for block in read_blocks(text)
                          if block.is_class and data_members(block) > MOST_MEMBERS])

    def test_files(self):
        self.expect_none([f"{name}: {lines} lines" for name, lines in self.lines.items() if lines > MOST_OF_FILE])

    def test_headers(self):
        self.assertLessEqual(statistics.median(lines for name, lines in self.lines.items() if name.endswith(".h")), MOST_OF_HEADER)

    def test_floors(self):
        floors = collections.Counter()
        for name, lines in self.lines.items():
            floors["/".join(name.split("/")[:2])] += lines
        most = MOST_OF_FLOOR * sum(floors.values())
        self.expect_none([f"{floor}: {lines} of {sum(floors.values())} lines" for floor, lines in floors.items() if lines > most])

    def test_nothing_is_copied(self):
        self.expect_none(copied(self.sources, MOST_COPIED))


class Measures(unittest.TestCase):
    TEXT = """// void no_function() {
#define NOR_THIS(x) { x }
namespace a {
constexpr char kBrace = '{';
const std::vector<int> kValues = {
    1,
};
template <typename T>
struct Pair : Base<T> {
  explicit Pair(T a) : first(a), second{a} {}
  T first, second;
  std::map<std::string, std::function<void(int)>> third = {};
  static constexpr int kNone = 0;
  int size() const { return 1; }
  enum class Kind { kOne };
};

void f(int a,
       int b) {
  const auto g = [&] {
    return "}";
  };
  if (a) {
    b();
  }
}
}  // namespace a
"""

    def test_functions_are_found_with_all_their_lines(self):
        functions = {block.name: block.last - block.first + 1 for block in read_blocks(self.TEXT) if block.is_function}
        self.assertEqual(functions, {"explicit Pair(T a) : first(a), second {}": 1, "int size() const": 1,
                                     "void f(int a, int b)": 9})

    def test_members_of_a_class_are_its_variables(self):
        self.assertEqual([(block.name, data_members(block)) for block in read_blocks(self.TEXT) if block.is_class],
                         [("Pair", 3)])

    def test_copies_are_found_without_comments_and_white_space(self):
        body = [f"  call({i});" for i in range(12)]
        sources = {"a.cc": "\n".join(body), "b.cc": "int x;\n" + "\n  // words\n".join(line + " " for line in body)}
        self.assertEqual(copied(sources, 12), ["b.cc:2: 12 lines stand at a.cc:1 too"])
        self.assertEqual(copied(sources, 13), [])


if __name__ == "__main__":
    unittest.main()
