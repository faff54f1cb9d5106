#include "mtnlp/data/row_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include <nlohmann/json.hpp>

#include "line_input.h"
#include "mtnlp/base/error.h"
#include "mtnlp/base/json.h"
#include "mtnlp/base/suggest.h"

namespace mtnlp {
namespace {

constexpr std::pair<const char*, RowFormat> kFormats[] = {{"auto", RowFormat::kAuto},
                                                          {"lines", RowFormat::kLines},
                                                          {"csv", RowFormat::kCsv},
                                                          {"tsv", RowFormat::kTsv},
                                                          {"jsonl", RowFormat::kJsonl}};

/// At the start of a first field these would be taken for the file's.
constexpr std::string_view kFileSigns[] = {kGzipMagic, kUtf8Mark, kUtf16LittleMark, kUtf16BigMark};

RowFormat format_by_name(const std::string& file) {
  std::string name = file;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  if (name.ends_with(".csv")) return RowFormat::kCsv;
  if (name.ends_with(".tsv")) return RowFormat::kTsv;
  if (name.ends_with(".jsonl")) return RowFormat::kJsonl;
  return RowFormat::kLines;
}

/// The fields of one row in reused strings.
class Fields {
 public:
  explicit Fields(std::vector<std::string>& fields) : fields_(fields) {}
  std::string& add() {
    if (count_ == fields_.size()) fields_.emplace_back();
    return fields_[count_++];
  }
  size_t count() const { return count_; }

 private:
  std::vector<std::string>& fields_;
  size_t count_ = 0;
};

class LineReader : public RowReader {
 public:
  LineReader(LineInput input, RowFormat format) : input_(std::move(input)), format_(format) {}
  const std::vector<std::string>& columns() const override { return columns_; }
  RowFormat format() const override { return format_; }
  const std::string& name() const override { return input_.name(); }

 protected:
  LineInput input_;
  std::vector<std::string> columns_;

 private:
  RowFormat format_;
};

class PlainLines : public LineReader {
 public:
  explicit PlainLines(LineInput input) : LineReader(std::move(input), RowFormat::kLines) {
    columns_ = {"text"};
  }

  bool next(Row& row) override {
    std::string_view line;
    if (!input_.next(line)) return false;
    row.fields.resize(1);
    row.fields[0] = line;
    row.line = input_.line();
    return true;
  }
};

/// CSV and TSV: a header, then rows of as many fields.
class Separated : public LineReader {
 public:
  Separated(LineInput input, RowFormat format)
      : LineReader(std::move(input), format), separator_(format == RowFormat::kTsv ? '\t' : ',') {
    Row header;
    if (!read(header)) return;
    columns_ = std::move(header.fields);
    auto sorted = columns_;
    std::sort(sorted.begin(), sorted.end());
    if (const auto twice = std::adjacent_find(sorted.begin(), sorted.end()); twice != sorted.end())
      input_.fail(header.line, str("the column \"", *twice, "\" occurs twice"));
  }

  bool next(Row& row) override {
    if (!read(row)) return false;
    if (row.fields.size() != columns_.size())
      input_.fail(row.line, str(row.fields.size(), row.fields.size() == 1 ? " field" : " fields", " found, ",
                                columns_.size(), " expected: ", join(columns_)));
    return true;
  }

 private:
  bool read(Row& row) {
    std::string_view line;
    do {
      if (!input_.next(line)) return false;
    } while (line.empty());
    row.line = input_.line();
    Fields fields(row.fields);
    const bool quotes = format() == RowFormat::kCsv && std::memchr(line.data(), '"', line.size()) != nullptr;
    quotes ? split_quoted(line, fields) : split(line, fields);
    row.fields.resize(fields.count());
    return true;
  }

  void split(std::string_view line, Fields& fields) const {
    for (;;) {
      const size_t length = line.find(separator_);
      fields.add() = line.substr(0, length);
      if (length == std::string_view::npos) return;
      line.remove_prefix(length + 1);
    }
  }

  /// A quote opens a field only as its first byte; elsewhere in an unquoted field it is an ordinary byte.
  void split_quoted(std::string_view line, Fields& fields) {
    for (;;) {
      std::string& field = fields.add();
      if (line.starts_with('"')) {
        read_quoted(line, field);
        if (!line.empty() && line[0] != separator_)
          input_.fail(input_.line(), str("\"", line[0],
                                         "\" after a closing quote; a quote inside a quoted field is "
                                         "written twice"));
      } else {
        field = line.substr(0, line.find(separator_));
        line.remove_prefix(field.size());
      }
      if (line.empty()) return;
      line.remove_prefix(1);
    }
  }

