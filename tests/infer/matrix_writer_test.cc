#include "infer/matrix_writer.h"

#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>
#include <vector>

#include "testing.h"

namespace mtnlp {
namespace {

TEST(Npy, IsTheFormatOfNumPy) {
  std::stringstream out;
  NpyWriter writer(out, 3);
  const std::vector<float> first = {1, -2.5f, 3e-30f}, second = {4, 5, 6, 7, 8, 9};
  writer.write(first);
  writer.write(second);
  writer.finish();
  const std::string bytes = out.str();
  // https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
  ASSERT_EQ(bytes.size(), 128 + 9 * sizeof(float));
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  EXPECT_EQ(static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]), 118);
  const std::string header = bytes.substr(10, 118);
  EXPECT_EQ(header.substr(0, header.find('}') + 1),
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 3), }");
  EXPECT_EQ(header.find_first_not_of(' ', header.find('}') + 1), 117U);
  EXPECT_EQ(header.back(), '\n');
  std::vector<float> values(9);
  std::memcpy(values.data(), bytes.data() + 128, 9 * sizeof(float));
  EXPECT_THAT(values, ::testing::ElementsAre(1, -2.5f, 3e-30f, 4, 5, 6, 7, 8, 9));
}

TEST(Npy, WithoutRows) {
  std::stringstream out;
  NpyWriter(out, 384).finish();
  EXPECT_EQ(out.str().size(), 128U);
  EXPECT_THAT(out.str(), ::testing::HasSubstr("'shape': (0, 384)"));
}

TEST(Npy, FinishLeavesTheEndWhereItIs) {
  std::stringstream out;
  NpyWriter writer(out, 1);
  writer.write(std::vector<float>{1});
  writer.finish();
  EXPECT_EQ(out.tellp(), std::streampos(132));
}

TEST(CsvNumbers, ReadBackEqual) {
  const std::vector<float> row = {0.1f,
                                  -0.0f,
                                  1.0f / 3,
                                  std::numeric_limits<float>::denorm_min(),
                                  std::numeric_limits<float>::max(),
                                  123456.789f};
  std::ostringstream out;
  write_csv_numbers(out, row);
  std::istringstream in(out.str());
  for (const float expected : row) {
    std::string cell;
    std::getline(in, cell, &expected == &row.back() ? '\n' : ',');
    const float found = std::strtof(cell.c_str(), nullptr);
    EXPECT_EQ(found, expected);
    EXPECT_EQ(std::signbit(found), std::signbit(expected));
  }
  EXPECT_EQ(in.peek(), EOF);
}

TEST(CsvNumbers, NaNHasNoSign) {
  std::ostringstream out;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  write_csv_numbers(out, std::vector<float>{nan, std::copysign(nan, -1.0f), 1});
  EXPECT_EQ(out.str(), "nan,nan,1\n");
}

TEST(CsvNumbers, OneRowALine) {
  std::ostringstream out;
  write_csv_numbers(out, std::vector<float>{1, 0.5f});
  write_csv_numbers(out, std::vector<float>{-2});
  EXPECT_EQ(out.str(), "1,0.5\n-2\n");
}

}  // namespace
}  // namespace mtnlp
