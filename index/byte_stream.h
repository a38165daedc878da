// Where a segment is written to and read from; who implements it decides what lies behind (a file,
// a store's blob). What an implementation throws passes through index/ unchanged.
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
  // Exactly `count` bytes, or throws; a stream that ends too early should be an index::Error of
  // kCorruption.
  virtual void Read(void* out, size_t count) = 0;
};

}  // namespace semblance::index
