// Which part a text had in another split.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "data/dataset.h"

namespace mtnlp {

/// text_key of a text → its part.
using KnownParts = std::unordered_map<uint64_t, Part>;

/// Returns the key of a text; texts that differ in case and white space alone share it.
uint64_t text_key(std::string_view text);

/// Adds a text to `known`; one that trained anywhere is known as a training text.
void add_known(KnownParts& known, uint64_t key, Part part);

/// Returns how many rows of `source`, an index, `known` has as training rows.
size_t count_trained(const Dataset& dataset, size_t source, const KnownParts& known);

}  // namespace mtnlp
