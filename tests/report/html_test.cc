#include "report/html.h"

#include "testing.h"

namespace mtnlp {
namespace {

using ::testing::HasSubstr;

TEST(HtmlTest, NoTextCanBeMarkup) {
  EXPECT_EQ(escaped("</script>"), "&lt;/script&gt;");
  EXPECT_EQ(escaped("\"><img src=x onerror='x'>&amp;"),
            "&quot;&gt;&lt;img src=x onerror=&#39;x&#39;&gt;&amp;amp;");
  EXPECT_EQ(escaped("a\nb\x01\xff"), "a\\nb\\x01\\xff");
  EXPECT_EQ(escaped("naïve ☕"), "naïve ☕");
  const Html html = element("a", {{"href", "#\"x"}}, Html("<b>") + element("b", "&"));
  EXPECT_EQ(html.code(), "<a href=\"#&quot;x\">&lt;b&gt;<b>&amp;</b></a>");
}

TEST(HtmlTest, ATableHasACaptionScopesAndABoxOfItsOwn) {
  const std::string code = table_html({"<Rows>", {"class", "rows"}, {{"up", "3"}, {"<i>", "4"}}}).code();
  EXPECT_THAT(code, HasSubstr("<caption>&lt;Rows&gt;</caption>"));
  EXPECT_THAT(code, HasSubstr("<th scope=\"col\">class</th>"));
  EXPECT_THAT(code, HasSubstr("<th scope=\"row\">&lt;i&gt;</th><td>4</td>"));
  EXPECT_THAT(code, HasSubstr("role=\"region\" aria-label=\"&lt;Rows&gt;\" tabindex=\"0\""));
}

}  // namespace
}  // namespace mtnlp
