#include "base/safetensors.h"

#include <cstring>

#include "base/json.h"
#include "testing.h"

namespace mtnlp {
namespace {

using testing::expect_error;
using testing::TempFolder;

std::string size_bytes(uint64_t size) {
  std::string bytes(8, '\0');
  std::memcpy(bytes.data(), &size, 8);
  return bytes;
}

/// A file of `header` and `data` zero bytes.
std::string image(const std::string& header, size_t data) {
  return size_bytes(header.size()) + header + std::string(data, '\0');
}

std::string entry(const std::string& name, const std::string& dtype, const std::string& shape,
                  const std::string& offsets) {
  return "\"" + name + R"(":{"dtype":")" + dtype + R"(","shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}";
}

/// Expects a file of these bytes to be refused with `parts` in the message.
void expect_refused(const std::string& bytes, std::initializer_list<std::string> parts) {
  const TempFolder folder;
  const fs::path file = folder.write("x.safetensors", bytes);
  SCOPED_TRACE(bytes.substr(0, 200));
  expect_error([&] { SafetensorsFile{file}; }, parts);
  expect_error([&] { SafetensorsFile{file}; }, {"x.safetensors"});
}

/// The same for a header around one tensor "a" and 8 bytes of data.
void expect_tensor_refused(const std::string& description, const std::string& part) {
  expect_refused(image("{\"a\":" + description + "}", 8), {"tensor \"a\"", part});
}

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

TEST(Safetensors, RoundTrip) {
  const TempFolder folder;
  const fs::path file = folder.path() / "a.safetensors";
  const std::string floats(24, 'f'), ids(8, 'i');
  write_safetensors(file, {{"z", "F32", {2, 3}, bytes_of(floats)},
                           {"empty", "F16", {0, 5}, {}},
                           {"scalar", "I64", {}, bytes_of(ids)}});
  const SafetensorsFile read(file);
  EXPECT_EQ(read.path(), file);
  EXPECT_EQ(read.metadata(), (std::map<std::string, std::string>{{"format", "pt"}}));
  ASSERT_EQ(read.tensors().size(), 3U);
  const TensorView& z = read.tensors().at("z");
  EXPECT_EQ(z.dtype, "F32");
  EXPECT_EQ(z.shape, (std::vector<int64_t>{2, 3}));
  EXPECT_EQ(std::memcmp(z.bytes.data(), floats.data(), floats.size()), 0);
  EXPECT_EQ(read.tensors().at("empty").bytes.size(), 0U);
  EXPECT_EQ(read.tensors().at("scalar").bytes.size(), 8U);
  EXPECT_EQ(std::memcmp(read.tensors().at("scalar").bytes.data(), ids.data(), ids.size()), 0);
}

TEST(Safetensors, DataIsAligned) {
  const TempFolder folder;
  const fs::path file = folder.path() / "a.safetensors";
  const std::string data(4, 'x');
  for (const std::string name : {"a", "ab", "abc", "a longer name than the others"}) {
    write_safetensors(file, {{name, "F32", {1}, bytes_of(data)}});
    EXPECT_EQ((fs::file_size(file) - 4) % 64, 0U);
  }
}

TEST(Safetensors, NoTensorsAndNoMetadata) {
  const TempFolder folder;
  write_safetensors(folder.path() / "a", {}, {});
  const SafetensorsFile read(folder.path() / "a");
  EXPECT_TRUE(read.tensors().empty());
  EXPECT_TRUE(read.metadata().empty());
}

TEST(Safetensors, FailedWriteIsASystemError) {
  for (const std::string file : {"/dev/full", "/no/such/folder/x"}) {
    const std::string data(100'000, 'x');
    try {
      write_safetensors(file, {{"a", "U8", {100'000}, bytes_of(data)}});
      FAIL() << file;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kSystem);
      EXPECT_THAT(error.what(), ::testing::HasSubstr("cannot be written"));
    }
  }
}

TEST(Safetensors, OrderInTheHeaderDoesNotCount) {
  const TempFolder folder;
  const SafetensorsFile read(folder.write(
      "x",
      image("{" + entry("b", "U8", "[3]", "[1,4]") + "," + entry("a", "U8", "[1]", "[0,1]") + "}  ", 4)));
  EXPECT_EQ(read.tensors().at("b").bytes.data(), read.tensors().at("a").bytes.data() + 1);
}

TEST(Safetensors, RefusesATruncatedFile) {
  const std::string whole = image("{" + entry("a", "F32", "[2]", "[0,8]") + "}", 8);
  for (size_t size = 0; size < whole.size(); ++size) expect_refused(whole.substr(0, size), {});
  expect_refused("", {"too short (0 bytes)"});
  expect_refused("1234567", {"too short (7 bytes)"});
  expect_refused(whole.substr(0, 20), {"claims", "truncated"});
}

TEST(Safetensors, RefusesAHugeHeader) {
  expect_refused(size_bytes(~uint64_t{0}) + "{}", {"claims 18446744073709551615"});
  expect_refused(size_bytes(uint64_t{1} << 63) + "{}", {"claims"});
  const TempFolder folder;  // as large as it says, but above ours
  const fs::path file = folder.write("x", size_bytes(100'000'001) + "{}");
  fs::resize_file(file, 100'000'100);
  expect_error([&] { SafetensorsFile{file}; }, {"claims 100000001"});
}

TEST(Safetensors, RefusesABrokenHeader) {
  expect_refused(image("", 0), {"the header is not valid JSON"});
  expect_refused(image("{\"a\":", 0), {"the header is not valid JSON"});
  expect_refused(image("{}{}", 0), {"the header is not valid JSON"});
  expect_refused(image("{\"\xff\":1}", 0), {"the header is not valid JSON"});
  expect_refused(image("[]", 0), {"is not a JSON object"});
  expect_refused(image("3", 0), {"is not a JSON object"});
}

TEST(Safetensors, RefusesDuplicateKeys) {
  const std::string a = entry("a", "U8", "[1]", "[0,1]");
  expect_refused(image("{" + a + "," + a + "}", 1), {"names the key \"a\" twice"});
  expect_refused(image(R"({"a":{"dtype":"U8","dtype":"U8","shape":[1],"data_offsets":[0,1]}})", 1),
                 {"names the key \"dtype\" twice"});
  // The same key in two objects is none.
  const TempFolder folder;
  EXPECT_NO_THROW(
      SafetensorsFile{folder.write("x", image("{" + a + "," + entry("b", "U8", "[1]", "[1,2]") + "}", 2))});
}

TEST(Safetensors, RefusesAWrongDescription) {
  expect_tensor_refused("3", "described wrongly");
  expect_tensor_refused("{}", "described wrongly");
  expect_tensor_refused(R"({"dtype":"F32","data_offsets":[0,8]})", "described wrongly");
  expect_tensor_refused(R"({"dtype":"F32","shape":[2]})", "described wrongly");
  expect_tensor_refused(R"({"dtype":1,"shape":[2],"data_offsets":[0,8]})", "described wrongly");
  expect_tensor_refused(R"({"dtype":"F31","shape":[2],"data_offsets":[0,8]})", "unknown dtype");
}

TEST(Safetensors, RefusesAnImpossibleShape) {
  for (const std::string shape :
       {"[-1]", "[-2,-1]", "[2.0]", "[\"2\"]", "[[2]]", "[18446744073709551615]", "2", "null", "{\"a\":2}",
        "\"2\"", "[4294967296,4294967296]", "[4611686018427387904,2]", "[9223372036854775807]"})
    expect_tensor_refused(R"({"dtype":"F32","shape":)" + shape + R"(,"data_offsets":[0,8]})",
                          "impossible shape");
}

TEST(Safetensors, RefusesImpossibleOffsets) {
  for (const std::string offsets : {"[0]", "[0,4,8]", "[0,-8]", "[-8,0]", "[0.0,8.0]", "[]", "8", "\"08\""})
    expect_tensor_refused(R"({"dtype":"F32","shape":[2],"data_offsets":)" + offsets + "}",
                          "impossible data_offsets");
  expect_tensor_refused(R"({"dtype":"F32","shape":[2],"data_offsets":{"a":0,"b":8}})", "");
  expect_tensor_refused(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})", "lies at 8-0");
  expect_tensor_refused(R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})", "the file has 8 bytes");
  expect_tensor_refused(R"({"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]})", "lies at");
}

TEST(Safetensors, RefusesSizesThatDisagree) {
  expect_tensor_refused(R"({"dtype":"F32","shape":[1],"data_offsets":[0,8]})", "needs 4 bytes");
  expect_tensor_refused(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})", "needs 12 bytes");
  expect_tensor_refused(R"({"dtype":"F32","shape":[0,9],"data_offsets":[0,8]})", "needs 0 bytes");
}

TEST(Safetensors, RefusesOverlapsHolesAndTrailingBytes) {
  const auto two = [](const std::string& first, const std::string& second, size_t data) {
    return image("{" + entry("a", "U8", "[4]", first) + "," + entry("b", "U8", "[4]", second) + "}", data);
  };
  expect_refused(two("[0,4]", "[2,6]", 6), {"\"b\" starts at 2, expected 4", "overlap"});
  expect_refused(two("[0,4]", "[0,4]", 4), {"overlap"});
  expect_refused(two("[0,4]", "[5,9]", 9), {"\"b\" starts at 5, expected 4", "hole"});
  expect_refused(two("[1,5]", "[5,9]", 9), {"\"a\" starts at 1, expected 0", "hole"});
  expect_refused(two("[0,4]", "[4,8]", 9), {"the tensors end at 8, the data at 9"});
  expect_refused(image("{}", 1), {"the tensors end at 0, the data at 1"});
}

TEST(Safetensors, RefusesMetadataThatIsNoText) {
  expect_refused(image(R"({"__metadata__":{"a":1}})", 0), {"__metadata__", "described wrongly"});
  expect_refused(image(R"({"__metadata__":"a"})", 0), {"__metadata__", "described wrongly"});
}

TEST(Safetensors, MessagesStayOnOneLine) {
  expect_refused(image(R"({"a\nb":3})", 0), {R"("a\nb")"});
  expect_refused(image(R"({"a\nb":3,"a\nb":3})", 0), {R"("a\nb")"});
  expect_refused(image(R"({"a":{"dtype":"F\n","shape":[],"data_offsets":[0,0]}})", 0), {"unknown dtype"});
}

/// Quadratic, it would take minutes.
TEST(Safetensors, ManyTensorsAreReadInLinearTimeAndTooManyRefused) {
  const auto many = [](int count) {
    std::string header = entry("t", "U8", "[0]", "[0,0]");
    for (int i = 0; i < count; ++i)
      header += "," + entry("t" + std::to_string(i), "F32", "[1]", str("[", 4 * i, ",", 4 * i + 4, "]"));
    return image("{" + header + "}", 4 * static_cast<size_t>(count));
  };
  const TempFolder folder;
  EXPECT_EQ(SafetensorsFile(folder.write("many", many(40'000))).tensors().size(), 40'001U);
  expect_refused(many(100'000), {"holds 100001 tensors, more than the 100000"});
}

TEST(Safetensors, DimensionsAreBounded) {
  const auto shape = [](size_t dimensions) {
    std::string list = "[8";
    for (size_t i = 1; i < dimensions; ++i) list += ",1";
    return R"({"dtype":"U8","shape":)" + list + R"(],"data_offsets":[0,8]})";
  };
  const TempFolder folder;
  EXPECT_NO_THROW(SafetensorsFile(folder.write("a", image("{\"a\":" + shape(16) + "}", 8))));
  expect_tensor_refused(shape(17), "impossible shape");
  expect_tensor_refused(shape(1'000'000), "impossible shape");
}

TEST(Safetensors, AHeaderThatNestsDeeplyIsRefused) {
  expect_refused(image("{\"a\":" + std::string(1'000'000, '['), 8), {"nests deeper than 100 levels"});
}

TEST(Safetensors, DtypeSizes) {
  EXPECT_EQ(dtype_size("F64"), 8U);
  EXPECT_EQ(dtype_size("F32"), 4U);
  EXPECT_EQ(dtype_size("BF16"), 2U);
  EXPECT_EQ(dtype_size("BOOL"), 1U);
  EXPECT_EQ(dtype_size("f32"), 0U);
}

}  // namespace
}  // namespace mtnlp
