// Rows out of JSON: one object a line, or one array of objects over any number of lines. Each object has keys
// of its own; the columns are those of the first, and whoever wants another asks for it by `find`.
#include <algorithm>
#include <charconv>
#include <deque>
#include <unordered_map>
#include <utility>

#include "base/error.h"
#include "base/json.h"
#include "base/json_text.h"
#include "base/printable.h"
#include "data/row_readers.h"

namespace mtnlp {
namespace {

constexpr size_t kMostBroken = 100;  // lines at the start of a file that is JSON at all

Cell cell_of(const OrderedJson& value) {
  switch (value.type()) {
    case OrderedJson::value_t::string:
      return Cell::kText;
    case OrderedJson::value_t::null:
      return Cell::kNull;
    case OrderedJson::value_t::boolean:
      return Cell::kBoolean;
    case OrderedJson::value_t::array:
      return Cell::kList;
    case OrderedJson::value_t::object:
      return Cell::kObject;
    default:
      return Cell::kNumber;
  }
}

/// Replaces each \uD800 to \uDFFF that has no partner with \ufffd, and says whether there was one.
bool repair_surrogates(std::string& json) {
  const auto unit = [&](size_t at) {
    unsigned value = 0;
    if (json.compare(at, 2, "\\u") != 0 || at + 6 > json.size()) return 0u;
    const char *first = json.data() + at + 2, *last = first + 4;
    return std::from_chars(first, last, value, 16).ptr == last ? value : 0u;
  };
  bool repaired = false;
  for (size_t at = json.find('\\'); at != std::string::npos; at = json.find('\\', at)) {
    const unsigned first = unit(at);
    if (first < 0xD800 || first > 0xDFFF) {
      at += 2;
    } else if (const unsigned second = unit(at + 6); first < 0xDC00 && second >= 0xDC00 && second <= 0xDFFF) {
      at += 12;
    } else {
      json.replace(at, 6, "\\ufffd");
      at += 6;
      repaired = true;
    }
  }
  return repaired;
}

class JsonRows : public LineReader {
 public:
  using LineReader::LineReader;

  bool next(Row& row) override {
    if (!broken_.empty()) {
      const auto [line, number, error] = std::move(broken_.front());
      broken_.pop_front();
      row.line = line;
      row.number = number;
      throw RowError(error);
    }
    if (pending_) {
      std::swap(row.raw, first_.raw);
      row.line = first_.line;
      row.number = first_.number;
      row.repaired = first_.repaired;
      pending_ = false;
    } else if (!read_object(row)) {
      return false;
    }
    row.fields.resize(places_.size());
    row.cells.assign(places_.size(), Cell::kAbsent);
    for (std::string& field : row.fields) field.clear();
    for (const auto& [key, value] : object_.items())
      if (const auto place = places_.find(key); place != places_.end()) {
        row.cells[place->second] = cell_of(value);
        row.fields[place->second] = text_of(value);
      }
    return true;
  }

  std::optional<size_t> find(const std::string& column) override {
    return places_.emplace(column, places_.size()).first->second;
  }

 protected:
  /// Reads up to the first object, which names the columns; `next` tells of what cannot be read before it.
  /// For the constructor of a subclass.
  void read_columns() {
    for (bool looking = true; looking;) try {
        pending_ = read_object(first_);
        looking = false;
      } catch (const RowError& error) {
        broken_.push_back({first_.line, first_.number, error});
        if (broken_.size() == kMostBroken) throw Error(broken_.front().error.whole());
      }
    if (pending_)
      for (const auto& [key, value] : object_.items()) {
        columns_.push_back(key);
        find(key);
      }
  }

 private:
  /// Reads the next object as it stands in the file, on one line, and its place; false at the end.
  virtual bool read_text(Row& row) = 0;

  bool read_object(Row& row) {
    if (!read_text(row)) return false;
    row.repaired = repair_surrogates(row.raw);
    try {
      object_ = parse_json<OrderedJson>(row.raw);
    } catch (const JsonError& error) {
      fail(row, str("is not a JSON object: column ", error.offset + 1, ": ", error.what));
    }
    if (!object_.is_object()) fail(row, str("is not a JSON object but ", cell_name(cell_of(object_))));
    return true;
  }

