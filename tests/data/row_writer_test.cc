#include "data/row_writer.h"

#include <sstream>

#include "base/json.h"
#include "base/random.h"
#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::ElementsAre;
using testing::expect_error;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::TempFolder;

const std::vector<std::string> kValues = {"Sports, all", "0.7500"};
const std::vector<AddedColumn> kAdded = {{"topic"}, {"topic.probability", true}};

class RowWriterTest : public ::testing::Test {
 protected:
  /// What becomes of a file; rows that fail `check` go without values when `keep_going`.
  std::string written(const std::string& name, std::string_view content, RowFormat format,
                      RowWriterOptions options = {}, const RowOptions& reading = {}) {
    const auto reader = open_rows(folder_.write(name, content).string(), reading);
    options.format = output_format(format, "-", reader->format());
    if (options.added.empty()) options.added = kAdded;
    std::ostringstream out;
    RowWriter writer(out, *reader, options);
    for (Row row; reader->next(row);) {
      try {
        writer.check(row);
        writer.write(row, kValues);
      } catch (const Error&) {
        if (!keep_going_) throw;
        writer.write_without_values(row);
      }
    }
    writer.finish();
    warnings_ = writer.warnings();
    return out.str();
  }
  void expect_refused(const std::string& name, std::string_view content, RowFormat format,
                      const RowWriterOptions& options, std::initializer_list<std::string> parts) {
    SCOPED_TRACE(content);
    expect_error([&] { written(name, content, format, options); }, parts);
  }

  bool keep_going_ = false;
  TempFolder folder_;
  std::vector<std::string> warnings_;
};

TEST(OutputFormat, AsAskedElseByTheEndingElseAsTheInput) {
  const auto format = [](RowFormat asked, const char* out, RowFormat input) {
    return output_format(asked, out, input);
  };
  EXPECT_EQ(format(RowFormat::kTsv, "x.csv", RowFormat::kJsonl), RowFormat::kTsv);
  EXPECT_EQ(format(RowFormat::kJson, "-", RowFormat::kLines), RowFormat::kJson);
  EXPECT_EQ(format(RowFormat::kAuto, "x.CSV", RowFormat::kJsonl), RowFormat::kCsv);
  EXPECT_EQ(format(RowFormat::kAuto, "x.ndjson", RowFormat::kCsv), RowFormat::kJsonl);
  EXPECT_EQ(format(RowFormat::kAuto, "x.json", RowFormat::kLines), RowFormat::kJson);
  for (const char* out : {"-", "x", "x.txt", "folder.csv/x.out"}) {
    EXPECT_EQ(format(RowFormat::kAuto, out, RowFormat::kLines), RowFormat::kCsv);
    EXPECT_EQ(format(RowFormat::kAuto, out, RowFormat::kTsv), RowFormat::kTsv);
    EXPECT_EQ(format(RowFormat::kAuto, out, RowFormat::kJsonl), RowFormat::kJsonl);
  }
  EXPECT_EQ(format(RowFormat::kAuto, "-", RowFormat::kJson), RowFormat::kJsonl);
  EXPECT_EQ(format(RowFormat::kAuto, "x.out", RowFormat::kJson), RowFormat::kJson);
}

TEST_F(RowWriterTest, Csv) {
  EXPECT_EQ(written("a.csv", "id,text\n1,\"a, \"\"b\"\"\nc\"\n2,\n", RowFormat::kAuto),
            "id,text,topic,topic.probability\n"
            "1,\"a, \"\"b\"\"\nc\",\"Sports, all\",0.7500\n"
            "2,,\"Sports, all\",0.7500\n");
}

TEST_F(RowWriterTest, CsvIsWrittenAsItWasRead) {
  EXPECT_EQ(written("a.csv", "\xef\xbb\xbftext;n\r\na,b;1\r\n", RowFormat::kAuto, {}, {.delimiter = ';'}),
            "\xef\xbb\xbftext;n;topic;topic.probability\na,b;1;Sports, all;0.7500\n");
  EXPECT_EQ(written("a.csv", "a,1\nb,2\n", RowFormat::kAuto, {}, {.header = false}),
            "a,1,\"Sports, all\",0.7500\nb,2,\"Sports, all\",0.7500\n");
  EXPECT_EQ(written("a.csv", "text;n\na;1\n", RowFormat::kTsv, {}, {.delimiter = ';'}),
            "text\tn\ttopic\ttopic.probability\na\t1\tSports, all\t0.7500\n");
  EXPECT_EQ(written("a.csv", "text,x,x\na,1,2\n", RowFormat::kAuto),
            "text,x,x,topic,topic.probability\na,1,2,\"Sports, all\",0.7500\n");
}

