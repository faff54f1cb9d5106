// Locks that keep other processes out of a folder or file.
#pragma once

#include "base/descriptor.h"

namespace mtnlp {

/// A lock on an existing folder or file. It ends with this object and with the process, however that ends. A file
/// system without locks grants every lock.
class Lock {
 public:
  enum class Kind { kAlone, kShared };
  enum class Wait { kNo, kYes };

  Lock() = default;
  /// Opens `path` and asks for the lock, once or until it is granted.
  Lock(const fs::path& path, Kind kind, Wait wait = Wait::kNo);

  bool is_open() const { return opened_.get() >= 0; }  ///< false: `path` could not be opened, errno says why
  bool is_granted() const { return granted_; }         ///< false: another process is in the way
  /// Says whether what is open still stands at `path`.
  bool is_still(const fs::path& path) const;

 private:
  Descriptor opened_;
  bool granted_ = true;
};

}  // namespace mtnlp
