#include "mtnlp/data/row_reader.h"

#include <sys/stat.h>

#include <string>
#include <thread>
#include <vector>

#include <zlib.h>

#include "mtnlp/base/random.h"
#include "testing.h"

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
    return open_rows(folder_.write(name, content).string(), format);
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
  expect_bad("a.csv", "text,label,text\n", {"a.csv:1: ", "\"text\" occurs twice"});
  expect_bad("a.csv", "a,b\n1,2\n1,2,3\n", {"a.csv:3: ", "3 fields found, 2 expected: a, b"});
  expect_bad("a.tsv", "a\tb\n1\n", {"a.tsv:2: ", "1 field found, 2 expected"});
  expect_bad("a.csv", "a,b\n1,2\n3,\"4\n5,6\n\n", {"a.csv:3: ", "never closed"});
  expect_bad("a.csv", "a,\"b\n", {"a.csv:1: ", "never closed"});
  expect_bad("a.csv", "a,b\n\"x\n\n\"y,2\n", {"a.csv:4: ", "\"y\" after a closing quote"});
  expect_bad("a.jsonl", "{\"a\":1}\n{\"a\":}\n",
             {"a.jsonl:2: ", "is not a JSON object: column 6: expected a value, found '}'"});
  expect_bad("a.jsonl", "{\"a\":1}\n\n[1]\n", {"a.jsonl:3: ", "array"});
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
  expect_error([] { parse_row_format("json"); }, {"\"json\"", "lines, csv, tsv, jsonl", "\"jsonl\"?"});
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

/// Random fields of nasty characters, as csv_line writes them.
TEST_F(RowReaderTest, ReadsBackWhatCsvLineWrites) {
  const std::vector<std::string> bits = {"a",
                                         "\"",
                                         ",",
                                         "\n",
                                         "\r",
                                         "\r\n",
                                         " ",
                                         "\xc3\xa9",
                                         "\xef\xbb\xbf",
                                         "\t",
                                         "\"\"",
                                         "word",
                                         std::string(1, '\0')};
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
      lines.push_back(1 + static_cast<size_t>(std::count(text.begin(), text.end(), '\n')));
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

}  // namespace
}  // namespace mtnlp