TEST_F(RowWriterTest, LinesBecomeCsv) {
  EXPECT_EQ(written("a.txt", "good film\n", RowFormat::kAuto),
            "text,topic,topic.probability\ngood film,\"Sports, all\",0.7500\n");
}

TEST_F(RowWriterTest, TsvHasNoQuotesAndNoTabsInside) {
  EXPECT_EQ(written("a.tsv", "text\na \"quoted\" text\n", RowFormat::kAuto),
            "text\ttopic\ttopic.probability\na \"quoted\" text\tSports, all\t0.7500\n");
  EXPECT_THAT(warnings_, IsEmpty());
  EXPECT_EQ(written("a.csv", "text\n\"a\tb\nc\"\n\"\td\"\n", RowFormat::kTsv),
            "text\ttopic\ttopic.probability\na b c\tSports, all\t0.7500\n d\tSports, all\t0.7500\n");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("2 cells")));
}

TEST_F(RowWriterTest, JsonKeepsTheObjectAsItStands) {
  EXPECT_EQ(written("a.jsonl",
                    R"({"z": [1.50,{"deep" :null}],"text":"x\u00e9\/","n":123456789012345678901234567890})",
                    RowFormat::kAuto),
            R"({"z": [1.50,{"deep" :null}],"text":"x\u00e9\/","n":123456789012345678901234567890,)"
            R"("topic":"Sports, all","topic.probability":0.75})"
            "\n");
  EXPECT_EQ(written("a.json", "[{\"text\": \"}\",\n \"n\": 1E+30},\n{ }]", RowFormat::kAuto),
            "{\"text\": \"}\",  \"n\": 1E+30,\"topic\":\"Sports, all\",\"topic.probability\":0.75}\n"
            "{ \"topic\":\"Sports, all\",\"topic.probability\":0.75}\n");
}

TEST_F(RowWriterTest, AnArray) {
  const std::string array = written("a.csv", "text\na\nb\n", RowFormat::kJson);
  EXPECT_EQ(array,
            "[\n"
            R"({"text":"a","topic":"Sports, all","topic.probability":0.75},)"
            "\n"
            R"({"text":"b","topic":"Sports, all","topic.probability":0.75})"
            "\n]\n");
  EXPECT_EQ(OrderedJson::parse(array).size(), 2U);
  EXPECT_EQ(written("a.csv", "", RowFormat::kJson), "[\n]\n");
}

TEST_F(RowWriterTest, ACellBecomesAString) {
  EXPECT_EQ(written("a.csv", "a \"b\",n\n1,caf\xe9\n", RowFormat::kJsonl),
            "{\"a \\\"b\\\"\":\"1\",\"n\":\"caf\xef\xbf\xbd\",\"topic\":\"Sports, "
            "all\",\"topic.probability\":0.75}\n");
  EXPECT_THAT(warnings_, ElementsAre(HasSubstr("1 cell with bytes that are not UTF-8")));
  EXPECT_EQ(written("a.csv", "x,y\n", RowFormat::kJsonl, {}, {.header = false}),
            R"({"1":"x","2":"y","topic":"Sports, all","topic.probability":0.75})"
            "\n");
}

TEST_F(RowWriterTest, AKeyOfJsonNeedsANameOfItsOwn) {
  expect_refused("a.csv", "text,x,x\na,1,2\n", RowFormat::kJsonl, {},
                 {"a.csv", "\"x\" occurs twice", "keep_columns"});
  expect_refused("a.csv", "text,,x\na,1,2\n", RowFormat::kJson, {}, {"a.csv", "no name", "keep_columns"});
  EXPECT_THAT(written("a.csv", "text,x,x\na,1,2\n", RowFormat::kJsonl, {.keep = {"text"}}),
              HasSubstr(R"({"text":"a",)"));
}

TEST_F(RowWriterTest, FromJsonToATable) {
  EXPECT_EQ(written("a.jsonl",
                    R"({"text": "a\tb", "n": 1.50, "list": [1, "x"]})"
                    "\n"
                    R"({"list": null, "text": "c,"})"
                    "\n",
                    RowFormat::kCsv),
            "text,n,list,topic,topic.probability\n"
            "a\tb,1.50,\"[1, \"\"x\"\"]\",\"Sports, all\",0.7500\n"
            "\"c,\",,,\"Sports, all\",0.7500\n");
}