  /// `line` starts with a quote, and is left behind the closing one, maybe lines later.
  void read_quoted(std::string_view& line, std::string& field) {
    const size_t opened = input_.line();
    field.clear();
    line.remove_prefix(1);
    for (;;) {
      const size_t length = line.find('"');
      field.append(line.substr(0, length));
      if (length == std::string_view::npos) {
        field.append(input_.ending());
        if (field.size() > LineInput::kMaxRow || !input_.next(line))
          input_.fail(opened, "the quote that opens here is never closed");
        continue;
      }
      line.remove_prefix(length + 1);
      if (!line.starts_with('"')) return;
      field += '"';
      line.remove_prefix(1);
    }
  }

  char separator_;
};

class JsonLines : public LineReader {
 public:
  explicit JsonLines(LineInput input) : LineReader(std::move(input), RowFormat::kJsonl) {
    pending_ = read(first_line_, first_line_number_);
    for (const auto& [key, value] : object_.items()) columns_.push_back(key);
  }

  bool next(Row& row) override {
    if (pending_) {
      row.raw = first_line_;
      row.line = first_line_number_;
    } else if (!read(row.raw, row.line)) {
      return false;
    }
    pending_ = false;
    row.fields.resize(columns_.size());
    for (size_t i = 0; i < columns_.size(); ++i) {
      const auto found = object_.find(columns_[i]);
      row.fields[i] = found == object_.end() ? "" : text_of(*found);
    }
    return true;
  }

 private:
  /// The next line that is not blank, and its object.
  bool read(std::string& raw, size_t& number) {
    std::string_view line;
    do {
      if (!input_.next(line)) return false;
    } while (line.find_first_not_of(" \t\r") == std::string_view::npos);
    raw = line;
    number = input_.line();
    try {
      object_ = parse_json<OrderedJson>(line);
    } catch (const JsonError& error) {
      input_.fail(number, str("is not a JSON object: column ", error.offset + 1, ": ", error.what));
    }
    if (!object_.is_object()) input_.fail(number, str("is not a JSON object but ", object_.type_name()));
    return true;
  }

  static std::string text_of(const OrderedJson& value) {
    if (value.is_string()) return value.get_ref<const std::string&>();
    return value.is_null() ? "" : value.dump();
  }

  OrderedJson object_ = OrderedJson::object();
  std::string first_line_;
  size_t first_line_number_ = 0;
  bool pending_ = false;  ///< the first object has been read for the columns and is still to be given
};

}  // namespace

RowFormat parse_row_format(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, format] : kFormats) {
    if (name == known) return format;
    names.emplace_back(known);
  }
  fail_input("unknown format \"", name, "\"; valid are: ", join(names), did_you_mean(name, names));
}

std::unique_ptr<RowReader> open_rows(const std::string& file, RowFormat format) {
  if (format == RowFormat::kAuto) format = format_by_name(file);
  LineInput input(open_bytes(file), file == "-" ? "standard input" : file);
  switch (format) {
    case RowFormat::kJsonl:
      return std::make_unique<JsonLines>(std::move(input));
    case RowFormat::kCsv:
    case RowFormat::kTsv:
      return std::make_unique<Separated>(std::move(input), format);
    default:
      return std::make_unique<PlainLines>(std::move(input));
  }
}

size_t require_column(const RowReader& reader, const std::string& column) {
  const auto& columns = reader.columns();
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found != columns.end()) return static_cast<size_t>(found - columns.begin());
  if (columns.empty()) fail_input(reader.name(), ": is empty; a column \"", column, "\" is needed");
  fail_input(reader.name(), ": no column \"", column, "\"; the columns are: ", join(columns),
             did_you_mean(column, columns));
}

std::string csv_field(const std::string& field) {
  const auto starts_as = [&](std::string_view sign) { return field.starts_with(sign); };
  if (field.find_first_of("\",\r\n") == std::string::npos &&
      std::none_of(std::begin(kFileSigns), std::end(kFileSigns), starts_as))
    return field;
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted += '"';
}

std::string csv_line(const std::vector<std::string>& fields) {
  // Without the quotes the line would be blank, and readers skip blank lines.
  if (fields.size() == 1 && fields[0].empty()) return "\"\"\n";
  std::string line;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) line += ',';
    line += csv_field(fields[i]);
  }
  return line += '\n';
}

}  // namespace mtnlp
