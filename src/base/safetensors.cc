#include "base/safetensors.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <tuple>

#include "base/descriptor.h"
#include "base/json.h"

namespace mtnlp {
namespace {

constexpr uint64_t kMaxHeader = 32 << 20;
constexpr size_t kMaxTensors = 100'000, kMaxDimensions = 16;
constexpr size_t kAlignment = 64;

Json parse_header(std::string_view text, const std::string& file) {
  try {
    Json header = parse_json<Json>(text);
    if (!header.is_object()) fail_input(file, ": the header is not a JSON object but ", header.type_name());
    if (header.size() > kMaxTensors)
      fail_input(file, ": holds ", header.size(), " tensors, more than the ", kMaxTensors, " that are read");
    return header;
  } catch (const JsonError& error) {
    fail_input(file, ": the header is not valid JSON: ", json_problem(error, text),
               "; the file is damaged or is not a safetensors file");
  }
}

/// Returns shape x element size; throws Error when that does not fit into 64 bits.
uint64_t byte_count(const std::vector<int64_t>& shape, uint64_t element, const std::string& where) {
  uint64_t total = element;
  for (const int64_t size : shape)
    if (size < 0 || __builtin_mul_overflow(total, static_cast<uint64_t>(size), &total))
      fail_input(where, "has an impossible shape");
  return total;
}

}  // namespace

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

size_t dtype_size(const std::string& dtype) {
  static const std::map<std::string, size_t> kSizes = {
      {"BOOL", 1}, {"U8", 1},  {"I8", 1},  {"F8_E4M3", 1}, {"F8_E5M2", 1}, {"I16", 2}, {"U16", 2}, {"F16", 2},
      {"BF16", 2}, {"I32", 4}, {"U32", 4}, {"F32", 4},     {"I64", 8},     {"U64", 8}, {"F64", 8}};
  const auto found = kSizes.find(dtype);
  return found == kSizes.end() ? 0 : found->second;
}

namespace {

/// Returns the tensor that `value` of the header describes. Throws Error, which begins with `where`, unless its
/// range lies in `buffer` and is as long as shape and dtype say; Json::exception for another form.
TensorView read_view(const Json& value, std::span<const std::byte> buffer, const std::string& where) {
  TensorView view;
  view.dtype = value.at("dtype").get<std::string>();
  const Json& shape = value.at("shape");
  if (!shape.is_array() || shape.size() > kMaxDimensions) fail_input(where, "has an impossible shape");
  for (const Json& size : shape) {
    if (!size.is_number_integer()) fail_input(where, "has an impossible shape");
    view.shape.push_back(size.get<int64_t>());
  }
  const Json& offsets = value.at("data_offsets");
  if (offsets.size() != 2 || !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned())
    fail_input(where, "has impossible data_offsets");
  const auto begin = offsets[0].get<uint64_t>(), end = offsets[1].get<uint64_t>();
  if (begin > end || end > buffer.size())
    fail_input(where, "lies at ", begin, "-", end, ", the file has ", buffer.size(), " bytes of data");
  const size_t element = dtype_size(view.dtype);
  if (element == 0) fail_input(where, "has the unknown dtype ", in_quotes(view.dtype));
  const uint64_t expected = byte_count(view.shape, element, where);
  if (expected != end - begin)
    fail_input(where, "needs ", expected, " bytes by its shape and dtype, its range has ", end - begin);
  view.bytes = buffer.subspan(begin, end - begin);
  return view;
}

/// Throws Error unless the tensors cover `buffer` without a hole or an overlap.
void require_contiguous(const std::map<std::string, TensorView>& tensors, std::span<const std::byte> buffer,
                        const std::string& name) {
  struct Range {
    size_t begin, end;
    std::string tensor;
  };
  std::vector<Range> ranges;
  for (const auto& [tensor, view] : tensors) {
    const auto begin = static_cast<size_t>(view.bytes.data() - buffer.data());
    ranges.push_back({begin, begin + view.bytes.size(), tensor});
  }
  std::sort(ranges.begin(), ranges.end(), [](const Range& a, const Range& b) {
    return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
  });
  size_t at = 0;
  for (const Range& range : ranges) {
    if (range.begin != at)
      fail_input(name, ": tensor ", in_quotes(range.tensor), " starts at ", range.begin, ", expected ", at,
                 range.begin < at ? " (ranges overlap)" : " (a hole)");
    at = range.end;
  }
  if (at != buffer.size()) fail_input(name, ": the tensors end at ", at, ", the data at ", buffer.size());
}

}  // namespace

SafetensorsFile::SafetensorsFile(const fs::path& file) : map_(file) {
  const std::string name = file.string();
  const auto all = map_.bytes();
  if (all.size() < 8) fail_input(name, ": is too short (", all.size(), " bytes) for a safetensors file");
  uint64_t header_size = 0;
  std::memcpy(&header_size, all.data(), 8);
  if (header_size > kMaxHeader || header_size > all.size() - 8)
    fail_input(name, ": the header claims ", header_size, " bytes, the file has ", all.size() - 8,
               "; it is truncated or is not a safetensors file");
  const std::string_view text(reinterpret_cast<const char*>(all.data()) + 8, header_size);
  const auto buffer = all.subspan(8 + header_size);
  const Json header = parse_header(text, name);
  for (const auto& [key, value] : header.items()) {
    const std::string where = str(name, ": tensor ", in_quotes(key), " ");
    try {
      if (key == "__metadata__")
        metadata_ = value.get<std::map<std::string, std::string>>();
      else
        tensors_.emplace(key, read_view(value, buffer, where));
    } catch (const Json::exception&) {
      fail_input(where, "is described wrongly in the header");
    }
  }
  require_contiguous(tensors_, buffer, name);
}

void write_safetensors(const fs::path& file, const std::vector<TensorToWrite>& tensors,
                       const std::map<std::string, std::string>& metadata) {
  OrderedJson header;
  if (!metadata.empty()) header["__metadata__"] = metadata;
  uint64_t at = 0;
  for (const TensorToWrite& tensor : tensors) {
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {at, at + tensor.bytes.size()}}};
    at += tensor.bytes.size();
  }
  std::string text = header.is_null() ? "{}" : header.dump();
  text.append((kAlignment - (8 + text.size()) % kAlignment) % kAlignment, ' ');
  const uint64_t header_size = text.size();

  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  const auto write = [&](const void* bytes, size_t size) {
    if (fd.get() < 0 || !write_bytes(fd.get(), {static_cast<const char*>(bytes), size}))
      fail_system(file.string(), ": cannot be written: ", why());
  };
  write(&header_size, 8);
  write(text.data(), text.size());
  for (const TensorToWrite& tensor : tensors) write(tensor.bytes.data(), tensor.bytes.size());
}

}  // namespace mtnlp
