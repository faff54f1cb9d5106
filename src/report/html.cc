#include "report/html.h"

#include <algorithm>
#include <array>

#include "base/printable.h"

namespace mtnlp {
namespace {

/// Elements after which a line ends.
constexpr std::array<std::string_view, 15> kBlocks = {"section", "table", "thead", "tbody",   "tr",
                                                      "div",     "p",     "li",    "ul",      "ol",
                                                      "details", "dl",    "main",  "caption", "header"};

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : printable(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += c;
  }
  return out;
}

Html Html::of_code(std::string code) {
  Html html;
  html.code_ = std::move(code);
  return html;
}

Html& Html::operator+=(const Html& more) {
  code_ += more.code_;
  return *this;
}

Html operator+(Html a, const Html& b) {
  a += b;
  return a;
}

Html element(const std::string& name, const Attributes& attributes, const Html& content) {
  std::string code = "<" + name;
  for (const auto& [attribute, value] : attributes) code += " " + attribute + "=\"" + escaped(value) + "\"";
  const bool is_block =
      std::ranges::find(kBlocks, name) != kBlocks.end() || (name[0] == 'h' && name.size() == 2);
  code += ">" + content.code() + "</" + name + (is_block ? ">\n" : ">");
  return Html::of_code(std::move(code));
}

Html element(const std::string& name, const Html& content) {
  return element(name, {}, content);
}

Html in_class(const std::string& name, const std::string& css_class, const Html& content) {
  return element(name, {{"class", css_class}}, content);
}

Html table_html(const HtmlTable& table) {
  Html head, body;
  for (const Html& cell : table.header) head += element("th", {{"scope", "col"}}, cell);
  for (const std::vector<Html>& row : table.rows) {
    Html cells = element("th", {{"scope", "row"}}, row.front());
    for (size_t i = 1; i < row.size(); ++i) cells += element("td", row[i]);
    body += element("tr", cells);
  }
  const Html whole =
      element("caption", table.caption) + element("thead", element("tr", head)) + element("tbody", body);
  return element(
      "div", {{"class", "scroll"}, {"role", "region"}, {"aria-label", table.caption}, {"tabindex", "0"}},
      table.css_class.empty() ? element("table", whole) : in_class("table", table.css_class, whole));
}

Html folded(const std::string& summary, const Html& content) {
  return element("details", element("summary", summary) + content);
}

}  // namespace mtnlp