  static std::string text_of(const OrderedJson& value) {
    if (value.is_string()) return value.get_ref<const std::string&>();
    return value.is_null() ? "" : value.dump(-1, ' ', false, OrderedJson::error_handler_t::replace);
  }

  OrderedJson object_ = OrderedJson::object();
  std::unordered_map<std::string, size_t> places_;  ///< in Row::fields, of the columns and what `find` added
  struct Broken {
    size_t line, number;
    RowError error;
  };
  std::deque<Broken> broken_;  ///< what is wrong with the rows before the first object
  Row first_;
  bool pending_ = false;  ///< the first object has been read for the columns and is still to be given
};

class JsonLines : public JsonRows {
 public:
  explicit JsonLines(LineInput input) : JsonRows(std::move(input), RowFormat::kJsonl) { read_columns(); }

 private:
  bool read_text(Row& row) override {
    std::string_view line;
    do {
      if (!input_.next(line)) return false;
    } while (line.find_first_not_of(kJsonSpace) == std::string_view::npos);
    row.raw = line;
    row.line = input_.line();
    return true;
  }
};

/// Takes the array apart without parsing it: `line_` is the unread part of the current line.
class JsonArray : public JsonRows {
 public:
  explicit JsonArray(LineInput input) : JsonRows(std::move(input), RowFormat::kJson) {
    if (peek() != '[') fail(input_.line(), "is not a JSON array of objects");
    line_.remove_prefix(1);
    read_columns();
  }

 private:
  /// Returns the next byte that is not white space, '\0' at the end of the file.
  char peek() {
    for (;;) {
      const size_t skip = line_.find_first_not_of(kJsonSpace);
      if (skip != std::string_view::npos) {
        line_.remove_prefix(skip);
        return line_[0];
      }
      if (!input_.next(line_)) return '\0';
    }
  }

  [[noreturn]] void give_up(const std::string& what) {
    done_ = true;
    input_.fail(std::max<size_t>(input_.line(), 1), what);
  }

  bool read_text(Row& row) override {
    if (done_) return false;
    char c = peek();
    if (given_ > 0 && c == ',') {
      line_.remove_prefix(1);
      c = peek();
    } else if (given_ > 0 && c != ']') {
      give_up(c == '\0' ? "the JSON array is never closed"
                        : "between two objects of a JSON array a comma is missing");
    }
    row.line = input_.line();
    if (c == ']') return end();
    if (c == '\0') give_up("the JSON array is never closed");
    row.number = ++given_;
    take_value(row.raw, row.line);
    return true;
  }

  bool end() {
    line_.remove_prefix(1);
    if (peek() != '\0') give_up("something follows the JSON array");
    done_ = true;
    return false;
  }

  /// Takes one value up to its last byte: objects and arrays by their brackets, others up to a comma or
  /// bracket.
  void take_value(std::string& raw, size_t opened) {
    raw.clear();
    size_t depth = 0;
    bool in_string = false;
    for (;;) {
      for (size_t i = 0; i < line_.size(); ++i) {
        const char c = line_[i];
        if (in_string) {
          if (c == '\\') ++i;
          if (c == '"') in_string = false;
          continue;
        }
        if (c == '"') in_string = true;
        if (depth == 0 && (c == ',' || c == ']' || c == '}')) return take(raw, i);
        if (c == '{' || c == '[') ++depth;
        if ((c == '}' || c == ']') && --depth == 0) return take(raw, i + 1);
      }
      take(raw, line_.size());
      raw += ' ';
      if (raw.size() > LineInput::kMaxRow || in_string || !input_.next(line_)) {
        done_ = true;
        input_.fail(opened, in_string ? "a JSON string runs over the end of its line"
                                      : "the JSON value that opens here is never closed");
      }
    }
  }

  void take(std::string& raw, size_t length) {
    raw += line_.substr(0, length);
    line_.remove_prefix(length);
  }

  std::string_view line_;
  size_t given_ = 0;  ///< values of the array so far
  bool done_ = false;
};

}  // namespace

std::unique_ptr<RowReader> read_json_lines(LineInput input) {
  return std::make_unique<JsonLines>(std::move(input));
}

std::unique_ptr<RowReader> read_json_array(LineInput input) {
  return std::make_unique<JsonArray>(std::move(input));
}

}  // namespace mtnlp
