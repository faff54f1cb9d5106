#include "data/row_reader.h"

#include <sys/stat.h>

#include <string>
#include <thread>
#include <vector>

#include <zlib.h>

#include "base/field.h"
#include "base/random.h"
#include "testing.h"
#include "text/segments.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::IsEmpty;
using testing::TempFolder;
using Table = std::vector<std::vector<std::string>>;

std::string gzip(const std::string& text) {
  z_stream zlib{};
  deflateInit2(&zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&zlib, text.size()) + 64, '\0');
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(packed.data());
  zlib.avail_out = static_cast<uInt>(packed.size());
  deflate(&zlib, Z_FINISH);
  packed.resize(zlib.total_out);
  deflateEnd(&zlib);
  return packed;
}

class RowReaderTest : public ::testing::Test {
 protected:
  std::unique_ptr<RowReader> open(const std::string& name, std::string_view content,
                                  RowFormat format = RowFormat::kAuto) {
    return open_rows(folder_.write(name, content).string(), {.format = format});
  }

  /// All rows; the line numbers go to lines_.
  Table rows(RowReader& reader) {
    Table table;
    lines_.clear();
    for (Row row; reader.next(row);) {
      table.push_back(row.fields);
      lines_.push_back(row.line);
    }
    return table;
  }
  Table rows(const std::string& name, std::string_view content) { return rows(*open(name, content)); }

  void expect_bad(const std::string& name, std::string_view content,
                  std::initializer_list<std::string> parts) {
    SCOPED_TRACE(content.substr(0, 60));
    expect_error([&] { rows(name, content); }, parts);
  }

  TempFolder folder_;
  std::vector<size_t> lines_;
};

TEST_F(RowReaderTest, ReadsPlainCsv) {
  const auto reader = open("a.csv", "text,label\none,x\ntwo,\n,y\n");
  EXPECT_THAT(reader->columns(), ElementsAre("text", "label"));
  EXPECT_EQ(reader->format(), RowFormat::kCsv);
  EXPECT_EQ(rows(*reader), (Table{{"one", "x"}, {"two", ""}, {"", "y"}}));
  EXPECT_THAT(lines_, ElementsAre(2, 3, 4));
}

TEST_F(RowReaderTest, ReadsQuotes) {
  EXPECT_EQ(rows("a.csv", "a,\"b\"\n\"x, \"\"y\"\"\",\"\"\n\"\"\"\",z\n5\" disk,\"q\"\n"),
            (Table{{"x, \"y\"", ""}, {"\"", "z"}, {"5\" disk", "q"}}));
}

TEST_F(RowReaderTest, QuotedNewlinesKeepTheLineNumbersExact) {
  EXPECT_EQ(rows("a.csv", "a,b\n\"1\n\n3\",x\r\n\"4\r\n5\",\"\n\"\n6,y"),
            (Table{{"1\n\n3", "x"}, {"4\r\n5", "\n"}, {"6", "y"}}));
  EXPECT_THAT(lines_, ElementsAre(2, 5, 8));
}

TEST_F(RowReaderTest, AcceptsByteOrderMarkCrLfAndAMissingLastNewline) {
  for (const char* name : {"a.csv", "a.tsv"}) {
    const char separator = name[2] == 'c' ? ',' : '\t';
    std::string text = "\xef\xbb\xbftext|label\r\none|x\r\n\r\ntwo|y";
    std::replace(text.begin(), text.end(), '|', separator);
    const auto reader = open(name, text);
    EXPECT_THAT(reader->columns(), ElementsAre("text", "label"));
    EXPECT_EQ(rows(*reader), (Table{{"one", "x"}, {"two", "y"}}));
    EXPECT_THAT(lines_, ElementsAre(2, 4));
  }
  EXPECT_EQ(rows("a.txt", "\xef\xbb\xbfone\r\ntwo\r"), (Table{{"one"}, {"two"}}));
}

TEST_F(RowReaderTest, BlankLinesAreSkippedButNotInLines) {
  EXPECT_EQ(rows("a.csv", "\n\ntext\n\none\n\r\n\"\"\n\n"), (Table{{"one"}, {""}}));
  EXPECT_THAT(lines_, ElementsAre(5, 7));
  EXPECT_EQ(rows("a.jsonl", "\n{\"t\":1}\n \t\n{\"t\":2}\n\n"), (Table{{"1"}, {"2"}}));
  EXPECT_THAT(lines_, ElementsAre(2, 4));
  EXPECT_EQ(rows("a.txt", "\none\n\n"), (Table{{""}, {"one"}, {""}}));
  EXPECT_THAT(lines_, ElementsAre(1, 2, 3));
}

TEST_F(RowReaderTest, TsvQuotesMeanNothing) {
  EXPECT_EQ(rows("a.tsv", "a\tb\n\"x\t\"\"\n\t\n"), (Table{{"\"x", "\"\""}, {"", ""}}));
}

TEST_F(RowReaderTest, JsonlValuesBecomeText) {
  const auto reader = open("a.jsonl",
                           "{\"text\": \"a \\\"b\\\" \\u00e9\\n\", \"label\": 3, \"z\": null}\n"
                           "{\"label\": true, \"extra\": 1, \"text\": 1.5}\n"
                           "{\"text\": [1, {\"k\": null}], \"label\": -7}");
  EXPECT_THAT(reader->columns(), ElementsAre("text", "label", "z"));
  EXPECT_EQ(rows(*reader),
            (Table{{"a \"b\" \xc3\xa9\n", "3", ""}, {"1.5", "true", ""}, {"[1,{\"k\":null}]", "-7", ""}}));
}

TEST_F(RowReaderTest, JsonlKeepsTheRawLine) {
  const auto reader = open("a.jsonl", "{\"b\":1,  \"a\":2}\r\n{}\n");
  Row row;
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.raw, "{\"b\":1,  \"a\":2}");
  EXPECT_THAT(reader->columns(), ElementsAre("b", "a"));
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.raw, "{}");
  EXPECT_THAT(row.fields, ElementsAre("", ""));
  EXPECT_FALSE(reader->next(row));
}

