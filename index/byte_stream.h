// Where a segment is written to and read from; who implements it decides what lies behind (a file, a store's blob).
#pragma once

#include <cstddef>

namespace semblance::index {

class ByteSink {
 public:
  virtual ~ByteSink() = default;
  virtual void Write(const void* bytes, size_t count) = 0;
};

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Exactly `count` bytes, or throws.
  virtual void Read(void* out, size_t count) = 0;
};

}  // namespace semblance::index