TEST_F(RowWriterTest, ALaterNewKeyHasNoColumn) {
  const char* rows = "{\"text\":\"a\"}\n{\"text\":\"b\",\"n\":1}\n";
  expect_refused("a.jsonl", rows, RowFormat::kCsv, {},
                 {"a.jsonl:2:", "\"n\"", "text", "out_format jsonl", "keep_columns"});
  EXPECT_EQ(written("a.jsonl", rows, RowFormat::kCsv, {.keep = {"text"}}),
            "text,topic,topic.probability\na,\"Sports, all\",0.7500\nb,\"Sports, all\",0.7500\n");
  EXPECT_THAT(written("a.jsonl", rows, RowFormat::kCsv, {.also_known = {"text", "n"}}),
              HasSubstr("\nb,1,\"Sports"));
  EXPECT_THAT(written("a.jsonl", rows, RowFormat::kJsonl), HasSubstr(R"({"text":"b","n":1,"topic")"));
}

TEST_F(RowWriterTest, NothingIsOverwritten) {
  for (const std::string column : {"topic", "topic.probability"}) {
    const std::initializer_list<std::string> parts = {"\"" + column + "\"", "predict", "prefix pred.",
                                                      "keep_columns NAME"};
    expect_refused("a.csv", "text," + column + "\na,1\n", RowFormat::kAuto, {}, parts);
    expect_refused("a.tsv", "text\t" + column + "\n", RowFormat::kJsonl, {}, parts);
    expect_refused("a.jsonl", "{\"text\":\"a\",\"" + column + "\":1}\n", RowFormat::kCsv, {}, parts);
    expect_refused("a.csv", "text," + column + "\na,1\n", RowFormat::kAuto, {.keep = {column}}, parts);
    expect_refused("a.jsonl", "{\"text\":\"a\",\"" + column + "\":1}\n", RowFormat::kAuto, {.keep = {column}},
                   parts);
  }
  expect_refused("a.jsonl", "{\"text\":\"a\"}\n\n{\"text\":\"b\",\"t\\u006fpic\":\"mine\"}\n",
                 RowFormat::kAuto, {}, {"a.jsonl:3:", "\"topic\"", "prefix pred."});
  expect_refused("a.csv", "text\n", RowFormat::kAuto, {.added = {{"a"}, {"a"}}}, {"\"a\"", "two columns"});
}

TEST_F(RowWriterTest, OnlyTheColumnsToKeepInTheirOrder) {
  const RowWriterOptions keep{.keep = {"n", "text"}};
  EXPECT_EQ(written("a.csv", "text,topic,n\na,mine,1\n", RowFormat::kAuto, keep),
            "n,text,topic,topic.probability\n1,a,\"Sports, all\",0.7500\n");
  EXPECT_EQ(written("a.jsonl", "{\"text\":\"a\", \"topic\":{}, \"n\" : 1.0}\n{\"text\":\"b\"}\n",
                    RowFormat::kAuto, keep),
            R"({"n" : 1.0,"text":"a","topic":"Sports, all","topic.probability":0.75})"
            "\n"
            R"({"text":"b","topic":"Sports, all","topic.probability":0.75})"
            "\n");
  expect_refused("a.csv", "text,m\na,1\n", RowFormat::kAuto, keep, {"a.csv", "\"n\""});
  expect_refused("a.jsonl", "{\"text\":\"a\"}\n", RowFormat::kAuto, {.keep = {"txet"}},
                 {"a.jsonl", "\"txet\"", "\"text\""});
  expect_refused("a.csv", "text\na\n", RowFormat::kAuto, {.keep = {"text", "text"}}, {"text", "twice"});
}

TEST_F(RowWriterTest, ARowThatCannotBeUsedGoesWithoutValues) {
  keep_going_ = true;
  EXPECT_EQ(written("a.jsonl", "{\"text\":\"a\",\"topic\":1}\n", RowFormat::kAuto),
            "{\"text\":\"a\",\"topic\":1,\"topic.probability\":null}\n");
  EXPECT_EQ(written("a.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\",\"topic\":\"my, own\"}\n", RowFormat::kCsv),
            "text,topic,topic.probability\na,\"Sports, all\",0.7500\nb,\"my, own\",\n");
  EXPECT_EQ(written("a.jsonl", "{\"text\":\"a\"}\n{\"text\":\"b\",\"n\":1}\n", RowFormat::kTsv),
            "text\ttopic\ttopic.probability\na\tSports, all\t0.7500\nb\t\t\n");
  const auto reader = open_rows(folder_.write("a.csv", "text,n\n").string());
  for (const auto& [format, expected] :
       {std::pair{RowFormat::kCsv, "text,n,topic,topic.probability\n,,,\n"},
        std::pair{RowFormat::kJsonl,
                  "{\"text\":\"\",\"n\":\"\",\"topic\":null,\"topic.probability\":null}\n"}}) {
    std::ostringstream out;
    RowWriter writer(out, *reader, {.format = format, .added = kAdded});
    EXPECT_EQ(out.str(), "");  // nothing is written before it is known that there is a row or none
    writer.write_without_values(Row());
    EXPECT_EQ(out.str(), expected);
  }
}