TEST_F(RowReaderTest, EmptyFilesHaveNoColumns) {
  for (const char* name : {"a.csv", "a.tsv", "a.jsonl"})
    for (const char* content : {"", "\n\r\n", "\xef\xbb\xbf"}) {
      const auto reader = open(name, content);
      EXPECT_THAT(reader->columns(), IsEmpty());
      EXPECT_THAT(rows(*reader), IsEmpty());
    }
  EXPECT_THAT(rows("a.txt", ""), IsEmpty());
}

TEST_F(RowReaderTest, ErrorsNameFileAndLine) {
  expect_bad("a.csv", "a,b\n1,2\n1,2,3\n", {"a.csv:3: ", "3 fields found, 2 expected: a, b"});
  expect_bad("a.tsv", "a\tb\n1\n", {"a.tsv:2: ", "1 field found, 2 expected"});
  expect_bad("a.csv", "a,b\n1,2\n3,\"4\n5,6\n\n", {"a.csv:3: ", "never closed"});
  expect_bad("a.csv", "a,\"b\n", {"a.csv:1: ", "never closed"});
  expect_bad("a.csv", "a,b\n\"x\n\n\"y,2\n", {"a.csv:4: ", "\"y\" after a closing quote"});
  expect_bad("a.jsonl", "{\"a\":1}\n{\"a\":}\n",
             {"a.jsonl:2: ", "is not a JSON object: column 6: expected a value, found '}'"});
  expect_bad("a.jsonl", "{\"a\":1}\n\n[1]\n", {"a.jsonl:3: ", "a list"});
  expect_bad("a.jsonl", "{\"a\":1} x\n", {"a.jsonl:1: "});
  expect_bad("a.jsonl", "{\"a\":1}\n{\"a\":1,\"b\":2,\"a\":1}\n",
             {"a.jsonl:2: ", "names the key \"a\" twice"});
  expect_bad("a.jsonl", "{\"a\":{\"b\":1,\"b\":1}}\n", {"a.jsonl:1: ", "names the key \"b\" twice"});
  expect_bad("a.jsonl", "{\"a\":\"\xff\"}\n", {"a.jsonl:1: ", "UTF-8"});
  expect_bad("a.jsonl", "{\"a\":" + std::string(100000, '[') + "}\n",
             {"a.jsonl:1: ", "nests deeper than 100"});
  expect_bad("a.csv", "\xff\xfet\0e\0", {"a.csv", "UTF-16"});
}

TEST_F(RowReaderTest, JsonlBracketsInsideStringsAreNoDepth) {
  const std::string brackets(500, '[');
  EXPECT_EQ(rows("a.jsonl", "{\"a\":\"\\\"" + brackets + "\"}"), (Table{{"\"" + brackets}}));
}

TEST_F(RowReaderTest, RefusesWhatIsNoFile) {
  expect_error([&] { open_rows((folder_.path() / "none.csv").string()); }, {"none.csv", "no such file"});
  expect_error([&] { open_rows(folder_.path().string()); }, {folder_.path().string(), "folder"});
}

TEST_F(RowReaderTest, FormatsComeFromTheName) {
  EXPECT_EQ(open("a.CSV", "")->format(), RowFormat::kCsv);
  EXPECT_EQ(open("a.tsv.gz", "")->format(), RowFormat::kTsv);
  EXPECT_EQ(open("a.jsonl.GZ", "")->format(), RowFormat::kJsonl);
  EXPECT_EQ(open("csv", "")->format(), RowFormat::kLines);
  EXPECT_EQ(open("a.txt", "", RowFormat::kCsv)->format(), RowFormat::kCsv);
  EXPECT_EQ(parse_row_format("jsonl"), RowFormat::kJsonl);
  EXPECT_EQ(parse_row_format("auto"), RowFormat::kAuto);
  expect_error([] { parse_row_format("jsonlines"); }, {"\"jsonlines\"", "lines, csv, tsv, jsonl, json"});
  expect_error([] { parse_row_format("cvs"); }, {"did you mean \"csv\"?"});
}

TEST_F(RowReaderTest, RequireColumnSuggestsTheNearest) {
  const auto reader = open("a.csv", "text,label\n");
  EXPECT_EQ(require_column(*reader, "label"), 1u);
  expect_error([&] { require_column(*reader, "labels"); },
               {"a.csv", "\"labels\"", "text, label", "did you mean \"label\"?"});
  expect_error([&] { require_column(*open("b.csv", ""), "text"); }, {"b.csv", "is empty"});
}

TEST_F(RowReaderTest, GzipByMagicBytes) {
  const Table expected{{"one"}, {"two"}};
  EXPECT_EQ(rows("a.csv", gzip("t\none\ntwo\n")), expected);
  EXPECT_EQ(rows("a.csv.gz", "t\none\ntwo\n"), expected);
  EXPECT_EQ(rows("a.csv.gz", gzip("t\non") + gzip("") + gzip("e\ntwo\n") + std::string(700, '\0')), expected);
  EXPECT_THAT(rows("a.csv.gz", gzip("")), IsEmpty());
}

TEST_F(RowReaderTest, BrokenGzipIsAnError) {
  std::string text = "t\n";
  for (int i = 0; i < 1000; ++i) text += "line " + std::to_string(mix64(static_cast<uint64_t>(i))) + "\n";
  const std::string packed = gzip(text);
  for (size_t cut : {size_t{3}, size_t{12}, packed.size() / 2, packed.size() - 1})
    expect_bad("a.csv.gz", packed.substr(0, cut), {"a.csv.gz:", "end too early"});
  std::string flipped = packed;
  flipped[packed.size() / 2] = static_cast<char>(flipped[packed.size() / 2] ^ 0x55);
  expect_bad("a.csv.gz", flipped, {"a.csv.gz:", "corrupt gzip"});
  std::string wrong_sum = packed;
  wrong_sum[packed.size() - 6] ^= 1;
  expect_bad("a.csv.gz", wrong_sum, {"a.csv.gz:1002: ", "corrupt gzip"});
  expect_bad("a.csv.gz", packed + "tail", {"a.csv.gz:1002: ", "corrupt gzip"});
}

