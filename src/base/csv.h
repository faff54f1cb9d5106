// A field of CSV (RFC 4180).
#pragma once

#include <string>

namespace mtnlp {

/// Returns `field` in quotes, its own quotes doubled.
std::string csv_quoted(const std::string& field);

/// Returns `field`, in quotes when CSV needs them.
std::string csv_field(const std::string& field, char delimiter = ',');

}  // namespace mtnlp