TEST_F(RowWriterTest, AnEmptyInputWritesNothing) {
  EXPECT_EQ(written("a.csv", "", RowFormat::kAuto), "");
  EXPECT_EQ(written("a.jsonl", "", RowFormat::kAuto), "");
  EXPECT_EQ(written("a.jsonl", "", RowFormat::kCsv), "");
  EXPECT_EQ(written("a.csv", "text\n", RowFormat::kAuto), "text,topic,topic.probability\n");
}

/// Any table in any format that carries its cells, written in any other, is read back as the same cells.
TEST_F(RowWriterTest, WhatIsWrittenIsReadBack) {
  KeyedRandom random(17);
  constexpr const char* kTexts[] = {"a",  "ü", ",", ";",    "\"",   "\"\"", "{",  "}",
                                    "\\", " ", "'", "null", "1.50", "\n",   "\t", "\r"};
  for (int draw = 0; draw < 150; ++draw) {
    const size_t columns = 2 + random.below(3), rows = random.below(5);
    const bool tsv_somewhere = random.below(2) == 0;
    const auto cell = [&] {
      std::string text;
      for (uint64_t i = random.below(5); i > 0; --i)
        text += kTexts[random.below(std::size(kTexts) - (tsv_somewhere ? 3 : 0))];
      return text;
    };
    std::vector<std::vector<std::string>> table(rows + 1);
    for (size_t r = 0; r <= rows; ++r)
      for (size_t c = 0; c < columns; ++c) table[r].push_back((r == 0 ? std::to_string(c) : "") + cell());
    std::string content;
    for (const auto& row : table) content += csv_line(row);

    std::vector<RowFormat> formats = {RowFormat::kCsv, RowFormat::kJsonl, RowFormat::kJson, RowFormat::kCsv};
    if (tsv_somewhere) formats.insert(formats.begin() + 1, RowFormat::kTsv);
    RowFormat format = RowFormat::kCsv;
    for (size_t step = 0; step < formats.size(); ++step) {
      const std::string added = "added" + std::to_string(step);
      const auto reader = open_rows(folder_.write("t", content).string(), {.format = format});
      std::ostringstream out;
      RowWriter writer(out, *reader, {.format = formats[step], .added = {{added}}});
      table[0].push_back(added);
      size_t r = 0;
      for (Row row; reader->next(row);) {
        writer.check(row);
        table[++r].push_back(cell());
        writer.write(row, {table[r].back()});
      }
      ASSERT_EQ(r, rows);
      writer.finish();
      EXPECT_THAT(writer.warnings(), IsEmpty());
      content = out.str();
      format = formats[step];
      if (rows == 0 && (format == RowFormat::kJsonl || format == RowFormat::kJson)) break;  // has no header
    }
    const auto reader = open_rows(folder_.write("t", content).string(), {.format = format});
    if (format == RowFormat::kCsv) {
      EXPECT_EQ(reader->columns(), table[0]);
    }
    size_t r = 0;
    for (Row row; reader->next(row);) EXPECT_EQ(row.fields, table[++r]) << content;
    EXPECT_EQ(r, rows);
  }
}

TEST_F(RowWriterTest, ForASpreadsheetFormulasAreDefused) {
  const RowWriterOptions options{.added = {{"=topic"}, {"n", true}}, .spreadsheet = true};
  EXPECT_EQ(written("a.csv", "text,=x,@y\n=1+1,+3,-a\n\"\tb\",\"\rc\",a=b\n", RowFormat::kCsv, options),
            "text,'=x,'@y,'=topic,n\n'=1+1,'+3,'-a,\"Sports, all\",0.7500\n'\tb,\"'\rc\",a=b,\"Sports, "
            "all\",0.7500\n");
  EXPECT_EQ(written("a.tsv", "text\n@b\n", RowFormat::kTsv, options),
            "text\t'=topic\tn\n'@b\tSports, all\t0.7500\n");
  EXPECT_EQ(written("b.csv", "text\n=1\n", RowFormat::kCsv, {.added = {{"topic"}, {"n", true}}}),
            "text,topic,n\n=1,\"Sports, all\",0.7500\n");
}

}  // namespace
}  // namespace mtnlp