size_t count_line_ends(std::string_view text) {
  size_t count = 0;
  for (size_t i = 0; i < text.size(); ++i)
    count += text[i] == '\n' || (text[i] == '\r' && text.substr(i + 1, 1) != "\n");
  return count;
}

/// Random fields of nasty characters, as csv_line writes them.
TEST_F(RowReaderTest, ReadsBackWhatCsvLineWrites) {
  const std::vector<std::string> bits = {"a",        "\"",           ",",  "\n",   "\r",  "\r\n", " ",
                                         "\xc3\xa9", "\xef\xbb\xbf", "\t", "\"\"", "word"};
  KeyedRandom random(7);
  for (int round = 0; round < 120; ++round) {
    const size_t width = 1 + random.below(4);
    Table expected;
    std::vector<size_t> lines;
    std::string text;
    for (uint64_t i = 0, count = 1 + random.below(8); i <= count; ++i) {
      std::vector<std::string> fields(width);
      for (size_t column = 0; column < width; ++column) {
        if (i == 0) fields[column] = std::to_string(column);
        for (uint64_t n = random.below(6); n > 0; --n) fields[column] += bits[random.below(bits.size())];
      }
      lines.push_back(1 + count_line_ends(text));
      text += csv_line(fields);
      expected.push_back(fields);
    }
    const auto reader = open(round % 2 == 0 ? "a.csv" : "b.csv", round % 3 == 0 ? gzip(text) : text);
    Table table = rows(*reader);
    table.insert(table.begin(), reader->columns());
    lines.erase(lines.begin());
    EXPECT_EQ(table, expected) << text;
    EXPECT_EQ(lines_, lines);
  }
}

/// Quotes, separators and line ends at every place around the end of the reader's window.
TEST_F(RowReaderTest, WindowBoundariesDoNotShow) {
  const std::string rest = "x,\"a\"\"b\r\nc\"\r\n\"d\",e\r\n";
  for (size_t shift = 0; shift < rest.size() + 2; ++shift) {
    const std::string filler((256 << 10) - 4 - shift, 'f');
    const Table table = rows("a.csv", "t," + filler + "\n" + rest);
    EXPECT_EQ(table, (Table{{"x", "a\"b\r\nc"}, {"d", "e"}})) << shift;
    EXPECT_THAT(lines_, ElementsAre(2, 4));
  }
}

TEST_F(RowReaderTest, RowsLargerThanTheWindow) {
  const std::string large(3 << 20, 'L');
  EXPECT_EQ(rows("a.csv", "a,b\n" + large + ",\"" + large + "\n" + large + "\"\ny,z\n"),
            (Table{{large, large + "\n" + large}, {"y", "z"}}));
  EXPECT_THAT(lines_, ElementsAre(2, 4));
}

TEST_F(RowReaderTest, ReadsAPipeByteByByte) {
  const std::string pipe = (folder_.path() / "pipe.csv").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::jthread writer([&] {
    std::ofstream out(pipe, std::ios::binary);
    for (const char c : std::string("t,l\r\n\"a\r\n\"\"b\",x\r\nc,y")) out << c << std::flush;
  });
  const auto reader = open_rows(pipe);
  EXPECT_EQ(rows(*reader), (Table{{"a\r\n\"b", "x"}, {"c", "y"}}));
}

TEST_F(RowReaderTest, RowStorageIsReused) {
  const auto reader = open("a.csv", "a,b\nlong enough to live on the heap,x\ny,z\n");
  Row row;
  ASSERT_TRUE(reader->next(row));
  const char* const storage = row.fields[0].data();
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.fields[0].data(), storage);
  EXPECT_THAT(row.fields, ElementsAre("y", "z"));
}

/// The lines of `text` by their definition: each ends at LF, CRLF or a lone CR.
std::vector<std::string> lines_of(std::string_view text) {
  while (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t length = std::min(text.find_first_of("\r\n"), text.size());
    lines.emplace_back(text.substr(0, length));
    text.remove_prefix(length);
    text.remove_prefix(text.starts_with("\r\n") ? 2 : std::min<size_t>(1, text.size()));
  }
  return lines;
}

