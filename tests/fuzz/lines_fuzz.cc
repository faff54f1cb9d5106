// Lines: any split of any bytes into reads gives the lines of their definition, each with its end.
#include <algorithm>
#include <memory>
#include <span>
#include <string>

#include "base/random.h"
#include "data/line_input.h"
#include "fuzz.h"

namespace mtnlp::fuzz {
namespace {

/// Gives the bytes in pieces of random size.
class Pieces : public ByteStream {
 public:
  Pieces(std::string_view bytes, uint64_t seed) : left_(bytes), random_(seed) {}
  size_t read(std::span<char> room) override {
    const size_t most = std::min(room.size(), left_.size());
    const size_t size = std::min(most, 1 + static_cast<size_t>(random_.below(7)));
    left_.copy(room.data(), size);
    left_.remove_prefix(size);
    return size;
  }

 private:
  std::string_view left_;
  KeyedRandom random_;
};

void require_lines(std::string_view bytes, uint64_t seed) {
  LineInput input(std::make_unique<Pieces>(bytes, seed), "bytes");
  while (bytes.starts_with(kUtf8Mark)) bytes.remove_prefix(kUtf8Mark.size());
  std::string_view line;
  for (size_t number = 1; input.next(line); ++number) {
    const size_t length = std::min(bytes.find_first_of("\r\n"), bytes.size());
    require(!bytes.empty() && line == bytes.substr(0, length), "the line is the bytes up to the next end");
    bytes.remove_prefix(length);
    const std::string_view end =
        bytes.substr(0, bytes.starts_with("\r\n") ? 2 : std::min<size_t>(1, bytes.size()));
    require(input.ending() == end, "its end is LF, CRLF, a lone CR, or nothing at the end of the file");
    require(input.line() == number, "lines count from 1");
    bytes.remove_prefix(end.size());
  }
  require(bytes.empty(), "no byte is lost");
}

}  // namespace
}  // namespace mtnlp::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace mtnlp;
  const fuzz::Input input(data, size, 256);
  fuzz::require_lines(input.bytes, input.choice);
  return 0;
}
