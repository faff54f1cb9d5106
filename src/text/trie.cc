#include "text/trie.h"

#include <bit>
#include <utility>

namespace mtnlp {

void ByteTrie::grow() {
  const std::vector<Edge> old = std::exchange(edges_, {});
  edges_.resize(old.empty() ? 1024 : old.size() * 2);
  shift_ = 64 - std::countr_zero(edges_.size());
  for (const Edge& edge : old)
    if (edge.key != 0) edges_[slot(edge.key)] = edge;
}

void ByteTrie::insert(std::string_view key, int32_t value) {
  uint32_t node = kRoot;
  for (size_t i = 0; i < key.size(); ++i) {
    if (size_t{nodes_} * 2 >= edges_.size()) grow();
    Edge& edge = edges_[slot(edge_key(node, key[i]))];
    if (edge.key == 0) edge = {edge_key(node, key[i]), ++nodes_, kNoValue};
    if (i + 1 == key.size()) edge.value = value;
    node = edge.child;
  }
}

uint32_t ByteTrie::find(std::string_view key) const {
  uint32_t node = kRoot;
  for (const char byte : key)
    if (node != kNowhere) node = step(node, byte).node;
  return node;
}

}  // namespace mtnlp
