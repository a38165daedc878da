// A segment's bytes in memory.
#pragma once

#include <cstddef>
#include <cstring>
#include <string>
#include <utility>

#include "index/byte_stream.h"
#include "index/error.h"

namespace semblance::index {

struct MemorySink final : ByteSink {
  void Write(const void* data, size_t count) override {
    bytes.append(static_cast<const char*>(data), count);
  }
  std::string bytes;
};

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  void Read(void* out, size_t count) override {
    if (bytes_.size() - position_ < count) {
      throw Error(ErrorKind::kCorruption, "the stream ends early");
    }
    std::memcpy(out, bytes_.data() + position_, count);
    position_ += count;
  }
  size_t position() const { return position_; }

 private:
  const std::string bytes_;
  size_t position_ = 0;
};

}  // namespace semblance::index
