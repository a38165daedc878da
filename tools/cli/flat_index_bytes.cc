#include "tools/cli/flat_index_bytes.h"

#include <cstring>
#include <stdexcept>

namespace semblance::cli {
namespace {

class Bytes {
 public:
  explicit Bytes(const std::string& bytes) : bytes_(bytes) {}

  template <typename T>
  T Take() {
    T value;
    std::memcpy(&value, Skip(sizeof(T)), sizeof(T));
    return value;
  }
  std::string Letters() { return std::string(Skip(4), 4); }
  template <typename T>
  std::vector<T> Array(uint64_t count) {
    if (count > bytes_.size() / sizeof(T)) End();
    std::vector<T> values(count);
    const char* const from = Skip(count * sizeof(T));
    if (count > 0) std::memcpy(values.data(), from, count * sizeof(T));
    return values;
  }

 private:
  [[noreturn]] static void End() { throw std::runtime_error("the index ends too early"); }
  const char* Skip(uint64_t count) {
    if (count > bytes_.size() - place_) End();
    const char* const at = bytes_.data() + place_;
    place_ += count;
    return at;
  }

  const std::string& bytes_;
  size_t place_ = 0;
};

struct Header {
  uint64_t dimension = 0;
  uint64_t count = 0;
  int metric = 0;
};

// What every index begins with after its four letters.
Header TakeHeader(Bytes* bytes) {
  Header header;
  const auto dimension = bytes->Take<int32_t>();
  const auto count = bytes->Take<int64_t>();
  bytes->Take<int64_t>();  // two that mean nothing
  bytes->Take<int64_t>();
  bytes->Take<uint8_t>();  // trained: a flat one always is
  header.metric = bytes->Take<int32_t>();
  if (header.metric > 1) bytes->Take<float>();
  if (dimension <= 0 || count < 0) throw std::runtime_error("the index has a size below zero");
  header.dimension = static_cast<uint64_t>(dimension);
  header.count = static_cast<uint64_t>(count);
  return header;
}

}  // namespace

FlatIndex ReadFlatIndex(const std::string& data) {
  Bytes bytes(data);
  const std::string outer = bytes.Letters();
  if (outer != "IxM2" && outer != "IxMp") {
    throw std::runtime_error("it is an index of the kind " + outer + ", without ids of its own");
  }
  TakeHeader(&bytes);
  const std::string inner = bytes.Letters();
  if (inner != "IxF2" && inner != "IxFI" && inner != "IxFl") {
    throw std::runtime_error("it is an index of the kind " + inner +
                             ", which need not keep vectors as they were");
  }
  const Header header = TakeHeader(&bytes);
  FlatIndex index;
  index.dimension = header.dimension;
  index.inner_product = header.metric == 0;
  index.vectors = bytes.Array<float>(bytes.Take<uint64_t>());
  index.ids = bytes.Array<int64_t>(bytes.Take<uint64_t>());
  if (index.ids.size() != header.count || index.vectors.size() / header.dimension != header.count) {
    throw std::runtime_error("the index has not as many vectors as it says");
  }
  return index;
}

}  // namespace semblance::cli
