// The texts that are held out of a stream of texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace mtnlp {

/// Keeps the texts with the smallest hashes, as many as a share of all hashes allows, at least one and at most a
/// number, without knowing how many there will be.
class HeldOut {
 public:
  using Ids = std::vector<int32_t>;
  HeldOut(double share, size_t most);

  /// Takes a text. Gives those that are not held out, now or no longer, to `release`, once for each copy.
  void take(uint64_t hash, Ids ids, const std::function<void(const Ids&)>& release);

  struct Text {
    Ids ids;
    uint64_t copies = 1;
  };
  const std::map<uint64_t, Text>& texts() const { return texts_; }  ///< those held out, by hash

 private:
  uint64_t share_;  ///< hashes below it are of the share
  size_t most_;
  std::map<uint64_t, Text> texts_;
};

}  // namespace mtnlp