/// Any split of any bytes into reads gives the same lines, plain and compressed.
TEST_F(RowReaderTest, ChunksOfAnySizeGiveTheSameLines) {
  const std::vector<std::string> bits = {
      "a", "bc", " ", "\r", "\n", "\r\n", "\n\r", "\xef\xbb\xbf", "\xc3\xa9", std::string(300, 'x')};
  KeyedRandom random(11);
  const std::string pipe = (folder_.path() / "pipe.txt").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  for (int round = 0; round < 150; ++round) {
    std::string text = round % 5 == 0 ? "\xef\xbb\xbf" : "";
    for (uint64_t n = random.below(40); n > 0; --n) text += bits[random.below(bits.size())];
    if (round % 10 == 3)
      text.insert(random.below(text.size() + 1), std::string((256 << 10) - random.below(5), 'y'));
    std::string bytes = text;
    if (round % 3 == 1) {
      const size_t cut = random.below(text.size() + 1);
      bytes = gzip(text.substr(0, cut)) + gzip(text.substr(cut));
    }
    std::jthread writer([&, chunk = 1 + random.below(round % 10 == 3 ? 70'000 : 9)] {
      std::ofstream out(pipe, std::ios::binary);
      for (size_t at = 0; at < bytes.size(); at += chunk) out << bytes.substr(at, chunk) << std::flush;
    });
    const auto reader = open_rows(pipe, {.format = RowFormat::kLines});
    std::vector<std::string> lines;
    for (Row row; reader->next(row);) lines.push_back(row.fields[0]);
    EXPECT_EQ(lines, lines_of(text)) << round;
  }
}

/// What the window is full of when the file ends must be neither moved nor freed under the line.
TEST_F(RowReaderTest, ALastLineWithoutALineEndFillsTheWindow) {
  for (const size_t size : {(256u << 10) - 1, 256u << 10, (256u << 10) + 1, 512u << 10}) {
    std::string line(size, 'z');
    for (size_t i = 0; i < size; i += 7) line[i] = static_cast<char>('a' + i % 26);
    EXPECT_EQ(rows("a.txt", line), (Table{{line}}));
    EXPECT_EQ(rows("a.txt", "short\n" + line), (Table{{"short"}, {line}}));
    EXPECT_EQ(rows("a.csv", "text\n" + line), (Table{{line}}));
  }
  EXPECT_EQ(rows("a.txt", "a\nthe striker scored twice"), (Table{{"a"}, {"the striker scored twice"}}));
}

TEST_F(RowReaderTest, EveryLineEndIsOne) {
  EXPECT_EQ(rows("a.csv", "text,label\ra,x\rb,y\r"), (Table{{"a", "x"}, {"b", "y"}}));
  EXPECT_EQ(rows("a.csv", "text,label\r\na,x\nb,y\rc,z"), (Table{{"a", "x"}, {"b", "y"}, {"c", "z"}}));
  EXPECT_EQ(rows("a.csv", "t,l\r\"a\rb\r\nc\nd\",x\r"), (Table{{"a\rb\r\nc\nd", "x"}}));
  EXPECT_EQ(rows("a.tsv", "t\tl\ra\tx\r"), (Table{{"a", "x"}}));
  EXPECT_EQ(rows("a.jsonl", "{\"a\":1}\r{\"a\":2}\r\n"), (Table{{"1"}, {"2"}}));
  EXPECT_EQ(rows("a.txt", "a\rb\r\rc"), (Table{{"a"}, {"b"}, {""}, {"c"}}));
}

TEST_F(RowReaderTest, ByteOrderMarksAreSkippedAndKnown) {
  EXPECT_TRUE(open("a.csv", "\xef\xbb\xbftext\na\n")->byte_order_mark());
  EXPECT_FALSE(open("a.csv", "text\na\n")->byte_order_mark());
  const auto twice = open("a.csv", "\xef\xbb\xbf\xef\xbb\xbftext\na\n");
  EXPECT_THAT(twice->columns(), ElementsAre("text"));
  EXPECT_THAT(twice->warnings(), ElementsAre(::testing::HasSubstr("2 byte order marks")));
  std::string many;  // more than a reader looks at first
  for (int i = 0; i < 7; ++i) many += "\xef\xbb\xbf";
  EXPECT_THAT(open("a.csv", many + "text\na\n")->columns(), ElementsAre("text"));
}

TEST_F(RowReaderTest, OtherKindsOfFileAreRefusedByName) {
  const auto refused = [&](std::string_view content, const std::string& what) {
    for (const char* name : {"a.csv", "a.txt", "a.jsonl", "a.dat"}) expect_bad(name, content, {name, what});
  };
  const std::string zip = std::string("PK\x03\x04", 4) + std::string(26, '\x01');
  refused(zip + "rows.csv", "zip archive");
  refused(zip + "[Content_Types].xml", "xlsx");
  refused(zip + "xl/workbook.xml", "Excel workbook");
  refused(zip + "mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "OpenDocument");
  refused(std::string("PAR1\x15\x04\x15", 7), "Parquet");
  refused(std::string("SQLite format 3\0\x10", 17), "SQLite");
  refused("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xx", "xls");
  refused(std::string("ARROW1\0\0", 8), "Arrow");
  refused("%PDF-1.7\n", "PDF");
  refused("\x89PNG\r\n\x1a\n", "PNG");
  refused("<!DOCTYPE html>\n<html>", "HTML");
  refused("\n <HTML lang=en>", "HTML");
  refused("version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git-lfs");
  refused(std::string("\xff\xfet\0e\0", 6), "UTF-16");
  refused(std::string("\xfe\xff\0t\0e", 6), "UTF-16");
  refused(std::string("t\0e\0x\0t\0\n\0", 10), "UTF-16 without");
  refused(std::string("\0t\0e\0x\0t\0\n", 10), "UTF-16 without");
  refused(std::string("\xff\xfe\0\0t\0\0\0", 8), "UTF-32");
  refused(std::string("ab\0\0\0c\1\2", 8), "zero bytes");
  refused("text\n" + std::string(1000, 'a') + std::string(1, '\0'), "zero bytes");
  refused("\x01\x02" + std::string(20, 'a'), "control characters");
  refused("<?xml version=\"1.0\"?>", "XML");
  refused(gzip(zip + "rows.csv"), "zip archive");
  refused(gzip(gzip("text\n")), "more than once");
  refused(gzip("rows.csv" + std::string(249, '\0') + "ustar"), "tar archive");
}

/// The magic of a Parquet file is a word that a table may begin with.
TEST_F(RowReaderTest, WordsAreNoMagic) {
  EXPECT_EQ(rows("a.csv", "PAR1,text\nx,y\n"), (Table{{"x", "y"}}));
  EXPECT_EQ(rows("a.txt", "BZhello\nGIF89 is a format\n"), (Table{{"BZhello"}, {"GIF89 is a format"}}));
}

TEST_F(RowReaderTest, UnknownEndingsAndOtherLooksAreSaid) {
  const auto warning = [&](const std::string& name, std::string_view content) {
    const auto reader = open(name, content);
    EXPECT_EQ(reader->format(), RowFormat::kLines);
    return reader->warnings().empty() ? "" : spelled(reader->warnings()[0], Spelling::kOption);
  };
  EXPECT_EQ(warning("a.txt", "one\ntwo\n"), "");
  EXPECT_EQ(warning("a", "one\n"), "");
  EXPECT_THAT(warning("a.dat", "one\n"), ::testing::HasSubstr("ending is unknown; --format"));
  EXPECT_THAT(warning("a.txt", "text,label\na,b\n"), ::testing::HasSubstr("--format csv"));
  EXPECT_THAT(warning("a.txt", "id\ttext\n1\ta\n"), ::testing::HasSubstr("--format tsv"));
  EXPECT_THAT(warning("a.txt", "{\"text\": \"a\"}\n"), ::testing::HasSubstr("--format jsonl"));
  EXPECT_THAT(warning("a.txt", "{\n \"text\": \"a\"}\n"), ::testing::HasSubstr("--format jsonl"));
  EXPECT_THAT(warning("a.txt", "\n[\n {\"text\": \"a\"}\n]"), ::testing::HasSubstr("--format json"));
  EXPECT_THAT(warning("a.txt", "\ntext,label\na,b\n"), ::testing::HasSubstr("--format csv"));
  EXPECT_THAT(warning("a.txt", "sep=;\na;b\n"), ::testing::HasSubstr("--format csv"));
  EXPECT_EQ(warning("a.txt", "[1] a footnote, {not} JSON\n"), "");
  EXPECT_EQ(open("b.txt", "text,label\n", RowFormat::kLines)->warnings().size(), 0u);
}

TEST_F(RowReaderTest, DelimitersAndHeaders) {
  const auto read = [&](std::string_view content, RowOptions options) {
    const auto reader = open_rows(folder_.write("a.csv", content).string(), options);
    Table table = rows(*reader);
    table.insert(table.begin(), reader->columns());
    return table;
  };
  const Table expected{{"text", "label"}, {"a,b", "x"}};
  EXPECT_EQ(read("text;label\na,b;x\n", {.delimiter = ';'}), expected);
  EXPECT_EQ(read("sep=;\ntext;label\na,b;x\n", {}), expected);
  EXPECT_EQ(read("sep=;\r\ntext;label\r\na,b;x\r\n", {}), expected);
  EXPECT_EQ(read("\"text\"\t\"label\"\n\"a,b\"\t\"x\"\n", {.format = RowFormat::kCsv, .delimiter = '\t'}),
            expected);
  EXPECT_EQ(read("a,b\nc,d\n", {.header = false}), (Table{{"1", "2"}, {"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(read("text,,\na,,\nb,c,\n", {}), (Table{{"text", "", ""}, {"a", "", ""}, {"b", "c", ""}}));
  expect_error([&] { open_rows(folder_.write("a.jsonl", "").string(), {.delimiter = ';'}); }, {"delimiter"});
  for (const char* name : {";", "semicolon", "\\t", "tab", "|", ",", "comma", "pipe", ":"})
    EXPECT_EQ(parse_delimiter(delimiter_name(parse_delimiter(name))), parse_delimiter(name));
  for (const char* name : {"", "a", "\"", "\n", ";;", "\xc3\xa9", "0"})
    expect_error([&] { parse_delimiter(name); }, {});
}

TEST_F(RowReaderTest, MissingColumnsAreExplained) {
  const auto missing = [&](const std::string& name, std::string_view content, const std::string& expected,
                           const std::string& column = "text") {
    SCOPED_TRACE(content.substr(0, 40));
    const auto reader = open(name, content);
    expect_error([&] { require_column(*reader, column); }, {name, "no column \"" + column + "\"", expected});
  };
  missing("a.csv", "text;label\na;b\n", "found ';' between columns: delimiter ';'");
  missing("a.csv", "id;text;price, net\n", "delimiter ';'");
  missing("a.csv", "text\tlabel\n", "found tabs between columns: delimiter tab");
  missing("a.csv", "text|label\n", "delimiter '|'");
  missing("a.tsv", "text,label\n", "delimiter ','");
  missing("a.tsv", "\"text\"\t\"label\"\n", "quotes, which mean nothing in TSV: format csv delimiter tab");
  missing("a.csv", "TEXT,LABEL\n", "did you mean \"TEXT\"?");
  missing("a.csv", " text ,label\n", "did you mean \" text \"?");
  missing("a.csv", "text\u200b,label\n", "did you mean \"text\\u{200b}\"?");
  missing("a.csv", "a good film,up\n", "no_header text_column N");
  expect_error(
      [&] { require_column(*open_rows(folder_.write("n.csv", "a\n").string(), {.header = false}), "text"); },
      {"the columns are: 1; text_column"});
  missing("a.csv", "{\"text\": \"a\"}\n", "format jsonl");
  missing("a.txt", "a\n", "plain lines", "label");
  missing("b.csv", "text,label,text\n", "label", "lable");
  expect_error([&] { require_column(*open("a.csv", "text,label,text\n"), "text"); },
               {"\"text\" occurs twice"});
  std::string many = "a0";
  for (int i = 1; i < 5000; ++i) many += "," + std::string(60, 'n') + std::to_string(i);
  try {
    require_column(*open("a.csv", many + "\n"), "text");
    FAIL();
  } catch (const Error& error) {
    EXPECT_LT(std::string(error.what()).size(), 900u);
    EXPECT_THAT(error.what(), ::testing::HasSubstr("4990 more"));
  }
}

TEST_F(RowReaderTest, JsonObjectsHaveKeysOfTheirOwn) {
  const auto reader = open("a.jsonl", "{\"text\":\"a\"}\n{\"label\":2.50,\"text\":null}\n{\"label\":[1]}\n");
  EXPECT_EQ(reader->find("text"), 0u);
  EXPECT_EQ(reader->find("label"), 1u);
  EXPECT_EQ(reader->find("label"), 1u);
  EXPECT_THAT(reader->columns(), ElementsAre("text"));
  Row row;
  ASSERT_TRUE(reader->next(row));
  EXPECT_THAT(row.cells, ElementsAre(Cell::kText, Cell::kAbsent));
  ASSERT_TRUE(reader->next(row));
  EXPECT_THAT(row.cells, ElementsAre(Cell::kNull, Cell::kNumber));
  ASSERT_TRUE(reader->next(row));
  EXPECT_THAT(row.cells, ElementsAre(Cell::kAbsent, Cell::kList));
}

TEST_F(RowReaderTest, ReadsAnArrayOfObjects) {
  const std::string array =
      "\n[\n  {\n    \"text\": \"a ]}, \\\" b\",\n    \"n\": 12345678901234567890123\n  } ,\n "
      "{\"text\":\"c\"},{\"text\":\"d\"}\n]\n";
  for (const char* name : {"a.json", "a.jsonl", "a.ndjson"}) {
    const auto reader = open(name, array);
    EXPECT_EQ(reader->format(), RowFormat::kJson);
    Row row;
    ASSERT_TRUE(reader->next(row));
    EXPECT_EQ(row.fields[0], "a ]}, \" b");
    EXPECT_EQ(row.raw.find('\n'), std::string::npos);
    EXPECT_THAT(row.raw, ::testing::HasSubstr("12345678901234567890123"));
    EXPECT_EQ(row.line, 3u);
    ASSERT_TRUE(reader->next(row));
    EXPECT_EQ(row.raw, "{\"text\":\"c\"}");
    EXPECT_EQ(row.line, 7u);
    ASSERT_TRUE(reader->next(row));
    EXPECT_FALSE(reader->next(row));
    EXPECT_FALSE(reader->next(row));
  }
  EXPECT_EQ(open("a.json", "{\"text\":\"a\"}\n{\"text\":\"b\"}\n")->format(), RowFormat::kJsonl);
  EXPECT_THAT(rows("a.json", "[]"), IsEmpty());
  for (const auto& [content, what] :
       std::vector<std::pair<std::string, std::string>>{{"[{\"a\":1}", "never closed"},
                                                        {"[{\"a\":1", "never closed"},
                                                        {"[{\"a\":1} {\"a\":2}]", "a comma is missing"},
                                                        {"[{\"a\":1}] x", "follows"},
                                                        {"[1]", "a number"},
                                                        {"[[{\"a\":1}]]", "a list"},
                                                        {"[{\"a\":\"x\ny\"}]", "end of its line"},
                                                        {"{\"a\": [\n1]}", "a.json:1: is not a JSON object"}})
    expect_bad("a.json", content, {"a.json:", what});
}

/// After an error the array goes on with the next object.
TEST_F(RowReaderTest, AnArrayGoesOnAfterABadObject) {
  const auto reader = open("a.json", "[{\"a\":1},{\"a\":},3,{\"a\":2}]");
  Row row;
  ASSERT_TRUE(reader->next(row));
  EXPECT_THROW(reader->next(row), Error);
  EXPECT_THROW(reader->next(row), Error);
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.raw, "{\"a\":2}");
  EXPECT_FALSE(reader->next(row));
}

TEST_F(RowReaderTest, LoneSurrogatesBecomeTheReplacementCharacter) {
  const auto reader = open("a.jsonl", R"({"t":"a\ud800b","p":"\ud83d\ude00","q":"\\ud800"})");
  Row row;
  ASSERT_TRUE(reader->next(row));
  EXPECT_THAT(row.fields, ElementsAre("a\uFFFD"
                                      "b",
                                      "\U0001F600", "\\ud800"));
  EXPECT_TRUE(row.repaired);
  for (const char* bad : {R"({"t":"\udc00"})", R"({"t":"\ud800\ud800\udc00"})", R"({"t":"\ud800\u0041"})"}) {
    const auto other = open("a.jsonl", bad);
    ASSERT_TRUE(other->next(row));
    EXPECT_TRUE(row.repaired) << bad;
  }
}

TEST_F(RowReaderTest, TheTextMayBeInSeveralColumns) {
  std::string buffer;
  Row row;
  const auto csv = open("a.csv", "title,body,label\nA,b c,x\n");
  const RowText text(*csv, {{"title", "body"}, ": "});
  ASSERT_TRUE(csv->next(row));
  EXPECT_EQ(text(row, buffer), "A: b c");
  const auto json =
      open("a.jsonl", "{\"title\":\"A\",\"body\":null}\n{\"body\":\"b\"}\n{\"title\":1,\"body\":\"b\"}\n");
  const RowText of_json(*json, {{"title", "body"}, " "});
  for (const char* what : {"a.jsonl:1: \"body\" is null", "a.jsonl:2: there is no key \"title\"",
                           "a.jsonl:3: \"title\" is a number"}) {
    ASSERT_TRUE(json->next(row));
    expect_error([&] { of_json(row, buffer); }, {what});
  }
  expect_error(
      [&] {
        RowText(*open("a.txt", "x\n"), {{"title", "body"}, " "});
      },
      {"plain lines", "title, body"});
  expect_error(
      [&] {
        RowText(*open("a.csv", "title\nx\n"), {{"title", "body"}, " "});
      },
      {"no column \"body\""});
}

TEST_F(RowReaderTest, ReadsBzip2XzAndZstd) {
  for (const char* program : {"gzip", "bzip2", "xz", "zstd"}) {
    if (std::system(("command -v " + std::string(program) + " >/dev/null").c_str()) != 0) continue;
    std::string text = "text,label\n";
    for (int i = 0; i < 4000; ++i) text += "row " + std::to_string(mix64(static_cast<uint64_t>(i))) + ",x\n";
    const fs::path plain = folder_.write("plain.csv", text), packed = folder_.path() / "packed.csv";
    const auto pack = [&] {
      ASSERT_EQ(std::system(str(program, " -c <", plain.string(), " >>", packed.string()).c_str()), 0);
    };
    fs::remove(packed);
    pack();
    const std::string once = read_file(packed);
    EXPECT_EQ(rows(*open_rows(packed.string())).size(), 4000u) << program;
    pack();  // two members
    EXPECT_EQ(rows(*open_rows(packed.string())).size(), 8001u) << program;
    expect_bad("cut.csv", once.substr(0, once.size() / 2), {"cut.csv:", "end too early"});
    std::string flipped = once;
    flipped[once.size() / 2] = static_cast<char>(flipped[once.size() / 2] ^ 0x55);
    expect_bad("flipped.txt", flipped, {"flipped.txt:"});  // corrupt, or what comes out is not text
  }
}

TEST_F(RowReaderTest, QuotedHeadersTellTheDelimiterToo) {
  expect_bad("a.csv", "\"text\";\"label\"\n\"a\";\"x\"\n",
             {"a.csv", "found ';' between columns: delimiter ';'"});
  expect_bad("a.csv", "\"text\"\t\"label\"\n", {"a.csv", "delimiter tab"});
  const auto reader =
      open_rows(folder_.write("b.csv", "sep=;\ntext;label\na;x\n").string(), {.delimiter = ';'});
  EXPECT_THAT(reader->columns(), ElementsAre("text", "label"));
}

TEST_F(RowReaderTest, ARowWithAZeroByteCannotBeRead) {
  const std::string zero(1, '\0'), far(300'000, 'a');
  for (const std::string name : {"a.csv", "a.tsv", "a.txt"}) {
    const std::string cell = name == "a.tsv" ? "\tx" : ",x";
    const auto reader =
        open(name, "text" + cell + "\n" + far + cell + "\nb" + cell + zero + "\nc" + cell + "\n");
    Row row;
    ASSERT_TRUE(reader->next(row));
    if (name == "a.txt") reader->next(row);  // the header is a line
    expect_error([&] { reader->next(row); }, {name + ":3: ", "zero byte"});
    ASSERT_TRUE(reader->next(row));
    EXPECT_EQ(row.line, 4u);
    EXPECT_FALSE(reader->next(row));
  }
  const auto reader = open("a.jsonl", "{\"text\":\"a\\u0000\"}\n");
  const RowText text(*reader, {});
  Row row;
  std::string buffer;
  ASSERT_TRUE(reader->next(row));
  expect_error([&] { text(row, buffer); }, {"a.jsonl:1: ", "zero byte"});
}

/// What a quote that is never closed swallowed is read again.
TEST_F(RowReaderTest, AnOpenQuoteCostsTheLineInWhichItOpens) {
  std::string lines;
  for (int i = 0; i < 100'000; ++i) lines += "text number " + std::to_string(i) + ",\"\"\n";
  for (const std::string before : {"", "\"two\nlines\",", "x,"}) {
    const auto reader = open("a.csv", "text,n\nfirst,1\n" + before + "\"open,2\n\nlater,3\nlast,4");
    Row row;
    ASSERT_TRUE(reader->next(row));
    const size_t opened = before.starts_with("\"two") ? 4 : 3;
    EXPECT_THROW(
        {
          try {
            reader->next(row);
          } catch (const RowError& error) {
            EXPECT_THAT(error.what(),
                        ::testing::HasSubstr(str("a.csv:", opened, ": the quote that opens here")));
            throw;
          }
        },
        RowError);
    ASSERT_TRUE(reader->next(row));
    EXPECT_THAT(row.fields, ElementsAre("later", "3"));
    EXPECT_EQ(row.line, opened + 2);
    ASSERT_TRUE(reader->next(row));
    EXPECT_FALSE(reader->next(row));
  }
  const auto reader = open("a.csv", "text,n\n\"open,1\n" + lines);
  Row row;
  EXPECT_THROW(reader->next(row), RowError);
  for (size_t i = 0; i < 100'000; ++i) {
    ASSERT_TRUE(reader->next(row));
    ASSERT_EQ(row.fields[0], "text number " + std::to_string(i));
    ASSERT_EQ(row.line, i + 3);
  }
  EXPECT_FALSE(reader->next(row));
}

/// A quote that more than the longest row follows is given up before the memory is full.
TEST_F(RowReaderTest, AnOpenQuoteSwallowsNoMoreThanTheLongestRow) {
  std::string content = "text\n\"open\n";
  const std::string line(1'000'000, 'a');
  for (int i = 0; i < 70; ++i) content += line + "\n";
  const auto reader = open("a.csv", content);
  Row row;
  EXPECT_THROW(reader->next(row), RowError);
  size_t rows = 0;
  for (; reader->next(row); ++rows) ASSERT_EQ(row.fields[0].size(), line.size());
  EXPECT_EQ(rows, 70u);
}

TEST_F(RowReaderTest, LinesThatBeginWithAHeaderAreDoubted) {
  const auto doubt = [&](std::string_view content, const TextColumns& wanted = {},
                         RowFormat format = RowFormat::kAuto) {
    const auto reader = open("a.txt", content, format);
    EXPECT_EQ(reader->format(), RowFormat::kLines);
    const std::vector<std::string> lines = doubts_about_lines(*reader, wanted);
    EXPECT_LE(lines.size(), 1u);
    return lines.empty() ? "" : spelled(lines[0], Spelling::kOption);
  };
  EXPECT_THAT(doubt("id,review\n1,good\n"),
              ::testing::AllOf(::testing::HasSubstr("without \"text\"; --format csv --text-column NAME"),
                               ::testing::HasSubstr("--format lines")));
  EXPECT_THAT(doubt("id\tReview Text\n1\tgood\n"), ::testing::HasSubstr("--format tsv --text-column NAME"));
  EXPECT_THAT(doubt("\"id\";\"review\"\n1;\"a;b\"\n"), ::testing::HasSubstr("--format csv --delimiter ';'"));
  EXPECT_THAT(doubt("id,review\n"), ::testing::HasSubstr("looks like a header"));
  EXPECT_THAT(doubt("id,review\n1,a\n", {.names = {"review"}}),
              ::testing::HasSubstr("--format csv reads it"));
  EXPECT_THAT(doubt("review\na\n", {.names = {"review"}}), ::testing::HasSubstr("--format csv reads it"));
  const std::string wide(5'000, 'x');
  EXPECT_LT(doubt("a" + std::string(39, 'b') + ",c,d,e\n1,2,3,4\n", {.names = {wide}}).size(), 500u);
  for (const char* fine : {"one\ntwo\n", "good, bad\nor so\n", "Yes,I think so\nno\n", "1,2\n3,4\n", "", "\n",
                           "I came, I saw, I won.\nx,y,z\n", "review\na\n"})
    EXPECT_EQ(doubt(fine), "") << fine;
  EXPECT_EQ(doubt("id,review\n1,good\n", {}, RowFormat::kLines), "");
  EXPECT_EQ(doubt("text,n\na,1\n"), "");  // of these the reader itself warns
}

TEST_F(RowReaderTest, RowsOfAnArrayAreNumbered) {
  const auto reader = open("a.json", "[{\"text\":\"a\"},{\"text\":5},{\"text\":},\n{\"text\":\"b\"},7]");
  const RowText text(*reader, {});
  Row row;
  std::string buffer;
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.place(), "1: row 1");
  ASSERT_TRUE(reader->next(row));
  expect_error([&] { text(row, buffer); }, {"a.json:1: row 2: ", "a number"});
  expect_error([&] { reader->next(row); }, {"a.json:1: row 3: is not a JSON object"});
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.place(), "2: row 4");
  expect_error([&] { reader->next(row); }, {"a.json:2: row 5: is not a JSON object but a number"});
  const auto lines = open("a.jsonl", "{\"text\":\"a\"}\n");
  Row line;
  ASSERT_TRUE(lines->next(line));
  EXPECT_EQ(line.place(), "1");
}

TEST_F(RowReaderTest, FieldsOfOneLine) {
  const auto fields = [](std::string_view line) { return csv_fields(line, "--option"); };
  EXPECT_THAT(fields("nan,\"a,b\",\"say \"\"x\"\"\",5\" disk"),
              ElementsAre("nan", "a,b", "say \"x\"", "5\" disk"));
  EXPECT_THAT(fields(""), ElementsAre(""));
  EXPECT_THAT(fields("a,,\"\","), ElementsAre("a", "", "", ""));
  expect_error([&] { fields("a,\"b"); }, {"--option: ", "never closed"});
  expect_error([&] { fields("\"a\"b"); }, {"--option: ", "after a closing quote"});
  const std::vector<std::string> odd = {"a,b", "\"", "sep=;", "", "x\ny", " "};
  std::string line = csv_line(odd);
  line.pop_back();
  EXPECT_EQ(fields(line), odd);
}

/// A file that breaks off is no row to be dropped: nobody knows how many rows are lost.
TEST_F(RowReaderTest, WhatBreaksOffIsNoRowError) {
  for (const auto& [name, content] : std::vector<std::pair<std::string, std::string>>{
           {"a.json", "[{\"a\":1},{\"a\":2}{\"a\":3}]"}, {"a.json", "[{\"a\":1},{\"a\":2"}}) {
    const auto reader = open(name, content);
    Row row;
    ASSERT_TRUE(reader->next(row));
    try {
      while (reader->next(row)) {
      }
      FAIL() << content;
    } catch (const RowError&) {
      FAIL() << content;
    } catch (const Error&) {
    }
  }
}

TEST_F(RowReaderTest, ObjectsMayHaveManyKeys) {
  std::string object = "{\"text\":\"a\"";
  for (int i = 0; i < 50'000; ++i) object += ",\"k" + std::to_string(i) + "\":" + std::to_string(i);
  const auto reader = open("a.jsonl", object + "}\n{\"k49999\":\"x\"}\n");
  Row row;
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.fields.back(), "49999");
  ASSERT_TRUE(reader->next(row));
  EXPECT_EQ(row.fields.back(), "x");
  EXPECT_EQ(row.cells.front(), Cell::kAbsent);
}

TEST_F(RowReaderTest, APairIsTwoTextsOfARow) {
  const auto reader = open("a.csv", "a,b,c\nx,y,\"z z\"\n");
  const RowText text_of(*reader, {{"a", "b"}, "-", "c"});
  Row row;
  std::string buffer;
  ASSERT_TRUE(reader->next(row));
  const auto [first, second] = segments_of(text_of(row, buffer));
  EXPECT_EQ(first, "x-y");
  EXPECT_EQ(second, "z z");
}

TEST_F(RowReaderTest, PairsThatAreNotThereAreRefused) {
  const auto refused = [&](const std::string& name, const std::string& content, const TextColumns& columns,
                           std::initializer_list<std::string> parts) {
    const auto reader = open(name, content);
    expect_error([&] { RowText(*reader, columns); }, parts);
  };
  refused("a.csv", "a,b\nx,y\n", {{"a"}, " ", "c"}, {"a.csv", "no column \"c\"", "a, b"});
  refused("a.csv", "a,b\nx,y\n", {{"b", "a"}, " ", "a"}, {"pair_column a", "second"});
  refused("a.txt", "x\n", {{"a"}, " ", "c"}, {"a.txt", "plain lines", "pair of texts", "a, c"});
  const auto reader = open("a.jsonl", "{\"a\": \"x\"}\n{\"a\": \"x\", \"c\": 1}\n");
  const RowText text_of(*reader, {{"a"}, " ", "c"});
  std::string buffer;
  Row row;
  for (const char* part : {"no key \"c\"", "\"c\" is a number"}) {
    ASSERT_TRUE(reader->next(row));
    expect_error([&] { text_of(row, buffer); }, {part});
  }
}

}  // namespace
}  // namespace mtnlp
