// Pieces of a page in HTML. A text becomes a piece by being escaped, so nothing that a data file says can be markup.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mtnlp {

/// Returns `text` printable and with references in place of & < > " and ', for the content or an attribute of an
/// element of HTML or SVG.
std::string escaped(std::string_view text);

/// A piece of HTML.
class Html {
 public:
  Html() = default;
  // Any text, which is escaped.
  Html(const std::string& text) : code_(escaped(text)) {}  // NOLINT(google-explicit-constructor)
  Html(const char* text) : code_(escaped(text)) {}         // NOLINT(google-explicit-constructor)
  /// Takes `code`, which is HTML already.
  static Html of_code(std::string code);

  Html& operator+=(const Html& more);
  const std::string& code() const { return code_; }
  bool empty() const { return code_.empty(); }

 private:
  std::string code_;
};

Html operator+(Html a, const Html& b);

/// Names and values, which may be any text.
using Attributes = std::vector<std::pair<std::string, std::string>>;

/// Returns an element with its content.
Html element(const std::string& name, const Attributes& attributes, const Html& content);
Html element(const std::string& name, const Html& content);

/// Returns an element of this class.
Html in_class(const std::string& name, const std::string& css_class, const Html& content);

struct HtmlTable {
  std::string caption;
  std::vector<Html> header;
  std::vector<std::vector<Html>> rows;  ///< the first cell of each names the row
  std::string css_class = {};           ///< "text": no column holds numbers
};

/// Returns the table in a box of its own, in which a wide one scrolls, with the keyboard too.
Html table_html(const HtmlTable& table);

/// Returns what a person unfolds by `summary`.
Html folded(const std::string& summary, const Html& content);

}  // namespace mtnlp
